"""The Fréchet distance between Gaussians fitted to two sets of features (Heusel et al., 2017)."""

from typing import NamedTuple

import numpy as np

from geovae.errors import GeovaeError


class GaussianStatistics(NamedTuple):
    """`mean` (F,) and `covariance` (F, F), both float64."""

    mean: np.ndarray
    covariance: np.ndarray


def statistics(features: np.ndarray) -> GaussianStatistics:
    """Mean and unbiased covariance (ddof 1) of features (N, F), in float64.

    Raises:
        GeovaeError: fewer than two rows, or values that are not finite.
    """
    if features.ndim != 2 or len(features) < 2:
        raise GeovaeError(
            f"Fréchet distance: features of at least two images are needed, but their shape is {features.shape}.\n"
            "Generate, or keep as reference, more images."
        )
    features = features.astype(np.float64)
    if not np.isfinite(features).all():
        raise GeovaeError("Fréchet distance: the features are not finite. Train or fetch the backbone again.")
    return GaussianStatistics(features.mean(0), np.atleast_2d(np.cov(features, rowvar=False, ddof=1)))


def _factor(covariance: np.ndarray) -> np.ndarray:
    """A (F, r) with A Aᵀ = `covariance`, r its numerical rank."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > len(values) * np.finfo(np.float64).eps * max(values[-1], 0.0)
    return vectors[:, kept] * np.sqrt(values[kept])


def frechet_distance(a: GaussianStatistics, b: GaussianStatistics) -> float:
    """‖m₁ − m₂‖² + tr(C₁ + C₂ − 2 (C₁^½ C₂ C₁^½)^½), at least 0.

    With Cᵢ = Aᵢ Aᵢᵀ from symmetric eigenvalue decompositions, the trace of the root is the sum of the singular values
    of A₁ᵀ A₂. Unlike the square roots of the eigenvalues of C₁^½ C₂ C₁^½, these carry no round-off of the size of the
    root of the machine precision, so that singular covariances (fewer images than features) need no special care.

    Raises:
        GeovaeError: statistics of different numbers of features.
    """
    if a.mean.shape != b.mean.shape or a.covariance.shape != b.covariance.shape:
        raise GeovaeError(
            f"Fréchet distance: {len(a.mean)} features on one side, {len(b.mean)} on the other.\n"
            "Take both sides' features from the same backbone."
        )
    shift = float(np.sum((a.mean - b.mean) ** 2))
    spread = float(np.trace(a.covariance) + np.trace(b.covariance))
    factor_a, factor_b = _factor(a.covariance), _factor(b.covariance)
    overlap = 0.0
    if factor_a.size and factor_b.size:
        overlap = float(np.linalg.svd(factor_a.T @ factor_b, compute_uv=False).sum())
    distance = shift + spread - 2.0 * overlap
    if distance < -1e-9 * (shift + spread):
        raise FloatingPointError(f"a Fréchet distance of {distance} is more negative than round-off explains")
    return max(distance, 0.0)
