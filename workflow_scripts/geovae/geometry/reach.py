"""Chains on the metric's density whose points stay out of the centroids' reach for whole trajectories, mostly."""

import math

import torch

from geovae.geometry import hmc
from geovae.geometry.metric import LEAST_EXPONENT, RiemannianMetric

# Trajectories are longer than n ε ‖v‖ by rounding.
SLACK = 1 + 1e-4


def chain_target(metric: RiemannianMetric) -> hmc.Target:
    """`metric.log_density_and_gradient`, which takes chains straight on where no centroid can be felt.

    What it returns does not depend on earlier calls; how long it takes does.
    """
    return metric.log_density_and_gradient if metric.scaled else _ChainTarget(metric)


class _ChainTarget:
    """Asks the metric only about chains that may feel a centroid on their way.

    √(−log ω_i) is a distance from c_i in units of Σ_i^½ ρ, which changes by at most √(max P) / ρ times the way that a
    point goes. So the largest ω_i at a point tells how far from there none can count: up to that far G = λ I to the
    last digit, and a chain goes straight on.
    """

    def __init__(self, metric: RiemannianMetric) -> None:
        self._metric = metric
        self._steepness = metric.precisions.max().sqrt().item() / metric.rho
        self._reach = math.sqrt(-LEAST_EXPONENT[metric.dtype])
        # Points (n, d) where the largest weight was last computed, and how far from there none can count (n,).
        self._anchors, self._free = torch.empty(0, metric.latent_dim), torch.empty(0)

    def __call__(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self._metric.log_density_and_gradient(z)

    def leapfrog(
        self, state: hmc.HMCState, v: torch.Tensor, n_lf: int, eps_lf: float
    ) -> tuple[hmc.HMCState, torch.Tensor]:
        """`hmc.leapfrog` on the metric's density."""
        way = n_lf * eps_lf
        moved = self._within_reach(state.z, v.norm(dim=1).mul_(SLACK * way))
        if len(moved) == len(v):
            return hmc.leapfrog(self, state, v, n_lf, eps_lf)
        end = hmc.HMCState(torch.add(state.z, v, alpha=way), state.log_density.clone(), state.gradient.clone())
        if len(moved):
            start = hmc.HMCState(*(part.index_select(0, moved) for part in state))
            bent, end_v = hmc.leapfrog(self, start, v.index_select(0, moved), n_lf, eps_lf)
            v = v.index_copy(0, moved, end_v)
            for whole, part in zip(end, bent, strict=True):
                whole.index_copy_(0, moved, part)
        return end, v

    def _within_reach(self, z: torch.Tensor, way: torch.Tensor) -> torch.Tensor:
        """Rows of z from which a way of that length (n,) may lead to where a centroid is felt; NaN is one of them."""
        if z.shape != self._anchors.shape:
            self._anchors, self._free = z.clone(), z.new_zeros(len(z))
        stale = (~((z - self._anchors).norm(dim=1).add_(way) < self._free)).nonzero()[:, 0]
        if len(stale) == 0:
            return stale
        points = z.index_select(0, stale)
        margin = self._metric.max_log_weight(points).clamp_(max=0.0).neg_().sqrt_().sub_(self._reach)
        free = margin.div_(self._steepness)
        self._anchors[stale], self._free[stale] = points, free
        return stale[~(way.index_select(0, stale) < free)]
