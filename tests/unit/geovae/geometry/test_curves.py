import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.geometry import tracing
from geovae.geometry.curves import (
    _log_cost,
    contrasting_pair,
    equal_arc_length,
    minimise_potential,
    path_cost,
    potential_field,
)
from geovae.geometry.grids import MOVES, GridGraph
from geovae.geometry.metric import RiemannianMetric

torch.set_num_threads(1)

# A straight line is longer by this factor along the widest pair of neighbouring directions, (1, 0) and (3, 1).
ANGULAR_ERROR = 1 / math.cos(0.5 * math.atan(1 / 3))


class HalfPlane:
    """V = 1/y: the potential's length is that of the hyperbolic half-plane, whose distances are known."""

    def log_density(self, z):
        return z[:, 1].log()

    def log_density_and_gradient(self, z):
        return z[:, 1].log(), torch.stack([torch.zeros(len(z)).double(), 1 / z[:, 1]], 1)

    @staticmethod
    def distance(a, b):
        return np.arccosh(1 + ((a - b) ** 2).sum(-1) / (2 * a[..., 1] * b[..., 1]))


class Flat:
    """V = 1."""

    def log_density(self, z):
        return torch.zeros(len(z), dtype=z.dtype)

    def log_density_and_gradient(self, z):
        return self.log_density(z), torch.zeros_like(z)


def ring_metric(n=24, d=2):
    """Centroids on a circle: the volume is large along it and small inside."""
    angles = torch.arange(n).double() * 2 * math.pi / n
    centroids = torch.zeros(n, d, dtype=torch.float64)
    centroids[:, 0], centroids[:, 1] = 3 * angles.cos(), 3 * angles.sin()
    return RiemannianMetric(centroids, torch.full((n, d), 30.0).double(), 2.0, 0.05)


def nodes(graph):
    xs, ys = np.meshgrid(graph.axis_x, graph.axis_y)
    return np.stack([xs, ys], -1)


SQUARE = (np.linspace(-1, 1, 61), np.linspace(-1, 1, 61))
UPPER = (np.linspace(-2, 2, 121), np.linspace(0.2, 3.0, 121))


def test_there_are_32_directions():
    assert len({(s * dx, s * dy) for dx, dy in MOVES for s in (1, -1)}) == 32


@pytest.mark.parametrize("start", [(0.0, 0.0), (0.213, -0.377)])
def test_euclidean_distances_within_the_angular_error(start):
    graph = GridGraph(torch.ones_like, SQUARE, [start])
    euclidean = np.linalg.norm(nodes(graph) - start, axis=-1)
    ratio = graph.distances(0)[0][euclidean > 0.3] / euclidean[euclidean > 0.3]
    assert ratio.min() > 1 - 1e-12
    assert ratio.max() < ANGULAR_ERROR + 2e-3
    assert ratio.max() > 1.01


def test_constant_diagonal_metric_along_the_axes():
    graph = GridGraph(lambda z: torch.tensor([4.0, 9.0]).double().expand(len(z), 2), SQUARE, [(0.0, 0.0)])
    distance, _ = graph.distances(0)
    np.testing.assert_allclose(distance[30], 2 * np.abs(SQUARE[0]), atol=1e-12)  # y = 0
    np.testing.assert_allclose(distance[:, 30], 3 * np.abs(SQUARE[1]), atol=1e-12)


def test_hyperbolic_distances():
    start = np.array([-1.003, 0.521])
    graph = GridGraph(lambda z: (1 / z[:, 1:] ** 2).expand(-1, 2), UPPER, [start])
    exact = HalfPlane.distance(nodes(graph), start)
    # Where the geodesic itself stays inside the grid
    inside = (np.abs(nodes(graph)[..., 0]) < 1.2) & (exact > 1.0)
    ratio = graph.distances(0)[0][inside] / exact[inside]
    assert ratio.min() > 1 - 2e-3
    assert ratio.max() < ANGULAR_ERROR + 5e-3


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000))
def test_distances_are_a_metric(seed):
    generator = np.random.default_rng(seed)
    points = generator.uniform(-0.95, 0.95, (4, 2))
    field = lambda z: 0.2 + torch.stack([z[:, 0] ** 2, torch.sin(3 * z[:, 0] + z[:, 1]) ** 2], 1)  # noqa: E731
    axes = (np.linspace(-1, 1, 25), np.linspace(-1, 1, 25))
    graph = GridGraph(field, axes, points)
    D = np.stack([graph.distances(i)[1] for i in range(4)])
    np.testing.assert_allclose(D, D.T, rtol=1e-12)
    np.testing.assert_array_equal(np.diag(D), 0)
    assert (D + np.eye(4) > 0).all()
    assert (D[:, None, :] <= D[:, :, None] + D[None, :, :] + 1e-12).all()


def test_path_is_as_long_as_the_distance():
    graph = GridGraph(torch.ones_like, SQUARE, [(-0.71, -0.2), (0.53, 0.64)])
    path = graph.path(0, 1)
    np.testing.assert_allclose(path[[0, -1]], graph.points)
    length = np.linalg.norm(np.diff(path, axis=0), axis=1).sum()
    assert length == pytest.approx(graph.distances(0)[1][1])


def test_points_on_nodes_and_on_each_other():
    graph = GridGraph(torch.ones_like, SQUARE, [(0.0, 0.0), (0.0, 0.0), (1.0, 1.0)])
    assert graph.distances(0)[1] == pytest.approx([0.0, 0.0, math.sqrt(2)], abs=1e-12)


def test_grid_refuses_points_outside_and_small_grids():
    with pytest.raises(GeovaeError, match="leave the axis"):
        GridGraph(torch.ones_like, SQUARE, [(0.0, 1.5)])
    with pytest.raises(GeovaeError, match="at least 7"):
        GridGraph(torch.ones_like, (np.linspace(0, 1, 5),) * 2, [(0.5, 0.5)])


def test_equal_arc_length():
    corner = np.array([[0.0, 0.0], [3.0, 0.0], [3.0, 0.0], [3.0, 1.0]])
    expected = [[0, 0], [1, 0], [2, 0], [3, 0], [3, 1]]
    np.testing.assert_allclose(equal_arc_length(corner, 5), expected, atol=1e-12)


def test_path_cost_closed_forms():
    assert path_cost(Flat(), np.array([[0.0, 0.0], [3.0, 4.0]])) == pytest.approx(5.0)
    vertical = np.linspace([0.0, 1.0], [0.0, 3.0], 50)
    assert path_cost(HalfPlane(), vertical) == pytest.approx(math.log(3), rel=1e-6)


def test_gradient_of_the_cost_by_finite_differences():
    metric, points = ring_metric(), np.random.default_rng(0).normal(size=(6, 2)) + 1.0
    value, gradient = _log_cost(metric, points)
    for index in np.ndindex(points.shape):
        step = np.zeros_like(points)
        step[index] = 1e-6
        slope = (_log_cost(metric, points + step)[0] - _log_cost(metric, points - step)[0]) / 2e-6
        assert gradient[index] == pytest.approx(slope, rel=1e-5, abs=1e-7)
    assert value == pytest.approx(math.log(path_cost(metric, points, 4)))


@pytest.mark.parametrize("axes", [UPPER, None])
def test_half_plane_geodesic_is_the_known_arc(axes):
    z1, z2 = np.array([-1.0, 0.5]), np.array([1.0, 0.5])
    curve = minimise_potential(HalfPlane(), z1, z2, axes=axes)
    assert curve.cost == pytest.approx(HalfPlane.distance(z1, z2), rel=2e-4)
    assert curve.affine_cost == pytest.approx(4.0)
    radii = np.linalg.norm(curve.points, axis=1)  # a circle around the origin
    np.testing.assert_allclose(radii, math.hypot(1.0, 0.5), rtol=5e-3)
    steps = np.linalg.norm(np.diff(curve.points, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps.mean(), rtol=1e-2)


def test_straight_segment_is_kept_where_it_is_best():
    curve = minimise_potential(Flat(), [0.0, 0.0], [1.0, 2.0], axes=(np.linspace(-1, 2, 40), np.linspace(-1, 3, 40)))
    np.testing.assert_allclose(curve.points, np.linspace([0, 0], [1, 2], 100), atol=1e-6)
    assert curve.cost == pytest.approx(math.sqrt(5))


def test_curve_follows_the_ring():
    metric = ring_metric()
    axes = (np.linspace(-4, 4, 81),) * 2
    curve = minimise_potential(metric, [3.0, 0.0], [-3.0, 0.0], axes=axes)
    assert curve.cost < 0.2 * curve.affine_cost
    assert np.linalg.norm(curve.points, axis=1).min() > 2.5
    np.testing.assert_allclose(curve.points[[0, -1]], [[3, 0], [-3, 0]], atol=1e-12)
    assert curve.cost == pytest.approx(path_cost(metric, curve.points))
    again = minimise_potential(metric, [3.0, 0.0], [-3.0, 0.0], axes=axes)
    np.testing.assert_array_equal(curve.points, again.points)


def test_refinement_improves_on_the_grid():
    metric, axes = ring_metric(), (np.linspace(-4, 4, 41),) * 2
    ends = np.array([[3.0, 0.1], [-2.0, 2.2]])
    corners = GridGraph(potential_field(metric), axes, ends).path(0, 1)
    assert minimise_potential(metric, *ends, axes=axes).cost < 0.995 * path_cost(metric, equal_arc_length(corners, 100))


@settings(max_examples=8, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), d=st.integers(2, 5))
def test_cost_is_never_above_that_of_the_segment(seed, d):
    z1, z2 = np.random.default_rng(seed).normal(scale=3, size=(2, d))
    curve = minimise_potential(ring_metric(d=d), z1, z2, n_points=30, n_iterations=30)
    assert curve.cost <= curve.affine_cost
    np.testing.assert_allclose(curve.points[[0, -1]], [z1, z2])


def test_curve_between_equal_ends():
    curve = minimise_potential(Flat(), [1.0, 2.0], [1.0, 2.0])
    assert (curve.cost, curve.affine_cost) == (0.0, 0.0)


def test_refused_ends():
    with pytest.raises(GeovaeError, match="shapes"):
        minimise_potential(Flat(), [0.0, 0.0], [1.0])
    with pytest.raises(GeovaeError, match="2 dimensions"):
        minimise_potential(Flat(), [0.0] * 3, [1.0] * 3, axes=SQUARE)


def test_contrasting_pair_lies_across_the_hole():
    metric = ring_metric()
    mu = metric.centroids.numpy()
    i, j = contrasting_pair(metric, mu, (np.linspace(-4, 4, 81),) * 2, np.random.default_rng(0))
    assert i != j
    assert np.linalg.norm(mu[i] - mu[j]) > 3.0
    with pytest.raises(GeovaeError, match="two"):
        contrasting_pair(metric, mu[:1], (np.linspace(-4, 4, 81),) * 2, np.random.default_rng(0))


def test_trace():
    metric = ring_metric()
    mu, labels = metric.centroids.numpy(), np.arange(24) % 2
    traced = tracing.trace(metric, mu, labels, np.random.default_rng(0), grid=50, n_points=40, n_stops=5)
    assert traced.log_volume.shape == (50, 50)
    assert traced.distances.shape == (2, 50, 50)
    assert traced.affine.shape == traced.geodesic.shape == (2, 40, 2)
    assert traced.affine_stops.shape == traced.geodesic_stops.shape == (2, 5, 2)
    np.testing.assert_array_equal(traced.starts, traced.ends[:, 0])
    for p in range(2):
        members = mu[labels == p]
        assert all((members == end).all(1).any() for end in traced.ends[p])
        row, column = np.unravel_index(traced.distances[p].argmin(), (50, 50))
        nearest = np.array([traced.axes[0][column], traced.axes[1][row]])
        assert np.abs(nearest - traced.starts[p]).max() < 8 / 50
    row, column = 10, 31
    z = torch.tensor([[traced.axes[0][column], traced.axes[1][row]]])
    assert traced.log_volume[row, column] == pytest.approx(metric.log_density(z).item())
    assert (traced.geodesic_costs <= traced.affine_costs).all()


def test_trace_refuses_what_has_no_map():
    with pytest.raises(GeovaeError, match="3 dimensions"):
        tracing.trace(ring_metric(d=3), np.zeros((4, 3)), np.zeros(4), np.random.default_rng(0))
    with pytest.raises(GeovaeError, match="spread"):
        tracing.plane_axes(np.zeros((4, 2)), 50)
    with pytest.raises(GeovaeError, match="no class"):
        tracing.choose_ends(ring_metric(), np.eye(2), np.arange(2), 2, np.random.default_rng(0))
