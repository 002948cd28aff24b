"""Speed of the Fréchet distance at Inception's 2,048 features, beside pytorch-fid's; prints a Markdown table.

    python benchmarks/fid_speed.py --threads 2

Features are synthetic: rectified normal ones whose standard deviations fall by a factor of 3,000 in a random basis. The
reference is factored once, as `extract_reference` does; both distances start from means and covariances. The machine's
own limit is one call of LAPACK for the eigenvalues of the matrix whose square root is asked for.
"""

import statistics
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from reproduction.runtime import job

N_FEATURES, QUICK_FEATURES = 2048, 1024
N_IMAGES = 5000


def make_statistics(n_features: int, seed: int):
    """Means and covariances of one set of features; the seeds share their basis."""
    import numpy as np

    from geovae.evaluation.fid import statistics

    basis = np.linalg.qr(np.random.default_rng(99).normal(size=(n_features, n_features)))[0]
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(N_IMAGES, n_features)) * np.exp(-np.linspace(0, 8, n_features)) @ basis
    return statistics(np.maximum(normal + 0.1 * rng.uniform(size=n_features), 0.0))


def pytorch_fid_distance(generated, reference) -> float:
    """What pytorch-fid makes of the same means and covariances, by `scipy.linalg.sqrtm`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated modules that it imports, and an argument that it gives
        from pytorch_fid.fid_score import calculate_frechet_distance

        return float(calculate_frechet_distance(*generated[:2], *reference[:2]))


def trace_of_root(distance: float, generated, reference) -> float:
    """The trace of the square root that is in a distance."""
    import numpy as np

    shift = np.sum((generated.mean - reference.mean) ** 2)
    return float(shift + np.trace(generated.covariance) + np.trace(reference.covariance) - distance) / 2


def compare(n_features: int, rounds: int, limit_rounds: int) -> dict:
    """Comparisons with pytorch-fid and with LAPACK's call; seconds of the factor; distances of both sides."""
    import numpy as np

    from geovae.evaluation.fid import factorise, frechet_distance

    generated, reference = (make_statistics(n_features, seed) for seed in (0, 1))
    factor = factorise(reference.covariance)
    factoring = statistics.median(measuring.seconds(lambda: factorise(reference.covariance)) for _ in range(3))
    reference = reference._replace(factor=factor)
    root = factor.T @ generated.covariance @ factor
    distances = {}

    def ours() -> None:
        distances["ours"] = frechet_distance(generated, reference)

    def other() -> None:
        distances["pytorch-fid"] = pytorch_fid_distance(generated, reference)

    ours()  # warm-up; the other's only once-only cost is its import
    import pytorch_fid.fid_score  # noqa: F401

    versus_peer = measuring.paired(ours, other, rounds, warm_up=False)
    versus_limit = measuring.paired(ours, lambda: np.linalg.eigvalsh(root), limit_rounds)
    traces = {name: trace_of_root(distance, generated, reference) for name, distance in distances.items()}
    return {"peer": versus_peer, "limit": versus_limit, "factor": factoring, "distances": distances, "traces": traces}


def quick(threads: int) -> dict[str, float]:
    """The ratios at half of the features; higher is better."""
    job.torch_device("cpu", threads)
    found = compare(QUICK_FEATURES, 3, 15)
    return {
        f"FID {QUICK_FEATURES:,}: sqrtm / ours": found["peer"].ratio,
        f"FID {QUICK_FEATURES:,}: eigenvalues alone / ours": found["limit"].ratio,
    }


def main(options) -> None:
    """Measure and print."""
    job.torch_device("cpu", options.threads)
    print(measuring.circumstances(options.threads, "numpy", "scipy", "pytorch-fid"))
    print(f"{N_FEATURES:,} features of {N_IMAGES:,} images.\n", flush=True)
    found = compare(N_FEATURES, options.rounds, 2 * options.rounds + 1)
    distances, traces = found["distances"], found["traces"]
    ours, peer = found["peer"].seconds
    limit = found["limit"].seconds[1]
    rows = [
        ("factor of the reference, once", f"{found['factor']:.2f}", "", "", ""),
        ("geovae, reference factored", f"{ours:.2f}", "", *(f"{d['ours']:.10f}" for d in (distances, traces))),
        (
            "pytorch-fid (scipy.linalg.sqrtm)",
            f"{peer:.2f}",
            found["peer"].ratio_text(),
            *(f"{d['pytorch-fid']:.10f}" for d in (distances, traces)),
        ),
        ("LAPACK's eigenvalues alone", f"{limit:.2f}", found["limit"].ratio_text(2), "", ""),
    ]
    print(measuring.table(("", "seconds", "× geovae's time", "distance", "trace of the root"), rows))
    apart = [abs(d["ours"] / d["pytorch-fid"] - 1) for d in (distances, traces)]
    print(f"\nDistances are {apart[0]:.1e} apart, traces {apart[1]:.1e} (relative).")


if __name__ == "__main__":
    arguments = job.parser(__doc__)
    arguments.add_argument("--rounds", type=int, default=3, help="rounds of both distances")
    job.run(main, arguments)
