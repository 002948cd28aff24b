"""The fast metric and sampler against the paper's formulas, evaluated as they are printed; and these by hand."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.geometry import as_printed, hmc
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import fast_leapfrog

torch.set_num_threads(1)


@st.composite
def metrics(draw):
    """Metrics in float64 of any dimension, number of centroids and scale, from flat ones to those of narrow weights."""
    d, k = draw(st.integers(1, 6)), draw(st.integers(1, 30))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 10_000)))
    scale = 10.0 ** draw(st.floats(-1, 1))
    centroids, noise = (torch.randn(k, d, generator=generator, dtype=torch.float64) for _ in range(2))
    precisions = torch.exp(draw(st.floats(-1, 4)) + 0.5 * noise) / scale**2
    lam, tau = 10.0 ** draw(st.floats(-4, 0)) / scale**2, draw(st.sampled_from([0.0, 0.01])) / scale**2
    return RiemannianMetric(scale * centroids, precisions, draw(st.floats(0.5, 4.0)), lam, tau)


def printed(metric):
    return as_printed.metric(metric.centroids, torch.diag_embed(metric.precisions), metric.rho, metric.lam, metric.tau)


def points(metric, n=6):
    """Points around centroids, at a distance of about their standard deviation."""
    generator = torch.Generator().manual_seed(1)
    rows = torch.randint(len(metric.centroids), (n,), generator=generator)
    noise = torch.randn(n, metric.latent_dim, generator=generator, dtype=torch.float64)
    return metric.centroids[rows] + noise * metric.precisions[rows].rsqrt()


def test_one_centroid_by_hand():
    G = as_printed.metric(torch.zeros(1, 2).double(), torch.tensor([[[2.0, 1.0], [1.0, 3.0]]]).double(), 2.0, 0.5, 0.1)
    z, v = torch.tensor([[1.0, -1.0]]).double(), torch.tensor([[3.0, 4.0]]).double()
    omega, floor = math.exp(-3 / 4), 0.5 * math.exp(-0.2)  # dist² = 2 − 2·1 + 3
    wanted = torch.tensor([[[2 * omega + floor, omega], [omega, 3 * omega + floor]]]).double()
    torch.testing.assert_close(G(z), wanted)
    log_p = 0.5 * math.log((2 * omega + floor) * (3 * omega + floor) - omega**2)
    assert as_printed.log_density(G, z).item() == pytest.approx(log_p)
    assert as_printed.hamiltonian(G, z, v).item() == pytest.approx(12.5 - log_p)


def test_one_leapfrog_step_by_hand():
    # One centroid, λ = 0, d = 1: log p = ½ log P − P z² / (2 ρ²) up to a constant, so ∇_z H = z for P = ρ² = 4.
    G = as_printed.metric(torch.zeros(1, 1).double(), torch.full((1, 1, 1), 4.0).double(), 2.0, 0.0)
    z, v = torch.tensor([[2.0]]).double(), torch.tensor([[1.0]]).double()
    end, end_v = as_printed.leapfrog_step(G, z, v, 0.5)
    assert end.item() == pytest.approx(2.0 + 0.5 * (1.0 - 0.25 * 2.0))
    assert end_v.item() == pytest.approx((1.0 - 0.25 * 2.0) - 0.25 * 2.25)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(metric=metrics())
def test_the_metric_is_the_printed_one(metric):
    G, z = printed(metric), points(metric)
    matrices = G(z)
    torch.testing.assert_close(torch.diag_embed(metric.diagonal(z)), matrices, rtol=1e-9, atol=0.0)
    value, gradient = metric.log_density_and_gradient(z)
    wanted = -as_printed.hamiltonian_gradient(G, z, torch.zeros_like(z))
    torch.testing.assert_close(value, as_printed.log_density(G, z), rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(gradient, wanted, rtol=1e-8, atol=1e-8 * wanted.abs().max().item())


@settings(max_examples=30, deadline=None, derandomize=True)
@given(metric=metrics(), step=st.floats(0.05, 0.8))
def test_chains_are_those_of_the_printed_algorithm(metric, step):
    z = points(metric)
    eps_lf = step * metric.precisions.max().rsqrt().item()
    wanted = as_printed.sample(printed(metric), z, 5, 4, eps_lf, torch.Generator().manual_seed(2))
    assert (wanted != z).any()
    run = {"n_steps": 5, "n_lf": 4, "eps_lf": eps_lf}
    for integrator in (hmc.leapfrog, fast_leapfrog(metric)):
        run |= {"generator": torch.Generator().manual_seed(2), "integrator": integrator}
        state, _ = hmc.sample(metric.log_density_and_gradient, z, **run)
        torch.testing.assert_close(state.z, wanted, rtol=1e-7, atol=1e-7 * wanted.abs().max().item())


def test_some_proposals_of_the_comparison_are_rejected():
    metric = RiemannianMetric(torch.zeros(1, 2).double(), torch.full((1, 2), 4.0).double(), 2.0, 0.0)
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(200, 2, generator=generator, dtype=torch.float64)
    wanted = as_printed.sample(printed(metric), z, 1, 3, 1.2, torch.Generator().manual_seed(2))
    state, info = hmc.sample(
        metric.log_density_and_gradient, z, n_steps=1, n_lf=3, eps_lf=1.2, generator=torch.Generator().manual_seed(2)
    )
    stayed = (wanted == z).all(1)
    assert 0.1 < stayed.double().mean() < 0.9
    assert torch.equal(stayed, info.acceptance == 0)
    torch.testing.assert_close(state.z, wanted)
