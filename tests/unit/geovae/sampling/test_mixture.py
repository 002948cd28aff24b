"""The Gaussian mixture on means of any scale, and the choice of its number of Gaussians where means bear only few."""

import math

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.sampling import mixture
from geovae.sampling.base import Context
from geovae.sampling.draw import draw

torch.set_num_threads(1)

HELD_OUT = {"n_components": "heldout"}


def clusters(n: int, d: int, seed: int = 0) -> torch.Tensor:
    """Three clusters of deviation 1 whose centres are those of any seed."""
    centres = 5 * torch.randn(3, d, generator=torch.Generator().manual_seed(9))
    noise = torch.randn(n, d, generator=torch.Generator().manual_seed(seed))
    return noise + centres[torch.arange(n) % 3]


@pytest.mark.parametrize("scale", [1e5, 1e6, 1e8])
def test_the_choice_is_among_the_numbers_of_gaussians_that_the_means_bear(scale):
    mu = scale * clusters(100, 16)
    with pytest.raises(GeovaeError, match=r"no mixture of 20 Gaussians .*\n.*Lower samplers\.gmm\.n_components, or"):
        draw("gmm", Context(mu=mu), 5, "key", n_components=20)
    context = Context(mu=mu, mu_validation=scale * clusters(60, 16, 1))
    drawn = draw("gmm", context, 4000, "key", **HELD_OUT)
    assert drawn.diagnostics["n_components"] in (1.0, 2.0)
    assert math.isfinite(drawn.diagnostics["held_out_log_likelihood"])
    assert drawn.latents.double().std().item() == pytest.approx(mu.double().std().item(), rel=0.05)


def test_means_that_bear_not_even_one_gaussian_are_refused_without_naming_a_number():
    context = Context(mu=1e6 * clusters(10, 16), mu_validation=1e6 * clusters(30, 16, 1))
    with pytest.raises(GeovaeError, match="no mixture of 1 Gaussians") as caught:
        draw("gmm", context, 5, "key", **HELD_OUT)
    assert str(caught.value).endswith("\nSee whether the model's training has diverged.")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_likelihood_that_is_not_finite_never_chooses_a_number_of_gaussians(monkeypatch, value):
    class Fit:
        def __init__(self, n_components):
            self.n_components = n_components

        def score(self, points):
            return {1: -3.0, 2: -2.0, 5: value}[self.n_components]

    monkeypatch.setattr(mixture, "_fitted", lambda mu, n_components, options: (Fit(n_components), None))
    mu = clusters(30, 2).numpy()
    fit, _, likelihood = mixture._best_mixture(mu, mu, {})
    assert (fit.n_components, likelihood) == (2, -2.0)
    monkeypatch.setattr(mixture, "CANDIDATES", (5,))
    with pytest.raises(GeovaeError, match=r"no setting .* a finite likelihood"):
        mixture._best_mixture(mu, mu, {})


@pytest.mark.parametrize("scale", [3e-3, 1e-3, 1e-4, 1e-10, 1e-30])
def test_draws_of_small_codes_are_as_wide_as_the_codes(scale):
    noise = torch.randn(1000, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for settings in ({"n_components": 1}, {"n_components": 5}):
        drawn = draw("gmm", Context(mu=scale * noise), 40_000, "key", **settings)
        assert drawn.latents.double().std().item() / (scale * noise.std().item()) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize("settings", [{"n_components": 3}, HELD_OUT])
def test_small_codes_are_drawn_alike_in_any_unit_of_a_power_of_two(settings):
    mu, held_out = clusters(150, 3).double() * 2**-12, clusters(60, 3, 1).double() * 2**-12
    first = draw("gmm", Context(mu=mu, mu_validation=held_out), 500, "key", **settings)
    for power in (-1, -60):
        unit = 2.0**power
        other = draw("gmm", Context(mu=mu * unit, mu_validation=held_out * unit), 500, "key", **settings)
        assert torch.equal(other.latents, first.latents * unit)
        for name in first.diagnostics.keys() - {"seconds"}:
            shift = -3 * math.log(unit) if "likelihood" in name else 0.0
            assert other.diagnostics[name] == pytest.approx(first.diagnostics[name] + shift, rel=1e-12)


def test_codes_of_a_usual_scale_are_fitted_as_they_are(monkeypatch):
    given = []
    fitted = mixture._fitted
    monkeypatch.setattr(mixture, "_fitted", lambda mu, *rest: given.append(mu) or fitted(mu, *rest))
    for deviation in (0.0036, 0.1, 1.0, 10.0):
        mu = clusters(300, 3).double()
        mu *= deviation / mu.var(0, correction=0).mean().sqrt()
        draw("gmm", Context(mu=mu), 5, "key", n_components=3)
        np.testing.assert_array_equal(given.pop(), mu.numpy())
    draw("gmm", Context(mu=mu * 2**-14), 5, "key", n_components=3)
    assert 1 <= np.sqrt(given.pop().var(0).mean()) < 2


@pytest.mark.parametrize("value", [0.0, 0.1, 0.3, 1000.1, -3e7])
@pytest.mark.parametrize(
    ("sampler", "settings"), [("gmm", {"n_components": 10}), ("gmm", HELD_OUT), ("kde", {}), ("parzen", {})]
)
def test_means_that_coincide_anywhere_are_refused_by_all_densities(sampler, settings, value):
    mu = torch.full((300, 2), value, dtype=torch.float64)  # the rounded mean of 0.1 is not 0.1
    context = Context(mu=mu, mu_validation=clusters(30, 2).double())
    with pytest.raises(GeovaeError, match=f"sampler '{sampler}': all training means coincide"):
        draw(sampler, context, 5, "key", **settings)
