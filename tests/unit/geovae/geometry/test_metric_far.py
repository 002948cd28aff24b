"""Points that no centroid reaches and centroids that reach no point: left out by the metric, without a difference."""

import math

import pytest
import torch

from geovae.geometry.expansion import LEAST_EXPONENT
from geovae.geometry.hmc import autograd_target
from geovae.geometry.metric import RiemannianMetric

torch.set_num_threads(1)


def steep_metric(k=50, d=6, lam=0.01, tau=0.0):
    """Centroids whose weights fall by a factor of 10⁻³⁰⁰ over less than the distance between them."""
    generator = torch.Generator().manual_seed(0)
    centroids, noise = (torch.randn(k, d, generator=generator, dtype=torch.float64) for _ in range(2))
    return RiemannianMetric(centroids, torch.exp(7 + 0.5 * noise), 2.0, lam, tau)


def by_log_sums(metric):
    """½ Σ_j log G_jj of all centroids, where weights and λ term may underflow; differentiable."""

    def log_density(z):
        squares = ((z[:, None] - metric.centroids) ** 2 * metric.precisions).sum(2)
        terms = metric.precisions.log() - (squares / metric.rho**2)[:, :, None]
        floor = (math.log(metric.lam) - metric.tau * z.square().sum(1))[:, None, None].expand(-1, 1, z.shape[1])
        return 0.5 * torch.cat([terms, floor], 1).logsumexp(1).sum(1)

    return log_density


@pytest.mark.parametrize(("lam", "tau"), [(0.01, 0.0), (0.01, 0.02), (1e-20, 0.0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_what_is_left_out_changes_nothing(dtype, lam, tau):
    exact = steep_metric(lam=lam, tau=tau)
    noise = torch.randn(15, 6, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    near, between, far = noise.split(5)
    z = torch.cat([exact.centroids[:5] + 0.03 * near, exact.centroids[:5] + 0.5 * between, 4 * far]).to(dtype)
    metric = exact.to(dtype=dtype)
    felt = (metric.max_log_weight(z) > LEAST_EXPONENT[dtype]).sum()
    assert 5 <= felt <= 11  # of 15: fewer than would be worth a copy
    value, gradient = metric.log_density_and_gradient(z)
    expected_value, expected = autograd_target(by_log_sums(exact))(z.double())
    tolerance = 1e-9 if dtype == torch.float64 else 2e-3
    torch.testing.assert_close(value.double(), expected_value, rtol=tolerance, atol=tolerance)
    atol = tolerance * expected.abs().max().item()
    torch.testing.assert_close(gradient.double(), expected, rtol=tolerance, atol=atol)
    torch.testing.assert_close(metric.log_density(z), value)


@pytest.mark.parametrize("tau", [0.0, 0.1])
@pytest.mark.parametrize("spread", [0.01, 30.0])
def test_points_without_a_number_stay_so_and_leave_the_others_alone(spread, tau):
    metric = steep_metric(tau=tau)
    noise = torch.randn(8, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    z = metric.centroids[:1] + spread * noise
    broken = torch.cat([z, z.new_tensor([math.nan, math.inf]).expand(6, 2).T])
    value, gradient = metric.log_density_and_gradient(broken)
    assert not torch.isfinite(value[8:]).any()
    for a, b in zip(metric.log_density_and_gradient(z), (value[:8], gradient[:8]), strict=True):
        torch.testing.assert_close(a, b)
