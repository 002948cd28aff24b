"""Scores from balls around images in feature space, each reaching to its centre's k-th nearest neighbour.

Improved precision and recall: Kynkäänniemi et al., NeurIPS 2019. Density and coverage: Naeem et al., ICML 2020.
Balls are closed, and distances that are round-off count as 0 (`squared_distances`).
"""

from typing import NamedTuple

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.evaluation.neighbours import CHUNK_BYTES, check_features, chunk_length, squared_distances

PRECISION_RECALL_K = 3
DENSITY_COVERAGE_K = 5


class PrecisionRecall(NamedTuple):
    """The share of generated images in a ball of a real one, and of real images in a ball of a generated one."""

    precision: float
    recall: float


class DensityCoverage(NamedTuple):
    """The mean number of real images' balls that hold a generated image, over k; the share of balls that hold any."""

    density: float
    coverage: float


def squared_radii(features: np.ndarray, k: int, chunk_bytes: int = CHUNK_BYTES) -> np.ndarray:
    """Squared distance (N,) of each row of features (N, F), N > k, to its k-th nearest other row."""
    size = chunk_length(features.shape[1], chunk_bytes, value_bytes=8)
    radii = np.empty(len(features))
    for start in range(0, len(features), size):
        # The k + 1 least so far: every row is also its own neighbour, at distance 0.
        least = np.full((len(features[start : start + size]), k + 1), np.inf)
        for other in range(0, len(features), size):
            block = squared_distances(features[start : start + size], features[other : other + size])
            block = np.concatenate([least, block], axis=1)
            least = np.partition(block, k, axis=1)[:, : k + 1]
        radii[start : start + size] = least[:, k]
    return radii


def count_members(
    points: np.ndarray, centres: np.ndarray, radii: np.ndarray, chunk_bytes: int = CHUNK_BYTES
) -> tuple[np.ndarray, np.ndarray]:
    """In how many balls each point (P, F) lies, and how many points each ball (centres (C, F)) holds, int64.

    Args:
        radii: squared, (C,).
    """
    size = chunk_length(points.shape[1], chunk_bytes, value_bytes=8)
    balls, members = np.zeros(len(points), dtype=np.int64), np.zeros(len(centres), dtype=np.int64)
    for start in range(0, len(points), size):
        for other in range(0, len(centres), size):
            block = squared_distances(points[start : start + size], centres[other : other + size])
            inside = block <= radii[other : other + size]
            balls[start : start + size] += inside.sum(1)
            members[other : other + size] += inside.sum(0)
    return balls, members


def _centred(generated: np.ndarray, reference: np.ndarray, k: int, name: str) -> tuple[np.ndarray, np.ndarray]:
    check_features(generated, reference, name)
    n = min(len(generated), len(reference))
    if n <= k:
        raise GeovaeError(f"{name}: more than {k} images of each side are needed, not {n}. Score more images.")
    centre = reference.mean(0, dtype=np.float64)
    return generated - centre, reference - centre


def precision_recall(generated: np.ndarray, reference: np.ndarray, k: int = PRECISION_RECALL_K) -> PrecisionRecall:
    """Precision: the share of generated features in any ball of a reference feature; recall: with sides exchanged.

    Args:
        generated, reference: features (N, F) and (M, F); N = M is usual.
        k: which neighbour the balls reach to.

    Raises:
        GeovaeError: k images or fewer on a side, different numbers of features, or values that are not finite.

    Examples:
        >>> import numpy as np
        >>> from geovae import precision_recall
        >>> reference = np.array([[0.0], [1.0], [2.0], [3.0]])
        >>> generated = np.array([[0.0], [0.5], [1.5], [9.0], [9.1]])  # two unlike any reference
        >>> precision_recall(generated, reference, k=1)
        PrecisionRecall(precision=0.6, recall=0.75)
    """
    generated, reference = _centred(generated, reference, k, "improved precision and recall")
    within_reference, _ = count_members(generated, reference, squared_radii(reference, k))
    within_generated, _ = count_members(reference, generated, squared_radii(generated, k))
    return PrecisionRecall(float((within_reference > 0).mean()), float((within_generated > 0).mean()))


def density_coverage(generated: np.ndarray, reference: np.ndarray, k: int = DENSITY_COVERAGE_K) -> DensityCoverage:
    """Density: the mean number of reference balls that hold a generated feature, over k (about 1 where both are alike).

    Coverage: the share of reference balls that hold a generated feature. Arguments and errors as in `precision_recall`.

    Examples:
        >>> import numpy as np
        >>> from geovae import density_coverage
        >>> reference = np.array([[0.0], [1.0], [2.0], [3.0]])
        >>> generated = np.array([[0.2], [0.4], [0.6], [9.0]])
        >>> density_coverage(generated, reference, k=1)  # (2 + 2 + 2 + 0) / 4 balls; 2 of 4 balls
        DensityCoverage(density=1.5, coverage=0.5)
    """
    generated, reference = _centred(generated, reference, k, "density and coverage")
    balls, members = count_members(generated, reference, squared_radii(reference, k))
    return DensityCoverage(float(balls.mean()) / k, float((members > 0).mean()))
