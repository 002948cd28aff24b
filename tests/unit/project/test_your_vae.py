"""docs/your_vae.md on a plain module; tests/peers has it on models of other libraries."""

import math

import pytest
import torch
from torch import nn

from helpers import your_vae


class Encoder(nn.Module):
    def __init__(self, log_var: float) -> None:
        super().__init__()
        self.linear = nn.Linear(49, 4)
        self.log_var = log_var

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mu = self.linear(x)
        return mu, torch.full_like(mu, self.log_var)


def told_of(log_var: float) -> dict:
    encoder, decoder = Encoder(log_var), nn.Linear(4, 49)
    images = torch.rand(300, 49, generator=torch.Generator().manual_seed(1))
    scope = {"encoder": encoder, "decoder": decoder, "train_images": images}
    your_vae.run("A plain `nn.Module`", scope)
    assert scope["images"].shape == scope["baseline_images"].shape == (64, 49)
    return scope["told"]


def test_wide_posteriors_are_active_and_narrow_ones_are_not():
    wide, narrow = told_of(0.0), told_of(-12.0)
    assert wide["active"] > 0.9
    assert narrow["active"] < 0.6
    # Far from every centroid the density is flat: log √det(λ I), d = 4.
    assert narrow["log-density, 5 % to 95 %"][0] == pytest.approx(2 * math.log(0.01), rel=1e-5)
    assert wide["accepted"] > 0.9 > narrow["accepted"]


def test_the_page_has_the_three_cases():
    assert len(your_vae.blocks()) == 4
