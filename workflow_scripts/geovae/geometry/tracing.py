"""What Figure 1 shows of a planar latent space: volume element, distances, and curves between chosen ends."""

from typing import NamedTuple

import numpy as np
import torch

from geovae.core.errors import GeovaeError
from geovae.geometry.curves import contrasting_pair, equal_arc_length, minimise_potential
from geovae.geometry.grids import Axes, GridGraph
from geovae.geometry.metric import RiemannianMetric

# Points per side of the grid on which ends are chosen; the curves themselves use the full grid.
SEARCH_GRID = 100


class Tracing(NamedTuple):
    """Grid arrays have rows along axis_y and columns along axis_x; P pairs of ends, m points and s stops per curve."""

    axes: Axes
    log_volume: np.ndarray  # (H, W), ½ log det G
    starts: np.ndarray  # (2, 2)
    distances: np.ndarray  # (2, H, W), Riemannian distances (Eq. 4) from each start
    ends: np.ndarray  # (P, 2, 2)
    affine: np.ndarray  # (P, m, 2)
    geodesic: np.ndarray  # (P, m, 2)
    affine_stops: np.ndarray  # (P, s, 2)
    geodesic_stops: np.ndarray  # (P, s, 2)
    affine_costs: np.ndarray  # (P,), ∫ V ‖γ'‖
    geodesic_costs: np.ndarray  # (P,)


def plane_axes(mu: np.ndarray, n: int, margin: float = 0.1) -> Axes:
    """n even steps over the range of `mu` (N, 2) in each coordinate, widened by `margin` of it on both sides.

    Raises:
        GeovaeError: the means do not spread in both dimensions.
    """
    low, high = mu.min(0).astype(np.float64), mu.max(0).astype(np.float64)
    if not (high > low).all():
        raise GeovaeError("latents: the training means do not spread in both dimensions. The model has collapsed.")
    pad = margin * (high - low)
    return tuple(np.linspace(a, b, n) for a, b in zip(low - pad, high + pad, strict=True))


def choose_ends(
    metric: RiemannianMetric, mu: np.ndarray, labels: np.ndarray, n_pairs: int, generator: np.random.Generator
) -> np.ndarray:
    """Ends (P, 2, 2): for each pair, of the same class, the most contrasting of a random sample of training means.

    Pair p takes the p-th class of those with at least two images, in the order of the labels and round again, so that
    with two classes each gives one.

    Raises:
        GeovaeError: no class has two images.
    """
    classes = [label for label in np.unique(labels) if (labels == label).sum() >= 2]
    if not classes:
        raise GeovaeError("labels: no class has two training images, so there is no pair of ends to join.")
    axes = plane_axes(mu, SEARCH_GRID)
    ends = []
    for p in range(n_pairs):
        members = mu[labels == classes[p % len(classes)]]
        ends.append(members[list(contrasting_pair(metric, members, axes, generator))])
    return np.asarray(ends, np.float64)


def trace(
    metric: RiemannianMetric,
    mu: np.ndarray,
    labels: np.ndarray,
    generator: np.random.Generator,
    *,
    grid: int = 200,
    n_points: int = 100,
    n_stops: int = 10,
    n_pairs: int = 2,
) -> Tracing:
    """Everything but the decoded images of Figure 1; `metric` in float64 on the CPU, mu (N, 2), labels (N,).

    The starts of the distance maps are the first ends of the first two pairs.

    Raises:
        GeovaeError: the metric has not two dimensions, n_pairs is below 2, or as of `choose_ends`.
    """
    if metric.latent_dim != 2:
        raise GeovaeError(f"metric: a latent space of {metric.latent_dim} dimensions; curves on a map need 2.")
    if n_pairs < 2:
        raise GeovaeError(f"n_pairs = {n_pairs}: the two distance maps need two pairs of ends.")
    axes = plane_axes(mu, grid)
    nodes = np.stack([part.ravel() for part in np.meshgrid(*axes)], 1)
    log_volume = metric.log_density(torch.from_numpy(nodes)).numpy().reshape(grid, grid)
    ends = choose_ends(metric, mu, labels, n_pairs, generator)
    starts = ends[:2, 0]
    graph = GridGraph(metric.diagonal, axes, starts)
    curves = [minimise_potential(metric, *pair, axes=axes, n_points=n_points) for pair in ends]
    affine = np.stack([np.linspace(*pair, n_points) for pair in ends])
    geodesic = np.stack([curve.points for curve in curves])
    return Tracing(
        axes,
        log_volume,
        starts,
        np.stack([graph.distances(p)[0] for p in range(2)]),
        ends,
        affine,
        geodesic,
        *(np.stack([equal_arc_length(points, n_stops) for points in paths]) for paths in (affine, geodesic)),
        np.array([curve.affine_cost for curve in curves]),
        np.array([curve.cost for curve in curves]),
    )
