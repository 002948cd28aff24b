"""The real images that generations are compared with: their features, once for all generations of a data set."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from geovae import storage
from geovae.errors import GeovaeError
from geovae.evaluation.fid import GaussianStatistics, frechet_distance, statistics
from geovae.evaluation.neighbours import novelty
from geovae.evaluation.prd import prd_scores


class Reference(NamedTuple):
    """Features (N, F) of the first N images of a split, their statistics, and distances (N,) to the training split."""

    features: np.ndarray
    statistics: GaussianStatistics
    nearest_train: np.ndarray


def save_reference(path: str | Path, features: np.ndarray, nearest_train: np.ndarray) -> None:
    """Write a reference as `.npz`: `features` and `nearest_train` float32, `mean` and `covariance` float64."""
    mean, covariance = statistics(features)
    storage.save_arrays(
        path,
        features=features.astype(np.float32),
        mean=mean,
        covariance=covariance,
        nearest_train=nearest_train.astype(np.float32),
    )


def load_reference(path: str | Path) -> Reference:
    """Read what `save_reference` wrote."""
    arrays = storage.load_arrays(path, "features", "mean", "covariance", "nearest_train")
    return Reference(
        arrays["features"], GaussianStatistics(arrays["mean"], arrays["covariance"]), arrays["nearest_train"]
    )


def score(
    features: np.ndarray, nearest_train: np.ndarray, reference: Reference, *, seed: int, n_clusters: int, n_runs: int
) -> dict[str, float | int | None]:
    """FID, PRD and novelty of generated images against a reference, over as many images of both.

    Args:
        features, nearest_train: of the generated images, (N, F) and (N,).
        seed: of the clusterings of PRD.

    Returns:
        `n` (the first n images of both sides are used), `fid`, `prd_f8`, `prd_f1_8`, `novelty`.

    Raises:
        GeovaeError: too few images, or features of another backbone than the reference's.
    """
    n = min(len(features), len(reference.features))
    if features.shape[1] != reference.features.shape[1]:
        raise GeovaeError(
            f"the generated images have {features.shape[1]} features, the reference {reference.features.shape[1]}.\n"
            "Extract the reference again with the same backbone."
        )
    real = reference.features[:n]
    real_statistics = reference.statistics if n == len(reference.features) else statistics(real)
    f8, f1_8 = prd_scores(features[:n], real, seed, n_clusters=n_clusters, n_runs=n_runs)
    return {
        "n": n,
        "fid": frechet_distance(statistics(features[:n]), real_statistics),
        "prd_f8": f8,
        "prd_f1_8": f1_8,
        "novelty": novelty(nearest_train[:n], reference.nearest_train[:n]),
    }
