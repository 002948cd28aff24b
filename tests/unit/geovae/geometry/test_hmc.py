import math
from functools import partial

import numpy as np
import pytest
import torch
from scipy import stats

from geovae.core.errors import GeovaeError
from geovae.core.seeding import torch_generator
from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric

torch.set_num_threads(1)


def harmonic(z):
    """The standard normal, up to its constant."""
    return -0.5 * z.square().sum(1), -z


def bumpy_metric(tau=0.05):
    """A planar metric with overlapping weights and a density that can be normalised."""
    centroids = torch.tensor([[0.0, 0.0], [2.0, 0.5], [-1.0, 2.0], [1.0, -1.5]]).double()
    precisions = torch.tensor([[4.0, 1.0], [2.0, 3.0], [1.0, 5.0], [3.0, 3.0]]).double()
    return RiemannianMetric(centroids, precisions, 1.8, 0.3, tau)


def random(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_leapfrog_follows_the_harmonic_oscillator():
    z, v = random(5, 3), random(5, 3, seed=1)
    for n_lf, eps, tolerance in ((100, 0.01, 1e-4), (1000, 0.001, 1e-6)):
        state, end = hmc.leapfrog(harmonic, hmc.init(harmonic, z), v, n_lf, eps)
        t = n_lf * eps
        torch.testing.assert_close(state.z, math.cos(t) * z + math.sin(t) * v, rtol=0, atol=tolerance)
        torch.testing.assert_close(end, math.cos(t) * v - math.sin(t) * z, rtol=0, atol=tolerance)


def test_energy_error_falls_with_the_square_of_the_step():
    metric = bumpy_metric()
    target, z, v = metric.log_density_and_gradient, random(50, 2), random(50, 2, seed=1)
    start = hmc.init(target, z)
    steps = [0.08, 0.04, 0.02, 0.01]
    errors = []
    for eps in steps:
        end, w = hmc.leapfrog(target, start, v, round(0.8 / eps), eps)
        change = (0.5 * w.square().sum(1) - end.log_density) - (0.5 * v.square().sum(1) - start.log_density)
        errors.append(change.abs().mean().item())
    slope = np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(2.0, abs=0.1)


def test_reversed_velocities_lead_back():
    target = bumpy_metric().log_density_and_gradient
    start, v = hmc.init(target, random(20, 2)), random(20, 2, seed=1)
    end, w = hmc.leapfrog(target, start, v, 50, 0.05)
    assert (end.z - start.z).norm(dim=1).min() > 0.1
    back, u = hmc.leapfrog(target, end, -w, 50, 0.05)
    torch.testing.assert_close(back.z, start.z, rtol=0, atol=1e-11)
    torch.testing.assert_close(u, -v, rtol=0, atol=1e-11)


def test_one_call_of_the_target_a_leapfrog_step():
    calls = []

    def counted(z):
        calls.append(len(z))
        return harmonic(z)

    generator = torch_generator("count")
    state, _ = hmc.sample(counted, random(4, 2), n_steps=7, n_lf=5, generator=generator)
    assert calls == [4] * (1 + 7 * 5)
    hmc.sample(counted, state, n_steps=2, n_lf=5, generator=generator)
    assert len(calls) == 1 + 7 * 5 + 2 * 5


def test_a_gradient_of_its_own_serves_every_step_but_the_last():
    calls, gradients = [], []

    def target(z):
        calls.append(len(z))
        return harmonic(z)

    def gradient(z):
        gradients.append(len(z))
        return harmonic(z)[1]

    sparing = partial(hmc.leapfrog, gradient=gradient)
    ends = [
        hmc.sample(f, random(4, 2), n_steps=7, n_lf=5, generator=torch_generator("own"), integrator=integrator)[0]
        for f, integrator in ((target, sparing), (harmonic, hmc.leapfrog))
    ]
    assert (len(calls), len(gradients)) == (1 + 7, 7 * 4)
    for a, b in zip(*ends, strict=True):
        assert torch.equal(a, b)


def test_the_integrator_makes_the_proposals():
    def mirrored(target, state, v, n_lf, eps_lf):
        assert (n_lf, eps_lf) == (3, 0.2)
        return hmc.init(target, -state.z), v

    z = random(4, 2)
    settings = {"n_steps": 5, "n_lf": 3, "eps_lf": 0.2, "generator": torch_generator("mirror")}
    state, info = hmc.sample(harmonic, z, integrator=mirrored, **settings)
    assert torch.equal(state.z, -z)  # five mirrorings at equal energy
    assert (info.acceptance == 1).all()


def test_two_calls_continue_one_chain():
    target = bumpy_metric().log_density_and_gradient
    z0 = random(6, 2)
    settings = {"n_lf": 3, "eps_lf": 0.3}
    generator = torch_generator("continue")
    state, first = hmc.sample(target, z0, n_steps=4, generator=generator, **settings)
    state, second = hmc.sample(target, state, n_steps=6, generator=generator, **settings)
    whole, info = hmc.sample(target, z0, n_steps=10, generator=torch_generator("continue"), **settings)
    for a, b in zip(state, whole, strict=True):
        assert torch.equal(a, b)
    torch.testing.assert_close(info.acceptance, 0.4 * first.acceptance + 0.6 * second.acceptance)
    assert torch.equal(z0, random(6, 2))


def test_state_holds_the_target_at_its_points():
    target = bumpy_metric().log_density_and_gradient
    state, _ = hmc.sample(target, random(50, 2), n_steps=20, eps_lf=0.2, generator=torch_generator("state"))
    for a, b in zip(state[1:], target(state.z), strict=True):
        torch.testing.assert_close(a, b)


def test_gaussian_moments():
    variances = torch.tensor([0.25, 1.0, 4.0]).double()
    mean = torch.tensor([1.0, -2.0, 0.5]).double()
    target = hmc.autograd_target(lambda z: -0.5 * ((z - mean).square() / variances).sum(1))
    n = 20_000
    generator = torch_generator("gaussian")
    state, info = hmc.sample(target, torch.zeros(n, 3).double(), n_steps=60, eps_lf=0.12, generator=generator)
    z_mean = (state.z.mean(0) - mean) / (variances / n).sqrt()
    z_variance = (state.z.var(0) / variances - 1) / math.sqrt(2 / n)
    assert z_mean.abs().max() < 4
    assert z_variance.abs().max() < 4
    assert 0.9 < info.acceptance.mean() < 1.0


def cell_probabilities(log_density, edges, per_cell=24):
    """Probabilities of the cells of a square grid, and the share outside it, by quadrature."""
    width = edges[1] - edges[0]
    reach = 60.0
    outer = np.arange(-reach, reach, 0.1) + 0.05
    fine = edges[0] + (np.arange((len(edges) - 1) * per_cell) + 0.5) * width / per_cell

    def density(axis):
        xs, ys = np.meshgrid(axis, axis, indexing="ij")
        z = torch.from_numpy(np.stack([xs.ravel(), ys.ravel()], 1))
        return np.exp(log_density(z).numpy()).reshape(xs.shape)

    cells = len(edges) - 1
    masses = density(fine).reshape(cells, per_cell, cells, per_cell).sum((1, 3)) * (width / per_cell) ** 2
    total = density(outer).sum() * 0.1**2
    return masses / total


def chi_square(z, log_density):
    """p-value of independent chains' last points against √det G, over the cells of a grid and what lies outside."""
    edges = np.linspace(-5.0, 5.0, 11)
    probabilities = cell_probabilities(log_density, edges)
    observed = np.histogram2d(*z.numpy().T, bins=(edges, edges))[0]
    outside = 1.0 - probabilities.sum()
    assert 0.0 < outside < 0.6
    expected = len(z) * np.append(probabilities.ravel(), outside)
    observed = np.append(observed.ravel(), len(z) - observed.sum())
    assert expected.min() >= 5
    return stats.chisquare(observed, expected * observed.sum() / expected.sum()).pvalue


def test_chains_reach_the_riemannian_uniform_law():
    metric = bumpy_metric()
    start = 2.0 * random(8000, 2)
    settings = {"n_steps": 80, "eps_lf": 0.35, "n_lf": 10}
    state, info = hmc.sample(metric.log_density_and_gradient, start, generator=torch_generator("law"), **settings)
    assert 0.5 < info.acceptance.mean() < 0.999
    assert chi_square(state.z, metric.log_density) > 1e-3
    # The test has the power to tell apart: the starts, and chains with the released code's velocities.
    assert chi_square(start, metric.log_density) < 1e-6
    other, _ = hmc.sample(
        metric.log_density_and_gradient, start, generator=torch_generator("law"), velocity_std=0.5, **settings
    )
    assert chi_square(other.z, metric.log_density) < 1e-6


def test_autograd_target_matches_the_analytic_gradient():
    z = random(10, 3)
    value, gradient = hmc.autograd_target(lambda x: -0.5 * x.square().sum(1))(z)
    torch.testing.assert_close(value, harmonic(z)[0])
    torch.testing.assert_close(gradient, -z)
    assert not gradient.requires_grad
    assert not z.requires_grad


def test_proposals_without_finite_energy_are_rejected_and_counted():
    def walled(z):
        """The standard normal on z₁ < 0.5, undefined beyond."""
        log_density, gradient = harmonic(z)
        return torch.where(z[:, 0] < 0.5, log_density, math.nan), gradient

    z0 = torch.zeros(200, 2).double()
    state, info = hmc.sample(walled, z0, n_steps=20, n_lf=5, eps_lf=0.2, generator=torch_generator("wall"))
    assert (state.z[:, 0] < 0.5).all()
    assert torch.isfinite(state.log_density).all()
    assert 0 < info.non_finite.sum() < 200 * 20
    assert torch.isfinite(info.energy_error).all()
    assert (info.acceptance <= 1 - info.non_finite / 20 + 1e-12).all()


def test_chain_leaves_a_start_of_density_zero_only_for_a_finite_one():
    def zero(z):
        return torch.full((len(z),), -math.inf, dtype=z.dtype), torch.zeros_like(z)

    z0 = random(5, 2)
    state, info = hmc.sample(zero, z0, n_steps=3, generator=torch_generator("zero"))
    assert torch.equal(state.z, z0)
    assert (info.non_finite == 3).all()

    def zero_inside(z):
        return torch.where(z.norm(dim=1) < 1e-3, -math.inf, harmonic(z)[0]), -z

    state, _ = hmc.sample(zero_inside, torch.zeros(5, 2).double(), n_steps=1, eps_lf=0.1, generator=torch_generator(1))
    assert (state.z.norm(dim=1) > 1e-3).all()


@pytest.mark.parametrize("change", [{"n_steps": 0}, {"n_lf": 0}, {"eps_lf": 0.0}, {"eps_lf": math.nan}])
def test_refused_settings(change):
    with pytest.raises(GeovaeError, match=f"^{next(iter(change))} = "):
        hmc.sample(harmonic, torch.zeros(1, 1), generator=torch_generator(0), **change)
