"""The README's example runs as it is written, and its links lead somewhere."""

import re

import pytest
import torch
from torch import nn

from geovae import fast_leapfrog
from geovae.geometry import as_printed
from helpers.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_puts_the_sampler_on_a_vae(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    generator = torch.Generator().manual_seed(1)
    to_latent, to_image = torch.randn(49, 4, generator=generator), torch.randn(4, 49, generator=generator)
    scope = {
        "train_images": torch.rand(300, 49, generator=generator),
        "encoder": lambda x: (x @ to_latent / 7, torch.full((len(x), 4), -2.0)),
        "decoder": lambda z: torch.sigmoid(z @ to_image),
    }
    exec(code, scope)
    assert scope["images"].shape == (64, 49)
    assert 0.5 < scope["info"].acceptance.mean() <= 1
    assert (scope["state"].z != scope["start"]).any(dim=1).float().mean() > 0.5
    assert "active" in capsys.readouterr().out
    assert len([line for line in code.splitlines() if line.strip()]) <= 12


@pytest.mark.parametrize("extra", ["", ", integrator=fast_leapfrog(metric)"])
def test_the_example_works_on_the_outputs_of_modules(extra):
    """Whose outputs track gradients, and whose codes are so narrow that float32 alone would be off by hundreds."""

    class Encoder(nn.Module):
        def __init__(self):
            super().__init__()
            self.mu, self.log_var = nn.Linear(49, 16), nn.Linear(49, 16)
            nn.init.zeros_(self.log_var.weight)
            nn.init.constant_(self.log_var.bias, -16.0)

        def forward(self, x):
            return self.mu(x), self.log_var(x)

    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    code = code.replace("generator=generator)  # Algorithm 2", f"generator=generator{extra})")
    encoder, decoder = Encoder(), nn.Sequential(nn.Linear(16, 49), nn.Sigmoid())
    scope = {"encoder": encoder, "decoder": decoder, "fast_leapfrog": fast_leapfrog}
    scope["train_images"] = torch.randn(2000, 49, generator=torch.Generator().manual_seed(1))
    exec(code, scope)
    assert scope["start"].requires_grad
    assert scope["state"].z.grad_fn is None
    metric, z = scope["metric"], scope["metric"].centroids
    exact = as_printed.metric(z.double(), torch.diag_embed(metric.precisions.double()), metric.rho, metric.lam)
    expected = as_printed.log_density(exact, z.double())
    assert (metric.log_density(z) - expected).abs().max() < 1e-3
    scope["images"].sum().backward()
    assert decoder[0].weight.grad.abs().max() > 0
    assert encoder.mu.weight.grad is None


def test_links_lead_to_files():
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", README)]
    assert len(targets) > 5
    for target in targets:
        assert (ROOT / target).exists(), target


def test_commands_name_files_that_are_there():
    for name in re.findall(r"(?:configs|workflow_scripts|benchmarks)/[\w/.]+\.(?:yaml|py)", README):
        assert (ROOT / name).is_file(), name
