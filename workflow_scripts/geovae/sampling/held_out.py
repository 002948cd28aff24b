"""Settings of densities on the training means, chosen by the likelihood of held-out means."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import minimize_scalar
from scipy.spatial import cKDTree
from scipy.special import logsumexp

from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.core.seeding import numpy_generator
from geovae.sampling.base import Context, rows_without_replacement

CHUNK_ENTRIES = 1 << 22
# Largest coordinate of latents, and largest scale: squares of them are kept in float32.
LARGEST = 1e16
# Relative difference of latents that are the same: some roundings of the 32 bits that encoders and samplers work in.
ROUNDING = 4 * float(np.finfo(np.float32).eps)
# Scales tried, relative to a first guess.
GRID = np.geomspace(0.03, 30.0, 25)

LogLikelihood = Callable[[float], float]


class Choice(NamedTuple):
    """A scale, the mean log-likelihood of the held-out points there, and whether it ends the range that was tried."""

    scale: float
    log_likelihood: float
    at_edge: bool


def held_out_means(context: Context, key: str, sampler: str, max_validation: int) -> np.ndarray:
    """At most `max_validation` validation means (M, d), float64, drawn at random.

    Raises:
        GeovaeError: the context has none, or `max_validation` is no whole number of at least 1.
    """
    max_validation = whole(max_validation, f"sampler {sampler!r}: max_validation", 1)
    held_out = context.need("mu_validation", sampler)
    rows = rows_without_replacement(
        len(held_out), min(max_validation, len(held_out)), numpy_generator(key, "validation")
    )
    return held_out[rows].double().numpy()


def require_moderate(sampler: str, *points: np.ndarray) -> None:
    """Refuse latents so far out that squares of their distances overflow, with a `GeovaeError`."""
    largest = max(float(np.abs(part).max()) for part in points)
    if not largest <= LARGEST:
        raise GeovaeError(
            f"sampler {sampler!r}: the latents reach {largest:.3g}, but at most {LARGEST:g} is taken. See whether the "
            "model's training has diverged."
        )


def spread(sampler: str, mu: np.ndarray, smallest: float) -> float:
    """The root mean square deviation per dimension of means (N, d), at least `smallest`.

    Raises:
        GeovaeError: all means coincide, or deviate by less.
    """
    with np.errstate(over="ignore", invalid="ignore"):
        deviation = math.sqrt(mu.var(0).mean())
    # Rounding of their mean gives even equal rows a deviation.
    if (mu == mu[0]).all() or deviation < smallest:
        raise GeovaeError(
            f"sampler {sampler!r}: all training means coincide, so no density fits. The model has collapsed."
        )
    return deviation


def require_unseen(sampler: str, points: np.ndarray, mu: np.ndarray) -> None:
    """Refuse points (M, d), half of which are among the means (N, d), with a `GeovaeError`.

    The likelihood of such points rises without bound as kernels on the means narrow. Distances by the kernels do not
    tell them: rounding hides that a distance is 0.
    """
    radii = ROUNDING * np.abs(points).max(1)
    seen = cKDTree(mu).query_ball_point(points, radii, p=np.inf, return_length=True) > 0
    if seen.mean() >= 0.5:
        raise GeovaeError(
            f"sampler {sampler!r}: half of the validation means are training means in 32 bits, so no scale fits.\n"
            "The model has collapsed, or the validation images are training images."
        )


def kernel_likelihood(blocks: Sequence[np.ndarray], d: int, log_volumes: np.ndarray | None = None) -> LogLikelihood:
    """log s ↦ mean log-likelihood of M points under (1/N) Σ_i N(x_i, s² C_i).

    Args:
        blocks: squared Mahalanobis distances of the points to all centres by C_i, (M_b, N) each, float32.
        d: dimensions.
        log_volumes: ½ log det C_i (N,), float32; 0 by default, for C_i = I.
    """
    m, n = sum(map(len, blocks)), blocks[0].shape[1]

    def log_likelihood(log_scale: float) -> float:
        factor = np.float32(-0.5 * math.exp(-2 * log_scale))
        total = 0.0
        for block in blocks:
            exponents = block * factor
            if log_volumes is not None:
                exponents -= log_volumes
            total += float(logsumexp(exponents, axis=1).sum(dtype=np.float64))
        return total / m - math.log(n) - d * (log_scale + 0.5 * math.log(2 * math.pi))

    return log_likelihood


def highest(log_likelihoods: Sequence[float]) -> int:
    """The place of the highest log-likelihood, the first where several are; NaN and infinities are passed over.

    Raises:
        GeovaeError: none is finite.
    """
    values = np.asarray(log_likelihoods, np.float64)
    finite = np.isfinite(values)
    if not finite.any():
        raise GeovaeError(
            "no setting that was tried gives the validation means (--latents-validation) a finite likelihood.\n"
            "See whether the model's training has diverged."
        )
    return int(np.argmax(np.where(finite, values, -np.inf)))


def best_scale(log_likelihood: LogLikelihood, scales: np.ndarray) -> Choice:
    """The scale of the highest likelihood: on a grid of ascending scales, then by Brent's method between neighbours."""
    grid = np.log(scales)
    values = [log_likelihood(x) for x in grid]
    best = highest(values)
    if best in (0, len(grid) - 1):
        return Choice(math.exp(grid[best]), values[best], True)
    refined = minimize_scalar(
        lambda x: -log_likelihood(x), bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-3}
    )
    if not math.isfinite(refined.fun):
        return Choice(math.exp(grid[best]), values[best], False)
    return Choice(math.exp(refined.x), -float(refined.fun), False)


def scales_around(
    blocks: Sequence[np.ndarray], d: int, sampler: str, advice: str = "See whether the model's training has diverged."
) -> np.ndarray:
    """Scales to try: around that at which half of the points have a centre within √d of its deviations.

    Raises:
        GeovaeError: half of the points lie too near to centres, or too far from all, for float32; it ends in `advice`.
    """
    nearest = float(np.median(np.concatenate([block.min(1) for block in blocks])))
    if not math.isfinite(nearest):
        raise GeovaeError(
            f"sampler {sampler!r}: distances between the latents are too large for numbers of 32 bits.\n{advice}"
        )
    scales = GRID * math.sqrt(nearest / d)
    if scales[0] < 1 / LARGEST:
        raise GeovaeError(
            f"sampler {sampler!r}: the kernels are too wide beside the distances between the latents for numbers of 32 "
            f"bits.\n{advice}"
        )
    return scales


def checked_scale(scale: float, what: str) -> float:
    """A scale that is given; a GeovaeError that names `what` unless it is a number whose square is one of float32."""
    return real(scale, what, least=1 / LARGEST, most=LARGEST)
