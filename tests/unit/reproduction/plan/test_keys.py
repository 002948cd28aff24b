"""The keys of runs: what is written is read back."""

import re

from hypothesis import given
from hypothesis import strategies as st

from reproduction.plan.keys import MODELS, RUN_PATTERN, Run


@given(
    st.sampled_from(["digits", "fashion_mnist"]),
    st.sampled_from(["full", "n100", "class-ring", "class-T-shirt.n316"]),
    st.sampled_from(["conv", "mlp"]),
    st.sampled_from(MODELS),
    st.sampled_from(["base", "t07"]),
    st.integers(0, 10**6),
)
def test_a_runs_key_leads_back_to_it(dataset, subset, net, model, trial, seed):
    run = Run(dataset, subset, net, model, trial, seed)
    assert Run.parse(run.key) == run
    assert re.fullmatch(RUN_PATTERN, run.key)
