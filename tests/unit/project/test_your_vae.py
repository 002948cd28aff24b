"""docs/your_vae.md on a plain module; tests/peers has it on models of other libraries."""

import pytest
import torch
from torch import nn

from helpers import your_vae

HEIGHT = "log-density above flat, 5 % and 95 %"
RATIO = "displacement / random walk"


@pytest.fixture(autouse=True)
def _one_thread():
    """On tensors this small two threads mostly wait for each other, for minutes where other tests run beside."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Encoder(nn.Module):
    def __init__(self, log_var: float) -> None:
        super().__init__()
        self.linear = nn.Linear(49, 4)
        self.log_var = log_var

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        mu = self.linear(x)
        return mu, torch.full_like(mu, self.log_var)


def draw(n_means: int, log_var: float, dtype: torch.dtype = torch.float32, **options) -> tuple:
    """100 latents by the page's function from standard normal means."""
    scope = {}
    exec(your_vae.blocks()["Draw, and see whether to trust the draw"], scope)
    mu = torch.randn(n_means, 4, generator=torch.Generator().manual_seed(1)).to(dtype)
    return scope["draw_latents"](mu, torch.full_like(mu, log_var), 100, **options)


def test_the_block_on_a_plain_module():
    images = torch.rand(100, 49, generator=torch.Generator().manual_seed(1))
    scope = {"encoder": Encoder(0.0), "decoder": nn.Linear(4, 49), "train_images": images}
    your_vae.run("A plain `nn.Module`", scope)
    assert scope["images"].shape == scope["baseline_images"].shape == (64, 49)
    assert scope["told"]["accepted"] > 0.9


def test_where_posteriors_are_wide_the_metric_guides_the_chains():
    _, _, told = draw(100, 0.0)
    assert told["active"] == 1
    assert told["accepted"] > 0.99
    assert 0.5 < told[RATIO] < 0.97
    assert told[HEIGHT][0] > 5


def test_between_few_narrow_centroids_chains_are_random_walks():
    z, baseline, told = draw(1000, -12.0, k=5)
    assert told["active"] < 0.05
    assert told["accepted"] > 0.95
    assert told[RATIO] == pytest.approx(1, rel=0.1)
    assert told["displacement"] == pytest.approx(1, rel=0.1)
    assert told[HEIGHT] == pytest.approx([0, 0], abs=1e-6)
    assert baseline.std().item() == pytest.approx(z.std().item(), rel=0.1)


def test_a_random_walk_is_measured_in_its_own_length():
    _, _, told = draw(1000, -12.0, k=5, n_steps=25, n_lf=4, eps_lf=0.02)
    assert told["displacement"] == pytest.approx(0.4, rel=0.1)
    assert told[RATIO] == pytest.approx(1, rel=0.1)


def test_where_every_mean_is_a_centroid_chains_stay():
    _, _, told = draw(100, -7.0)
    assert told["active"] == 1
    assert told[RATIO] < 0.1
    assert told["never moved"] == 0


def test_centroids_too_narrow_for_the_step_hold_chains_fast():
    _, _, told = draw(100, -12.0)
    assert told["never moved"] > 0.95
    _, _, shorter = draw(100, -12.0, eps_lf=1e-4, n_steps=10)
    assert shorter["never moved"] < 0.05


def test_latents_come_back_in_their_own_type():
    z, baseline, _ = draw(100, -2.0, dtype=torch.float16, n_steps=10)
    assert z.dtype == baseline.dtype == torch.float16
    assert torch.isfinite(z).all()


def test_the_page_has_the_three_cases():
    assert len(your_vae.blocks()) == 4
