"""The paper's sampler: Hamiltonian chains on the Riemannian volume of the latent space."""

import math
import time

import torch

from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator, torch_generator
from geovae.geometry import hmc
from geovae.geometry.diagnostics import ACTIVE_WEIGHT, LONG_FACTOR
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import fast_leapfrog
from geovae.sampling.base import Context, Draw, rows_with_replacement


def sample_manifold(
    context: Context,
    n: int,
    key: str,
    *,
    n_steps: int = 100,
    n_lf: int = 10,
    eps_lf: float = 0.01,
    n_long: int = 100,
    start: str = "means",
) -> Draw:
    """n latents by Algorithm 2: the last points of n chains.

    Settings: `n_steps` (N of the algorithm), `n_lf`, `eps_lf`; `n_long`, the number of chains that are continued to
    ten times the length for the diagnostics prefixed `long_`; and `start`, what Appendix B.3 leaves open: chains start
    at random training `means`, at random `centroids` of the metric, or at draws from the `prior` N(0, I).

    Diagnostics: acceptance; the share of chains that end where they start; displacement from the start (mean and root
    mean square of the norm, root mean square per dimension); the share of points where the metric is active
    (max ω ≥ 10⁻³) at the ends, the starts and all training means; mean log-density at starts and ends; mean |ΔH|;
    proposals of non-finite energy; seconds of the chains alone.
    """
    metric = ready_metric(context, "manifold")
    starts = starting_points(context, n, key, metric, start)
    steps = {"n_steps": n_steps, "n_lf": n_lf, "eps_lf": eps_lf}
    steps["integrator"] = fast_leapfrog(metric)
    return run_chains(context, starts, key, metric, metric.log_density_and_gradient, steps, 1.0, n_long)


def ready_metric(context: Context, sampler: str) -> RiemannianMetric:
    """The metric on the context's device, in the type that its rounding asks for."""
    context.need("mu", sampler)
    metric = context.need("metric", sampler)
    return metric.to(context.device, metric.sampling_dtype())


def starting_points(context: Context, n: int, key: str, metric: RiemannianMetric, start: str) -> torch.Tensor:
    """The first points (n, d) of n chains: training means or centroids with replacement, or draws from N(0, I).

    Raises:
        GeovaeError: `start` is none of means, centroids and prior.
    """
    generator = numpy_generator(key, "starts")
    if start == "prior":
        points = torch.from_numpy(generator.standard_normal((n, metric.latent_dim)))
    elif start in ("means", "centroids"):
        points = context.mu if start == "means" else metric.centroids
        rows = torch.from_numpy(rows_with_replacement(len(points), n, generator))
        points = points[rows.to(points.device)]
    else:
        raise GeovaeError(f"start = {start!r}: chains start at means, centroids or prior.")
    return points.to(metric.device, metric.dtype)


def run_chains(
    context: Context,
    starts: torch.Tensor,
    key: str,
    metric: RiemannianMetric,
    target: hmc.Target,
    steps: dict,
    velocity_std: float,
    n_long: int,
) -> Draw:
    """Run chains of `target` from `starts` (n, d), the first `n_long` on to ten times the length, and describe both."""
    clock = time.perf_counter()
    generator = torch_generator(key, "chain")
    state, info = hmc.sample(target, starts, generator=generator, velocity_std=velocity_std, **steps)
    latents = state.z.float().cpu()
    diagnostics = {"seconds": time.perf_counter() - clock, **_describe(metric, starts, state.z, info)}
    diagnostics["active_share_train"] = _active_share(metric, context.mu.to(metric.device, metric.dtype))
    n_long = min(n_long, len(starts))
    if n_long > 0:
        clock = time.perf_counter()
        more = {**steps, "n_steps": (LONG_FACTOR - 1) * steps["n_steps"]}
        first = hmc.HMCState(*(part[:n_long] for part in state))
        generator = torch_generator(key, "long")
        end, rest = hmc.sample(target, first, generator=generator, velocity_std=velocity_std, **more)
        whole = hmc.HMCInfo(
            _average(info.acceptance[:n_long], rest.acceptance),
            _average(info.energy_error[:n_long], rest.energy_error),
            info.non_finite[:n_long] + rest.non_finite,
        )
        described = _describe(metric, starts[:n_long], end.z, whole)
        diagnostics |= {f"long_{name}": value for name, value in described.items()}
        diagnostics |= {"long_n": float(n_long), "long_seconds": time.perf_counter() - clock}
    return Draw(latents, None, diagnostics)


def _average(short: torch.Tensor, rest: torch.Tensor) -> torch.Tensor:
    """A mean over the steps of the long chain from those over its first tenth and over the rest."""
    return (short + (LONG_FACTOR - 1) * rest) / LONG_FACTOR


def _describe(
    metric: RiemannianMetric, starts: torch.Tensor, ends: torch.Tensor, info: hmc.HMCInfo
) -> dict[str, float]:
    """The diagnostics of chains from `starts` to `ends`, both (n, d)."""
    squares = (ends - starts).double().square()
    displacement = squares.sum(1).sqrt()
    return {
        "acceptance": info.acceptance.mean().item(),
        "stuck_share": (displacement == 0).double().mean().item(),
        "energy_error": info.energy_error.mean().item(),
        "non_finite": info.non_finite.sum().item(),
        "displacement": displacement.mean().item(),
        "displacement_rms": math.sqrt(squares.sum(1).mean().item()),
        "rms_per_dimension": math.sqrt(squares.mean().item()),
        "active_share": _active_share(metric, ends),
        "active_share_start": _active_share(metric, starts),
        "log_density_start": metric.log_density(starts).double().mean().item(),
        "log_density_end": metric.log_density(ends).double().mean().item(),
    }


def _active_share(metric: RiemannianMetric, z: torch.Tensor) -> float:
    return (metric.max_weight(z) >= ACTIVE_WEIGHT).double().mean().item()
