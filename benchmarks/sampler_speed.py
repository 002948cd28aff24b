"""Speed and memory of the manifold sampler, beside the formulas evaluated as they are printed; prints a Markdown table.

    python benchmarks/sampler_speed.py --threads 2

Latents are synthetic: means N(0, I), log-variances around −7 as a VAE with β = 0.01 gives them. "As printed" evaluates
Eq. (17) with d×d matrices and determinants and takes the gradient of Algorithm 2 by automatic differentiation, twice a
leapfrog step; it runs one step on a few chains, and its time is scaled to the whole.
"""

import multiprocessing
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from geovae import job

N_STEPS, N_LF = 100, 10


def make_metric(d: int, k: int):
    """A metric of k centroids among 5,000 synthetic means, and the means."""
    import torch

    from geovae.geometry.metric import RiemannianMetric

    generator = torch.Generator().manual_seed(0)
    mu = torch.randn(5000, d, generator=generator)
    log_var = -7 + 0.3 * torch.randn(5000, d, generator=generator)
    return RiemannianMetric.from_latents(mu, log_var, k, lam=0.01), mu


def as_printed(metric):
    """log √det G by Eq. (17), term by term: (n, k, d) differences and d×d matrices."""
    import torch

    centroids, matrices = metric.centroids, torch.diag_embed(metric.precisions)
    identity = torch.eye(metric.latent_dim)

    def log_density(z):
        delta = z[:, None] - centroids
        squares = torch.einsum("nkd,kde,nke->nk", delta, matrices, delta)
        G = torch.einsum("nk,kde->nde", torch.exp(-squares / metric.rho**2), matrices) + metric.lam * identity
        return 0.5 * torch.logdet(G)

    return log_density


def seconds_per_thousand(target, z0, n_steps: int, calls_per_step: int = 1) -> float:
    """Seconds that 1,000 samples of the full chain length take, scaled from `n_steps` steps on the chains z0."""
    import torch

    from geovae.geometry import hmc

    def repeated(z):
        for _ in range(calls_per_step):
            result = target(z)
        return result

    generator = torch.Generator().manual_seed(1)
    state, _ = hmc.sample(target, z0, n_steps=1, n_lf=1, generator=generator)  # warm-up
    start = time.perf_counter()
    hmc.sample(repeated, state, n_steps=n_steps, n_lf=N_LF, generator=generator)
    return (time.perf_counter() - start) * (N_STEPS / n_steps) * (1000 / len(z0))


def time_case(d: int, k: int) -> tuple[float, float]:
    """Seconds per 1,000 samples: this sampler and the printed formulas."""
    from geovae.geometry import hmc

    metric, mu = make_metric(d, k)
    ours = seconds_per_thousand(metric.log_density_and_gradient, mu[:1000], N_STEPS)
    few = 10 if k * d * d > 10**6 else 50
    printed = seconds_per_thousand(hmc.autograd_target(as_printed(metric)), mu[:few], 1, calls_per_step=2)
    return ours, printed


def memory_case(d: int, k: int, chains: int, threads: int) -> tuple[float, float]:
    """Peak memory of this process in MB, before and after steps of `chains` chains."""
    job.torch_device("cpu", threads)
    import torch

    from geovae.geometry import hmc

    metric, mu = make_metric(d, k)
    before = job.Stopwatch.peak_memory_mb()
    z0 = mu.repeat(-(-chains // len(mu)), 1)[:chains]
    hmc.sample(metric.log_density_and_gradient, z0, n_steps=1, n_lf=3, generator=torch.Generator().manual_seed(1))
    return before, job.Stopwatch.peak_memory_mb()


def main(options) -> None:
    """Measure and print."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        before, peak = pool.apply(memory_case, (64, 1000, 10_000, options.threads))
    job.torch_device("cpu", options.threads)
    print(f"{N_STEPS} steps of {N_LF} leapfrogs, {options.threads} threads of {os.cpu_count()} cores\n")
    print("| d | k | seconds per 1,000 samples | as printed | ratio |")
    print("|--:|--:|--:|--:|--:|")
    for d, k in ((16, 100), (16, 1000), (64, 1000)):
        ours, printed = time_case(d, k)
        print(f"| {d} | {k:,} | {ours:.2f} | {printed:,.0f} | {printed / ours:,.0f} |", flush=True)
    print(f"\nPeak memory, d = 64, k = 1,000, 10,000 chains: {peak:.0f} MB ({before:.0f} MB before the chains)")


if __name__ == "__main__":
    job.run(main, job.parser(__doc__.splitlines()[0]))
