"""Leapfrog steps on the metric's density that skip what no centroid influences: whole trajectories, mostly."""

import inspect
import math

import torch

from geovae.core.errors import GeovaeError
from geovae.geometry import hmc
from geovae.geometry.expansion import LEAST_EXPONENT, Expansion
from geovae.geometry.metric import RiemannianMetric

# Trajectories are longer than n ε ‖v‖ by rounding.
SLACK = 1 + 1e-4
# A chain that centroids pull at may go so many times as far as the straight way, before its trajectory is done again.
FURTHER = 2.0
# Among more chains there are some near most centroids; and the points of these are kept for a trajectory.
FEW_CHAINS = 256


def fast_leapfrog(metric: RiemannianMetric) -> hmc.Integrator:
    """`hmc.leapfrog` for the target `metric.log_density_and_gradient` alone, faster where few centroids are active.

    Where no centroid can be active, chains go straight on. The result differs by rounding only and does not depend on
    earlier calls; how long it takes does, so use one integrator for all calls that continue the same chains.

    Raises:
        GeovaeError: this is no metric; when it is called, the target is that of another metric.

    Examples:
        >>> import torch
        >>> from geovae import RiemannianMetric, fast_leapfrog, hmc
        >>> metric = RiemannianMetric(torch.zeros(1, 2), torch.ones(1, 2), rho=1.0, lam=0.01)
        >>> target, z = metric.log_density_and_gradient, torch.tensor([[50.0, 0.0], [0.5, 0.0]])
        >>> ends = []
        >>> for integrator in (hmc.leapfrog, fast_leapfrog(metric)):
        ...     generator = torch.Generator().manual_seed(0)
        ...     state, _ = hmc.sample(target, z, generator=generator, integrator=integrator)
        ...     ends.append(state.z)
        >>> torch.allclose(*ends)
        True
    """
    if not isinstance(metric, RiemannianMetric):
        raise GeovaeError(f"fast_leapfrog takes a RiemannianMetric, not a {type(metric).__name__}.")
    return hmc.leapfrog if metric.scaled else _FastLeapfrog(metric)


class _FastLeapfrog:
    """Calls the target only for chains that may meet an active centroid on their way.

    √(−log ω_i) is a distance from c_i in units of Σ_i^½ ρ, which changes by at most √(max P) / ρ times the way that a
    point goes. So the largest ω_i at a point tells how far from there none can count: up to that far G = λ I to the
    last digit, and a chain goes straight on. In the same way few chains tell which centroids are active on
    none of their ways.
    """

    def __init__(self, metric: RiemannianMetric) -> None:
        self._metric = metric
        self._steepnesses = metric.precisions.amax(1).sqrt() / metric.rho  # (k,)
        self._steepness = self._steepnesses.max().item()
        self._reach = math.sqrt(-LEAST_EXPONENT[metric.expansion.dtype])
        # Points (n, d) where the largest weight was last computed, and how far from there none can count (n,).
        self._anchors, self._free = torch.empty(0, metric.latent_dim), torch.empty(0)

    @torch.inference_mode()  # saves a twentieth of the time of few chains
    def __call__(
        self, target: hmc.Target, state: hmc.HMCState, v: torch.Tensor, n_lf: int, eps_lf: float
    ) -> tuple[hmc.HMCState, torch.Tensor]:
        owner = getattr(inspect.unwrap(target), "__self__", self._metric)
        if isinstance(owner, RiemannianMetric) and owner is not self._metric:
            raise GeovaeError("fast_leapfrog was made for another metric than the target's. Make one for this metric.")
        straight = n_lf * eps_lf
        way = v.norm(dim=1).mul_(SLACK * straight)
        moved, log_weights = self._within_reach(state.z, way)
        if len(moved) == len(v):
            return self._bend(target, state, v, n_lf, eps_lf, way, log_weights)
        end = hmc.HMCState(torch.add(state.z, v, alpha=straight), state.log_density.clone(), state.gradient.clone())
        if len(moved):
            start = hmc.HMCState(*(part.index_select(0, moved) for part in state))
            start_v, way = v.index_select(0, moved), way.index_select(0, moved)
            bent, end_v = self._bend(target, start, start_v, n_lf, eps_lf, way, log_weights)
            v = v.index_copy(0, moved, end_v)
            for whole, part in zip(end, bent, strict=True):
                whole.index_copy_(0, moved, part)
        return end, v

    def _within_reach(self, z: torch.Tensor, way: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Rows of z from which a way of that length (n,) may lead to where a centroid is active; NaN is one of them.

        Besides, if they are few, their log-weights.
        """
        if z.shape != self._anchors.shape:
            self._anchors, self._free = z.clone(), z.new_zeros(len(z))
        stale = ((z - self._anchors).norm(dim=1).add_(way) < self._free).logical_not_().nonzero()[:, 0]
        if len(stale) == 0:
            return stale, None
        points = z.index_select(0, stale)
        few = len(stale) <= FEW_CHAINS
        log_weights = self._metric.log_weights(points) if few else None
        largest = log_weights.amax(1) if few else self._metric.max_log_weight(points)
        free = _distance(largest).sub_(self._reach).div_(self._steepness)
        self._anchors.index_copy_(0, stale, points)
        self._free.index_copy_(0, stale, free)
        moved = (way.index_select(0, stale) < free).logical_not_().nonzero()[:, 0]
        return stale.index_select(0, moved), log_weights.index_select(0, moved) if few else None

    def _bend(
        self,
        target: hmc.Target,
        state: hmc.HMCState,
        v: torch.Tensor,
        n_lf: int,
        eps_lf: float,
        way: torch.Tensor,
        log_weights: torch.Tensor | None,
    ) -> tuple[hmc.HMCState, torch.Tensor]:
        """`hmc.leapfrog` for chains that may meet active centroids; those far from all of these chains are left out.

        Forces make a chain's way longer than the straight one, so that where it was is looked at afterwards.
        """
        if log_weights is not None and len(way):
            radius = FURTHER * way
            nearest = _distance(log_weights).sub_(torch.outer(radius, self._steepnesses)).amin(0)
            active = (nearest > self._reach).logical_not_().nonzero()[:, 0]
            if 4 * len(active) <= 3 * len(self._metric.centroids):
                few = _FewCentroids(self._metric.expansion.select(active), self._metric.floor)
                end = hmc.leapfrog(few, state, v, n_lf, eps_lf, few.gradient)
                if few.stayed_within(radius, state.z):
                    return end
        return hmc.leapfrog(target, state, v, n_lf, eps_lf)


class _FewCentroids:
    """The log-density, and its gradient, where no other centroid is active and τ = 0; it remembers where that was."""

    def __init__(self, expansion: Expansion, floor: torch.Tensor) -> None:
        self._expansion, self._floor = expansion, floor
        self._points = []

    def __call__(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self._evaluate(z, True)

    def gradient(self, z: torch.Tensor) -> torch.Tensor:
        """The gradient alone."""
        return self._evaluate(z, False)[1]

    def stayed_within(self, radius: torch.Tensor, start: torch.Tensor) -> bool:
        """Whether no point of a chain was further from its start; NaN was."""
        return bool((torch.stack(self._points).sub_(start).norm(dim=2) <= radius).all())

    def _evaluate(self, z: torch.Tensor, with_density: bool) -> tuple[torch.Tensor | None, torch.Tensor]:
        self._points.append(z)
        x = z - self._expansion.origin
        log_density, gradient = self._expansion.evaluate(
            x, self._expansion.exponents(x), self._floor, with_density=with_density
        )
        return log_density.to(z.dtype) if with_density else None, gradient.to(z.dtype)


def _distance(log_weights: torch.Tensor) -> torch.Tensor:
    """√(−log ω), in place."""
    return log_weights.clamp_(max=0.0).neg_().sqrt_()
