"""What the seconds of a sampler are of: drawing, and not the loading of a library, which happens once in a process."""

import json
import subprocess
import sys

import pytest

from geovae.sampling.table import SAMPLERS
from helpers.paths import SCRIPTS

_DRAW = """
import json, sys
import torch
from geovae import Context, RiemannianMetric
from geovae.core.registry import resolve
from geovae.sampling.table import SAMPLERS

generator = torch.Generator().manual_seed(0)
mu, log_var = torch.randn(120, 3, generator=generator), torch.full((120, 3), -4.0)
metric = RiemannianMetric.from_latents(mu, log_var, k=10, lam=0.01)
context = Context(
    mu=mu, log_var=log_var, mu_validation=torch.randn(50, 3, generator=generator), metric=metric,
    matched_displacement=1.0,
)
sampler = resolve(SAMPLERS[sys.argv[1]].function)
before = {*sys.modules}
sampler(context, 4, "a key")
libraries = {"scipy", "sklearn", "kmedoids", "pandas"}
print(json.dumps(sorted(name for name in {*sys.modules} - before if name.partition(".")[0] in libraries)))
"""
OF_LATENTS = [name for name, entry in SAMPLERS.items() if not {"model", "images", "latents_test"} & {*entry.reads}]


@pytest.mark.parametrize("name", OF_LATENTS)
def test_no_library_is_loaded_while_a_sampler_draws(name):
    command = [sys.executable, "-c", _DRAW, name]
    result = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == []
