"""The Fréchet distance between Gaussians fitted to two sets of features (Heusel et al., 2017)."""

from typing import NamedTuple

import numpy as np

from geovae.core.arrays import require_numbers, require_squares
from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator

N_BOOTSTRAP = 20

_EPS = float(np.finfo(np.float64).eps)
_EXACT_FEATURES = 512  # up to which singular values cost next to nothing
_TOLERANCE = 1e-7  # relative bound on the round-off of `_overlap`, which rarely reaches a hundredth of it


class GaussianStatistics(NamedTuple):
    """`mean` (F,), `covariance` (F, F), and optionally a `factor` A (F, r) with A Aᵀ = covariance; all float64."""

    mean: np.ndarray
    covariance: np.ndarray
    factor: np.ndarray | None = None


def statistics(features: np.ndarray) -> GaussianStatistics:
    """Mean and unbiased covariance (ddof 1) of features (N, F), in float64.

    With no more images than features, the features themselves make a factor of the covariance, which is kept.

    Raises:
        GeovaeError: fewer than two rows, or values that are not finite.
    """
    _check(features)
    mean = features.mean(0, dtype=np.float64)
    centred = features - mean
    factor = centred.T / np.sqrt(len(features) - 1) if len(features) <= features.shape[1] else None
    return GaussianStatistics(mean, centred.T @ centred / (len(features) - 1), factor)


def _check(features: np.ndarray) -> None:
    require_numbers(features, "Fréchet distance: features")
    if features.ndim != 2 or len(features) < 2:
        raise GeovaeError(
            f"Fréchet distance: features of at least two images are needed, but their shape is {features.shape}.\n"
            "Generate, or keep as reference, more images."
        )
    require_squares(features, "Fréchet distance")


def factorise(covariance: np.ndarray) -> np.ndarray:
    """A (F, r) with A Aᵀ = `covariance`: lower triangular, or, where it is about singular, r its numerical rank."""
    try:
        factor = np.linalg.cholesky(covariance)
        if np.square(np.diagonal(factor)).min() > len(factor) ** 2 * _EPS * np.diagonal(covariance).max():
            return factor
    except np.linalg.LinAlgError:
        pass  # not positive definite
    values, vectors = np.linalg.eigh(covariance)
    kept = values > len(values) * _EPS * max(values[-1], 0.0)
    # From the largest down, so that round-off in products with the factor is as small as what it belongs to.
    return (vectors[:, kept] * np.sqrt(values[kept]))[:, ::-1]


def _congruence(factor: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Aᵀ C A, of which only the lower triangle is sure to be filled."""
    if factor.shape[0] == factor.shape[1] and not np.triu(factor, 1).any():
        from scipy.linalg.lapack import dsygst

        return dsygst(covariance, factor, itype=2, lower=1)[0]
    return factor.T @ covariance @ factor


def _overlap(a: GaussianStatistics, b: GaussianStatistics, scale: float) -> float:
    """tr (C₁^½ C₂ C₁^½)^½, with round-off far below `_TOLERANCE` of `scale`.

    It is the sum of the singular values of A₁ᵀ A₂, where Cᵢ = Aᵢ Aᵢᵀ, which are computed to high accuracy. With many
    features, where that takes long, it is taken as the sum of the square roots of the eigenvalues of A₁ᵀ C₂ A₁. Each of
    these is off by about machine precision times the largest, and the root of a tiny one by the root of that, so
    singular values are taken after all where too many eigenvalues are tiny.
    """
    if a.factor is None and b.factor is None:
        b = b._replace(factor=factorise(b.covariance))
    if b.factor is None:
        a, b = b, a
    if b.factor.size == 0:
        return 0.0
    if a.factor is None and b.factor.shape[1] > _EXACT_FEATURES:
        values = np.linalg.eigvalsh(_congruence(b.factor, a.covariance))
        roots = np.sqrt(np.maximum(values, 0.0))
        # A value v that is off by e has a root that is off by √e, or by about e/√v where that is less.
        error = _EPS * max(values[-1], np.finfo(np.float64).tiny)
        if np.minimum(np.sqrt(error), error / np.maximum(roots, np.sqrt(error))).sum() <= _TOLERANCE * scale:
            return float(roots.sum())
    factor = factorise(a.covariance) if a.factor is None else a.factor
    return float(np.linalg.svd(factor.T @ b.factor, compute_uv=False).sum()) if factor.size else 0.0


def frechet_distance(a: GaussianStatistics, b: GaussianStatistics) -> float:
    """‖m₁ − m₂‖² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½), at least 0; fastest where one side has a factor.

    Raises:
        GeovaeError: something else than statistics, or those of different numbers of features.

    Examples:
        >>> import numpy as np
        >>> from geovae import frechet_distance
        >>> from geovae.evaluation.fid import statistics
        >>> generated, reference = np.array([[0.0], [2.0]]), np.array([[3.0], [5.0]])
        >>> round(frechet_distance(statistics(generated), statistics(reference)), 6)  # of equal variance, 3 apart
        9.0
    """
    for side in (a, b):
        if not isinstance(side, GaussianStatistics):
            raise GeovaeError(
                f"Fréchet distance: one side is a {type(side).__name__}; it must be GaussianStatistics "
                "(geovae.evaluation.fid.statistics of the features)."
            )
    if a.mean.shape != b.mean.shape or a.covariance.shape != b.covariance.shape:
        raise GeovaeError(
            f"Fréchet distance: {len(a.mean)} features on one side, {len(b.mean)} on the other.\n"
            "Take both sides' features from the same backbone."
        )
    shift = float(np.sum((a.mean - b.mean) ** 2))
    spread = float(np.trace(a.covariance) + np.trace(b.covariance))
    distance = shift + spread - 2.0 * _overlap(a, b, spread)
    if distance < -_TOLERANCE * (shift + spread):
        raise FloatingPointError(f"a Fréchet distance of {distance} is more negative than round-off explains")
    return max(distance, 0.0)


def frechet_std_error(generated: np.ndarray, reference: np.ndarray, seed: int, n_draws: int = N_BOOTSTRAP) -> float:
    """The bootstrap standard error of the Fréchet distance between features (N, F) and (M, F).

    Each set is resampled from its own rows, with replacement and to its own size; the error is the standard deviation
    (ddof 1) of the distances over `n_draws` such pairs of resamples (Efron, 1979). The mean of these distances is no
    estimate of the distance: repeated images raise it.
    """
    for features in (generated, reference):
        _check(features)
    distances = []
    for draw in range(n_draws):
        generator = numpy_generator(seed, "fid_bootstrap", draw)
        drawn = [generator.integers(len(rows), size=len(rows)) for rows in (generated, reference)]
        distances.append(_distance_of_rows((generated, drawn[0]), (reference, drawn[1])))
    return float(np.std(distances, ddof=1))


def _distance_of_rows(*sides: tuple[np.ndarray, np.ndarray]) -> float:
    """The Fréchet distance between rows of two arrays of features, each side an array and the numbers of its rows.

    A row that is there n times is one with n times the weight, so that of few rows small factors say all.
    """
    means, factors = [], []
    for features, numbers in sides:
        distinct, counts = np.unique(numbers, return_counts=True)
        if len(distinct) > features.shape[1]:
            return frechet_distance(*(statistics(rows[chosen]) for rows, chosen in sides))
        means.append(counts @ features[distinct].astype(np.float64) / len(numbers))
        factors.append((features[distinct] - means[-1]) * np.sqrt(counts / (len(numbers) - 1))[:, None])
    overlap = np.linalg.svd(factors[0] @ factors[1].T, compute_uv=False).sum()
    return float(np.square(means[0] - means[1]).sum() + sum(np.square(f).sum() for f in factors) - 2.0 * overlap)
