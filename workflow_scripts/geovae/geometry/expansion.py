"""The expanded square of Eq. (17): exponents of all ω_i(z) for many z at once, and what follows from them."""

import math
from typing import NamedTuple

import torch
from torch.nn.functional import threshold_

# Weights below exp of this count as none: relative to the largest, or to λ, they are nothing, while the exponential of
# what would underflow is ten times slower.
LEAST_EXPONENT = {torch.float32: -80.0, torch.float64: -690.0}


class Expansion(NamedTuple):
    """What products of matrices take of m centroids.

    Expanding the square turns their exponents at n points into one product of [x², x] (n, 2d) with a matrix; G, its
    log-determinant and the gradient follow by three more. Nothing of size (n, m, d) and no d×d matrix is ever formed,
    and determinants exist as log-sums only, so d = 64 neither overflows nor underflows.

    Points are given as x = z − origin: the expanded square loses fewer digits the smaller they are. Precisions are in
    units of ρ², P = Σ⁻¹ / ρ², and so is G: what is left of ρ is a constant of the log-determinant.
    """

    origin: torch.Tensor  # (d,), the centroids' mean
    to_exponents: torch.Tensor  # (2d, m): exponents from [x², x]
    offsets: torch.Tensor  # (m,), of the exponents
    moments: torch.Tensor  # (m, 2d): Σ_i u_i P_i and Σ_i u_i P_i c_i in one product
    log_unit: float  # ½ log det ρ² I
    tau: float
    # (m, d), c_i − origin, where differences are squared in the place of the expansion: for posteriors so narrow that
    # even in float64 the expanded square is all rounding.
    centres: torch.Tensor | None = None

    @classmethod
    def of_centroids(
        cls, centroids: torch.Tensor, precisions: torch.Tensor, rho: float, tau: float, differences: bool = False
    ) -> "Expansion":
        """Of centroids and the diagonals of Σ⁻¹, (m, d) each, in their floating-point type."""
        P, c = precisions.double() / rho**2, centroids.double()
        origin = c.mean(0).to(centroids.dtype)
        c = c - origin.double()
        parts = torch.cat([-P, 2 * P * c], 1).T, -(P * c * c).sum(1), torch.cat([P, P * c], 1)
        parts = (part.to(centroids.dtype).contiguous() for part in parts)
        centres = c.to(centroids.dtype) if differences else None
        return cls(origin, *parts, centroids.shape[1] * math.log(rho), tau, centres)

    @property
    def dtype(self) -> torch.dtype:
        """The floating-point type that it computes in."""
        return self.offsets.dtype

    def rounding_bound(self, dtype: torch.dtype) -> float:
        """`RiemannianMetric.rounding_bound`; infinite where the expansion overflows."""
        terms = 4 * -self.offsets.double().min().item()
        return torch.finfo(dtype).eps / 2 * max(terms, 1.0)

    def select(self, rows: torch.Tensor) -> "Expansion":
        """Of the centroids in these rows (int64) alone, with the same origin."""
        to_exponents = self.to_exponents.index_select(1, rows)
        offsets, moments = self.offsets.index_select(0, rows), self.moments.index_select(0, rows)
        centres = None if self.centres is None else self.centres.index_select(0, rows)
        return self._replace(to_exponents=to_exponents, offsets=offsets, moments=moments, centres=centres)

    def exponents(self, x: torch.Tensor) -> torch.Tensor:
        """log ω_i, shape (n, m)."""
        if self.centres is not None:
            exponents = x.new_zeros(len(x), len(self.centres))
            for own, centre, P in zip(x.T, self.centres.T, self.moments.T, strict=False):  # a dimension at a time
                exponents.addcmul_(torch.sub(own[:, None], centre).square_(), P, value=-1.0)
            return exponents
        return torch.addmm(self.offsets, torch.cat([x * x, x], 1), self.to_exponents)

    def evaluate(
        self,
        x: torch.Tensor,
        exponents: torch.Tensor,
        floor: torch.Tensor,
        rows: torch.Tensor | None = None,
        with_density: bool = True,
        with_gradient: bool = True,
    ) -> tuple[torch.Tensor | None, torch.Tensor | None]:
        """½ log det G (n,) and its gradient (n, d) from log ω_i, which are overwritten.

        `floor` is the λ term in units of ρ², (n, 1) or (1,); `rows` are the centroids that the exponents are of, if
        not all.
        """
        d = x.shape[1]
        moments = self.moments if rows is None else self.moments.index_select(0, rows)
        P = moments[:, :d]
        least = LEAST_EXPONENT[x.dtype]
        # Not left at e^least: far from all centroids that would still have a slope, times P².
        weights = threshold_(exponents.clamp_(min=least).exp_(), 2 * math.exp(least), 0.0)
        G = torch.addmm(floor, weights, P)
        log_density = G.log().sum(1).mul_(0.5).add_(self.log_unit) if with_density else None
        if not with_gradient:
            return log_density, None
        inverse = G.reciprocal_()
        weights.mul_(torch.mm(inverse, P.T))  # u_i = ω_i Σ_j P_ij / G_j
        if self.centres is None:
            sums = torch.mm(weights, moments)
            gradient = sums[:, d:].addcmul_(x, sums[:, :d], value=-1.0)
        else:
            centres = self.centres if rows is None else self.centres.index_select(0, rows)
            columns = [
                torch.sub(c, own[:, None]).mul_(weights) @ p for own, c, p in zip(x.T, centres.T, P.T, strict=True)
            ]
            gradient = torch.stack(columns, 1)
        if self.tau > 0:
            gradient.sub_((x + self.origin) * (self.tau * floor * inverse.sum(1, keepdim=True)))
        return log_density, gradient
