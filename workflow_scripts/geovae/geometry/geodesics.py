"""Geodesics of a diagonal metric in any latent dimension: polylines of least Riemannian length between two points.

The length ∫ √(γ'ᵀ G γ') dt is minimised rather than the energy ∫ γ'ᵀ G γ' dt. Both have the same minimisers, but the
energy's move at constant Riemannian speed: where G spans many decades, nearly all points of a polyline gather where it
is large, and one segment jumps over the rest and whatever lies there. The length leaves the parametrisation free, so
the points can be spread evenly again.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import NamedTuple

import numpy as np
import torch

from geovae.core.errors import GeovaeError
from geovae.geometry.curves import equal_arc_length, move_inner_points
from geovae.geometry.metric import RiemannianMetric

# Points (n, d) in float64 -> diagonals (n, d) of a metric there, differentiable by autograd.
Diagonal = Callable[[torch.Tensor], torch.Tensor]


class Geodesic(NamedTuple):
    """Points (m, d) at equal arc length, the Riemannian length along them, and that of the straight segment."""

    points: np.ndarray
    length: float
    affine_length: float


def differentiable_diagonal(metric: RiemannianMetric) -> Diagonal:
    """The diagonal of G (Eq. 17) as `RiemannianMetric.diagonal` has it, but open to autograd; in float64 on the CPU."""
    metric = metric.to("cpu", torch.float64)
    origin = metric.centroids.mean(0)
    centroids, precisions = metric.centroids - origin, metric.precisions
    offsets = (precisions * centroids.square()).sum(1)

    def diagonal(z: torch.Tensor) -> torch.Tensor:
        x = z - origin
        squares = x.square() @ precisions.T - 2 * x @ (precisions * centroids).T + offsets
        floor = metric.lam * torch.exp(-metric.tau * z.square().sum(1, keepdim=True))
        return torch.exp(-squares / metric.rho**2) @ precisions + floor

    return diagonal


@torch.no_grad()
def riemannian_length(diagonal: Diagonal, points: np.ndarray, per_segment: int = 16) -> float:
    """∫ √(γ'ᵀ G γ') dt along the polyline `points` (m, d), midpoint rule with `per_segment` stations a segment."""
    return float(_length(diagonal, torch.from_numpy(points), per_segment))


def minimise_length(
    diagonal: Diagonal,
    z1: np.ndarray,
    z2: np.ndarray,
    *,
    guesses: Iterable[np.ndarray] = (),
    n_points: int = 50,
    n_rounds: int = 3,
    n_iterations: int = 100,
) -> Geodesic:
    """A locally shortest curve from z1 to z2 (d,), never longer than the straight segment.

    L-BFGS in float64 moves the inner points of a polyline, with gradients by autograd; the points are spread to equal
    arc length after each of `n_rounds` rounds. It starts from the segment and from each of `guesses`, polylines (m, d)
    between the same ends; the shortest curve met is returned.

    Raises:
        GeovaeError: ends that are not of one shape (d,), or fewer than 3 points.
    """
    z1, z2 = np.asarray(z1, np.float64), np.asarray(z2, np.float64)
    if z1.shape != z2.shape or z1.ndim != 1 or n_points < 3:
        raise GeovaeError(f"geodesic: ends {z1.shape} and {z2.shape}, {n_points} points; (d,) and ≥ 3 are expected.")
    affine = np.linspace(z1, z2, n_points)
    affine_length = riemannian_length(diagonal, affine)
    best = Geodesic(affine, affine_length, affine_length)
    if np.array_equal(z1, z2):
        return best
    log_length = partial(_log_length, diagonal)
    for start in (affine, *guesses):
        points = equal_arc_length(np.asarray(start, np.float64), n_points)
        for _ in range(n_rounds):
            points = equal_arc_length(move_inner_points(log_length, points, n_iterations), n_points)
            length = riemannian_length(diagonal, points)
            if length < best.length:
                best = Geodesic(points, length, affine_length)
    return best


def _log_length(diagonal: Diagonal, points: np.ndarray) -> tuple[float, np.ndarray]:
    """The logarithm of the length of a polyline, as it spans many decades, and its gradient (m, d)."""
    moved = torch.from_numpy(points).requires_grad_()
    value = _length(diagonal, moved, per_segment=4).log()
    (gradient,) = torch.autograd.grad(value, moved)
    return value.item(), gradient.numpy()


def _length(diagonal: Diagonal, points: torch.Tensor, per_segment: int) -> torch.Tensor:
    """The Riemannian length of a polyline (m, d)."""
    fractions = (torch.arange(per_segment, dtype=points.dtype) + 0.5) / per_segment
    steps = points.diff(dim=0)
    stations = points[:-1, None] + fractions[:, None] * steps[:, None]
    squares = (diagonal(stations.flatten(0, 1)).unflatten(0, stations.shape[:2]) * steps.square()[:, None]).sum(2)
    # A root has no slope at 0, where two points coincide.
    return squares.clamp_min(1e-300).sqrt().mean(1).sum()
