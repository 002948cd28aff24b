"""A kernel density whose kernels have the shape of the posteriors: does the learned Σ carry directions that help?"""

from collections.abc import Iterator

import numpy as np
import torch

from geovae.core.seeding import numpy_generator
from geovae.sampling.base import Context, Draw, rows_with_replacement
from geovae.sampling.held_out import (
    CHUNK_ENTRIES,
    best_scale,
    checked_scale,
    held_out_means,
    kernel_likelihood,
    require_unseen,
    scales_around,
)

NAME = "posterior_kde"


def sample_posterior_kde(
    context: Context, n: int, key: str, *, scale: float | None = None, max_validation: int = 1000
) -> Draw:
    """n draws from (1/N) Σ_i N(μ_i, s² Σ_i), Σ_i the diagonal covariance of the posterior of training image i.

    s is `scale`, or else that of the highest likelihood on the validation means: on at most `max_validation` of them,
    drawn at random. s = 1 is the aggregate posterior.

    Diagnostics: `scale`; `bandwidth`, the root mean square deviation of the kernels per dimension; of a chosen scale
    also `held_out_log_likelihood` and `scale_at_edge`.

    Examples:
        The second dimension has the wider posterior and gets the more noise.

        >>> import torch
        >>> from geovae import Context, draw
        >>> log_var = torch.tensor([[-4.0, 0.0]]).repeat(10, 1)
        >>> context = Context(mu=torch.zeros(10, 2), log_var=log_var)
        >>> drawn = draw("posterior_kde", context, 1000, "a key", scale=2.0)
        >>> [round(deviation, 1) for deviation in drawn.latents.std(0).tolist()]  # 2 exp(log_var / 2)
        [0.3, 2.0]
    """
    mu, log_var = context.need("mu", NAME), context.need("log_var", NAME)
    if scale is None:
        held_out = held_out_means(context, key, NAME, max_validation)
        require_unseen(NAME, held_out, mu.double().numpy())
        blocks = list(_squared_distances(held_out, mu.double().numpy(), log_var.double().numpy()))
        log_volumes = 0.5 * log_var.double().sum(1).numpy()
        likelihood = kernel_likelihood(blocks, mu.shape[1], log_volumes.astype(np.float32))
        advice = (
            f"See whether the posteriors' log-variances, {log_var.min():.3g} to {log_var.max():.3g}, have diverged."
        )
        chosen = best_scale(likelihood, scales_around(blocks, mu.shape[1], NAME, advice))
        scale = chosen.scale
        told = {"held_out_log_likelihood": chosen.log_likelihood, "scale_at_edge": float(chosen.at_edge)}
    else:
        scale, told = checked_scale(scale, f"sampler {NAME!r}: scale"), {}
    generator = numpy_generator(key, "draw")
    rows = torch.from_numpy(rows_with_replacement(len(mu), n, generator))
    noise = torch.from_numpy(generator.standard_normal((n, mu.shape[1]), dtype=np.float32))
    bandwidth = scale * log_var.double().exp().mean().sqrt().item()
    latents = mu[rows].float() + scale * torch.exp(0.5 * log_var[rows].float()) * noise
    return Draw(latents, None, {"scale": scale, "bandwidth": bandwidth, **told})


def _squared_distances(points: np.ndarray, mu: np.ndarray, log_var: np.ndarray) -> Iterator[np.ndarray]:
    """(x − μ_i)ᵀ Σ_i⁻¹ (x − μ_i), float32, of a block of points x (M, d) to all means after another."""
    centre = mu.mean(0)
    points, mu = points - centre, mu - centre
    step = max(1, CHUNK_ENTRIES // len(mu))
    with np.errstate(over="ignore", invalid="ignore"):  # `scales_around` refuses distances that are not finite
        precisions = np.exp(-log_var)
        own = (mu**2 * precisions).sum(1)
        for start in range(0, len(points), step):
            x = points[start : start + step]
            block = x**2 @ precisions.T - 2 * x @ (mu * precisions).T + own
            yield np.maximum(block, 0.0).astype(np.float32)
