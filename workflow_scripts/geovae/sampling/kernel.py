"""A Gaussian kernel density on the training means: the plainest density estimate that keeps to the data."""

import math
from collections.abc import Callable

import numpy as np
import torch
from scipy.optimize import minimize_scalar
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator
from geovae.sampling.base import Context, Draw, rows_with_replacement, rows_without_replacement

# Bandwidths tried, relative to the root mean square deviation of the training means.
GRID = np.geomspace(1e-3, 3.0, 24)
CHUNK_ENTRIES = 1 << 22


def sample_kde(
    context: Context, n: int, key: str, *, bandwidth: float | None = None, max_validation: int = 1000
) -> Draw:
    """n draws from (1/N) Σ_i N(μ_i, h² I).

    h is `bandwidth`, or else that of the highest likelihood on the validation means: on at most `max_validation` of
    them, drawn at random.
    """
    mu = context.need("mu", "kde")
    if bandwidth is None:
        diagnostics = _chosen_bandwidth(context, key, max_validation)
    elif not isinstance(bandwidth, int | float) or not (math.isfinite(bandwidth) and bandwidth > 0):
        raise GeovaeError(f"sampler 'kde': bandwidth = {bandwidth!r}; a number above 0 is expected.")
    else:
        diagnostics = {"bandwidth": float(bandwidth)}
    generator = numpy_generator(key, "draw")
    centres = mu[torch.from_numpy(rows_with_replacement(len(mu), n, generator))].float()
    noise = torch.from_numpy(generator.standard_normal(tuple(centres.shape), dtype=np.float32))
    return Draw(centres + diagnostics["bandwidth"] * noise, None, diagnostics)


def _chosen_bandwidth(context: Context, key: str, max_validation: int) -> dict[str, float]:
    """The bandwidth of the highest likelihood on validation means, that likelihood, and whether it ends the range."""
    if max_validation < 1:
        raise GeovaeError(f"kde: max_validation = {max_validation}; at least 1 is needed.")
    mu, mu_validation = context.need("mu", "kde"), context.need("mu_validation", "kde")
    size = min(max_validation, len(mu_validation))
    rows = rows_without_replacement(len(mu_validation), size, numpy_generator(key, "validation"))
    bandwidth, log_likelihood, at_edge = best_bandwidth(mu.double().numpy(), mu_validation[rows].double().numpy())
    return {
        "bandwidth": bandwidth,
        "held_out_log_likelihood": log_likelihood,
        "bandwidth_at_edge": float(at_edge),
    }


def best_bandwidth(mu: np.ndarray, held_out: np.ndarray) -> tuple[float, float, bool]:
    """The h that maximises the mean log-likelihood of `held_out` (M, d), its value, and whether it ends the range.

    A grid over 3.5 decades, then Brent's method between the neighbours of its best.
    """
    scale = math.sqrt(mu.var(0).mean())
    if scale == 0:
        raise GeovaeError("sampler 'kde': all training means coincide, so no bandwidth fits. The model has collapsed.")
    log_likelihood = _held_out_likelihood(mu, held_out)
    grid = np.log(GRID * scale)
    values = [log_likelihood(x) for x in grid]
    best = int(np.argmax(values))
    if best in (0, len(grid) - 1):
        return math.exp(grid[best]), values[best], True
    refined = minimize_scalar(
        lambda x: -log_likelihood(x), bounds=(grid[best - 1], grid[best + 1]), method="bounded", options={"xatol": 1e-3}
    )
    return math.exp(refined.x), -float(refined.fun), False


def _held_out_likelihood(mu: np.ndarray, held_out: np.ndarray) -> Callable[[float], float]:
    """log h ↦ mean log-likelihood of `held_out`; squared distances are kept, as float32, between calls."""
    step = max(1, CHUNK_ENTRIES // len(mu))
    blocks = [
        cdist(held_out[start : start + step], mu, "sqeuclidean").astype(np.float32)
        for start in range(0, len(held_out), step)
    ]
    n, d = mu.shape

    def log_likelihood(log_h: float) -> float:
        factor = np.float32(-0.5 * math.exp(-2 * log_h))
        total = sum(float(logsumexp(block * factor, axis=1).sum(dtype=np.float64)) for block in blocks)
        return total / len(held_out) - math.log(n) - d * (log_h + 0.5 * math.log(2 * math.pi))

    return log_likelihood
