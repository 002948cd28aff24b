"""Precision and recall for distributions (PRD): Sajjadi et al., "Assessing Generative Models via Precision and Recall",
NeurIPS 2018.

Generated and reference features are clustered together; the two histograms over clusters give a curve of precision and
recall, summarised by its largest F₈ (recall weighs more) and F₁⸝₈ (precision weighs more).
"""

import math

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.quantities import whole
from geovae.core.seeding import small_seed
from geovae.evaluation.neighbours import check_features

BATCH_SIZE = 100  # of mini-batch k-means: the default of scikit-learn when the scores were defined
N_INIT = 10


def prd_curve(
    generated: np.ndarray, reference: np.ndarray, n_angles: int = 1001, epsilon: float = 1e-10
) -> tuple[np.ndarray, np.ndarray]:
    """Precision α(λ) = Σ min(λ·ref, gen) and recall β(λ) = α(λ)/λ for slopes λ = tan(angle) (paper, Eqs. 8 and 9).

    Args:
        generated, reference: histograms (K,) that sum to 1.
        n_angles: 3 to 10⁶ angles, evenly from `epsilon` to π/2 − `epsilon`.
        epsilon: how far the first and last angle stay from 0 and π/2, above 0 and below 0.1.

    Returns:
        Precision and recall, (n_angles,) each, in [0, 1].

    Raises:
        ValueError: arguments out of range, or histograms that give values above 1.
    """
    if not 0 < epsilon < 0.1:
        raise ValueError(f"epsilon must be above 0 and below 0.1, not {epsilon}")
    if not 3 <= n_angles <= 1e6 or n_angles != int(n_angles):
        raise ValueError(f"n_angles must be a whole number from 3 to 1000000, not {n_angles}")
    slopes = np.tan(np.linspace(epsilon, math.pi / 2 - epsilon, int(n_angles)))
    precision = np.minimum(slopes[:, None] * reference, generated).sum(1)
    recall = precision / slopes
    largest = max(precision.max(), recall.max())
    if largest > 1.001:
        raise ValueError(f"precision or recall is {largest}, above 1: the histograms must sum to 1")
    return np.clip(precision, 0.0, 1.0), np.clip(recall, 0.0, 1.0)


def f_beta(precision: np.ndarray, recall: np.ndarray, beta: float, epsilon: float = 1e-10) -> np.ndarray:
    """F_β = (1 + β²) p r / (β² p + r), elementwise; `epsilon` in the denominator makes F(0, 0) = 0.

    Raises:
        ValueError: β not above 0, or precision or recall outside [0, 1].
    """
    if not beta > 0:
        raise ValueError(f"beta must be above 0, not {beta}")
    for name, values in (("precision", precision), ("recall", recall)):
        if not np.all((values >= 0) & (values <= 1)):
            raise ValueError(f"{name} must be in [0, 1]")
    return (1 + beta**2) * precision * recall / (beta**2 * precision + recall + epsilon)


def cluster_histograms(
    generated: np.ndarray, reference: np.ndarray, n_clusters: int, seed: int
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of generated and of reference features (N, F) in each cluster of both together, (n_clusters,) each."""
    from sklearn.cluster import MiniBatchKMeans

    pool = np.concatenate([generated, reference])
    kmeans = MiniBatchKMeans(n_clusters, n_init=N_INIT, batch_size=BATCH_SIZE, random_state=seed)
    labels = kmeans.fit(pool).labels_
    counts = [np.bincount(part, minlength=n_clusters) for part in np.split(labels, [len(generated)])]
    return counts[0] / len(generated), counts[1] / len(reference)


def prd_scores(
    generated: np.ndarray, reference: np.ndarray, seed: int, n_clusters: int = 20, n_runs: int = 10
) -> tuple[float, float]:
    """The largest F₈ and F₁⸝₈ (in this order: recall, precision) on the mean of the curves of `n_runs` clusterings.

    Args:
        generated, reference: features (N, F), the same N.
        seed: of the clusterings; the same features and seed give the same scores.

    Raises:
        GeovaeError: sets of different sizes, which would bias the scores, or fewer features than clusters.

    Examples:
        >>> import numpy as np
        >>> from geovae import prd_scores
        >>> features = np.array([[0.0], [0.1], [5.0], [5.1]])
        >>> recall, precision = prd_scores(features, features, seed=0, n_clusters=2)
        >>> round(recall, 3), round(precision, 3)
        (1.0, 1.0)
    """
    check_features(generated, reference, "PRD")
    if len(generated) != len(reference):
        raise GeovaeError(
            f"PRD: {len(generated)} generated but {len(reference)} reference images.\nUse as many of both."
        )
    n_clusters, n_runs = whole(n_clusters, "PRD: n_clusters", 1), whole(n_runs, "PRD: n_runs", 1)
    if len(generated) + len(reference) < n_clusters:
        raise GeovaeError(
            f"PRD: {len(generated) + len(reference)} images cannot make {n_clusters} clusters.\n"
            "Score more images or lower n_clusters."
        )
    curves = [
        prd_curve(*cluster_histograms(generated, reference, n_clusters, small_seed(seed, "prd", run)))
        for run in range(n_runs)
    ]
    precision, recall = np.mean(curves, axis=0)
    return float(f_beta(precision, recall, 8.0).max()), float(f_beta(precision, recall, 1 / 8).max())
