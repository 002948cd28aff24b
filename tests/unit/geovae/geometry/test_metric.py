import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.geometry import as_printed
from geovae.geometry import metric as metric_module
from geovae.geometry.hmc import autograd_target
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.released import LOG_DET_MAX, released_metric, released_target
from helpers.paths import ROOT

LIBRARY = ROOT / "workflow_scripts"

torch.set_num_threads(1)


def make(d=3, k=5, rho=None, lam=0.01, tau=0.0, seed=0, log_var=-2.0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    centroids = torch.randn(k, d, generator=generator, dtype=torch.float64)
    noise = torch.randn(k, d, generator=generator, dtype=torch.float64)
    precisions = torch.exp(-(log_var + 0.5 * noise))
    rho = rho if rho is not None else 2.0 * math.sqrt(d)
    return RiemannianMetric(centroids.to(dtype), precisions.to(dtype), rho, lam, tau)


def points(metric, n=12, spread=0.3, seed=1):
    """Points near random centroids, and as many far from all of them."""
    generator = torch.Generator().manual_seed(seed)
    noise = torch.randn(2 * n, metric.latent_dim, generator=generator, dtype=torch.float64)
    rows = torch.randint(len(metric.centroids), (n,), generator=generator)
    near = metric.centroids[rows].double() + spread * noise[:n]
    return torch.cat([near, 4.0 * noise[n:]]).to(metric.dtype)


def printed(metric):
    """G(z) (n, d, d) of Eq. (17) as it is printed."""
    return as_printed.metric(metric.centroids, torch.diag_embed(metric.precisions), metric.rho, metric.lam, metric.tau)


def naive_log_density(metric):
    """½ Σ_j log G_jj with (n, k, d) intermediates; differentiable, and safe from over- and underflow of det."""

    def log_density(z):
        squares = ((z[:, None] - metric.centroids) ** 2 * metric.precisions).sum(2)
        G = torch.exp(-squares / metric.rho**2) @ metric.precisions
        G = G + (metric.lam * torch.exp(-metric.tau * z.square().sum(1)))[:, None]
        return 0.5 * G.log().sum(1)

    return log_density


@pytest.mark.parametrize("tau", [0.0, 0.02])
@pytest.mark.parametrize("d", [2, 16, 64])
@pytest.mark.parametrize("k", [1, 100, 1000])
def test_gradient_matches_automatic_differentiation(d, k, tau):
    metric = make(d=d, k=k, tau=tau)
    z = points(metric)
    value, gradient = metric.log_density_and_gradient(z)
    expected_value, expected = autograd_target(naive_log_density(metric))(z)
    torch.testing.assert_close(value, expected_value, rtol=1e-10, atol=1e-10)
    error = (gradient - expected).norm(dim=1) / expected.norm(dim=1).clamp(min=1e-3 * expected.norm(dim=1).max())
    assert expected.norm(dim=1).max() > 1e-3
    assert error.max() < 1e-9


@pytest.mark.parametrize(("d", "k"), [(2, 100), (16, 1000), (64, 1000)])
def test_float32_agrees_with_float64(d, k):
    exact = make(d=d, k=k)
    z = points(exact).float()
    exact = exact.to(dtype=torch.float32).to(dtype=torch.float64)
    value, gradient = exact.to(dtype=torch.float32).log_density_and_gradient(z)
    expected_value, expected = exact.log_density_and_gradient(z.double())
    assert ((value - expected_value).abs() / expected_value.abs().clamp(min=1.0)).max() < 1e-3
    assert ((gradient - expected).norm(dim=1) / expected.norm(dim=1).max()).max() < 1e-3


def test_rounding_bound_bounds_float32_and_chooses_the_type():
    generator = torch.Generator().manual_seed(0)
    centroids = 20 * torch.randn(200, 2, generator=generator)
    wide = RiemannianMetric(centroids, torch.full((200, 2), math.exp(7.5)), 1.4, 0.01)
    exact = wide.to(dtype=torch.float64)
    z = centroids + 0.01
    error = (wide.log_weights(z) - exact.log_weights(z.double())).diagonal().abs().max()
    assert 0 < error < wide.rounding_bound(torch.float32)
    assert wide.sampling_dtype() == torch.float64
    assert make(d=16, k=100).sampling_dtype() == torch.float32


def test_determinant_beyond_float32_at_64_dimensions():
    metric = make(d=64, k=20, log_var=-7.0, dtype=torch.float32)
    z = torch.cat([metric.centroids, metric.centroids + 50.0])
    value, gradient = metric.log_density_and_gradient(z)
    assert value[:20].min() > 89  # det G > exp(178), beyond float32
    torch.testing.assert_close(value[20:], torch.full((20,), 32 * math.log(0.01)))  # det G = 1e-128
    assert torch.isfinite(gradient).all()
    assert gradient[20:].abs().max() < 1e-20


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("lam", "tau"), [(0.0, 0.0), (0.01, 5.0), (1e-12, 1.0)])
def test_log_density_is_finite_where_everything_underflows(dtype, lam, tau):
    metric = make(d=2, k=1, rho=1.0, lam=lam, tau=tau, dtype=dtype)
    z = torch.full((1, 2), 40.0, dtype=dtype)
    value, gradient = metric.log_density_and_gradient(z)
    delta = z - metric.centroids
    log_weight = -(delta.square() * metric.precisions).sum().item()
    P = metric.precisions[0]
    log_floor = math.log(lam) - tau * z.square().sum().item() if lam > 0 else -math.inf
    expected = 0.5 * sum(np.logaddexp(math.log(p) + log_weight, log_floor) for p in P.tolist())
    assert value.item() == pytest.approx(expected, rel=1e-4)
    assert torch.isfinite(gradient).all()
    assert gradient.abs().min() > 0


def test_one_centroid_closed_form():
    metric = RiemannianMetric(torch.zeros(1, 2).double(), torch.tensor([[2.0, 3.0]]).double(), 2.0, 0.0)
    z = torch.tensor([[1.0, -1.0]]).double()
    value, gradient = metric.log_density_and_gradient(z)
    # ½ log(2·3·w²) with log w = −(2 + 3)/4; its gradient is −2 P z / ρ²
    assert value.item() == pytest.approx(0.5 * math.log(6) - 1.25)
    torch.testing.assert_close(gradient, torch.tensor([[-1.0, 1.5]]).double())


def test_max_weight():
    metric = make(k=7)
    z = points(metric)
    squares = ((z[:, None] - metric.centroids) ** 2 * metric.precisions).sum(2)
    torch.testing.assert_close(metric.max_weight(z), torch.exp(-squares / metric.rho**2).amax(1))
    torch.testing.assert_close(metric.max_weight(metric.centroids), torch.ones(7).double())


def test_blocks_do_not_change_the_result(monkeypatch):
    metric = make(k=10)
    z = points(metric, n=25)
    whole = (*metric.log_density_and_gradient(z), metric.diagonal(z), metric.max_weight(z), metric.log_density(z))
    monkeypatch.setitem(metric_module.BLOCK_ENTRIES, "cpu", 70)
    parts = (*metric.log_density_and_gradient(z), metric.diagonal(z), metric.max_weight(z), metric.log_density(z))
    for a, b in zip(whole, parts, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-12, atol=1e-12)
    largest = max(block.shape[0] for block in metric._blocks(z))
    assert largest == 7


seeds = st.integers(0, 10_000)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=seeds, d=st.integers(1, 5), k=st.integers(1, 8))
def test_order_of_centroids_does_not_matter(seed, d, k):
    metric = make(d=d, k=k, seed=seed, tau=0.01)
    order = torch.randperm(k, generator=torch.Generator().manual_seed(seed))
    shuffled = RiemannianMetric(metric.centroids[order], metric.precisions[order], metric.rho, metric.lam, metric.tau)
    z = points(metric, n=3, seed=seed + 1)
    for a, b in zip(metric.log_density_and_gradient(z), shuffled.log_density_and_gradient(z), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-9, atol=1e-9)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=seeds, d=st.integers(1, 5), k=st.integers(1, 8))
def test_translation_moves_the_density_along(seed, d, k):
    metric = make(d=d, k=k, seed=seed)
    shift = 10 * torch.randn(d, generator=torch.Generator().manual_seed(seed)).double()
    moved = RiemannianMetric(metric.centroids + shift, metric.precisions, metric.rho, metric.lam)
    z = points(metric, n=3, seed=seed + 1)
    for a, b in zip(metric.log_density_and_gradient(z), moved.log_density_and_gradient(z + shift), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-8)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(seed=seeds, d=st.integers(1, 5), lam=st.floats(1e-6, 10.0))
def test_density_is_at_least_that_of_lambda_alone(seed, d, lam):
    metric = make(d=d, seed=seed, lam=lam)
    z = points(metric, n=3, seed=seed + 1)
    assert (metric.log_density(z) >= 0.5 * d * math.log(lam) - 1e-9).all()
    assert (metric.max_weight(z) <= 1).all()


@settings(max_examples=15, deadline=None, derandomize=True)
@given(seed=seeds, factor=st.floats(0.1, 10.0))
def test_change_of_units(seed, factor):
    """Latents in other units: means times a, precisions and λ over a², ρ unchanged as ω has no units but ρ's."""
    metric = make(seed=seed)
    scaled = RiemannianMetric(
        factor * metric.centroids, metric.precisions / factor**2, metric.rho, metric.lam / factor**2
    )
    z = points(metric, n=3, seed=seed + 1)
    expected = metric.log_density(z) - metric.latent_dim * math.log(factor)
    torch.testing.assert_close(scaled.log_density(factor * z), expected, rtol=1e-9, atol=1e-9)


def test_from_latents_takes_rows_of_the_latents_and_survives_a_file(tmp_path):
    generator = torch.Generator().manual_seed(3)
    mu, log_var = torch.randn(60, 2, generator=generator), -3 + torch.rand(60, 2, generator=generator)
    metric = RiemannianMetric.from_latents(mu, log_var, k=10, lam=0.1, tau=0.2, seed=4)
    assert torch.equal(metric.centroids, mu[metric.indices])
    assert torch.equal(metric.precisions, torch.exp(-log_var[metric.indices]))
    distances = torch.cdist(metric.centroids.double(), metric.centroids.double()).fill_diagonal_(math.inf)
    assert metric.rho == pytest.approx(distances.amin(1).max().item())
    metric.save(tmp_path / "metric.npz")
    loaded = RiemannianMetric.load(tmp_path / "metric.npz")
    assert (loaded.rho, loaded.lam, loaded.tau) == (metric.rho, 0.1, 0.2)
    assert torch.equal(loaded.indices, metric.indices)
    assert torch.equal(loaded.log_density(mu), metric.log_density(mu))


def test_centroids_may_be_named_rows():
    generator = torch.Generator().manual_seed(3)
    mu, log_var = torch.randn(60, 2, generator=generator), -3 + torch.rand(60, 2, generator=generator)
    indices = np.array([41, 3, 17, 59])
    metric = RiemannianMetric.from_latents(mu, log_var, k=4, lam=0.1, tau=0.2, seed=4, indices=indices)
    assert torch.equal(metric.centroids, mu[[41, 3, 17, 59]])
    assert torch.equal(metric.precisions, torch.exp(-log_var[[41, 3, 17, 59]]))
    assert metric.indices.tolist() == [41, 3, 17, 59]
    centroids = mu.numpy()[indices].astype(np.float64)
    apart = np.sqrt(((centroids[:, None] - centroids) ** 2).sum(-1)) + np.diag([np.inf] * 4)
    assert metric.rho == pytest.approx(apart.min(1).max())
    wide = RiemannianMetric.from_latents(mu, log_var, k=4, lam=0.1, rho=7.0, indices=indices)
    assert wide.rho == 7.0


@pytest.mark.parametrize("n", [0, 3, 5])
def test_as_many_rows_must_be_named_as_there_are_centroids(n):
    mu, log_var = torch.randn(9, 2, generator=torch.Generator().manual_seed(0)), torch.zeros(9, 2)
    with pytest.raises(GeovaeError, match=f"metric: {n} centroids are named, but k = 4"):
        RiemannianMetric.from_latents(mu, log_var, k=4, lam=0.1, indices=np.arange(n))


def test_one_centroid_needs_a_radius():
    mu, log_var = torch.randn(5, 2, generator=torch.Generator().manual_seed(0)), torch.zeros(5, 2)
    with pytest.raises(GeovaeError, match="rho"):
        RiemannianMetric.from_latents(mu, log_var, k=1, lam=0.1)
    assert RiemannianMetric.from_latents(mu, log_var, k=1, lam=0.1, rho=2.0).rho == 2.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"centroids": torch.zeros(3)}, "shapes"),
        ({"centroids": torch.zeros(0, 2), "precisions": torch.zeros(0, 2)}, "shapes"),
        ({"precisions": torch.ones(3, 4)}, "shapes"),
        ({"precisions": torch.ones(4, 2).double()}, "float"),
        ({"centroids": torch.full((4, 2), math.nan)}, "NaN"),
        ({"precisions": torch.zeros(4, 2)}, "precisions"),
        ({"precisions": torch.full((4, 2), math.inf)}, "precisions"),
        ({"rho": 0.0}, "rho"),
        ({"rho": math.nan}, "rho"),
        ({"lam": -1.0}, "lam"),
        ({"tau": -1.0}, "tau"),
    ],
)
def test_refused_parameters(change, message):
    arguments = {"centroids": torch.zeros(4, 2), "precisions": torch.ones(4, 2), "rho": 1.0, "lam": 0.1} | change
    with pytest.raises(GeovaeError, match=message):
        RiemannianMetric(**arguments)


def test_refused_points():
    metric = make(d=3)
    for z in (torch.zeros(3).double(), torch.zeros(2, 4).double(), torch.zeros(2, 3)):
        with pytest.raises(GeovaeError, match="points"):
            metric.log_density(z)


def test_released_force_and_clamped_density():
    metric = make(d=2, k=6, lam=0.5)
    z = points(metric)
    value, force = released_target(metric)(z)
    drift = RiemannianMetric(metric.centroids, metric.precisions, metric.rho, 6 * 0.5)
    _, gradient = autograd_target(naive_log_density(drift))(z)
    torch.testing.assert_close(force, 2 * gradient, rtol=1e-8, atol=1e-10)
    expected = 0.5 * torch.logdet(printed(metric)(z)).clamp(max=math.log(1e10))
    torch.testing.assert_close(value, expected)
    steep = make(d=64, k=6, log_var=-7.0)
    value, _ = released_target(steep)(torch.cat([steep.centroids, steep.centroids + 50.0]))
    assert (value[:6] == 0.5 * LOG_DET_MAX).all()  # det G > 1e10
    assert (value[6:] == -math.inf).all()  # 0.01⁶⁴ is 0 in float32


def test_released_radius_leaves_the_last_centroid_out():
    centroids = torch.tensor([[0.0], [1.0], [9.0]]).double()
    metric = RiemannianMetric(centroids, torch.ones(3, 1).double(), 8.0, 0.1, 0.3)
    released = released_metric(metric)
    assert (released.rho, released.tau) == (1.0, 0.0)


def test_memory_does_not_grow_with_the_number_of_chains():
    # In a process of its own, and not by getrusage, whose peak includes that of the process that started it. Anonymous
    # memory alone: pages of torch's own files come and go as the system likes.
    code = """
import re, threading, torch
from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric
torch.set_num_threads(1)
def anonymous():
    return int(re.search(r"RssAnon:\\s+(\\d+)", open("/proc/self/status").read())[1]) / 1024
def peak(n, k, d):
    metric = RiemannianMetric(torch.randn(k, d), torch.exp(torch.randn(k, d) + 6), 8.0, 0.01)
    z = torch.randn(n, d)
    seen, done = [anonymous()], threading.Event()
    def watch():
        while not done.wait(1e-3):
            seen.append(anonymous())
    watcher = threading.Thread(target=watch)
    watcher.start()
    hmc.sample(metric.log_density_and_gradient, z, n_steps=1, n_lf=1, generator=torch.Generator().manual_seed(0))
    done.set()
    watcher.join()
    return max(seen)
few = peak(1000, 4000, 8)
many = peak(40_000, 4000, 8)
print(peak(10_000, 1000, 64), many - few)
"""
    shown = subprocess.run([sys.executable, "-c", code], cwd=LIBRARY, capture_output=True, text=True, check=True)
    peak, growth = (float(word) for word in shown.stdout.split())
    assert peak < 1000
    # 40,000 chains are 1.3 MB an array; one array of their (chains, k) weights would be 640 MB.
    assert growth < 150


def test_rho_in_units_of_the_papers_and_by_mahalanobis_distances():
    mu = torch.randn(30, 2, generator=torch.Generator().manual_seed(0))
    log_var = torch.full_like(mu, -2.0)
    given = {"mu": mu, "log_var": log_var, "k": 6, "lam": 0.1}
    paper = RiemannianMetric.from_latents(**given)
    for factor in (0.25, 4.0):
        other = RiemannianMetric.from_latents(**given, rho_factor=factor)
        assert other.rho == pytest.approx(factor * paper.rho)
        assert torch.equal(other.indices, paper.indices)
    assert RiemannianMetric.from_latents(**given, rho=3.0, rho_factor=2.0).rho == 6.0
    scaled = RiemannianMetric.from_latents(**given, distance="mahalanobis")
    assert scaled.rho == pytest.approx(math.e * paper.rho)  # σ = e⁻¹ everywhere
    # Each centroid then weighs at least e⁻¹ at its own nearest neighbour.
    weights = scaled.log_weights(scaled.centroids).fill_diagonal_(-math.inf).amax(0)
    assert weights.min().item() == pytest.approx(-1.0, rel=1e-4)
    with pytest.raises(GeovaeError, match="distance = 'manhattan'; rho is taken from euclidean or mahalanobis"):
        RiemannianMetric.from_latents(**given, distance="manhattan")
