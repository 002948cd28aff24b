"""The pull-back metric of a decoder, and how near the precisions of the posteriors come to it (Section 4.4).

A VAE here minimises E_q‖x − D(z)‖² + β·KL(q ‖ N(0, I)) with q = N(μ, Σ) (`geovae.models.vae`). To second order in
z − μ, and with the curvature of D itself neglected as in the paper's Eq. (11), the squared error is

    E_q‖x − D(z)‖² ≈ ‖x − D(μ)‖² + Tr(JᵀJ Σ),    J = ∂D/∂z at μ,

and KL = ½ (Tr Σ + ‖μ‖² − d − log det Σ). The derivative by Σ, JᵀJ + (β/2)(I − Σ⁻¹), is zero at

    Σ⁻¹ = I + (2/β) JᵀJ,

which is the paper's Σ̃⁻¹ with its factor 1/(βσ) for this loss: β here is 2σ times that of Eq. (3), so that 1/(βσ) is
2/β. A posterior with a diagonal Σ sees the diagonal of JᵀJ alone: σ_j⁻² = 1 + (2/β)(JᵀJ)_jj. So diagonals are what can
agree; log-determinants differ by what the off-diagonal entries take away (Hadamard's inequality).
"""

from collections.abc import Callable

import numpy as np
import torch
from scipy.stats import rankdata

from geovae.core.errors import GeovaeError

# Points (n, d) -> images (n, …), each of its own point alone: a decoder in evaluation mode.
Decode = Callable[[torch.Tensor], torch.Tensor]


def decoder_jacobians(decode: Decode, z: torch.Tensor) -> torch.Tensor:
    """The Jacobians (n, D, d) of `decode` at z (n, d), one product in forward mode for each latent dimension."""
    units = torch.eye(z.shape[1], dtype=z.dtype, device=z.device)
    columns = [
        torch.func.jvp(lambda points: decode(points).flatten(1), (z,), (unit.expand_as(z),))[1] for unit in units
    ]
    return torch.stack(columns, 2)


@torch.no_grad()
def pullback_metric(decode: Decode, z: torch.Tensor, weight: float, batch_size: int = 100) -> torch.Tensor:
    """I + weight·JᵀJ at z (n, d), (n, d, d) in float64 on the CPU; the weight is 2/β for a VAE of this library.

    Raises:
        GeovaeError: the weight is not a positive number, or a Jacobian is not finite.
    """
    if not 0 < weight < float("inf"):
        raise GeovaeError(f"pull-back metric: weight is {weight}; a positive number is expected (2/β, so β > 0).")
    parts = []
    for batch in z.split(batch_size):
        jacobians = decoder_jacobians(decode, batch).double()
        parts.append((jacobians.mT @ jacobians).cpu())
    products = torch.cat(parts)
    if not torch.isfinite(products).all():
        raise GeovaeError("pull-back metric: the decoder's Jacobian is not finite. Its training has probably diverged.")
    return torch.eye(z.shape[1], dtype=torch.float64) + weight * products


def log_volume(diagonals: np.ndarray) -> np.ndarray:
    """½ log det of diagonal metrics, from their diagonals (n, d): (n,)."""
    return 0.5 * np.log(diagonals).sum(1)


def full_log_volume(metrics: np.ndarray) -> np.ndarray:
    """½ log det of positive definite metrics (n, d, d): (n,)."""
    return 0.5 * np.linalg.slogdet(metrics)[1]


def off_diagonal_share(metrics: np.ndarray) -> np.ndarray:
    """Share of the squared Frobenius norm of (n, d, d) that lies off the diagonal: (n,), 0 for diagonal ones."""
    squares = np.square(metrics)
    return 1.0 - np.einsum("nii->n", squares) / squares.sum((1, 2))


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Spearman's rank correlation of two arrays of one size; None where one of them is constant."""
    return _correlation(rankdata(a), rankdata(b))


def agreement(diagonals: np.ndarray, pullback: np.ndarray) -> dict[str, float | None]:
    """How far diagonal metrics (n, d) go with pull-back metrics (n, d, d) at the same points.

    Returns:
        `rank_log_volume`: rank correlation of the log-volumes over the points.
        `rank_diagonal`: rank correlation of the diagonals, all points and dimensions together.
        `rank_diagonal_within`: the same over the points of one dimension, averaged over the dimensions; dimensions
            that are constant are left out.
        `correlation_log_diagonal`: Pearson's correlation of the diagonals' logarithms, all together.
        `log_ratio_diagonal`: mean logarithm of the diagonals' ratio to those of the pull-back metric.
    """
    of_pullback = np.einsum("nii->ni", pullback)
    pairs = zip(diagonals.T, of_pullback.T, strict=True)
    within = [value for value in (rank_correlation(*pair) for pair in pairs) if value is not None]
    logs, logs_pullback = np.log(diagonals).ravel(), np.log(of_pullback).ravel()
    return {
        "rank_log_volume": rank_correlation(log_volume(diagonals), full_log_volume(pullback)),
        "rank_diagonal": rank_correlation(logs, logs_pullback),
        "rank_diagonal_within": float(np.mean(within)) if within else None,
        "correlation_log_diagonal": _correlation(logs, logs_pullback),
        "log_ratio_diagonal": float((logs - logs_pullback).mean()),
    }


def _correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    """Pearson's correlation of two arrays of one size; None where one of them is constant."""
    a, b = (values.ravel() - values.mean() for values in (a, b))
    scale = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float(np.clip((a * b).sum() / scale, -1.0, 1.0)) if scale > 0 else None
