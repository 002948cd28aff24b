"""Interpolations between many random pairs of training means, and how far from the training images they lead."""

from typing import NamedTuple

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.geometry.curves import equal_arc_length, minimise_potential
from geovae.geometry.diagnostics import INTERPOLATIONS as KINDS
from geovae.geometry.geodesics import differentiable_diagonal, minimise_length, riemannian_length
from geovae.geometry.grids import GridGraph
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.tracing import plane_axes

# Points per side of the grid of first guesses, in two dimensions.
GRID = 100
# Points of a curve while it is moved.
N_POINTS = 50


class Interpolations(NamedTuple):
    """P pairs, s inner stops, kinds in the order of `KINDS`."""

    rows: np.ndarray  # (P, 2), which training means
    stops: np.ndarray  # (kinds, P, s, d), at equal arc length, without the ends
    lengths: np.ndarray  # (kinds, P), Riemannian


def random_pairs(n: int, n_pairs: int, generator: np.random.Generator) -> np.ndarray:
    """Pairs (n_pairs, 2) of different rows among n, each drawn on its own.

    Raises:
        GeovaeError: n is below 2.
    """
    if n < 2:
        raise GeovaeError(f"interpolation: {n} training means; a pair needs two.")
    first, step = generator.integers(n, size=n_pairs), generator.integers(1, n, size=n_pairs)
    return np.stack([first, (first + step) % n], 1)


def interpolate(metric: RiemannianMetric, mu: np.ndarray, rows: np.ndarray, n_stops: int) -> Interpolations:
    """All curves between the means `mu` (N, d) of the pairs `rows` (P, 2); `metric` in float64 on the CPU.

    In two dimensions curves start from the cheapest path on a grid as well as from the segment, in more from the
    segment alone.
    """
    ends = mu[rows].astype(np.float64)
    axes = plane_axes(mu, GRID) if metric.latent_dim == 2 else None
    graph = GridGraph(metric.diagonal, axes, ends.reshape(-1, 2)) if axes else None
    diagonal = differentiable_diagonal(metric)
    curves = []
    for p, (z1, z2) in enumerate(ends):
        guesses = [graph.path(2 * p, 2 * p + 1)] if graph else []
        potential = minimise_potential(metric, z1, z2, axes=axes, n_points=N_POINTS, n_rounds=2, n_iterations=100)
        geodesic = minimise_length(diagonal, z1, z2, guesses=guesses, n_points=N_POINTS, n_rounds=2, n_iterations=50)
        curves.append((np.linspace(z1, z2, N_POINTS), potential.points, geodesic.points))
    by_kind = list(zip(*curves, strict=True))
    stops = [[equal_arc_length(points, n_stops + 2)[1:-1] for points in kind] for kind in by_kind]
    lengths = [[riemannian_length(diagonal, points) for points in kind] for kind in by_kind]
    return Interpolations(rows, np.array(stops), np.array(lengths))


def far_scores(distances: np.ndarray, threshold: float) -> dict[str, float]:
    """What the distances (kinds, P, s) of decoded stops to their nearest training images say, by kind.

    Returns:
        For each kind `KIND_far_share`, of images beyond the threshold; `KIND_largest`, the mean over the pairs of the
        largest distance along the way, in units of the threshold; and for all but the affine one `KIND_nearer_share`
        and `KIND_farther_share`, of the pairs whose largest distance is below and above that of the affine line.
    """
    largest = distances.max(2)
    scores = {}
    for kind, of_kind, most in zip(KINDS, distances, largest, strict=True):
        scores[f"{kind}_far_share"] = float((of_kind > threshold).mean())
        scores[f"{kind}_largest"] = float(most.mean() / threshold)
        if kind != "affine":
            scores[f"{kind}_nearer_share"] = float((most < largest[0]).mean())
            scores[f"{kind}_farther_share"] = float((most > largest[0]).mean())
    return scores
