"""Density estimates on training means whose settings held-out means choose, and mixtures of neighbours."""

import math
import re

import numpy as np
import pytest
import torch
from scipy import stats
from scipy.spatial.distance import cdist

from geovae.core.errors import GeovaeError
from geovae.sampling import held_out, mixture, parzen
from geovae.sampling.base import Context
from geovae.sampling.draw import draw

torch.set_num_threads(1)


def cloud(n: int, d: int, seed: int) -> torch.Tensor:
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def held_out_likelihood(points, mu, covariances) -> float:
    densities = [stats.multivariate_normal(m, c).pdf(points) for m, c in zip(mu, covariances, strict=True)]
    return float(np.log(np.mean(densities, 0)).mean())


# -- posterior kernels ------------------------------------------------------------------------------------------------


def posterior_context(n: int = 80) -> Context:
    log_var = -2 + 0.7 * cloud(n, 2, 1) + torch.tensor([0.0, 2.0])
    return Context(mu=cloud(n, 2, 0), log_var=log_var, mu_validation=cloud(60, 2, 2))


def test_the_scale_of_posterior_kernels_has_the_highest_held_out_likelihood(monkeypatch):
    context = posterior_context()
    found = draw("posterior_kde", context, 5, "key").diagnostics
    covariances = np.stack([np.diag(row) for row in context.log_var.exp().numpy()])

    def likelihood(scale):
        return held_out_likelihood(context.mu_validation.numpy(), context.mu.numpy(), scale**2 * covariances)

    scale = found["scale"]
    assert found["held_out_log_likelihood"] == pytest.approx(likelihood(scale), rel=1e-5)
    assert all(likelihood(factor * scale) < likelihood(scale) for factor in (0.3, 0.9, 1.1, 3.0))
    assert found["scale_at_edge"] == 0.0
    assert found["bandwidth"] == pytest.approx(scale * context.log_var.exp().mean().sqrt().item())
    monkeypatch.setattr("geovae.sampling.posterior_kernel.CHUNK_ENTRIES", 300)
    assert draw("posterior_kde", context, 5, "key").diagnostics["scale"] == pytest.approx(scale, rel=1e-3)


def test_posterior_kernels_of_scale_one_are_the_aggregate_posterior():
    context = posterior_context()
    z = draw("posterior_kde", context, 20_000, "key", scale=1.0).latents.double()
    expected = context.mu.var(0, correction=0) + context.log_var.exp().mean(0)
    torch.testing.assert_close(z.var(0), expected, rtol=0.05, atol=0)
    wide = draw("posterior_kde", context, 20_000, "key", scale=3.0).latents.double()
    torch.testing.assert_close(
        wide.var(0), context.mu.var(0, correction=0) + 9 * context.log_var.exp().mean(0), rtol=0.05, atol=0
    )


# -- Parzen windows ---------------------------------------------------------------------------------------------------


def shapes_by_hand(mu: np.ndarray, k: int) -> np.ndarray:
    shapes = []
    for i, x in enumerate(mu):
        others = np.delete(mu, i, 0)
        near = others[np.argsort(np.linalg.norm(others - x, axis=1))[:k]] - x
        local = near.T @ near / k
        least = 1e-6 * mu.var(0).mean()
        shapes.append(0.9 * local + (0.1 * np.trace(local) / mu.shape[1] + least) * np.eye(mu.shape[1]))
    return np.stack(shapes)


def test_windows_have_the_shape_of_their_neighbourhood(monkeypatch):
    mu = cloud(40, 3, 0).numpy()
    rows = np.arange(40)
    near = parzen.nearest_others(mu, 7)
    np.testing.assert_array_equal(near, np.argsort(cdist(mu, mu), axis=1)[:, 1:8])
    np.testing.assert_allclose(parzen.neighbourhood_shapes(mu, rows, near), shapes_by_hand(mu, 7), rtol=1e-10)
    context = Context(mu=torch.from_numpy(mu))
    options = {"n_neighbours": 7, "scale": 0.8}
    z = draw("parzen", context, 30_000, "key", **options).latents.double()
    expected = np.cov(mu.T, ddof=0) + 0.64 * shapes_by_hand(mu, 7).mean(0)
    np.testing.assert_allclose(np.cov(z.numpy().T), expected, rtol=0.05, atol=0.02)
    monkeypatch.setattr(parzen, "CHUNK_ENTRIES", 100)
    torch.testing.assert_close(draw("parzen", context, 30_000, "key", **options).latents.double(), z)


def test_a_mean_that_coincides_with_others_is_none_of_its_own_neighbours():
    mu = np.array([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0], [1.0, 0.0], [3.0, 0.0]])
    near = parzen.nearest_others(mu, 3)
    assert all(row not in found for row, found in enumerate(near))
    assert set(near[0]) == {1, 2, 3}
    drawn = draw("parzen", Context(mu=torch.from_numpy(mu)), 50, "key", n_neighbours=2, scale=1.0)
    assert torch.isfinite(drawn.latents).all()


def test_number_of_neighbours_and_scale_have_the_highest_held_out_likelihood(monkeypatch):
    turn = torch.tensor([[1.0, 0.6], [0.0, 0.2]], dtype=torch.float64)
    context = Context(mu=cloud(90, 2, 0) @ turn, mu_validation=cloud(70, 2, 1) @ turn)
    monkeypatch.setattr(parzen, "CANDIDATES", (3, 12, 500))
    found = draw("parzen", context, 5, "key").diagnostics
    mu, points = context.mu.numpy(), context.mu_validation.numpy()

    def likelihood(k, scale):
        return held_out_likelihood(points, mu, scale**2 * shapes_by_hand(mu, k))

    k, scale = int(found["n_neighbours"]), found["scale"]
    assert k in (3, 12, 89)  # all the others where there are fewer
    best = likelihood(k, scale)
    assert found["held_out_log_likelihood"] == pytest.approx(best, rel=1e-5)
    assert all(likelihood(k, factor * scale) < best for factor in (0.5, 0.95, 1.05, 2.0))
    rivals = {
        other: draw("parzen", context, 5, "key", n_neighbours=other).diagnostics["held_out_log_likelihood"]
        for other in (3, 12, 89)
    }
    assert max(rivals, key=rivals.get) == k
    assert rivals[k] == found["held_out_log_likelihood"]
    at_scale = draw("parzen", context, 5, "key", scale=0.3).diagnostics
    chosen = max((3, 12, 89), key=lambda other: likelihood(other, 0.3))
    assert (at_scale["n_neighbours"], at_scale["scale"]) == (chosen, 0.3)


# -- mixtures ---------------------------------------------------------------------------------------------------------


def test_neighbours_lie_uniformly_between_a_mean_and_its_nearest():
    corners = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    context = Context(mu=torch.cat([corners, corners + 100]))
    z = draw("neighbours", context, 6000, "key", n_neighbours=3).latents.double()
    z = torch.where(z > 50, z - 100, z)
    assert (z > -1e-5).all()
    assert (z.sum(1) < 1 + 1e-4).all()
    # Uniform on the triangle: x has the density 2 (1 - x).
    assert stats.kstest(z[:, 0].numpy(), lambda x: 1 - (1 - np.clip(x, 0, 1)) ** 2).pvalue > 1e-3
    assert torch.equal(
        draw("neighbours", context, 50, "key", n_neighbours=99).latents.isfinite(), torch.ones(50, 2) > 0
    )
    alone = draw("neighbours", context, 50, "key", n_neighbours=1).latents
    assert torch.cdist(alone, context.mu).amin(1).max() == 0


def test_the_number_of_gaussians_rises_as_long_as_the_held_out_likelihood_does(monkeypatch):
    centres = torch.tensor([[-9.0, 0.0], [0.0, 9.0], [9.0, 0.0], [0.0, -9.0]], dtype=torch.float64)
    mu = cloud(400, 2, 0) + centres.repeat(100, 1)
    context = Context(mu=mu[:300], mu_validation=mu[300:])
    monkeypatch.setattr(mixture, "CANDIDATES", (1, 2, 4, 40, 80))
    drawn = draw("gmm", context, 3000, "key", n_components="heldout")
    assert drawn.diagnostics["n_components"] == 4.0
    given = draw("gmm", context, 3000, "key", n_components=4)
    assert torch.equal(drawn.latents, given.latents)
    fits = {k: mixture._fitted(mu[:300].numpy(), k, {"random_state": 0})[0].score(mu[300:].numpy()) for k in (1, 4, 40)}
    assert fits[4] > max(fits[1], fits[40])
    assert drawn.diagnostics["held_out_log_likelihood"] == pytest.approx(fits[4], abs=0.05)


# -- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sampler", ["posterior_kde", "parzen"])
@pytest.mark.parametrize("scale", [0, -0.5, math.nan, math.inf, 1e-300, 1e300, "wide", True])
def test_scales_that_are_none_are_refused(sampler, scale):
    refusal = re.escape(f"sampler '{sampler}': scale = {scale!r}; it must be finite and ≥ 1e-16")
    with pytest.raises(GeovaeError, match=refusal):
        draw(sampler, posterior_context(), 3, "key", scale=scale)


@pytest.mark.parametrize(
    ("sampler", "settings", "words"),
    [
        *(
            ("parzen", {"n_neighbours": value}, rf"n_neighbours = {value!r}; it must be a whole number from 1 to 79")
            for value in (0, 80, 2.5, "3", True, math.nan)
        ),
        *(
            (
                "neighbours",
                {"n_neighbours": value},
                rf"n_neighbours = {value!r}; it must be a whole number of",
            )
            for value in (0, 2.5, "3", True, None, math.nan)
        ),
        *(
            (
                sampler,
                {"max_validation": value},
                rf"max_validation = {value!r}; it must be a whole number of",
            )
            for sampler in ("parzen", "posterior_kde", "kde")
            for value in (0, 2.5, "3", True)
        ),
        ("gmm", {"n_components": "heldout", "max_validation": 2.5}, "max_validation = 2.5; it must be a whole number"),
        ("gmm", {"max_iter": 0}, "max_iter = 0; it must be a whole number of at least 1"),
        ("gmm", {"tol": math.nan}, "tol = nan; it must be finite and ≥ 0"),
        ("gmm", {"tol": "small"}, "tol = 'small'; it must be finite and ≥ 0"),
        ("gmm", {"n_components": "best"}, "n_components = .best.; it must be a whole number"),
    ],
)
def test_settings_out_of_range_are_refused(sampler, settings, words):
    with pytest.raises(GeovaeError, match=words):
        draw(sampler, posterior_context(), 3, "key", **settings)


def test_held_out_means_that_are_training_means_fit_no_scale():
    mu = cloud(30, 2, 0)
    with pytest.raises(GeovaeError, match="half of the validation means are training means"):
        draw("parzen", Context(mu=mu, mu_validation=mu), 3, "key")
    for settings in ({}, {"n_neighbours": 3, "scale": 1.0}):
        with pytest.raises(GeovaeError, match="all training means coincide"):
            draw("parzen", Context(mu=torch.zeros(30, 2), mu_validation=mu), 3, "key", **settings)


def test_the_best_scale_at_an_end_of_the_range_is_said_to_be_there():
    ends = held_out.best_scale(lambda x: -x, np.array([0.1, 1.0, 10.0]))
    assert ends == (pytest.approx(0.1), pytest.approx(math.log(10)), True)
    found = held_out.best_scale(lambda x: -((x - 1) ** 2), np.geomspace(0.1, 100, 9))
    assert (found.scale, found.at_edge) == (pytest.approx(math.e, rel=1e-2), False)
