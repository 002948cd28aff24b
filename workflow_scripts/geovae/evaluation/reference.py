"""The real images that generations are compared with: their features, extracted once per data set and backbone."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.evaluation.fid import GaussianStatistics, factorise, frechet_distance, frechet_std_error, statistics
from geovae.evaluation.kid import kernel_distance
from geovae.evaluation.novelty import Distances, novelties
from geovae.evaluation.prd import prd_scores
from geovae.evaluation.precision_recall import density_coverage, precision_recall
from geovae.evaluation.record import EXTRA_COLUMNS, SCORED_COLUMNS

EXTRAS: dict[str, Callable[[np.ndarray, np.ndarray, int], tuple[float, ...]]] = {
    "kid": kernel_distance,
    "precision_recall": lambda generated, reference, _: precision_recall(generated, reference),
    "density_coverage": lambda generated, reference, _: density_coverage(generated, reference),
    "fid_bootstrap": lambda generated, reference, seed: (frechet_std_error(generated, reference, seed),),
}
"""What fills the columns that `record.EXTRA_COLUMNS` names, from generated and reference features and a seed."""


class Reference(NamedTuple):
    """Features (N, F) of the first N images of a split, and their statistics with a factor of the covariance.

    Attributes:
        sharpness: (N,), the variance of the Laplacian of each image.
    """

    features: np.ndarray
    statistics: GaussianStatistics
    sharpness: np.ndarray


def save_reference(path: str | Path, features: np.ndarray, sharpness: np.ndarray, resize: str | None = None) -> None:
    """Write a reference as `.npz`.

    It holds `features` float32; `mean`, `covariance`, its `factor` and `sharpness` float64; `resize`.
    """
    mean, covariance, factor = statistics(features)
    storage.save_arrays(
        path,
        features=features.astype(np.float32),
        mean=mean,
        covariance=covariance,
        factor=factorise(covariance) if factor is None else factor,
        resize=np.array(resize or ""),
        sharpness=sharpness,
    )


def load_reference(path: str | Path, resize: str | None = None) -> Reference:
    """Read what `save_reference` wrote.

    Raises:
        GeovaeError: an unreadable file, or one of images that were resized in another way than `resize`.
    """
    arrays = storage.load_arrays(path, "features", "mean", "covariance", "factor", "resize", "sharpness")
    if str(arrays["resize"]) != (resize or ""):
        raise GeovaeError(
            f"{path}: its images were resized by {str(arrays['resize']) or 'nothing'}, the generated ones by "
            f"{resize or 'nothing'}.\nExtract the reference again with the same --resize."
        )
    gaussian = GaussianStatistics(arrays["mean"], arrays["covariance"], arrays["factor"])
    return Reference(arrays["features"], gaussian, arrays["sharpness"])


def score(
    features: np.ndarray,
    distances: Mapping[str, Distances],
    reference: Reference,
    *,
    seed: int,
    n_clusters: int,
    n_runs: int,
    extra: Sequence[str] = (),
) -> dict[str, float | int | None]:
    """FID, PRD, novelty and, if asked for, more scores of generated images, over equally many images of both sides.

    Args:
        features: of the generated images, (N, F).
        distances: by space, of generated and unseen images to the model's training images (see `novelty`).
        reference: the real images.
        seed: of the clusterings of PRD and of what the extra scores draw.
        n_clusters, n_runs: of PRD.
        extra: some of `EXTRAS`.

    Returns:
        The columns `record.SCORED_COLUMNS`: `n` (the first n images of both sides are used) and the scores; None for
        those of `EXTRAS` that are not in `extra`.

    Raises:
        GeovaeError: too few images, features of another backbone than the reference's, or unknown extra scores.
    """
    unknown = sorted(set(extra) - set(EXTRAS))
    if unknown:
        raise GeovaeError(f"extra: unknown {', '.join(unknown)}. Known are: {', '.join(EXTRAS)}.")
    n = min(len(features), len(reference.features))
    if features.shape[1] != reference.features.shape[1]:
        raise GeovaeError(
            f"the generated images have {features.shape[1]} features, the reference {reference.features.shape[1]}.\n"
            "Extract the reference again with the same backbone."
        )
    generated, real = features[:n], reference.features[:n]
    real_statistics = reference.statistics if n == len(reference.features) else statistics(real)
    f8, f1_8 = prd_scores(generated, real, seed, n_clusters=n_clusters, n_runs=n_runs)
    scores: dict[str, float | int | None] = dict.fromkeys(SCORED_COLUMNS)
    scores |= {
        "n": n,
        "fid": frechet_distance(statistics(generated), real_statistics),
        "prd_f8": f8,
        "prd_f1_8": f1_8,
        **novelties(distances, n),
    }
    for name in extra:
        scores |= dict(zip(EXTRA_COLUMNS[name], EXTRAS[name](generated, real, seed), strict=True))
    return scores
