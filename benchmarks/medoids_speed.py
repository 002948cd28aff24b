"""Speed, cost and memory of the choice of centroids, beside k-medoids on the full distance matrix; prints tables.

    python benchmarks/medoids_speed.py --threads 2

Latents are synthetic: a mixture of ten Gaussians in 16 dimensions, as the means of a VAE of ten classes. The peers are
the package `kmedoids` on the matrix of all distances, which is part of their time: alternating k-medoids and FasterPAM,
both from random medoids; the lowest cost of FasterPAM is the best known. "Distances alone" is the machine's own limit:
the distance matrices that this project's choice is made of, and nothing else.
"""

import multiprocessing
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from geovae.core.stopwatch import Stopwatch
from reproduction.runtime import job

D, K, N_CLASSES = 16, 1000, 10
N, LARGE = 10_000, (10_000, 50_000, 162_770)
ROUNDS, SEEDS = 5, 3


def make_means(n: int, seed: int = 0):
    """n points of the mixture, float32 (n, D); seeds share its classes."""
    import numpy as np

    classes = np.random.default_rng(99)
    centres, scales = classes.normal(size=(N_CLASSES, D)), np.exp(classes.normal(-0.5, 0.2, size=(N_CLASSES, D)))
    generator = np.random.default_rng(seed)
    labels = generator.integers(N_CLASSES, size=n)
    return (centres[labels] + scales[labels] * generator.normal(size=(n, D))).astype(np.float32)


def full_matrix(mu):
    """The distances between all points, in float32."""
    import numpy as np
    from scipy.spatial.distance import cdist

    return cdist(mu, mu).astype(np.float32)


def peer(name: str, distances, seed: int):
    """Medoids by a function of the package `kmedoids` on the full distance matrix."""
    import kmedoids

    options = {"n_cpu": 1} if name == "fasterpam" else {}
    return getattr(kmedoids, name)(distances, K, random_state=seed, **options).medoids


def distances_alone(mu) -> None:
    """Distance matrices of as many points and of the sizes that `select_centroids` takes."""
    import numpy as np

    from geovae.geometry.centroids import REGION_POINTS

    regions = 2 ** int(np.ceil(np.log2(len(mu) / REGION_POINTS)))
    for region in np.array_split(mu, regions):
        full_matrix(region)


def time_peer(
    name: str, mu, rounds: int, warm_up: bool = True, distances=None
) -> tuple[measuring.Paired, list[float], list[float]]:
    """Seconds of ours and of the peer, and the costs of both; a seed a call.

    The peer makes its distance matrix within its time, unless it is given.
    """
    from geovae.geometry.centroids import medoid_cost, select_centroids

    found, chosen = [], []
    times = measuring.paired(
        lambda: found.append(select_centroids(mu, K, len(found))),
        lambda: chosen.append(peer(name, full_matrix(mu) if distances is None else distances, len(chosen))),
        rounds,
        warm_up,
    )
    return times, *([medoid_cost(mu, mu[medoids]) for medoids in column] for column in (found, chosen))


def large_case(n: int) -> tuple[float, float, float, float]:
    """Seconds, peak memory of this process in MB before and after, and cost a point, of the choice among n points."""
    import kmedoids  # noqa: F401 - loaded before the clock starts

    from geovae.geometry.centroids import medoid_cost, select_centroids

    mu, found = make_means(n), []
    before = Stopwatch.peak_memory_mb()
    seconds = measuring.seconds(lambda: found.append(select_centroids(mu, K, 0)))
    peak = Stopwatch.peak_memory_mb()
    return seconds, before, peak, medoid_cost(mu, mu[found[0]]) / n


def print_peers() -> None:
    """The table of both peers."""
    import statistics

    mu = make_means(N)
    alternating, costs, costs_alternating = time_peer("alternating", mu, ROUNDS)
    full, _, costs_full = time_peer("fasterpam", mu, SEEDS, warm_up=False)
    limit = measuring.paired(lambda: time_ours(mu), lambda: distances_alone(mu), ROUNDS)
    best = min(costs_full)
    rows = []
    for name, seconds, ratio, cost in (
        ("geovae", alternating.seconds[0], "1", costs),
        ("alternating k-medoids, full matrix", alternating.seconds[1], alternating.ratio_text(), costs_alternating),
        ("FasterPAM, full matrix", full.seconds[1], full.ratio_text(), costs_full),
        ("distances alone", limit.seconds[1], limit.ratio_text(2), []),
    ):
        excess = [100 * (value / best - 1) for value in sorted(cost)]
        text = f"{statistics.median(excess):+.2f} % ({excess[0]:+.2f}–{excess[-1]:+.2f})" if cost else ""
        rows.append((name, f"{seconds:.2f}", ratio, text))
    print(measuring.table((f"{N:,} points, k {K:,}, d {D}", "s", "time / ours", "cost above the best known"), rows))
    print(f"\nMedians of {ROUNDS} rounds, {SEEDS} of FasterPAM, a seed each; in brackets the lowest and highest.\n")


def time_ours(mu) -> None:
    """One choice."""
    from geovae.geometry.centroids import select_centroids

    select_centroids(mu, K, 0)


def print_large() -> None:
    """The table of numbers of points, a process each."""
    rows = []
    with multiprocessing.get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
        for n in LARGE:
            seconds, before, peak, cost = pool.apply(large_case, (n,))
            matrix = 4 * n * n / 1e6
            rows.append((f"{n:,}", f"{seconds:.2f}", f"{before:,.0f}", f"{peak:,.0f}", f"{matrix:,.0f}", f"{cost:.4f}"))
    columns = ("points", "s", "MB before", "peak MB", "MB of the full matrix, float32", "cost a point")
    print(measuring.table(columns, rows), flush=True)


def quick(threads: int) -> dict[str, float]:
    """A few ratios in seconds; higher is better. Both sides search by one thread, whatever `threads`.

    The peer's matrix is made before: how long a system takes to hand out its 1.2 GB depends on what ran before.
    """
    mu = make_means(N)
    times, costs, costs_peer = time_peer("alternating", mu, 5, False, full_matrix(mu))
    return {
        "k-medoids: alternating without its matrix / ours": times.ratio,
        "k-medoids: cost of alternating / ours": sum(costs_peer) / sum(costs),
    }


def main(options) -> None:
    """Measure and print."""
    print(measuring.circumstances(options.threads, "kmedoids", "numpy", "scipy") + "\n", flush=True)
    print_peers()
    print_large()


if __name__ == "__main__":
    job.run(main, job.parser(__doc__.splitlines()[0]))
