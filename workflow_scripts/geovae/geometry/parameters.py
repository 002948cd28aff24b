"""What a metric may be made of: centroids, their precisions and radius, and the rows of the latents that they are."""

import numpy as np
import torch

from geovae.core.errors import GeovaeError
from geovae.core.tensors import matrix, require_one_kind, without_graph
from geovae.geometry.centroids import centroid_radius

# Coordinates, radii, λ and precisions are read up to this, radii and precisions from its inverse: what is made of them
# fits in float64.
LARGEST = 1e50


def checked_centroids(centroids: torch.Tensor, precisions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Both without their graphs, or a GeovaeError that says why they make no metric."""
    shapes = [tuple(getattr(tensor, "shape", ())) for tensor in (centroids, precisions)]
    if len(shapes[0]) != 2 or shapes[0] != shapes[1] or 0 in shapes[0]:
        raise GeovaeError(
            f"metric: centroids and precisions have shapes {shapes[0]} and {shapes[1]}; "
            "both must be (k, d), k and d ≥ 1."
        )
    centroids, precisions = matrix(centroids, "metric: centroids"), without_graph(precisions, "metric: precisions")
    require_one_kind(centroids=centroids, precisions=precisions)
    if not centroids.abs().max() <= LARGEST:
        raise GeovaeError(f"metric: centroids reach {centroids.abs().max().item():.3g}; at most {LARGEST:g} is taken.")
    if not (torch.isfinite(precisions).all() and (precisions > 0).all()):
        raise GeovaeError("metric: precisions exp(−log_var) must be finite and > 0; check the model's log_var.")
    if not (precisions.max() <= LARGEST and precisions.min() >= 1 / LARGEST):
        raise GeovaeError(f"metric: precisions exp(−log_var) must lie between {1 / LARGEST:g} and {LARGEST:g}.")
    return centroids, precisions


def named_rows(indices: object, k: int, n: int) -> torch.Tensor:
    """`indices` of k centroids among n latents as int64 (k,).

    Raises:
        GeovaeError: they are not k whole numbers from 0 to n − 1.
    """
    if len(indices) != k:
        raise GeovaeError(f"metric: {len(indices)} centroids are named, but k = {k}. Name as many as k says.")
    rows = np.asarray(indices)
    if rows.ndim != 1 or not np.issubdtype(rows.dtype, np.integer) or rows.min() < 0 or rows.max() >= n:
        raise GeovaeError(f"metric: indices must be whole numbers from 0 to {n - 1}, shape (k,).")
    return torch.from_numpy(rows.astype(np.int64))


def chosen_radius(centroids: torch.Tensor, precisions: torch.Tensor, distance: str) -> float:
    """ρ = max_i min_{j≠i} of the distances from c_i to c_j, (k, d) each: Algorithm 1 with `distance` "euclidean".

    With "mahalanobis" the distance from c_i is that of ω_i's exponent, by its own precisions.

    Raises:
        GeovaeError: another distance, one centroid alone, or centroids that all coincide with another.
    """
    if distance not in ("euclidean", "mahalanobis"):
        raise GeovaeError(f"metric: distance = {distance!r}; rho is taken from euclidean or mahalanobis distances.")
    scales = precisions.cpu().numpy() if distance == "mahalanobis" else None
    return centroid_radius(centroids.cpu().numpy(), scales)
