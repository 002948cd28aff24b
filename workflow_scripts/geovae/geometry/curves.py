"""Curves that minimise the potential V = 1/√det G between two points of the latent space (Eq. 12).

As printed, ∫₀¹ V(γ(t)) dt leaves the parametrisation free: a curve may rest where V is least and rush through the
rest, so the infimum does not depend on its path. Curves here minimise ∫ V(γ(t)) ‖γ'(t)‖ dt, which no change of
parametrisation alters and which is the integral of Eq. (12) at constant speed times the length. It is the length of γ
in the metric V² I, so the minimisers are its geodesics.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, Protocol

import numpy as np
import torch
from scipy.optimize import minimize
from scipy.spatial.distance import pdist, squareform

from geovae.core.arrays import require_numbers
from geovae.core.errors import GeovaeError
from geovae.geometry.grids import Axes, Field, GridGraph


class Volume(Protocol):
    """What a curve needs of a metric, in float64 on the CPU: ½ log det G (n,) and its gradient (n, d)."""

    def log_density(self, z: torch.Tensor) -> torch.Tensor:
        """½ log det G(z)."""

    def log_density_and_gradient(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """½ log det G(z) and its gradient."""


class Curve(NamedTuple):
    """Points (m, d) at equal arc length, ∫ V ‖γ'‖ along them, and the same along the straight segment."""

    points: np.ndarray
    cost: float
    affine_cost: float


def equal_arc_length(points: np.ndarray, m: int) -> np.ndarray:
    """m points (m, d) at equal distances along the polyline `points`, its ends included."""
    steps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    keep = np.concatenate([[True], steps > 0])
    points, arc = points[keep], np.concatenate([[0.0], np.cumsum(steps[steps > 0])])
    positions = np.linspace(0.0, arc[-1], m)
    return np.stack([np.interp(positions, arc, coordinate) for coordinate in points.T], 1)


def path_cost(volume: Volume, points: np.ndarray, per_segment: int = 16) -> float:
    """∫ V ‖γ'‖ dt along the polyline `points` (m, d), midpoint rule with `per_segment` stations on each segment."""
    fractions = (np.arange(per_segment) + 0.5) / per_segment
    steps = np.diff(points, axis=0)
    stations = points[:-1, None] + fractions[:, None] * steps[:, None]
    log_v = -volume.log_density(torch.from_numpy(stations.reshape(-1, points.shape[1]))).numpy()
    return float((np.exp(log_v).reshape(-1, per_segment).mean(1) * np.linalg.norm(steps, axis=1)).sum())


def potential_field(volume: Volume) -> Field:
    """The planar metric V² I, whose lengths are ∫ V ‖γ'‖ dt."""
    return lambda z: torch.exp(-2.0 * volume.log_density(z))[:, None].expand(-1, 2)


def minimise_potential(
    volume: Volume,
    z1: np.ndarray,
    z2: np.ndarray,
    *,
    axes: Axes | None = None,
    n_points: int = 100,
    n_rounds: int = 4,
    n_iterations: int = 150,
) -> Curve:
    """The curve from z1 to z2 (d,) that minimises ∫ V ‖γ'‖ dt, V = 1/√det G (Eq. 12 at constant speed).

    The first guess is the cheapest path on the grid `axes` (d = 2 only) or, without axes, the straight segment; L-BFGS
    in float64 moves the inner points of the polyline, which is spread to equal arc length after each of `n_rounds`
    rounds. The cheapest curve met is returned, so its cost is never above that of the segment.

    Raises:
        GeovaeError: ends that are not finite or not of one shape (d,), fewer than 3 points, or axes where d is not 2.

    Examples:
        Far from all centroids G = λ I, so that V = 1 for λ = 1 and the curve is the segment, of length 5.

        >>> import numpy as np
        >>> import torch
        >>> from geovae import RiemannianMetric, minimise_potential
        >>> centroid = torch.full((1, 2), 1000.0, dtype=torch.float64)
        >>> metric = RiemannianMetric(centroid, torch.ones_like(centroid), rho=1.0, lam=1.0)
        >>> curve = minimise_potential(metric, np.array([0.0, 0.0]), np.array([3.0, 4.0]))
        >>> round(curve.cost, 6), curve.points.shape
        (5.0, (100, 2))
    """
    z1, z2 = (np.asarray(end) if isinstance(end, list | tuple) else end for end in (z1, z2))
    for name, end in (("z1", z1), ("z2", z2)):
        require_numbers(end, f"curve: {name}")
        if not np.isfinite(end).all():
            raise GeovaeError(f"curve: {name} holds NaN or infinities.")
    z1, z2 = np.asarray(z1, np.float64), np.asarray(z2, np.float64)
    if z1.shape != z2.shape or z1.ndim != 1 or n_points < 3:
        raise GeovaeError(f"curve: ends of shapes {z1.shape} and {z2.shape}, {n_points} points; (d,) and ≥ 3 expected.")
    if axes is not None and len(z1) != 2:
        raise GeovaeError(f"curve: a grid of first guesses needs a latent space of 2 dimensions, not {len(z1)}.")
    affine = np.linspace(z1, z2, n_points)
    affine_cost = path_cost(volume, affine)
    best = Curve(affine, affine_cost, affine_cost)
    if np.array_equal(z1, z2):
        return best

    def consider(points: np.ndarray) -> None:
        nonlocal best
        cost = path_cost(volume, points)
        if cost < best.cost:
            best = Curve(points, cost, affine_cost)

    guess = affine
    if axes is not None:
        corners = GridGraph(potential_field(volume), axes, np.stack([z1, z2])).path(0, 1)
        guess = equal_arc_length(corners, n_points)
        consider(guess)
    for _ in range(n_rounds):
        guess = equal_arc_length(move_inner_points(partial(_log_cost, volume), guess, n_iterations), n_points)
        consider(guess)
    return best


def contrasting_pair(
    volume: Volume, mu: np.ndarray, axes: Axes, generator: np.random.Generator, n_candidates: int = 24
) -> tuple[int, int]:
    """Rows (i, j) of `mu` (n, 2) whose straight segment costs most relative to the cheapest grid path between them.

    Searched among the longer half of all pairs of `n_candidates` random rows: between those ends the segment crosses
    empty space that a curve can avoid. Ties go to the first pair.

    Raises:
        GeovaeError: there are fewer than two rows.
    """
    if len(mu) < 2:
        raise GeovaeError(f"curve: {len(mu)} points of a class; a pair of ends needs two.")
    rows = np.sort(generator.choice(len(mu), min(n_candidates, len(mu)), replace=False))
    points = np.asarray(mu[rows], np.float64)
    graph = GridGraph(potential_field(volume), axes, points)
    separations = pdist(points)
    far = squareform(separations >= np.median(separations))
    best, ends = -np.inf, (int(rows[0]), int(rows[1]))
    for i in range(len(rows) - 1):
        curve_costs = graph.distances(i)[1]
        for j in range(i + 1, len(rows)):
            if not far[i, j] or curve_costs[j] < 1e-12 * max(curve_costs.max(), 1e-300):
                continue  # near, or coinciding
            ratio = path_cost(volume, np.linspace(points[i], points[j], 100), 4) / curve_costs[j]
            if ratio > best:
                best, ends = ratio, (int(rows[i]), int(rows[j]))
    return ends


def move_inner_points(
    log_cost: Callable[[np.ndarray], tuple[float, np.ndarray]], points: np.ndarray, n_iterations: int
) -> np.ndarray:
    """A polyline `points` (m, d) with the inner ones moved by L-BFGS to a lower cost.

    Args:
        log_cost: a polyline → the logarithm of its cost, and the gradient (m, d) of that.
        points: where it starts, in float64; the ends stay.
        n_iterations: at most so many.
    """
    first, last, shape = points[:1], points[-1:], points[1:-1].shape

    def objective(inner: np.ndarray) -> tuple[float, np.ndarray]:
        value, gradient = log_cost(np.concatenate([first, inner.reshape(shape), last]))
        return value, gradient[1:-1].ravel()

    result = minimize(
        objective, points[1:-1].ravel(), jac=True, method="L-BFGS-B", options={"maxiter": n_iterations, "maxcor": 20}
    )
    return np.concatenate([first, result.x.reshape(shape), last])


def _log_cost(volume: Volume, points: np.ndarray, per_segment: int = 4) -> tuple[float, np.ndarray]:
    """log ∫ V ‖γ'‖ dt along a polyline (m, d), and its gradient (m, d). Logarithms, as V spans many decades."""
    m, d = points.shape
    fractions = ((np.arange(per_segment) + 0.5) / per_segment)[None, :, None]
    steps = np.diff(points, axis=0)
    lengths = np.maximum(np.linalg.norm(steps, axis=1), 1e-300)
    stations = points[:-1, None] + fractions * steps[:, None]
    log_density, slope = volume.log_density_and_gradient(torch.from_numpy(stations.reshape(-1, d)))
    log_v = -log_density.numpy().reshape(m - 1, per_segment)
    largest = log_v.max()
    V = np.exp(log_v - largest) / per_segment
    cost = (V.sum(1) * lengths).sum()
    pull = (V * lengths[:, None])[:, :, None] * -slope.numpy().reshape(m - 1, per_segment, d)
    stretch = V.sum(1)[:, None] * steps / lengths[:, None]
    gradient = np.zeros_like(points)
    gradient[:-1] += (pull * (1 - fractions)).sum(1) - stretch
    gradient[1:] += (pull * fractions).sum(1) + stretch
    return largest + np.log(cost), gradient / cost
