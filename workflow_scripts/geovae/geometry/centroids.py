"""Choice of the metric's centroids by k-medoids, and the radius ρ that follows from them (Algorithm 1)."""

import math
from collections.abc import Iterator

import numpy as np

from geovae.core.arrays import require_numbers
from geovae.core.errors import GeovaeError
from geovae.core.quantities import whole

# Largest coordinate whose distances fit in float32.
LARGEST = 1e30
# Points whose distance matrix is held whole: 2,500² float32 are 25 MB. More are split into regions of at most as many.
REGION_POINTS = 2_500
# Points that take part, per medoid: more would not lower the cost by as much as the noise of the search.
POINTS_PER_MEDOID = 100
# Points by which the direction of a split is chosen.
SPLIT_POINTS = 1_000
CHUNK_ENTRIES = 1 << 23


def select_centroids(mu: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Rows (k,) of `mu` (N, d) that are its k medoids by Euclidean distance, ascending, int64.

    FasterPAM (Schubert & Rousseeuw 2021) on all points up to 2,500. More points, or a sub-sample of 100 k of them, are
    halved along their first principal axis until no region has more than that, and each region gets its share of the
    medoids: the cost is within 1 % of that of one search for k ≥ 100. The same `seed` gives the same rows.

    Raises:
        GeovaeError: k is not in 1…N, or mu is not a finite matrix.

    Examples:
        >>> import numpy as np
        >>> from geovae import select_centroids
        >>> mu = np.array([[0.0], [1.0], [2.0], [10.0], [11.0], [12.0]])
        >>> select_centroids(mu, k=2, seed=0)
        array([1, 4])
    """
    require_numbers(mu, "latents: mu")
    if mu.ndim != 2 or 0 in mu.shape or not np.isfinite(mu).all():
        raise GeovaeError(f"latents: mu of shape {mu.shape} must be a matrix (N, d) without NaN or infinities.")
    if np.abs(mu).max() > LARGEST:
        raise GeovaeError(f"latents: mu reaches {np.abs(mu).max():.3g}; distances are taken up to {LARGEST:g}.")
    k, seed, n = whole(k, "metric.k", 1), whole(seed, "seed", 0, 2**63 - 1), len(mu)
    if k > n:
        raise GeovaeError(f"metric.k = {k}: there are {n} training points. Set metric.k to 1…{n}.")
    if n <= REGION_POINTS:
        return np.sort(_medoids(mu, k, seed))
    generator = np.random.default_rng(seed)
    size = min(n, max(REGION_POINTS, POINTS_PER_MEDOID * k))
    rows = np.sort(generator.choice(n, size, replace=False))
    regions = _regions(mu, rows, math.ceil(math.log2(size / REGION_POINTS)), generator)
    shares = np.diff(np.cumsum([0, *map(len, regions)]) * k // size)
    seeds = generator.integers(2**32, size=len(regions))
    chosen = zip(regions, shares.tolist(), seeds.tolist(), strict=True)
    return np.sort(np.concatenate([region[_medoids(mu[region], share, seed)] for region, share, seed in chosen]))


def medoid_cost(mu: np.ndarray, medoids: np.ndarray) -> float:
    """Σ over the rows of `mu` (N, d) of the distance to the nearest of `medoids` (k, d)."""
    from scipy.spatial.distance import cdist

    return float(sum(cdist(mu[rows], medoids).min(1).sum() for rows in _chunks(len(mu), len(medoids))))


def nearest_neighbour_distances(points: np.ndarray, precisions: np.ndarray | None = None) -> np.ndarray:
    """min_{j≠i} ‖p_i − p_j‖ for each row of `points` (k, d), shape (k,), float64.

    With `precisions` (k, d), the diagonals of Σ⁻¹, the distance from p_i is √((p_i − p_j)ᵀ Σ_i⁻¹ (p_i − p_j)).
    """
    from scipy.spatial.distance import cdist

    k = len(points)
    nearest = np.empty(k)
    for rows in _chunks(k, k):
        distances = cdist(points[rows], points) if precisions is None else _mahalanobis(points, precisions, rows)
        distances[np.arange(len(distances)), np.arange(rows.start, rows.start + len(distances))] = np.inf
        nearest[rows] = distances.min(1)
    return nearest


def centroid_radius(centroids: np.ndarray, precisions: np.ndarray | None = None) -> float:
    """ρ = max_i min_{j≠i} ‖c_i − c_j‖ over all centroids (k, d), or by their `precisions` (k, d).

    Raises:
        GeovaeError: there are fewer than two centroids, which have no neighbours, or each has a duplicate (ρ = 0).
    """
    if len(centroids) < 2:
        raise GeovaeError(
            "metric.k = 1: rho is the distance between neighbouring centroids. Raise metric.k or give rho."
        )
    rho = float(nearest_neighbour_distances(centroids, precisions).max())
    if rho == 0:
        raise GeovaeError("metric: every centroid coincides with another, rho = 0. The training means have collapsed.")
    return rho


def _mahalanobis(points: np.ndarray, precisions: np.ndarray, rows: slice) -> np.ndarray:
    """Distances (n, k) of some of the points to all, each row by its own precisions; one dimension at a time."""
    squares = np.zeros((len(points[rows]), len(points)))
    for own, scale, every in zip(points[rows].T, precisions[rows].T, points.T, strict=True):
        squares += scale[:, None] * np.subtract.outer(own.astype(float), every.astype(float)) ** 2
    return np.sqrt(squares)


def _medoids(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Medoids by FasterPAM on the whole distance matrix, int64."""
    import kmedoids
    from scipy.spatial.distance import cdist

    if k == len(points):
        return np.arange(k, dtype=np.int64)
    distances = np.empty((len(points), len(points)), np.float32)
    for rows in _chunks(len(points), len(points)):
        distances[rows] = cdist(points[rows], points)
    # One thread: the order of the swaps, hence the result, does not depend on the machine.
    result = kmedoids.fasterpam(distances, k, random_state=seed, n_cpu=1)
    return np.asarray(result.medoids).astype(np.int64)


def _regions(mu: np.ndarray, rows: np.ndarray, depth: int, generator: np.random.Generator) -> list[np.ndarray]:
    """`rows` of `mu` in 2^depth parts of equal size (to 1), halved each time along their first principal axis."""
    if depth == 0:
        return [rows]
    some = mu[generator.choice(rows, min(SPLIT_POINTS, len(rows)), replace=False)]
    axis = np.linalg.svd(some - some.mean(0), full_matrices=False)[2][0]
    halves = np.array_split(rows[np.argsort(mu[rows] @ axis, kind="stable")], 2)
    return [region for half in halves for region in _regions(mu, np.sort(half), depth - 1, generator)]


def _chunks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Slices of rows whose blocks of n_columns stay small."""
    step = max(1, CHUNK_ENTRIES // max(n_columns, 1))
    return (slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step))
