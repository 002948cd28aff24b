"""The expanded square of the metric: against Eq. (17) evaluated term by term."""

from functools import partial

import pytest
import torch

from geovae.geometry import as_printed
from geovae.geometry.expansion import Expansion
from geovae.geometry.hmc import autograd_target

torch.set_num_threads(1)
K, D, RHO, LAM = 6, 3, 1.5, 0.02


def make(tau=0.0):
    generator = torch.Generator().manual_seed(0)
    centroids, noise, z = (torch.randn(n, D, generator=generator, dtype=torch.float64) for n in (K, K, 4))
    precisions = torch.exp(1 + 0.5 * noise)
    return centroids, precisions, z, Expansion.of_centroids(centroids + 20, precisions, RHO, tau)


def log_weights(z, centroids, precisions):
    return -((z[:, None] - centroids).square() * precisions).sum(2) / RHO**2


@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4, 5], [4, 1], []])
def test_exponents_are_the_squares_written_out(rows):
    centroids, precisions, z, expansion = make()
    chosen = expansion.select(torch.tensor(rows, dtype=torch.int64))
    wanted = log_weights(z, centroids, precisions)[:, rows]
    torch.testing.assert_close(chosen.exponents(z + 20 - chosen.origin), wanted, rtol=1e-10, atol=1e-10)


@pytest.mark.parametrize("tau", [0.0, 0.05])
@pytest.mark.parametrize("rows", [[0, 1, 2, 3, 4, 5], [4, 1], []])
def test_density_and_gradient_are_those_of_the_sum_of_these_centroids(rows, tau):
    centroids, precisions, z, expansion = make(tau)

    def floor(z):
        return LAM * torch.exp(-tau * z.square().sum(1, keepdim=True))

    G = as_printed.metric(centroids[rows] + 20, torch.diag_embed(precisions[rows]), RHO, LAM, tau)
    z = z + 20
    x = z - expansion.origin
    wanted, slope = autograd_target(partial(as_printed.log_density, G))(z)
    chosen = torch.tensor(rows, dtype=torch.int64)
    exponents = expansion.exponents(x)[:, rows]
    unit = floor(z) / RHO**2
    ways = [
        expansion.select(chosen).evaluate(x, exponents.clone(), unit),
        expansion.evaluate(x, exponents.clone(), unit, chosen),
    ]
    for density, gradient in ways:
        torch.testing.assert_close(density, wanted, rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(gradient, slope, rtol=1e-9, atol=1e-9)


def test_what_is_not_wanted_is_not_made():
    _, _, z, expansion = make()
    x, floor = z + 20 - expansion.origin, torch.tensor([LAM], dtype=torch.float64)

    def evaluate(**wanted):
        return expansion.evaluate(x, expansion.exponents(x), floor, **wanted)

    density, gradient = evaluate()
    alone, none = evaluate(with_gradient=False)
    assert torch.equal(alone, density)
    assert none is None
    none, alone = evaluate(with_density=False)
    assert torch.equal(alone, gradient)
    assert none is None
