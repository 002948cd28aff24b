"""The Riemannian metric of Eq. (7)/(17) for diagonal posterior covariances, its log-density and its gradient.

Points where no centroid is active, and centroids that are active at no point, are left out once the exponents are
known.
"""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.core.tensors import FLOATS, matrix, require_one_kind
from geovae.geometry.centroids import select_centroids
from geovae.geometry.expansion import LEAST_EXPONENT, Expansion
from geovae.geometry.parameters import LARGEST, checked_centroids, chosen_radius, named_rows

# Entries of one (chains, k) block: 1 MB in float32 stays in a CPU core's cache; a GPU needs large products.
BLOCK_ENTRIES = {"cpu": 1 << 18, "cuda": 1 << 26}
# So few points are not worth a search for those where a centroid is active.
FEW_POINTS = 64
# Largest bound on the rounding error of log ω at which the expanded square is trusted.
ROUNDING_TOLERANCE = 1e-2
# Share of G that what is left out or added where weights underflow may be.
NEGLIGIBLE = 1e-6


class RiemannianMetric:
    """G(z) = Σ_i Σ_i⁻¹ ω_i(z) + λ exp(−τ‖z‖²) I with ω_i(z) = exp(−(z−c_i)ᵀ Σ_i⁻¹ (z−c_i) / ρ²), Eq. (17).

    Points and results have the type of the centroids. Where posteriors are too narrow for the rounding of float32 (see
    `sampling_dtype`), or values too large or too small for it, the metric computes in float64 in between: slower, as
    right.

    Args:
        centroids, precisions: c_i and the diagonals of Σ_i⁻¹ (> 0), (k, d) each, float32 or float64 and on one device,
            which are the metric's; their autograd graphs are left behind.
        rho, lam, tau: ρ > 0, λ ≥ 0, τ ≥ 0. With λ = 0 the log-density stays finite everywhere, as weights are scaled
            by the largest.
        indices: rows of the latents that the centroids are, int64 (k,), where known.

    Raises:
        GeovaeError: types, devices or shapes do not fit, values are not finite or parameters out of range.

    Examples:
        At a lone centroid G is Σ⁻¹; far from it G is λ I.

        >>> import torch
        >>> from geovae import RiemannianMetric
        >>> metric = RiemannianMetric(torch.zeros(1, 2), torch.tensor([[4.0, 9.0]]), rho=1.0, lam=0.01)
        >>> z = torch.tensor([[0.0, 0.0], [50.0, 0.0]])
        >>> metric.diagonal(z)
        tensor([[4.0100, 9.0100],
                [0.0100, 0.0100]])
        >>> metric.log_density(z).exp()  # √det G
        tensor([6.0108, 0.0100])
        >>> metric.max_weight(z)
        tensor([1., 0.])
    """

    def __init__(
        self,
        centroids: torch.Tensor,
        precisions: torch.Tensor,
        rho: float,
        lam: float,
        tau: float = 0.0,
        indices: torch.Tensor | None = None,
    ) -> None:
        self.centroids, self.precisions = checked_centroids(centroids, precisions)
        self.rho = real(real(rho, "metric: rho", 0.0, LARGEST), "metric: rho", least=1 / LARGEST)
        self.lam, self.tau = (
            real(value, f"metric: {name}", most=LARGEST, least=0.0) for name, value in (("lam", lam), ("tau", tau))
        )
        self.indices = indices
        # Whether weights are taken relative to the largest: all can underflow only where λ exp(−τ‖z‖²) can.
        self.scaled = self.tau > 0 or self.lam < 1e-15
        self.expansion = self._expansion()
        # The λ term in the expansion's units, for τ = 0.
        self.floor = self.expansion.offsets.new_tensor([self.lam / self.rho**2])

    @classmethod
    def from_latents(
        cls,
        mu: torch.Tensor,
        log_var: torch.Tensor,
        k: int,
        lam: float,
        tau: float = 0.0,
        seed: int = 0,
        rho: float | None = None,
        indices: np.ndarray | None = None,
        rho_factor: float = 1.0,
        distance: str = "euclidean",
    ) -> "RiemannianMetric":
        """Algorithm 1: k-medoids of the training means (N, d) with their posterior precisions exp(−log_var).

        ρ = max_i min_{j≠i} ‖c_i − c_j‖ unless `rho` is given, which k = 1 needs, times `rho_factor`. With the
        `distance` "mahalanobis" in the place of "euclidean" the distance from c_i is that of ω_i's exponent, by Σ_i⁻¹.
        `indices` (k,) names the centroids' rows where they are not to be the medoids.

        Raises:
            GeovaeError: mu and log_var are not finite matrices of one shape, floating-point type and device; there are
                fewer than k; or another argument is out of range.
        """
        mu, log_var = matrix(mu, "latents: mu"), matrix(log_var, "latents: log_var")
        require_one_kind(mu=mu, log_var=log_var)
        if mu.shape != log_var.shape:
            raise GeovaeError(f"latents: mu {tuple(mu.shape)} and log_var {tuple(log_var.shape)} must both be (N, d).")
        k = whole(k, "metric: k", 1)
        if indices is None:
            indices = select_centroids(mu.cpu().numpy(), k, seed)
        rows = named_rows(indices, k, len(mu))
        centroids, precisions = mu[rows.to(mu.device)], torch.exp(-log_var[rows.to(mu.device)])
        rho = chosen_radius(centroids, precisions, distance) if rho is None else real(rho, "metric: rho", 0.0)
        rho *= real(rho_factor, "metric: rho_factor", 0.0)
        return cls(centroids, precisions, rho, lam, tau, rows)

    @property
    def latent_dim(self) -> int:
        """d."""
        return self.centroids.shape[1]

    @property
    def dtype(self) -> torch.dtype:
        """Floating-point type that points must have."""
        return self.centroids.dtype

    @property
    def device(self) -> torch.device:
        """Device that points must be on."""
        return self.centroids.device

    def to(self, device: torch.device | str | None = None, dtype: torch.dtype | None = None) -> "RiemannianMetric":
        """The same metric on another device or in another floating-point type.

        Raises:
            GeovaeError: another type than float32 and float64.
        """
        if dtype not in (None, *FLOATS):
            raise GeovaeError(f"metric: to dtype {dtype}; it must be float32 or float64.")
        move = {"device": device or self.device, "dtype": dtype or self.dtype}
        centroids, precisions = self.centroids.to(**move), self.precisions.to(**move)
        return RiemannianMetric(centroids, precisions, self.rho, self.lam, self.tau, self.indices)

    def rounding_bound(self, dtype: torch.dtype) -> float:
        """Bound, to first order, on the absolute error of log ω_i(c_i) in arithmetic of type `dtype`.

        Codes spread over many posterior standard deviations make the terms of the expanded square large.
        """
        return self.expansion.rounding_bound(dtype)

    def sampling_dtype(self) -> torch.dtype:
        """float32 where its rounding does not matter for this metric, float64 elsewhere."""
        return torch.float32 if self.rounding_bound(torch.float32) <= ROUNDING_TOLERANCE else torch.float64

    def log_density(self, z: torch.Tensor) -> torch.Tensor:
        """½ log det G(z) for z (n, d), shape (n,): the log of Eq. (5), unnormalised density of Eq. (20)."""
        return self._evaluate(z, False)[0]

    def log_density_and_gradient(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """½ log det G(z) (n,) and its gradient (n, d), analytic; the target of Algorithm 2."""
        return self._evaluate(z, True)

    def diagonal(self, z: torch.Tensor) -> torch.Tensor:
        """The diagonal of G(z), shape (n, d); it underflows to 0 where G is below the type's smallest number."""
        parts = []
        for block in self._blocks(z):
            floor = self.lam * torch.exp(-self.tau * block.square().sum(1, keepdim=True))
            parts.append(torch.exp(self._exponents(block)) @ self.precisions.to(block.dtype) + floor)
        return torch.cat(parts).to(z.dtype)

    def max_weight(self, z: torch.Tensor) -> torch.Tensor:
        """max_i ω_i(z), shape (n,), in [0, 1]: how active the metric is at z."""
        return self.max_log_weight(z).clamp_(max=0.0).exp_()

    def max_log_weight(self, z: torch.Tensor) -> torch.Tensor:
        """max_i log ω_i(z), shape (n,); rounding may lift it above 0."""
        return torch.cat([self._exponents(block).amax(1) for block in self._blocks(z)]).to(z.dtype)

    def log_weights(self, z: torch.Tensor) -> torch.Tensor:
        """log ω_i(z), shape (n, k); rounding may lift it above 0."""
        parts = [self._exponents(block) for block in self._blocks(z)]
        return (parts[0] if len(parts) == 1 else torch.cat(parts)).to(z.dtype)

    def save(self, path: str | Path) -> None:
        """Write `metric.npz`: centroids, precisions (float32), rho, lam, tau and, where known, indices."""
        arrays = {name: getattr(self, name).cpu().numpy().astype(np.float32) for name in ("centroids", "precisions")}
        arrays |= {name: np.float64(getattr(self, name)) for name in ("rho", "lam", "tau")}
        if self.indices is not None:
            arrays["indices"] = self.indices.cpu().numpy().astype(np.int64)
        storage.save_arrays(path, **arrays)

    @classmethod
    def load(cls, path: str | Path) -> "RiemannianMetric":
        """Read what `save` wrote.

        Raises:
            GeovaeError: the file is missing, damaged, or holds no metric.
        """
        arrays = storage.load_arrays(path, "centroids", "precisions", "rho", "lam", "tau")
        indices = torch.from_numpy(arrays["indices"]) if "indices" in arrays else None
        tensors = [torch.from_numpy(arrays[name]) for name in ("centroids", "precisions")]
        try:
            return cls(*tensors, *(arrays[name].item() for name in ("rho", "lam", "tau")), indices)
        except GeovaeError as error:
            raise GeovaeError(f"{path}: {error}") from None

    def _blocks(self, z: torch.Tensor) -> Sequence[torch.Tensor]:
        """Rows of z, in the type that is computed in, in blocks that bound the memory whatever the number of chains."""
        if not isinstance(z, torch.Tensor):
            raise GeovaeError(f"points: a {type(z).__name__}; this metric takes a torch.Tensor.")
        fits = z.ndim == 2 and z.shape[1] == self.latent_dim and z.layout == torch.strided
        if not fits or z.dtype != self.dtype or z.device != self.device:
            raise GeovaeError(
                f"points: shape {tuple(z.shape)}, {z.dtype} on {z.device}; this metric takes (n, {self.latent_dim}), "
                f"{self.dtype} on {self.device}."
            )
        z = z.detach().to(self.expansion.dtype)
        rows = max(1, BLOCK_ENTRIES.get(z.device.type, BLOCK_ENTRIES["cpu"]) // len(self.centroids))
        return (z,) if len(z) <= rows else z.split(rows)

    def _exponents(self, z: torch.Tensor) -> torch.Tensor:
        """log ω_i(z), shape (n, k), of one block of points."""
        return self.expansion.exponents(z - self.expansion.origin)

    def _expansion(self) -> Expansion:
        """The expanded square in the metric's type if its rounding does not matter, else in float64.

        Where it matters there too, of differences.
        """
        for dtype in dict.fromkeys((self.dtype, torch.float64)):
            parts = self.centroids.to(dtype), self.precisions.to(dtype), self.rho, self.tau
            expansion = Expansion.of_centroids(*parts)
            if expansion.rounding_bound(dtype) <= ROUNDING_TOLERANCE and (
                dtype == torch.float64 or self._fits_float32(expansion)
            ):
                return expansion
        return Expansion.of_centroids(*parts, differences=True)

    def _fits_float32(self, expansion: Expansion) -> bool:
        """Whether no number is too large or too small, and what underflows is nothing beside the λ term."""
        least, most = self.precisions.min().item(), self.precisions.max().item()
        added = len(self.centroids) * most * math.exp(LEAST_EXPONENT[torch.float32])
        units = (value / self.rho**2 for value in (least, most, self.lam) if value > 0)
        return (
            added <= NEGLIGIBLE * (least if self.scaled else self.lam)
            and all(1e-30 < value < 1e30 for value in units)
            and bool(torch.isfinite(expansion.to_exponents).all() and torch.isfinite(expansion.moments).all())
        )

    def _evaluate(self, z: torch.Tensor, with_gradient: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
        """½ log det G(z) (n,) and, if wanted, its gradient (n, d)."""
        blocks = self._blocks(z)
        if len(z) == 0:
            return z.new_empty(0), torch.empty_like(z) if with_gradient else None
        if len(blocks) == 1:
            log_density, gradient = self._evaluate_block(blocks[0], with_gradient)
            return log_density.to(z.dtype), gradient.to(z.dtype) if with_gradient else None
        log_density, gradient = z.new_empty(len(z)), torch.empty_like(z) if with_gradient else None
        stop = 0
        for block in blocks:  # written in place: nothing that a block allocates outlives it
            rows = slice(stop, stop := stop + len(block))
            log_density[rows], slope = self._evaluate_block(block, with_gradient)
            if with_gradient:
                gradient[rows] = slope
        return log_density, gradient

    def _evaluate_block(self, z: torch.Tensor, with_gradient: bool) -> tuple[torch.Tensor, torch.Tensor | None]:
        """`_evaluate` for one block of points.

        Where no centroid is active G is its λ term to the last digit: only the other points go beyond the exponents.
        """
        d, x = self.latent_dim, z - self.expansion.origin
        exponents = self.expansion.exponents(x)
        if self.scaled:
            # Weights and λ term relative to the largest of them: their logarithms add to the result's.
            log_lam = math.log(self.lam) if self.lam > 0 else -math.inf
            log_floor = log_lam - self.tau * z.square().sum(1, keepdim=True)
            shift = torch.maximum(exponents.amax(1, keepdim=True), log_floor)
            floor = torch.exp(log_floor - shift) / self.rho**2
            log_density, gradient = self._near(x, exponents.sub_(shift), floor, with_gradient)
            return log_density.add_(shift[:, 0], alpha=0.5 * d), gradient
        near = self._active(exponents.amax(1)) if len(z) > FEW_POINTS else None
        if near is None or 4 * len(near) > 3 * len(z):  # a copy of their rows would cost what it saves
            return self._near(x, exponents, self.floor, with_gradient)
        log_density, gradient = z.new_full((len(z),), 0.5 * d * math.log(self.lam)), torch.zeros_like(z)
        if len(near):
            exponents = exponents.index_select(0, near)
            log_density[near], slope = self._near(x[near], exponents, self.floor, with_gradient)
            if with_gradient:
                gradient[near] = slope
        return log_density, gradient if with_gradient else None

    def _near(
        self, x: torch.Tensor, exponents: torch.Tensor, floor: torch.Tensor, with_gradient: bool
    ) -> tuple[torch.Tensor, torch.Tensor | None]:
        """½ log det G (n,) and its gradient (n, d) at x = z − origin from log ω_i (n, k) and λ terms / ρ²."""
        active = self._active(exponents.amax(0))
        if 4 * len(active) > 3 * len(self.centroids):
            return self.expansion.evaluate(x, exponents, floor, with_gradient=with_gradient)
        return self.expansion.evaluate(x, exponents.index_select(1, active), floor, active, with_gradient=with_gradient)

    def _active(self, peak: torch.Tensor) -> torch.Tensor:
        """Which of the largest exponents are of weights that count; NaN is kept, and stays NaN."""
        return (peak <= LEAST_EXPONENT[peak.dtype]).logical_not_().nonzero()[:, 0]
