"""A Gaussian kernel density on the training means: the plainest density estimate that keeps to the data."""

import numpy as np
import torch
from scipy.spatial.distance import cdist

from geovae.core.seeding import numpy_generator
from geovae.sampling.base import Context, Draw, rows_with_replacement
from geovae.sampling.held_out import (
    CHUNK_ENTRIES,
    Choice,
    best_scale,
    checked_scale,
    held_out_means,
    kernel_likelihood,
    require_moderate,
    spread,
)

# Bandwidths tried, relative to the root mean square deviation of the training means.
GRID = np.geomspace(1e-3, 3.0, 24)
# Smallest spread whose squares are normal numbers of float32.
SMALLEST = 1e-15


def sample_kde(
    context: Context, n: int, key: str, *, bandwidth: float | None = None, max_validation: int = 1000
) -> Draw:
    """n draws from (1/N) Σ_i N(μ_i, h² I).

    h is `bandwidth`, or else that of the highest likelihood on the validation means: on at most `max_validation` of
    them, drawn at random.
    """
    mu = context.need("mu", "kde")
    if bandwidth is None:
        held_out = held_out_means(context, key, "kde", max_validation)
        chosen = best_bandwidth(mu.double().numpy(), held_out)
        diagnostics = {
            "bandwidth": chosen.scale,
            "held_out_log_likelihood": chosen.log_likelihood,
            "bandwidth_at_edge": float(chosen.at_edge),
        }
    else:
        diagnostics = {"bandwidth": checked_scale(bandwidth, "sampler 'kde': bandwidth")}
    generator = numpy_generator(key, "draw")
    centres = mu[torch.from_numpy(rows_with_replacement(len(mu), n, generator))].float()
    noise = torch.from_numpy(generator.standard_normal(tuple(centres.shape), dtype=np.float32))
    return Draw(centres + diagnostics["bandwidth"] * noise, None, diagnostics)


def best_bandwidth(mu: np.ndarray, held_out: np.ndarray) -> Choice:
    """The h that maximises the mean log-likelihood of `held_out` (M, d), sought over 3.5 decades.

    Raises:
        GeovaeError: all means coincide, or latents are too far out for float32.
    """
    require_moderate("kde", mu, held_out)
    scale = spread("kde", mu, SMALLEST)
    step = max(1, CHUNK_ENTRIES // len(mu))
    blocks = [
        cdist(held_out[start : start + step], mu, "sqeuclidean").astype(np.float32)
        for start in range(0, len(held_out), step)
    ]
    return best_scale(kernel_likelihood(blocks, mu.shape[1]), GRID * scale)
