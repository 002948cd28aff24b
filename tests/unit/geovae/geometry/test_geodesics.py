"""Geodesics: flat and hyperbolic metrics whose geodesics are known, and the metric of a VAE."""

import math

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.geometry.geodesics import differentiable_diagonal, minimise_length, riemannian_length
from geovae.geometry.metric import RiemannianMetric


def half_plane(z: torch.Tensor) -> torch.Tensor:
    """Poincaré's half-plane: G = I / y²."""
    return z[:, 1:].pow(-2).expand(-1, 2)


def some_metric(d: int, tau: float = 0.0) -> RiemannianMetric:
    generator = torch.Generator().manual_seed(d)
    centroids = torch.randn(12, d, generator=generator, dtype=torch.float64)
    precisions = torch.rand(12, d, generator=generator, dtype=torch.float64) * 20 + 1
    return RiemannianMetric(centroids, precisions, rho=1.5, lam=0.05, tau=tau)


def test_a_segment_is_the_geodesic_of_a_constant_metric():
    scale = torch.tensor([4.0, 1.0, 9.0], dtype=torch.float64)
    start, end = np.zeros(3), np.array([1.0, -2.0, 3.0])
    detour = np.array([[0, 0, 0], [5, 5, 5], [1, -2, 3]])
    found = minimise_length(lambda z: scale.expand(len(z), 3), start, end, guesses=[detour])
    assert found.length == pytest.approx(math.sqrt(4 + 4 + 81), rel=1e-9)
    np.testing.assert_allclose(found.points, np.linspace(start, end, 50), atol=1e-6)


@pytest.mark.parametrize(("start", "end"), [((-1.0, 0.5), (1.0, 0.5)), ((0.0, 0.2), (3.0, 1.0))])
def test_a_geodesic_of_the_half_plane_is_an_arc_of_a_circle(start, end):
    (x1, y1), (x2, y2) = start, end
    found = minimise_length(half_plane, np.array(start), np.array(end), n_rounds=6)
    exact = math.acosh(1 + ((x2 - x1) ** 2 + (y2 - y1) ** 2) / (2 * y1 * y2))
    assert exact <= found.length < 1.002 * exact
    assert found.affine_length > 1.05 * exact
    centre = (x2**2 + y2**2 - x1**2 - y1**2) / (2 * (x2 - x1))  # the circle that meets the axis y = 0 at right angles
    np.testing.assert_allclose(
        np.hypot(found.points[:, 0] - centre, found.points[:, 1]), math.hypot(x1 - centre, y1), rtol=0.02
    )


def test_the_length_of_a_polyline():
    points = np.array([[0.0, 1.0], [0.0, 2.0], [3.0, 2.0]])
    assert riemannian_length(half_plane, points, 2000) == pytest.approx(math.log(2) + 1.5, rel=1e-6)


@pytest.mark.parametrize("tau", [0.0, 0.3])
def test_the_diagonal_for_autograd_is_that_of_the_metric(tau):
    metric = some_metric(3, tau)
    z = torch.randn(20, 3, dtype=torch.float64)
    diagonal = differentiable_diagonal(metric)
    torch.testing.assert_close(diagonal(z), metric.diagonal(z))
    assert torch.autograd.gradcheck(diagonal, z[:4].clone().requires_grad_())


@pytest.mark.parametrize("d", [2, 16])
def test_a_curve_is_never_longer_than_the_segment_and_mostly_shorter(d):
    metric = some_metric(d)
    diagonal = differentiable_diagonal(metric)
    pairs = metric.centroids[:10].reshape(5, 2, d).numpy()
    found = [minimise_length(diagonal, *pair, n_rounds=1, n_iterations=30) for pair in pairs]
    for curve, pair in zip(found, pairs, strict=True):
        assert curve.length <= curve.affine_length
        assert curve.length == pytest.approx(riemannian_length(diagonal, curve.points))
        np.testing.assert_array_equal(curve.points[[0, -1]], pair)
    assert sum(curve.length < 0.999 * curve.affine_length for curve in found) >= 3


def test_of_several_guesses_the_shortest_curve_is_kept():
    def wall(z: torch.Tensor) -> torch.Tensor:  # along x = 0 up to y = 1, over which the segment cannot climb by itself
        height = 1e4 * torch.exp(-(z[:, :1].pow(2) / 0.02)) * torch.sigmoid(-40 * (z[:, 1:] - 1))
        return (1 + height).expand(-1, 2)

    start, end = np.array([-1.0, -4.0]), np.array([1.0, -4.0])
    around = np.array([start, [-1.0, 1.5], [1.0, 1.5], end])
    assert minimise_length(wall, start, end, guesses=[around]).length < 11.5
    assert minimise_length(wall, start, end).length > 15


def test_ends_that_do_not_fit_are_refused_and_equal_ones_are_at_distance_0():
    with pytest.raises(GeovaeError, match="geodesic: ends"):
        minimise_length(half_plane, np.zeros(2), np.zeros(3))
    assert minimise_length(half_plane, np.ones(2), np.ones(2)).length == pytest.approx(0, abs=1e-100)
