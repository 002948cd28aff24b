"""Speed of the Fréchet distance at Inception's 2,048 features, beside pytorch-fid's; prints a Markdown table.

    python benchmarks/fid_speed.py --threads 1

Features are synthetic: rectified normal ones whose standard deviations fall by a factor of 3,000 in a random basis. The
reference is factored once, as `extract_reference` does; both distances start from means and covariances.
"""

import os
import platform
import statistics as stdlib_statistics
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

from geovae import job

N_FEATURES, N_IMAGES = 2048, 5000
N_OURS, N_LIBRARY = 7, 3


def make_statistics(seed: int):
    """Means and covariances of one set of features; the seeds share their basis."""
    import numpy as np

    from geovae.evaluation.fid import statistics

    basis = np.linalg.qr(np.random.default_rng(99).normal(size=(N_FEATURES, N_FEATURES)))[0]
    rng = np.random.default_rng(seed)
    normal = rng.normal(size=(N_IMAGES, N_FEATURES)) * np.exp(-np.linspace(0, 8, N_FEATURES)) @ basis
    return statistics(np.maximum(normal + 0.1 * rng.uniform(size=N_FEATURES), 0.0))


def median_seconds(function, n: int) -> tuple[float, object]:
    """Median seconds of n calls, and what they return."""
    seconds = []
    for _ in range(n):
        start = time.perf_counter()
        result = function()
        seconds.append(time.perf_counter() - start)
    return stdlib_statistics.median(seconds), result


def main(options) -> None:
    """Measure and print."""
    job.torch_device("cpu", options.threads)
    import numpy as np
    import scipy

    from geovae.evaluation.fid import factorise, frechet_distance

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated modules that the library imports
        from pytorch_fid.fid_score import calculate_frechet_distance

    generated, reference = make_statistics(0), make_statistics(1)
    seconds_factor, factor = median_seconds(lambda: factorise(reference.covariance), 3)
    reference = reference._replace(factor=factor)
    moments = (*generated[:2], *reference[:2])
    frechet_distance(generated, reference)  # warm-up
    ours, distance = median_seconds(lambda: frechet_distance(generated, reference), N_OURS)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        library, expected = median_seconds(lambda: calculate_frechet_distance(*moments), N_LIBRARY)
    print(
        f"{N_FEATURES} features, {options.threads} threads of {os.cpu_count()} cores ({platform.machine()}), "
        f"NumPy {np.__version__}, SciPy {scipy.__version__}; medians of {N_OURS} and {N_LIBRARY} runs\n"
    )
    print("| | seconds | distance |\n|---|--:|--:|")
    print(f"| factor of the reference, once | {seconds_factor:.2f} | |")
    print(f"| geovae, reference factored | {ours:.2f} | {distance:.9f} |")
    print(f"| pytorch-fid (scipy.linalg.sqrtm) | {library:.2f} | {expected:.9f} |")
    print(f"| ratio | {library / ours:.1f} | {abs(distance / expected - 1):.1e} apart |")


if __name__ == "__main__":
    job.run(main, job.parser(__doc__.splitlines()[0]))
