"""What the choice of ρ does to a metric: the error at the centroids, and which centroids are connected."""

import numpy as np
import pytest
import torch
from scipy.sparse.csgraph import connected_components

from geovae.geometry import description
from geovae.geometry.description import connected_share, identity_error
from geovae.geometry.diagnostics import ACTIVE_WEIGHT
from geovae.geometry.metric import RiemannianMetric

FACTORS = (0.05, 0.25, 0.5, 0.7, 1.0, 2.0, 4.0)


def made(rho: float = 1.0, lam: float = 0.01, k: int = 40, seed: int = 0, **more) -> RiemannianMetric:
    generator = torch.Generator().manual_seed(seed)
    centroids = 2 * torch.randn(k, 3, generator=generator, dtype=torch.float64)
    precisions = torch.exp(2 + torch.randn(k, 3, generator=generator, dtype=torch.float64))
    return RiemannianMetric(centroids, precisions, rho, lam, **more)


def test_the_error_is_the_mean_relative_norm_of_what_is_beside_the_identity():
    metric = made(rho=3.0, lam=0.2, tau=0.1)
    errors = []
    for c, P in zip(metric.centroids, metric.precisions, strict=True):
        product = torch.diag(metric.diagonal(c[None])[0]) @ torch.diag(1 / P)
        errors.append((product - torch.eye(3)).norm() / torch.eye(3).norm())
    assert identity_error(metric) == pytest.approx(torch.stack(errors).mean().item())
    assert identity_error(metric.to(dtype=torch.float32)) == pytest.approx(identity_error(metric), rel=1e-4)


def test_separated_centroids_have_their_own_metrics_as_rho_falls():
    errors = [identity_error(made(rho=rho, lam=1e-9)) for rho in (4.0, 1.0, 0.4, 0.05)]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] > 1.0
    assert errors[-1] < 1e-8
    # What is left is λ Σ_i.
    metric = made(rho=0.01, lam=0.3)
    expected = (0.3 / metric.precisions).square().mean(1).sqrt().mean().item()
    assert identity_error(metric) == pytest.approx(expected)


def test_centroids_that_coincide_double_each_other():
    assert identity_error(RiemannianMetric(torch.zeros(2, 5), torch.ones(2, 5), 1.0, 0.0)) == pytest.approx(1.0)


@pytest.mark.parametrize("factor", FACTORS)
@pytest.mark.parametrize("segments", [4096, 7])
def test_connected_are_those_with_a_chain_of_active_segments(factor, segments, monkeypatch):
    monkeypatch.setattr(description, "SEGMENTS", segments)
    metric = made(rho=4 * factor)
    k, t = 40, torch.arange(1, 16, dtype=torch.float64)[:, None] / 16
    linked = np.zeros((k, k))
    for i in range(k):
        for j in range(k):
            points = metric.centroids[i] * (1 - t) + metric.centroids[j] * t
            linked[i, j] = bool((metric.max_weight(points) >= ACTIVE_WEIGHT).all())
    groups = connected_components(linked, directed=False)[1]
    assert connected_share(metric) == np.bincount(groups).max() / k


def test_connectedness_does_not_fall_with_rho():
    for seed in range(5):
        shares = [connected_share(made(rho=4 * factor, seed=seed)) for factor in FACTORS]
        assert shares == sorted(shares)
        assert shares[0] < 0.1
        assert shares[-1] == 1.0


def test_a_third_centroid_may_bridge_two():
    ends = torch.tensor([[0.0, 0.0], [4.0, 0.0]])
    bridge = torch.tensor([[2.0, 0.1]])
    # A weight of 10⁻³ lies 2.63 ρ away.
    assert connected_share(RiemannianMetric(ends, torch.ones(2, 2), 0.7, 0.01)) == 0.5
    assert connected_share(RiemannianMetric(torch.cat([ends, bridge]), torch.ones(3, 2), 0.7, 0.01)) == 1.0


def test_a_lone_centroid_is_connected():
    assert connected_share(RiemannianMetric(torch.zeros(1, 2), torch.ones(1, 2), 1.0, 0.01)) == 1.0
