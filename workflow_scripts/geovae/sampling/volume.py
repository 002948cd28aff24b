"""The distribution that the paper's chains aim at, √det G, drawn without a chain where centroids are isolated.

Where a single centroid is active and λ is negligible, √det G = ω_i^{d/2} / √det Σ_i is a Gaussian about c_i of
covariance (ρ²/d) Σ_i, times (2πρ²/d)^{d/2}, which is the same for all centroids: an equal-weight mixture.
docs/volume.md derives it, and what is left out where centroids overlap.
"""

import math
import time

import torch

from geovae.core.seeding import numpy_generator
from geovae.geometry.diagnostics import ACTIVE_WEIGHT
from geovae.geometry.metric import RiemannianMetric
from geovae.sampling.base import Context, Draw, rows_with_replacement

NAME = "volume"
CHUNK_ENTRIES = 1 << 22


def sample_volume(context: Context, n: int, key: str) -> Draw:
    """n independent draws from (1/k) Σ_i N(c_i, (ρ²/d) Σ_i) over the metric's centroids.

    For d ≥ 2 and λ = 0 the distribution of √det G is (1 − ε) times this mixture plus ε times another one, and for d = 1
    this mixture is (1 − ε) times that distribution plus ε times another one: ε, from 0 to 1, bounds the total variation
    between the two. With one centroid ε = 0. Where λ > 0 the volume of the whole space is
    infinite and there is no such distribution: the mixture is then that of the metric without λ.

    Diagnostics: `overlap`, an estimate of ε from the draws (near 0: exact; near 1: the centroids are not isolated);
    `floor`, by how much λ raises ½ log det G at the draws on average (near 0: λ is negligible there); `active_share`
    and `log_density_end` as of the chains.

    Examples:
        >>> import torch
        >>> from geovae import Context, RiemannianMetric, draw
        >>> centroids = torch.tensor([[0.0, 0.0], [100.0, 0.0]])
        >>> metric = RiemannianMetric(centroids, torch.tensor([[4.0, 1.0], [4.0, 1.0]]), rho=2.0, lam=0.0)
        >>> drawn = draw("volume", Context(metric=metric), 4000, "a key")
        >>> z = drawn.latents[drawn.latents[:, 0] < 50]
        >>> [round(deviation, 1) for deviation in z.std(0).tolist()]  # ρ/√d times the posterior's: 0.5 and 1
        [0.7, 1.4]
        >>> round(drawn.diagnostics["overlap"], 6)
        0.0
    """
    metric: RiemannianMetric = context.need("metric", NAME)
    clock, generator = time.perf_counter(), numpy_generator(key)
    rows = torch.from_numpy(rows_with_replacement(len(metric.centroids), n, generator))
    noise = torch.from_numpy(generator.standard_normal((n, metric.latent_dim)))
    centroids, precisions = metric.centroids.double().cpu(), metric.precisions.double().cpu()
    deviations = metric.rho / math.sqrt(metric.latent_dim) / precisions[rows].sqrt()
    latents = centroids[rows] + deviations * noise
    seconds = time.perf_counter() - clock  # of the draw: its description costs more
    return Draw(latents.float(), None, {"seconds": seconds, **_describe(metric.to("cpu", torch.float64), latents)})


def _describe(metric: RiemannianMetric, z: torch.Tensor) -> dict[str, float]:
    """The diagnostics at draws z (n, d) of the mixture."""
    bare = RiemannianMetric(metric.centroids, metric.precisions, metric.rho, lam=0.0)
    excess, floor, weights, ends = [], [], [], []
    for block in z.split(max(1, CHUNK_ENTRIES // len(metric.centroids))):
        own, alone = metric.log_density(block), bare.log_density(block)
        excess.append(alone - kernel_log_sum(metric, block))
        floor.append(own - alone)
        weights.append(metric.max_weight(block))
        ends.append(own)
    # E over the mixture of √det G / Σ_i f_i is the volume of the metric over that of the kernels.
    ratio = torch.logsumexp(torch.cat(excess), 0).item() - math.log(len(z))
    if metric.latent_dim == 1:  # there the kernels' sum is what lies above
        ratio = -ratio
    return {
        "overlap": -math.expm1(-ratio),
        "floor": torch.cat(floor).mean().item(),
        "active_share": (torch.cat(weights) >= ACTIVE_WEIGHT).double().mean().item(),
        "log_density_end": torch.cat(ends).mean().item(),
    }


def kernel_log_sum(metric: RiemannianMetric, z: torch.Tensor) -> torch.Tensor:
    """log Σ_i ω_i(z)^{d/2} / √det Σ_i, shape (n,): the volume as if each centroid were the only one, summed."""
    volumes = 0.5 * metric.precisions.log().sum(1)
    return torch.logsumexp(0.5 * metric.latent_dim * metric.log_weights(z) + volumes, dim=1)
