"""What the choice of ρ does to a metric (Appendix F.3): how much centroids disturb each other, how far they reach."""

import numpy as np
import torch
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geovae.geometry.diagnostics import ACTIVE_WEIGHT
from geovae.geometry.metric import RiemannianMetric

# Inner points of a segment at which it is looked at; odd, so that the middle is one of them.
SEGMENT_POINTS = 15
# Segments looked at before centroids are grouped again: those within a group need no look.
SEGMENTS = 4096


def identity_error(metric: RiemannianMetric) -> float:
    """The mean over centroids of ‖G(c_i) Σ_i − I‖ / ‖I‖ in the Frobenius norm.

    Eq. (7) is meant to be Σ_i⁻¹ at c_i. Here 0 says that it is, 1 that it is off by as much as Σ_i⁻¹ itself. What adds
    to it are the other centroids, the more the larger ρ, and λ Σ_i.

    Examples:
        >>> import torch
        >>> from geovae import RiemannianMetric
        >>> from geovae.geometry.description import identity_error
        >>> two = torch.tensor([[0.0], [1.0]]), torch.ones(2, 1)
        >>> [round(identity_error(RiemannianMetric(*two, rho, lam=0.0)), 3) for rho in (0.1, 1.0, 9.0)]
        [0.0, 0.368, 0.988]
    """
    metric = metric.to(dtype=torch.float64)
    excess = metric.diagonal(metric.centroids) / metric.precisions - 1.0
    return excess.square().mean(1).sqrt().mean().item()


def connected_share(metric: RiemannianMetric, n_points: int = SEGMENT_POINTS) -> float:
    """The share of the centroids that are in the largest connected part.

    Two centroids are linked if the metric is active all along the straight segment between them: if at each of
    `n_points` evenly spaced inner points some centroid, these two or another, weighs at least `ACTIVE_WEIGHT`.
    1 / k says that every centroid is an island, 1 that a chain can reach all from each without leaving where the metric
    is active. It never falls with ρ.

    Examples:
        >>> import torch
        >>> from geovae import RiemannianMetric
        >>> from geovae.geometry.description import connected_share
        >>> four = torch.tensor([[0.0], [1.0], [2.0], [9.0]]), torch.ones(4, 1)
        >>> [connected_share(RiemannianMetric(*four, rho, lam=0.01)) for rho in (0.1, 1.0, 9.0)]
        [0.25, 0.75, 1.0]
    """
    metric = metric.to(dtype=torch.float64)
    centroids, k = metric.centroids, len(metric.centroids)
    first, second = np.triu_indices(k, 1)
    groups = np.arange(k)
    # From short to long, so that most centroids are in one group before most segments are looked at.
    order = torch.pdist(centroids.cpu()).argsort(stable=True).numpy()
    for start in range(0, len(order), SEGMENTS):
        some = order[start : start + SEGMENTS]
        some = some[groups[first[some]] != groups[second[some]]]
        linked = some[_active_between(metric, centroids[first[some]], centroids[second[some]], n_points).cpu().numpy()]
        links = coo_array((np.ones(len(linked)), (groups[first[linked]], groups[second[linked]])), shape=(k, k))
        groups = connected_components(links, directed=False)[1][groups]
        if len(np.unique(groups)) == 1:
            break
    return np.bincount(groups).max().item() / k


def _active_between(metric: RiemannianMetric, starts: torch.Tensor, ends: torch.Tensor, n_points: int) -> torch.Tensor:
    """Which segments (n, d) the metric is active along, bool (n,); the middle, where most fail, comes first."""
    active = torch.ones(len(starts), dtype=torch.bool, device=starts.device)
    steps = torch.arange(1, n_points + 1, dtype=torch.float64) / (n_points + 1)
    for step in steps[(steps - 0.5).abs().argsort(stable=True)]:
        left = active.nonzero()[:, 0]
        if len(left) == 0:
            break
        points = torch.lerp(starts[left], ends[left], step)
        active[left] = metric.max_weight(points) >= ACTIVE_WEIGHT
    return active
