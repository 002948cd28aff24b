"""Choice of the metric's centroids by k-medoids, and the radius ρ that follows from them (Algorithm 1)."""

from collections.abc import Iterator

import numpy as np
from scipy.spatial.distance import cdist

from geovae.errors import GeovaeError

# Points whose distance matrix is held whole: 10,000² float32 are 400 MB.
MAX_MATRIX_POINTS = 10_000
# Above that: sub-samples as in CLARA (Kaufman & Rousseeuw 1986), of at least this size and this many per medoid.
MIN_SUBSAMPLE = 5_000
SUBSAMPLE_PER_MEDOID = 5
N_SUBSAMPLES = 5
CHUNK_ENTRIES = 1 << 23


def select_centroids(mu: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Rows (k,) of `mu` (N, d) that are its k medoids by Euclidean distance, ascending, int64.

    FasterPAM (Schubert & Rousseeuw 2021) on all points up to 10,000; above, on sub-samples, and the medoids with the
    lowest cost over all points are kept. The same `seed` gives the same rows.

    Raises
    ------
    GeovaeError
        If k is not in 1..N, mu is not a finite matrix, or k exceeds 10,000 with more points than that.
    """
    if mu.ndim != 2 or not np.isfinite(mu).all():
        raise GeovaeError(f"latents: mu of shape {mu.shape} must be a matrix (N, d) without NaN or infinities.")
    n = len(mu)
    if not 1 <= k <= n:
        raise GeovaeError(f"metric.k = {k}: there are {n} training points. Set metric.k to 1…{n}.")
    if k == n:
        return np.arange(n, dtype=np.int64)
    if k > MAX_MATRIX_POINTS:
        raise GeovaeError(f"metric.k = {k}: above {MAX_MATRIX_POINTS:,} only k = N ({n}) is supported. Lower metric.k.")
    if n <= MAX_MATRIX_POINTS:
        return np.sort(_medoids(mu, k, seed))
    generator = np.random.default_rng(seed)
    size = min(MAX_MATRIX_POINTS, max(MIN_SUBSAMPLE, SUBSAMPLE_PER_MEDOID * k))
    best, best_cost = None, np.inf
    for _ in range(N_SUBSAMPLES):
        rows = np.sort(generator.choice(n, size, replace=False))
        medoids = rows[_medoids(mu[rows], k, int(generator.integers(2**32)))]
        cost = medoid_cost(mu, mu[medoids])
        if cost < best_cost:
            best, best_cost = medoids, cost
    return np.sort(best)


def medoid_cost(mu: np.ndarray, medoids: np.ndarray) -> float:
    """Σ over the rows of `mu` (N, d) of the distance to the nearest of `medoids` (k, d)."""
    return float(sum(cdist(mu[rows], medoids).min(1).sum() for rows in _chunks(len(mu), len(medoids))))


def nearest_neighbour_distances(points: np.ndarray) -> np.ndarray:
    """min_{j≠i} ‖p_i − p_j‖ for each row of `points` (k, d), shape (k,), float64."""
    k = len(points)
    nearest = np.empty(k)
    for rows in _chunks(k, k):
        distances = cdist(points[rows], points)
        distances[np.arange(len(distances)), np.arange(rows.start, rows.start + len(distances))] = np.inf
        nearest[rows] = distances.min(1)
    return nearest


def centroid_radius(centroids: np.ndarray) -> float:
    """ρ = max_i min_{j≠i} ‖c_i − c_j‖ over all centroids (k, d).

    Raises
    ------
    GeovaeError
        For fewer than two centroids, which have no neighbours, or if each of them has a duplicate (ρ = 0).
    """
    if len(centroids) < 2:
        raise GeovaeError(
            "metric.k = 1: rho is the distance between neighbouring centroids. Raise metric.k or give rho."
        )
    rho = float(nearest_neighbour_distances(centroids).max())
    if rho == 0:
        raise GeovaeError("metric: every centroid coincides with another, rho = 0. The training means have collapsed.")
    return rho


def _medoids(points: np.ndarray, k: int, seed: int) -> np.ndarray:
    """Medoids by FasterPAM on the whole distance matrix, int64."""
    import kmedoids

    if k == len(points):
        return np.arange(k, dtype=np.int64)
    distances = np.empty((len(points), len(points)), np.float32)
    for rows in _chunks(len(points), len(points)):
        distances[rows] = cdist(points[rows], points)
    # One thread: the order of the swaps, hence the result, does not depend on the machine.
    result = kmedoids.fasterpam(distances, k, random_state=seed, n_cpu=1)
    return np.asarray(result.medoids).astype(np.int64)


def _chunks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Slices of rows whose blocks of n_columns stay small."""
    step = max(1, CHUNK_ENTRIES // max(n_columns, 1))
    return (slice(start, min(start + step, n_rows)) for start in range(0, n_rows, step))
