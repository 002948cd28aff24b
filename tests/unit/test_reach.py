import pytest
import torch

from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import chain_target

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
    for target in (chain_target(metric), metric.log_density_and_gradient):
        generator = torch.Generator().manual_seed(2)
        state, info = hmc.sample(target, starts(metric), n_steps=10, generator=generator)
        ends.append((*state, info.acceptance))
    tolerance = 1e-3 if dtype == torch.float32 else 1e-9
    for a, b in zip(*ends, strict=True):
        torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance * b.abs().max().item())


def test_points_out_of_reach_are_not_asked_for(monkeypatch):
    metric = make(dtype=torch.float32)
    asked = count_points(metric, monkeypatch)
    generator = torch.Generator().manual_seed(2)
    hmc.sample(chain_target(metric), starts(metric), n_steps=10, generator=generator)
    assert asked[0] == 300
    assert len(asked) == 101
    assert sum(asked) < 0.3 * 101 * 300


def test_chains_out_of_reach_go_straight_on_for_nothing(monkeypatch):
    metric = make()
    z = metric.centroids[:5] + 100.0
    target = chain_target(metric)
    state = hmc.init(target, z)
    asked = count_points(metric, monkeypatch)
    v = torch.randn(z.shape, generator=torch.Generator().manual_seed(2), dtype=torch.float64)
    end, end_v = target.leapfrog(state, v, 10, 0.01)
    assert asked == []
    torch.testing.assert_close(end.z, z + 0.1 * v, rtol=1e-14, atol=0.0)
    torch.testing.assert_close(end_v, v, rtol=0.0, atol=0.0)
    assert (end.gradient == 0).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_jumps_of_any_length_and_points_without_a_number(dtype):
    metric = make(dtype=dtype)
    target, plain, z = chain_target(metric), metric.log_density_and_gradient, starts(metric)
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
            state = hmc.init(plain, points)
            (end, end_v), (other, other_v) = (
                target.leapfrog(state, velocities, 3, 0.01),
                hmc.leapfrog(plain, state, velocities, 3, 0.01),
            )
            for a, b in zip((*end, end_v), (*other, other_v), strict=True):
                atol = tolerance * max(1.0, torch.nan_to_num(b).abs().max().item())
                torch.testing.assert_close(a, b, rtol=tolerance, atol=atol, equal_nan=True)
        z[step] = 0.0
