"""The keys of runs and the names of variants: what is written is read back, and what is no variant is refused."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reproduction.config.base import VARIANT_PATTERN
from reproduction.plan.keys import (
    MODELS,
    RUN_PATTERN,
    Run,
    describe_variant,
    metric_variant,
    variant_name,
    variant_options,
)


@given(
    st.sampled_from(["digits", "shapes"]),
    st.sampled_from(["full", "n100", "class-ring"]),
    st.sampled_from(["conv", "mlp"]),
    st.sampled_from(MODELS),
    st.sampled_from(["base", "t07"]),
    st.integers(0, 10**6),
)
def test_a_runs_key_leads_back_to_it(dataset, subset, net, model, trial, seed):
    run = Run(dataset, subset, net, model, trial, seed)
    assert Run.parse(run.key) == run
    assert re.fullmatch(RUN_PATTERN, run.key)


@pytest.mark.parametrize(
    ("variant", "options", "metric"),
    [
        ("base", {}, "base"),
        ("k1000", {"k": 1000}, "k1000"),
        ("steps1000", {"steps": 1000}, "base"),
        ("k50_lam0.1_steps7", {"k": 50, "lam": 0.1, "steps": 7}, "k50_lam0.1"),
        ("lam1e-06", {"lam": 1e-6}, "lam1e-06"),
    ],
)
def test_variants_carry_options_and_name_their_metric(variant, options, metric):
    assert variant_options(variant) == options
    assert metric_variant(variant) == metric


@pytest.mark.parametrize(
    "name", ["q3", "k", "k1", "k1e3", "k10.5", "steps0", "k1000_q3", "base_k3", "k10_", "sigma0.1_k10", ""]
)
def test_a_name_that_is_no_variant_is_refused(name):
    with pytest.raises(ValueError, match=f"not a variant: {name}"):
        variant_options(name)


WHOLE = st.integers(0, 10**9)
POSITIVE = st.floats(1e-12, 1e12, exclude_min=True)
OPTIONS = st.one_of(
    st.fixed_dictionaries(
        {}, optional={"k": st.integers(2, 10**9), "lam": POSITIVE, "steps": st.integers(1, 10**9), "draw": WHOLE}
    ),
    st.fixed_dictionaries({"sigma": POSITIVE}),
    st.fixed_dictionaries({"h": POSITIVE}),
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(OPTIONS)
def test_a_variants_name_leads_back_to_its_options(options):
    name = variant_name(**options)
    assert re.fullmatch(VARIANT_PATTERN, name)
    assert variant_options(name) == options
    assert list(map(type, variant_options(name).values())) == list(map(type, options.values()))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "base"),
        ({"k": 1000, "lam": 0.1}, "k1000_lam0.1"),
        ({"steps": 1_000_000}, "steps1000000"),
        ({"lam": 1e-6}, "lam1e-06"),
        ({"lam": 1.0}, "lam1"),
        ({"h": 1e20}, "h1e20"),
        ({"sigma": 0.123456789}, "sigma0.123456789"),
    ],
)
def test_names_of_variants_are_short_and_exact(options, name):
    assert variant_name(**options) == name


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("base", ""),
        ("k1000_steps500", "k = 1000, N = 500"),
        ("lam1e-06", "λ = 1e-06"),
        ("sigma0.1", "σ = 0.1"),
        ("h0.5", "h = 0.5"),
    ],
)
def test_variants_in_words(variant, words):
    assert describe_variant(variant) == words
