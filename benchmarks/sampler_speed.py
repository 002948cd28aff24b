"""Speed and memory of the manifold sampler, beside the formulas evaluated as they are printed; prints Markdown tables.

    python benchmarks/sampler_speed.py --threads 2

Latents are synthetic: 10,000 means N(0, I), log-variances around −7 as a VAE with β = 0.01 gives them; around −2 in the
last row, where every chain feels many centroids. Chains start at the means.

"As printed" evaluates Eq. (17) with d×d matrices and determinants and takes the gradient of Algorithm 2 by automatic
differentiation, twice a leapfrog step. It runs a few leapfrog steps on the first chains, and its time is scaled.

"Bare sequence" is the machine's limit for a gradient that knows nothing of the one before: the product that gives all
exponents, then the exponentials and the three other products of the chains and centroids that matter, in the same
blocks, on memory that is there already, and nothing else. The sampler can take less than that, as it does not ask again
for chains that cannot have come within a centroid's reach, nor few chains for centroids that none of them can reach.
"""

import multiprocessing
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from geovae.core.stopwatch import Stopwatch
from reproduction.runtime import job

N_MEANS, N_STEPS, N_LF = 10_000, 100, 10
NARROW, WIDE = -7.0, -2.0
CASES = [(NARROW, d, k, chains) for d in (16, 32, 64) for k in (100, 1000) for chains in (100, 10_000)]
CASES.append((WIDE, 16, 1000, 10_000))
# Chains, leapfrog steps and centroid matrices' entries from which on less is run.
MANY_CHAINS, FEW_STEPS = 1000, 5
PRINTED_CHAINS, PRINTED_LEAPFROGS, LARGE = 100, 5, 10**6
ROUNDS, ROUNDS_PRINTED = 5, 3


def make_metric(log_var: float, d: int, k: int, indices=None):
    """A metric of k centroids among synthetic means, medoids unless `indices` names them, and the means."""
    import torch

    from geovae.geometry.metric import RiemannianMetric

    generator = torch.Generator().manual_seed(0)
    mu = torch.randn(N_MEANS, d, generator=generator)
    log_vars = log_var + 0.3 * torch.randn(N_MEANS, d, generator=generator)
    return RiemannianMetric.from_latents(mu, log_vars, k, lam=0.01, indices=indices), mu


def run_ours(metric, z0, n_steps: int, watch: Callable | None = None):
    """`n_steps` steps from z0; `watch` sees the points of every gradient."""
    import torch

    from geovae.geometry import hmc
    from geovae.geometry.reach import fast_leapfrog

    def watched(z):
        watch(z)
        return metric.log_density_and_gradient(z)

    target, integrator = (watched, hmc.leapfrog) if watch else (metric.log_density_and_gradient, fast_leapfrog(metric))
    generator = torch.Generator().manual_seed(1)
    hmc.sample(target, z0, n_steps=n_steps, n_lf=N_LF, generator=generator, integrator=integrator)


def run_printed(metric, z0, n_leapfrogs: int):
    """Leapfrog steps of the printed formulas from z0, two gradients each."""
    import torch

    from geovae.geometry import as_printed

    G = as_printed.metric(metric.centroids, torch.diag_embed(metric.precisions), metric.rho, metric.lam)
    z, v = z0, torch.ones_like(z0)
    for _ in range(n_leapfrogs):
        z, v = as_printed.leapfrog_step(G, z, v, 0.01)


def shapes_that_matter(metric, z0, n_steps: int) -> list[tuple[int, int, int]]:
    """A block of a gradient each: its chains, those that feel a centroid, and the centroids that one of them feels."""
    from geovae.geometry.expansion import LEAST_EXPONENT

    shapes = []

    def watch(z):
        for block in metric._blocks(z):
            felt = metric.log_weights(block) > LEAST_EXPONENT[z.dtype]
            shapes.append((len(block), int(felt.any(1).sum()), int(felt.any(0).sum())))

    run_ours(metric, z0, n_steps, watch)
    return shapes


def bare_sequence(shapes: list[tuple[int, int, int]], d: int, k: int) -> Callable[[], None]:
    """The products and exponentials of `shapes`, in place."""
    import torch

    size = max(max(n for n, _, _ in shapes) * max(k, 2 * d), 2 * d * k)
    memory = [-torch.rand(size), torch.rand(size), torch.empty(size)]
    a, b, out = (lambda rows, columns, m=m: m[: rows * columns].view(rows, columns) for m in memory)

    def run():
        for n, near, felt in shapes:
            torch.mm(a(n, 2 * d), b(2 * d, k), out=out(n, k))
            if near:
                torch.exp(a(near, felt), out=out(near, felt))
                torch.mm(a(near, felt), b(felt, d), out=out(near, d))
                torch.mm(a(near, d), b(d, felt), out=out(near, felt))
                torch.mm(a(near, felt), b(felt, 2 * d), out=out(near, 2 * d))

    return run


def time_case(log_var: float, d: int, k: int, chains: int, rounds: int = ROUNDS, rounds_printed: int = ROUNDS_PRINTED):
    """Seconds per 1,000 samples of ours with the printed formulas and with the bare sequence, and the share of chains
    that feel a centroid.
    """
    metric, mu = make_metric(log_var, d, k)
    z0, n_steps = mu[:chains], FEW_STEPS if chains > MANY_CHAINS else N_STEPS
    few, leapfrogs = z0[:PRINTED_CHAINS], 1 if k * d * d >= LARGE else PRINTED_LEAPFROGS
    shapes = shapes_that_matter(metric, z0, n_steps)
    scale = N_STEPS / n_steps * 1000 / chains
    scale_printed = N_STEPS * N_LF / leapfrogs * 1000 / len(few)

    def ours() -> None:
        run_ours(metric, z0, n_steps)

    printed = measuring.paired(ours, lambda: run_printed(metric, few, leapfrogs), rounds_printed)
    bare = measuring.paired(ours, bare_sequence(shapes, d, k), rounds)
    near = sum(near for _, near, _ in shapes) / sum(n for n, _, _ in shapes)
    return scaled(printed, scale, scale_printed), scaled(bare, scale, scale), near


def scaled(times: measuring.Paired, ours: float, other: float) -> measuring.Paired:
    """The same rounds in other units."""
    return measuring.Paired(tuple(ours * t for t in times.ours), tuple(other * t for t in times.other))


def peak_memory(d: int, k: int, chains: int, threads: int, printed: bool) -> tuple[float, float]:
    """Peak memory of this process in MB, before and after gradients of `chains` chains."""
    job.torch_device("cpu", threads)
    import numpy as np

    metric, mu = make_metric(NARROW, d, k, np.arange(k))  # the search for medoids would leave a peak of its own
    z0 = mu.repeat(-(-chains // len(mu)), 1)[:chains]
    before = Stopwatch.peak_memory_mb()
    if printed:
        run_printed(metric, z0, 1)
    else:
        run_ours(metric, z0, 1)
    return before, Stopwatch.peak_memory_mb()


def print_times() -> None:
    """The table of times."""
    columns = ("log σ², d, k, chains", "s per 1,000 samples", "as printed, s", "printed / ours")
    rows = []
    for log_var, d, k, chains in CASES:
        printed, bare, near = time_case(log_var, d, k, chains)
        seconds = f"{bare.seconds[0]:.3f}", f"{printed.seconds[1]:,.0f}", printed.ratio_text(0)
        limit = f"{bare.seconds[1]:.3f}", bare.ratio_text(2), f"{100 * near:.0f} %"
        rows.append((f"{log_var:.0f}, {d}, {k:,}, {chains:,}", *seconds, *limit))
    print(measuring.table((*columns, "bare sequence, s", "bare / ours", "chains that feel a centroid"), rows))
    print(
        f"\nA sample is {N_STEPS} steps of {N_LF} leapfrogs; above {MANY_CHAINS:,} chains {FEW_STEPS} steps are run "
        f"and scaled. As printed: {PRINTED_CHAINS} chains and {PRINTED_LEAPFROGS} leapfrogs, 1 where k d² ≥ {LARGE:,}. "
        f"Medians of {ROUNDS} rounds, {ROUNDS_PRINTED} with the printed formulas; in brackets the lowest and highest. "
        "Bare / ours is 0.67 where the sampler takes 1.5 times as long.\n",
        flush=True,
    )


def print_memory(threads: int, d: int = 64, k: int = 1000) -> None:
    """The table of memory, a process a figure."""
    rows = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for name, printed, counts in (("ours", False, (100, 1000, 10_000, 100_000)), ("printed", True, (50, 100, 200))):
            for chains in counts:
                before, peak = pool.apply(peak_memory, (d, k, chains, threads, printed))
                rows.append((name, f"{chains:,}", f"{before:,.0f}", f"{peak:,.0f}", f"{peak - before:,.0f}"))
    print(measuring.table((f"d {d}, k {k:,}", "chains", "MB before", "peak MB", "difference"), rows), flush=True)


def quick(threads: int) -> dict[str, float]:
    """A few ratios in seconds; higher is better."""
    job.torch_device("cpu", threads)
    narrow = time_case(NARROW, 16, 1000, 10_000, rounds_printed=5)
    wide = time_case(WIDE, 16, 1000, 2000, rounds_printed=1)
    return {
        "sampler d 16, k 1,000: printed / ours": narrow[0].ratio,
        "sampler d 16, k 1,000: bare sequence / ours": narrow[1].ratio,
        "sampler d 16, k 1,000, every centroid felt: bare sequence / ours": wide[1].ratio,
    }


def main(options) -> None:
    """Measure and print."""
    job.torch_device("cpu", options.threads)
    print(measuring.circumstances(options.threads, "torch") + "\n", flush=True)
    print_times()
    print_memory(options.threads)


if __name__ == "__main__":
    job.run(main, job.parser(__doc__.splitlines()[0]))
