"""The chain that the authors' released code runs, where it departs from Algorithm 2. Kept apart from the true one.

* The force is the gradient of log det G, not of ½ log det G, with k·λ in place of λ.
* Velocities are 0.5·N(0, I) while the acceptance uses ½‖v‖²; this alone changes the invariant distribution.
* det G is clamped to [0, 1e10] in the density, which is flat above, and computed in float32: below 2⁻¹⁴⁹ it is 0, the
  log-density −∞, and a chain that starts there meets 0/0 in its acceptance and never moves unless a proposal leaves
  the region.
* ρ leaves the last centroid out as a query point; τ does not exist.

Here log det G is a sum of logarithms and the two limits are applied to it: the same values without the overflow or
underflow of partial products.
"""

import math

import torch

from geovae.core.errors import GeovaeError
from geovae.geometry.centroids import nearest_neighbour_distances
from geovae.geometry.hmc import Target
from geovae.geometry.metric import RiemannianMetric

VELOCITY_STD = 0.5
LOG_DET_MAX = math.log(1e10)
LOG_DET_MIN = -149 * math.log(2.0)


def released_metric(metric: RiemannianMetric) -> RiemannianMetric:
    """`metric` with the released code's ρ and without τ. Which centroid is last is their order in `metric`.

    Raises:
        GeovaeError: the metric has a single centroid.
    """
    if len(metric.centroids) < 2:
        raise GeovaeError("metric.k = 1: the released sampler takes rho from neighbouring centroids. Raise metric.k.")
    distances = nearest_neighbour_distances(metric.centroids.double().cpu().numpy())
    rho = float(distances[:-1].max())
    return RiemannianMetric(metric.centroids, metric.precisions, rho, metric.lam, 0.0, metric.indices)


def released_target(metric: RiemannianMetric) -> Target:
    """Log-density and force of the released chain; `metric` is used as it is (see `released_metric`)."""
    k = len(metric.centroids)
    drift_metric = RiemannianMetric(metric.centroids, metric.precisions, metric.rho, k * metric.lam, metric.tau)

    def target(z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_det = 2.0 * metric.log_density(z)
        log_det = log_det.clamp(max=LOG_DET_MAX).masked_fill(log_det < LOG_DET_MIN, -math.inf)
        return 0.5 * log_det, 2.0 * drift_metric.log_density_and_gradient(z)[1]

    return target
