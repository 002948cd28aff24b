"""The metric and the chains at any scale of the latents: right against float64, or refused by name."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.geometry import as_printed, hmc
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import fast_leapfrog

torch.set_num_threads(1)

FLOATS = st.sampled_from([torch.float32, torch.float64])
SHAPES = st.integers(1, 24).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, min(n, 12)), st.integers(1, 20)))


def latents(n: int, d: int, scale: float, log_var: float, dtype: torch.dtype, seed: int) -> tuple:
    generator = torch.Generator().manual_seed(seed)
    mu = scale * torch.randn(n, d, generator=generator, dtype=torch.float64)
    spread = 0.5 * torch.randn(n, d, generator=generator, dtype=torch.float64)
    return mu.to(dtype), (log_var + spread).to(dtype)


def some_points(metric: RiemannianMetric, seed: int) -> torch.Tensor:
    """Centroids, points a posterior deviation or a share of ρ from them, and points far from all."""
    generator = torch.Generator().manual_seed(seed)
    c, deviation = metric.centroids, metric.rho / metric.precisions.sqrt()
    noise = torch.randn(c.shape, generator=generator, dtype=torch.float64).to(c.dtype)
    return torch.cat([c, c + deviation * noise, c + 0.1 * metric.rho * noise, 10 * metric.rho * noise])


def as_the_paper_prints_it(metric: RiemannianMetric, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """½ log det G and its gradient in float64; the printed formulas in units in which no determinant overflows."""
    c, P = metric.centroids.double(), metric.precisions.double()
    G = as_printed.metric(c, torch.diag_embed(P), metric.rho, metric.lam, metric.tau)
    z = z.double()
    return as_printed.log_density(G, z), -as_printed.hamiltonian_gradient(G, z, torch.zeros_like(z))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(
    shape=SHAPES,
    log_scale=st.floats(-6, 6),
    log_var=st.floats(-60, 20),
    dtype=FLOATS,
    log_lam=st.floats(-6, 2),
    seed=st.integers(0, 1000),
)
def test_densities_and_gradients_are_those_of_float64_or_refused(shape, log_scale, log_var, dtype, log_lam, seed):
    n, k, d = shape
    mu, log_variance = latents(n, d, 10**log_scale, log_var, dtype, seed)
    rho = None if k > 1 else 10**log_scale
    metric = RiemannianMetric.from_latents(mu, log_variance, k, lam=10**log_lam, rho=rho, seed=seed)
    z = some_points(metric, seed)
    value, gradient = metric.log_density_and_gradient(z)
    assert value.dtype == gradient.dtype == z.dtype
    expected, slope = as_the_paper_prints_it(metric, z)
    # Of each of the d entries of G, log is off by what log ω is, at most 0.01; and as much for expected itself.
    tolerance = (0.01 + 0.005 * d) * (1 + 1e-5 * expected.abs())
    assert torch.isfinite(value).all()
    assert ((value - expected).abs() <= tolerance).all()
    # The bound on log ω is 0.01, and ∂ log ω by what it is multiplied with.
    assert torch.isfinite(gradient).all()
    assert ((gradient - slope).norm(dim=1) <= 0.03 * slope.norm(dim=1).max() + 1e-30).all()
    torch.testing.assert_close(metric.log_density(z), value, rtol=0, atol=0)
    assert ((metric.max_weight(z) >= 0) & (metric.max_weight(z) <= 1)).all()
    assert metric.max_weight(metric.centroids).min() > 0.98


@settings(max_examples=25, deadline=None, derandomize=True)
@given(shape=SHAPES, log_scale=st.floats(-6, 6), log_var=st.floats(-60, 20), dtype=FLOATS, seed=st.integers(0, 1000))
def test_chains_stay_finite_and_the_fast_way_is_the_plain_one(shape, log_scale, log_var, dtype, seed):
    n, k, d = shape
    mu, log_variance = latents(n, d, 10**log_scale, log_var, dtype, seed)
    metric = RiemannianMetric.from_latents(mu, log_variance, k, lam=0.01, rho=None if k > 1 else 1.0)
    ends = []
    for integrator in (hmc.leapfrog, fast_leapfrog(metric)):
        generator = torch.Generator().manual_seed(seed)
        target = metric.log_density_and_gradient
        state, info = hmc.sample(
            target, mu, n_steps=3, n_lf=3, eps_lf=0.01 * metric.rho, generator=generator, integrator=integrator
        )
        assert torch.isfinite(state.z).all()
        assert torch.isfinite(state.log_density).all()
        assert ((info.acceptance >= 0) & (info.acceptance <= 1)).all()
        ends.append(state.z)
    assert ends[0].dtype == ends[1].dtype == dtype
    if metric.precisions.max() < 100:  # on steeper slopes rounding soon decides about the next acceptance
        torch.testing.assert_close(*ends, rtol=1e-3, atol=1e-3 * metric.rho)


@pytest.mark.parametrize("log_var", [-12.0, -16.0, -20.0, -40.0])
def test_many_narrow_codes_in_float32(log_var):
    mu = torch.randn(2000, 16, generator=torch.Generator().manual_seed(0))
    metric = RiemannianMetric.from_latents(mu, torch.full_like(mu, log_var), k=100, lam=0.01)
    assert metric.dtype == torch.float32
    for density in (metric.log_density(metric.centroids), fast_density(metric, metric.centroids)):
        expected, _ = as_the_paper_prints_it(metric, metric.centroids)
        assert (density.double() - expected).abs().max() < 1e-3


def fast_density(metric: RiemannianMetric, z: torch.Tensor) -> torch.Tensor:
    """The log-density that the fast integrator ends with, after no way at all."""
    state = hmc.init(metric.log_density_and_gradient, z)
    return fast_leapfrog(metric)(metric.log_density_and_gradient, state, torch.zeros_like(z), 2, 1e-300)[0].log_density


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rho": 1e60}, "metric: rho = 1e"),
        ({"rho": 1e-300}, "metric: rho = 1e-300"),
        ({"lam": math.inf}, "metric: lam = inf"),
        ({"lam": True}, "metric: lam = True"),
        ({"tau": "1"}, "metric: tau = '1'"),
        (
            {"centroids": torch.full((4, 2), 1e60, dtype=torch.float64), "precisions": torch.ones(4, 2).double()},
            "centroids reach",
        ),
        (
            {"precisions": torch.full((4, 2), 1e60, dtype=torch.float64), "centroids": torch.ones(4, 2).double()},
            "must lie between",
        ),
    ],
)
def test_what_no_float64_can_hold_is_refused(change, message):
    arguments = {"centroids": torch.zeros(4, 2), "precisions": torch.ones(4, 2), "rho": 1.0, "lam": 0.1} | change
    with pytest.raises(GeovaeError, match=message):
        RiemannianMetric(**arguments)
