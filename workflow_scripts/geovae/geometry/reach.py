"""The metric's log-density and gradient for chains of short steps, most of which stay out of the centroids' reach."""

import math

import torch

from geovae.geometry.hmc import Target
from geovae.geometry.metric import LEAST_EXPONENT, RiemannianMetric


def chain_target(metric: RiemannianMetric) -> Target:
    """`metric.log_density_and_gradient` for points that move little from call to call.

    What it returns does not depend on earlier calls; how long it takes does.
    """
    return metric.log_density_and_gradient if metric.scaled else _ChainTarget(metric)


class _ChainTarget:
    """Asks the metric for those points alone that may feel a centroid.

    √(−log ω_i) is a distance from c_i in units of Σ_i^½ ρ, which changes by at most √(max P) / ρ times the way that a
    point goes. So where the largest ω_i was last computed tells how far from there no weight can count: inside of that
    G = λ I to the last digit.
    """

    def __init__(self, metric: RiemannianMetric) -> None:
        self._metric = metric
        self._steepness = metric.precisions.max().sqrt().item() / metric.rho
        self._reach = math.sqrt(-LEAST_EXPONENT[metric.dtype])
        # Points (n, d) where weights were last computed, and the squares (n,) of how far from there none can count.
        self._anchors, self._free = torch.empty(0, metric.latent_dim), torch.empty(0)

    def __call__(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        if z.shape != self._anchors.shape:
            self._anchors, self._free = z.clone(), z.new_zeros(len(z))
        asked = (~((z - self._anchors).square().sum(1) < self._free)).nonzero()[:, 0]  # NaN is asked for
        log_density = z.new_full((len(z),), 0.5 * self._metric.latent_dim * math.log(self._metric.lam))
        gradient = torch.zeros_like(z)
        if len(asked):
            points = z.index_select(0, asked)
            log_density[asked], gradient[asked], peak = self._metric.evaluate(points)
            self._anchors[asked] = points
            margin = peak.clamp(max=0.0).neg_().sqrt_().sub_(self._reach).div_(self._steepness)
            self._free[asked] = margin.clamp_(min=0.0).square_()
        return log_density, gradient
