"""Chains are spared what they cannot feel, and end where those on the whole metric end."""

import math

import pytest
import torch

from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import fast_leapfrog

torch.set_num_threads(1)


def make(tau=0.0, lam=0.01, dtype=torch.float64, k=60, d=8):
    generator = torch.Generator().manual_seed(0)
    centroids, noise = (torch.randn(k, d, generator=generator, dtype=torch.float64) for _ in range(2))
    return RiemannianMetric(centroids.to(dtype), torch.exp(7 + 0.3 * noise).to(dtype), 2.0, lam, tau)


def starts(metric, n=300):
    """Points of which a sixth are at centroids and the others anywhere."""
    z = torch.randn(n, metric.latent_dim, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    return torch.cat([metric.centroids[: n // 6], z[n // 6 :].to(metric.dtype)])


def count_points(metric, monkeypatch):
    """A list that grows by the number of points of every question for a gradient."""
    asked, answer = [], metric.log_density_and_gradient
    monkeypatch.setattr(metric, "log_density_and_gradient", lambda z: asked.append(len(z)) or answer(z))
    return asked


@pytest.mark.parametrize(("tau", "lam"), [(0.0, 0.01), (0.05, 0.01), (0.0, 0.0)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_chains_are_those_of_the_metric_itself(dtype, tau, lam):
    metric = make(tau, lam, dtype)
    ends = []
    for integrator in (fast_leapfrog(metric), hmc.leapfrog):
        generator = torch.Generator().manual_seed(2)
        state, info = hmc.sample(
            metric.log_density_and_gradient, starts(metric), n_steps=10, generator=generator, integrator=integrator
        )
        ends.append((*state, info.acceptance))
        assert not any(part.is_inference() for part in (*state, *info))  # what comes after may take gradients
    tolerance = 1e-3 if dtype == torch.float32 else 1e-9
    for a, b in zip(*ends, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance * b.abs().max().item())


def test_points_out_of_reach_are_not_asked_for(monkeypatch):
    metric = make(dtype=torch.float32)
    asked = count_points(metric, monkeypatch)
    generator = torch.Generator().manual_seed(2)
    target = metric.log_density_and_gradient
    hmc.sample(target, starts(metric), n_steps=10, generator=generator, integrator=fast_leapfrog(metric))
    assert asked[0] == 300
    assert len(asked) == 101
    assert sum(asked) < 0.3 * 101 * 300


def test_chains_out_of_reach_go_straight_on_for_nothing(monkeypatch):
    metric = make()
    z = metric.centroids[:5] + 100.0
    state = hmc.init(metric.log_density_and_gradient, z)
    asked = count_points(metric, monkeypatch)
    v = torch.randn(z.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    end, end_v = fast_leapfrog(metric)(metric.log_density_and_gradient, state, v, 10, 0.01)
    assert asked == []
    torch.testing.assert_close(end.z, z + 0.1 * v, rtol=1e-14, atol=0.0)
    torch.testing.assert_close(end_v, v, rtol=0.0, atol=0.0)
    assert (end.gradient == 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_jumps_of_any_length_and_points_without_a_number(dtype):
    metric = make(dtype=dtype)
    fast, target, z = fast_leapfrog(metric), metric.log_density_and_gradient, starts(metric)
    generator = torch.Generator().manual_seed(3)
    tolerance = 1e-3 if dtype == torch.float32 else 1e-9
    for step in range(20):
        scale = 10.0 ** -torch.randint(0, 4, (len(z), 1), generator=generator)
        rows = torch.randint(len(metric.centroids), (len(z),), generator=generator)
        home = (torch.rand(len(z), 1, generator=generator) < 0.1).to(dtype)
        z = torch.lerp(z + scale * torch.randn(z.shape, generator=generator, dtype=dtype), metric.centroids[rows], home)
        v = torch.randn(z.shape, generator=generator, dtype=dtype) * 10.0 ** (step % 3 - 1)
        z[step] = torch.nan
        v[step + 20] = torch.nan
        for points, velocities in ((z, v), (z[:50], v[:50])):
            state = hmc.init(target, points)
            (end, end_v), (other, other_v) = (
                fast(target, state, velocities, 3, 0.01),
                hmc.leapfrog(target, state, velocities, 3, 0.01),
            )
            for a, b in zip((*end, end_v), (*other, other_v), strict=True):
                atol = tolerance * max(1.0, torch.nan_to_num(b).abs().max().item())
                torch.testing.assert_close(a, b, rtol=tolerance, atol=atol, equal_nan=True)
        z[step] = 0.0


def test_few_chains_are_spared_the_centroids_out_of_reach(monkeypatch):
    metric = make()
    asked = count_points(metric, monkeypatch)
    plain = metric.log_density_and_gradient
    state = hmc.init(plain, metric.centroids[:3])
    v = torch.randn(state.z.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    wanted, wanted_v = hmc.leapfrog(plain, state, v, 10, 0.01)
    asked.clear()
    end, end_v = fast_leapfrog(metric)(plain, state, v, 10, 0.01)
    assert asked == []
    for a, b in zip((*end, end_v), (*wanted, wanted_v), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-10, atol=1e-10)


def test_a_chain_that_is_pulled_to_a_centroid_out_of_reach_feels_it():
    # On a line, in units of the distance at which a centroid is no longer felt: a chain at 0.6 is pulled through the
    # centroid at 0 and meets the one at -0.45, which it did not feel at first.
    reach = 80**0.5 * 2.0 * math.exp(-3.5)
    centroids, z = torch.zeros(4, 8), torch.zeros(1, 8)
    centroids[:, 0], z[0, 0] = reach * torch.tensor([0.0, -0.45, 30.0, 40.0]), 0.6 * reach
    precisions = torch.full_like(centroids, math.exp(7.0))
    metric, alone = (RiemannianMetric(centroids[rows], precisions[rows], 2.0, 1e-14) for rows in ([0, 1, 2, 3], [0]))
    state, v = hmc.init(metric.log_density_and_gradient, z), torch.full_like(z, 1e-6)
    wanted, wanted_v = hmc.leapfrog(metric.log_density_and_gradient, state, v, 40, 0.002)
    without, _ = hmc.leapfrog(alone.log_density_and_gradient, state, v, 40, 0.002)
    assert (wanted.z - without.z).norm() > 0.1 * reach
    end, end_v = fast_leapfrog(metric)(metric.log_density_and_gradient, state, v, 40, 0.002)
    torch.testing.assert_close(end.z, wanted.z)
    torch.testing.assert_close(end_v, wanted_v)
