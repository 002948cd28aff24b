"""The paper's sampler as the authors' released code runs it: its chain and, on request, the rest of its pipeline."""

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.seeding import small_seed
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.released import LOG_DET_MIN, VELOCITY_STD, released_metric, released_target
from geovae.models.coding import encode_images
from geovae.sampling.base import Context, Draw
from geovae.sampling.manifold import ready_metric, run_chains, starting_points

NAME = "manifold_released"
# Images that the released code encodes at once, in the order of the training set.
ENCODED_AT_A_TIME = 100


def sample_manifold_released(
    context: Context,
    n: int,
    key: str,
    *,
    n_steps: int = 100,
    n_lf: int = 10,
    eps_lf: float = 0.01,
    n_long: int = 100,
    start: str = "means",
    batch_statistics: bool = False,
    centroids: str = "medoids",
) -> Draw:
    """n latents by the chain of the authors' released code (`geovae.geometry.released`).

    Settings are those of `sample_manifold`, and two of the pipeline around the chain. With `batch_statistics` the nets
    stay in training mode, as there: the training images are encoded anew in batches of 100, each normalised by its own
    moments, means, variances and centroids are these, and the latents are to be decoded in the same way. `centroids`
    are the metric's (`medoids`), or the `first` k training means, as that code takes them for CelebA and OASIS.

    Log-densities in the diagnostics are those of the metric, not clamped; `frozen_share_start` is the share of starts
    whose determinant underflows in that code, where chains do not move.
    """
    if batch_statistics:
        context = _encoded_anew(context)
    metric = released_metric(_with_centroids(context, key, centroids, batch_statistics))
    starts = starting_points(context, n, key, metric, start)
    steps = {"n_steps": n_steps, "n_lf": n_lf, "eps_lf": eps_lf}
    draw = run_chains(context, starts, key, metric, released_target(metric), steps, VELOCITY_STD, n_long)
    frozen = (2 * metric.log_density(starts) < LOG_DET_MIN).double().mean().item()
    diagnostics = {**draw.diagnostics, "frozen_share_start": frozen}
    return draw._replace(diagnostics=diagnostics, batch_statistics=batch_statistics)


def _encoded_anew(context: Context) -> Context:
    """The context with the latents that the nets give in training mode."""
    model, images = context.need("model", NAME), context.need("images", NAME)
    mu, log_var = encode_images(model, images, ENCODED_AT_A_TIME, batch_statistics=True)
    return Context(**{**vars(context), "mu": mu, "log_var": log_var})


def _with_centroids(context: Context, key: str, centroids: str, anew: bool) -> RiemannianMetric:
    """The context's metric, or one with other centroids and its k and λ."""
    metric = ready_metric(context, NAME)
    if centroids not in ("medoids", "first"):
        raise GeovaeError(f"sampler {NAME!r}: centroids = {centroids!r}; they are medoids or first.")
    if centroids == "medoids" and not anew:
        return metric
    mu, log_var, k = context.mu, context.need("log_var", NAME), len(metric.centroids)
    rows = np.arange(k) if centroids == "first" else None
    seed = small_seed(key, "centroids")
    # ρ is the released code's own in the end; that of Algorithm 1 may not exist.
    other = RiemannianMetric.from_latents(mu, log_var, k, metric.lam, rho=1.0, seed=seed, indices=rows)
    return other.to(context.device, other.sampling_dtype())
