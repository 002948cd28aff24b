"""The README's example runs as it is written, and its links lead somewhere."""

import re

import torch

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
    assert "where a centroid is felt" in capsys.readouterr().out
    assert len([line for line in code.splitlines() if line.strip()]) <= 12


def test_links_lead_to_files():
    targets = [target.split("#")[0] for target in re.findall(r"\]\(([^)]+)\)", README)]
    assert len(targets) > 5
    for target in targets:
        assert (ROOT / target).exists(), target


def test_commands_name_files_that_are_there():
    for name in re.findall(r"(?:configs|workflow_scripts|benchmarks)/[\w/.]+\.(?:yaml|py)", README):
        assert (ROOT / name).is_file(), name
