"""The samplers: the same draws again, the distribution of each, its diagnostics, and what is refused."""

import inspect
import math
import re

import numpy as np
import pytest
import torch
from scipy import stats

from geovae.core.errors import GeovaeError
from geovae.core.registry import resolve
from geovae.geometry.metric import RiemannianMetric
from geovae.sampling import kernel
from geovae.sampling.base import Context, Draw, rows_with_replacement, rows_without_replacement
from geovae.sampling.draw import draw
from geovae.sampling.table import READABLE, SAMPLERS, SamplerEntry
from helpers.sampling_checks import index_of

torch.set_num_threads(1)

N, D, SHAPE = 60, 3, (1, 8, 8)


def latents(n=N, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, D, generator=generator), -4 + 0.3 * torch.randn(n, D, generator=generator)


class Prior(torch.nn.Module):
    """As much of a model as the samplers use."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def sample_prior(self, n, generator):
        return torch.randn(n, D, generator=generator)

    def sample_second_stage(self, n, generator):
        return 2.0 + self.sample_prior(n, generator)


@pytest.fixture
def context():
    mu, log_var = latents()
    return Context(
        mu=mu,
        log_var=log_var,
        mu_validation=latents(30, 1)[0],
        mu_test=latents(20, 2)[0],
        metric=RiemannianMetric.from_latents(mu, log_var, 10, 0.01),
        model=Prior(),
        images=np.random.default_rng(0).integers(256, size=(N, *SHAPE), dtype=np.uint8),
        image_shape=SHAPE,
        matched_displacement=0.3,
    )


QUICK = {"manifold": {"n_steps": 3, "n_long": 4}, "manifold_released": {"n_steps": 3, "n_long": 4}}


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_draws_the_same_again_and_other_things_with_another_key(name, context):
    n = 25
    first = draw(name, context, n, "key", **QUICK.get(name, {}))
    again = draw(name, context, n, "key", **QUICK.get(name, {}))
    other = draw(name, context, n, "another key", **QUICK.get(name, {}))
    if first.images is None:
        assert first.latents.shape == (n, D)
        assert first.latents.dtype == torch.float32
        assert torch.isfinite(first.latents).all()
        assert torch.equal(first.latents, again.latents)
        assert not torch.equal(first.latents, other.latents)
    else:
        assert first.latents is None
        assert first.images.shape == (n, *SHAPE)
        assert first.images.dtype == np.uint8
        np.testing.assert_array_equal(first.images, again.images)
        assert not np.array_equal(first.images, other.images)
    assert first.diagnostics["seconds"] >= 0
    assert all(type(value) is float and math.isfinite(value) for value in first.diagnostics.values())


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_says_what_it_lacks(name):
    with pytest.raises(GeovaeError, match=f"sampler '{name}' needs"):
        draw(name, Context(), 5, "key")


@pytest.mark.parametrize("name", SAMPLERS)
def test_every_sampler_reads_what_the_table_says_and_nothing_else(name, context):
    read = {field: getattr(context, field) for reads in SAMPLERS[name].reads for field in READABLE[reads]}
    alone = draw(name, Context(**read), 6, "key", **QUICK.get(name, {}))
    whole = draw(name, context, 6, "key", **QUICK.get(name, {}))
    assert alone.latents is None or torch.equal(alone.latents, whole.latents)
    np.testing.assert_array_equal(alone.images, whole.images)
    for reads in SAMPLERS[name].reads:
        rest = {field: value for field, value in read.items() if field not in READABLE[reads]}
        with pytest.raises(GeovaeError, match=f"sampler '{name}' needs"):
            draw(name, Context(**rest), 6, "key", **QUICK.get(name, {}))


def test_a_sampler_that_shares_settings_has_them_as_its_own():
    shared = {name: entry.settings_of for name, entry in SAMPLERS.items() if entry.settings_of}
    assert shared == {"manifold_released": "manifold"}
    for name, owner in shared.items():
        ours, theirs = (inspect.signature(resolve(SAMPLERS[each].function)).parameters for each in (name, owner))
        assert {setting: ours[setting] for setting in theirs} == theirs


def test_a_function_of_ones_own_stands_in_the_table_as_it_is(context, monkeypatch):
    def sample_first(context, n, key, *, scale=1.0):
        return Draw(scale * context.need("mu", "first")[:1].repeat(n, 1), None, {})

    monkeypatch.setitem(SAMPLERS, "first", SamplerEntry(sample_first, ("latents",)))
    assert torch.equal(draw("first", context, 2, "key", scale=2.0).latents, 2 * context.mu[[0, 0]])


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "gmm"])
def test_one_training_image_and_more_samples_than_images(name, context):
    mu, log_var = latents(1)
    metric = RiemannianMetric.from_latents(mu, log_var, 1, 0.01, rho=1.0)
    small = Context(**{**vars(context), "mu": mu, "log_var": log_var, "images": context.images[:1], "metric": metric})
    if name in ("kde", "parzen", "manifold_released"):
        with pytest.raises(GeovaeError):
            draw(name, small, 4, "key")
        return
    drawn = draw(name, small, 4, "key", **QUICK.get(name, {}))
    assert len(drawn.latents if drawn.images is None else drawn.images) == 4


def test_a_model_of_one_stage_has_no_second(context):
    one = Context(**{**vars(context), "model": torch.nn.Linear(2, 2)})
    with pytest.raises(GeovaeError, match="needs a model with a second stage"):
        draw("two_stage", one, 4, "key")


def test_unknown_names():
    with pytest.raises(GeovaeError, match="Did you mean 'manifold'"):
        draw("manifld", Context(), 5, "key")
    with pytest.raises(GeovaeError, match="no option 'n_step'"):
        draw("manifold", Context(), 5, "key", n_step=3)


def test_rows():
    generator = np.random.default_rng(0)
    counts = np.bincount(rows_without_replacement(7, 17, generator), minlength=7)
    assert sorted(counts) == [2, 2, 2, 2, 3, 3, 3]
    assert len(np.unique(rows_without_replacement(50, 20, generator))) == 20
    assert len(np.unique(rows_with_replacement(50, 50, generator))) < 50


def test_real_and_reconstruction_take_each_image_once(context):
    real = draw("real", context, N, "key").images
    assert sorted(index_of(real, context.images)) == list(range(N))
    means = draw("reconstruction", context, N, "key").latents
    assert sorted(index_of(means.numpy(), context.mu.numpy())) == list(range(N))


def test_resample_repeats_training_means(context):
    rows = index_of(draw("resample", context, N, "key").latents.numpy(), context.mu.numpy())
    assert 20 < len(np.unique(rows)) < N


def test_posterior_has_the_moments_of_the_aggregate(context):
    z = draw("posterior", context, 20_000, "key").latents.double()
    mu, variance = context.mu.double(), context.log_var.double().exp()
    expected = mu.var(0, correction=0) + variance.mean(0)
    assert ((z.mean(0) - mu.mean(0)).abs() < 4 * (expected / 20_000).sqrt()).all()
    torch.testing.assert_close(z.var(0), expected, rtol=0.05, atol=0)


def test_jitter_adds_noise_of_the_given_scale(context):
    one = Context(mu=torch.ones(1, D), matched_displacement=0.3)
    for options, sigma in (({}, 0.3), ({"scale": "matched"}, 0.3), ({"scale": 2.0}, 2.0)):
        drawn = draw("jitter", one, 3000, "key", **options)
        assert drawn.diagnostics["sigma"] == sigma
        assert stats.kstest(((drawn.latents - 1) / sigma).ravel().numpy(), "norm").pvalue > 1e-3
    for wrong in (-1.0, math.nan, "wide", None):
        with pytest.raises(GeovaeError, match=r"sampler 'jitter': σ of scale .* it must be finite and ≥ 0"):
            draw("jitter", one, 3, "key", scale=wrong)


def test_noise_is_uniform(context):
    counts = np.bincount(draw("noise", context, 500, "key").images.ravel(), minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_mixture_finds_two_gaussians():
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(300, 2, generator=generator) * torch.tensor([0.1, 1.0]) - torch.tensor([5.0, 0.0])
    right = torch.randn(100, 2, generator=generator) + torch.tensor([5.0, 0.0])
    drawn = draw("gmm", Context(mu=torch.cat([left, right])), 8000, "key", n_components=2)
    z = drawn.latents
    share = (z[:, 0] < 0).double().mean().item()
    assert share == pytest.approx(0.75, abs=0.02)
    for part, source in ((z[z[:, 0] < 0], left), (z[z[:, 0] >= 0], right)):
        torch.testing.assert_close(part.mean(0), source.mean(0), rtol=0, atol=0.1)
        torch.testing.assert_close(part.T.cov(), source.T.cov(), rtol=0.1, atol=0.05)
    assert drawn.diagnostics["converged"] == 1.0


def test_mixture_limits(context, recwarn):
    with pytest.raises(GeovaeError, match=f"n_components = {N + 1}"):
        draw("gmm", context, 5, "key", n_components=N + 1)
    drawn = draw("gmm", context, 5, "key", n_components=5, max_iter=1)
    assert drawn.diagnostics["converged"] == 0.0
    assert not recwarn.list


def test_bandwidth_has_the_highest_held_out_likelihood(monkeypatch):
    generator = np.random.default_rng(0)
    mu, held_out = generator.standard_normal((200, 2)), generator.standard_normal((100, 2))
    bandwidth, value, at_edge = kernel.best_bandwidth(mu, held_out)
    assert not at_edge

    def likelihood(h):
        densities = [stats.multivariate_normal(m, h**2 * np.eye(2)).pdf(held_out) for m in mu]
        return np.log(np.mean(densities, 0)).mean()

    assert value == pytest.approx(likelihood(bandwidth), rel=1e-5)
    assert all(likelihood(h) < value for h in (0.1, bandwidth * 0.9, bandwidth * 1.1, 1.5))
    monkeypatch.setattr(kernel, "CHUNK_ENTRIES", 700)
    assert kernel.best_bandwidth(mu, held_out)[0] == pytest.approx(bandwidth, rel=1e-3)


def test_bandwidth_of_copies_ends_the_range():
    mu = np.random.default_rng(0).standard_normal((50, 2))
    assert kernel.best_bandwidth(mu, mu)[2]
    with pytest.raises(GeovaeError, match="coincide"):
        kernel.best_bandwidth(np.zeros((5, 2)), mu)


def test_kde_draws_around_the_means(context):
    drawn = draw("kde", context, 10_000, "key")
    expected = context.mu.var(0, correction=0) + drawn.diagnostics["bandwidth"] ** 2
    torch.testing.assert_close(drawn.latents.var(0), expected, rtol=0.06, atol=0)


@pytest.mark.parametrize("bandwidth", [0.05, 2, 2.5])
def test_kde_with_a_given_bandwidth_has_that_deviation_around_the_means(bandwidth):
    mu = torch.tensor([[0.0, 0.0, 0.0], [1e3, 0.0, 0.0], [0.0, 1e3, 0.0]])
    # Neither validation means nor a likelihood are needed.
    drawn = draw("kde", Context(mu=mu), 3000, "key", bandwidth=bandwidth)
    assert drawn.diagnostics.keys() == {"bandwidth", "seconds"}
    assert drawn.diagnostics["bandwidth"] == bandwidth
    distances = torch.cdist(drawn.latents.double(), mu.double())
    assert np.bincount(distances.argmin(1), minlength=3) == pytest.approx(1000, abs=120)
    deviations = drawn.latents.double() - mu.double()[distances.argmin(1)]
    assert deviations.std().item() == pytest.approx(bandwidth, rel=0.03)
    assert stats.kstest((deviations / bandwidth).ravel().numpy(), "norm").pvalue > 1e-3


def test_kde_with_the_chosen_bandwidth_draws_as_if_it_were_given(context):
    chosen = draw("kde", context, 20, "key")
    given = draw("kde", context, 20, "key", bandwidth=chosen.diagnostics["bandwidth"])
    assert torch.equal(chosen.latents, given.latents)
    assert "held_out_log_likelihood" in chosen.diagnostics


@pytest.mark.parametrize("bandwidth", [1e300, 0, -0.5, math.nan, math.inf, "wide"])
def test_bandwidths_that_are_none_are_refused(context, bandwidth):
    with pytest.raises(
        GeovaeError, match=rf"sampler 'kde': bandwidth = {re.escape(repr(bandwidth))}; it must be finite"
    ):
        draw("kde", context, 3, "key", bandwidth=bandwidth)


def test_manifold_on_a_flat_metric_is_a_random_walk():
    """Far from one tight centroid G = λI: all is accepted, and N steps add Gaussian noise of N (n_lf ε)² variance."""
    mu = torch.tensor([[50.0, 0.0]]).repeat(2, 1)
    metric = RiemannianMetric(torch.zeros(1, 2), torch.full((1, 2), 100.0), 1.0, 0.01)
    settings = {"n_steps": 25, "n_lf": 4, "eps_lf": 0.1, "n_long": 500}
    drawn = draw("manifold", Context(mu=mu, metric=metric), 3000, "key", **settings)
    found, sigma = drawn.diagnostics, 5 * 0.4
    assert stats.kstest(((drawn.latents - mu[0]) / sigma).ravel().numpy(), "norm").pvalue > 1e-3
    assert found["acceptance"] == found["long_acceptance"] == 1.0
    assert found["rms_per_dimension"] == pytest.approx(sigma, rel=0.05)
    assert found["displacement_rms"] == pytest.approx(sigma * math.sqrt(2), rel=0.05)
    assert found["displacement"] == pytest.approx(sigma * math.sqrt(math.pi / 2), rel=0.05)
    assert found["long_rms_per_dimension"] == pytest.approx(sigma * math.sqrt(10), rel=0.1)
    assert found["active_share"] == found["active_share_start"] == found["active_share_train"] == 0.0
    assert found["log_density_start"] == pytest.approx(math.log(0.01))
    assert found["stuck_share"] == 0.0
    released = draw("manifold_released", Context(mu=mu, metric=two_centroids(metric)), 3000, "key", **settings)
    assert released.diagnostics["rms_per_dimension"] == pytest.approx(0.5 * sigma, rel=0.05)
    assert released.diagnostics["frozen_share_start"] == 0.0


def two_centroids(metric):
    centroids = torch.cat([metric.centroids, metric.centroids + 1.0])
    return RiemannianMetric(centroids, metric.precisions.repeat(2, 1), 1.0, metric.lam)


def test_released_chain_freezes_where_its_determinant_underflows():
    mu = torch.full((3, 64), 30.0)
    metric = RiemannianMetric(torch.eye(2, 64), torch.ones(2, 64), 1.0, 0.01)
    settings = {"n_steps": 3, "n_long": 2}
    released = draw("manifold_released", Context(mu=mu, metric=metric), 20, "key", **settings)
    assert (released.latents == 30.0).all()
    assert released.diagnostics["frozen_share_start"] == released.diagnostics["stuck_share"] == 1.0
    true = draw("manifold", Context(mu=mu, metric=metric), 20, "key", **settings)
    assert true.diagnostics["stuck_share"] == 0.0


@pytest.mark.parametrize("sampler", ["manifold", "manifold_released"])
def test_chains_start_at_means_at_centroids_or_at_draws_from_the_prior(context, sampler):
    def ends(**start):  # of chains that hardly move
        return draw(sampler, context, 400, "key", n_steps=1, n_lf=1, eps_lf=1e-6, n_long=0, **start).latents

    for points, start in ((context.mu, {}), (context.metric.centroids, {"start": "centroids"})):
        distances = torch.cdist(ends(**start).double(), points.double())
        assert distances.amin(1).max() < 1e-4
        assert len(distances.argmin(1).unique()) > 0.8 * len(points)
    assert torch.equal(ends(), ends(start="means"))
    z = ends(start="prior")
    assert stats.kstest(z.ravel().numpy(), "norm").pvalue > 1e-3
    assert torch.cdist(z, context.mu).amin(1).median() > 0.1
    with pytest.raises(GeovaeError, match="start = 'mean': chains start at means, centroids or prior"):
        ends(start="mean")


def test_two_centroids_are_felt_by_chains_that_start_at_them_and_by_few_others():
    mu = 20 * torch.randn(200, 8, generator=torch.Generator().manual_seed(0))
    metric = RiemannianMetric.from_latents(mu, torch.full_like(mu, -7.0), 2, 0.01)
    settings = {"n_steps": 20, "n_long": 0}
    moved = {
        start: draw("manifold", Context(mu=mu, metric=metric), 300, "key", start=start, **settings).diagnostics
        for start in ("means", "centroids")
    }
    assert moved["means"]["active_share_start"] <= 0.05
    assert moved["centroids"]["active_share_start"] == 1.0
    assert moved["means"]["displacement"] == pytest.approx(0.1 * math.sqrt(20 * 8), rel=0.1)  # n_lf ε √(N d)
    assert moved["centroids"]["active_share"] > 0.9
    assert moved["centroids"]["displacement"] < 0.9 * moved["means"]["displacement"]


def test_manifold_without_the_long_chain_draws_the_same(context):
    with_long = draw("manifold", context, 12, "key", n_steps=4, n_long=5)
    without = draw("manifold", context, 12, "key", n_steps=4, n_long=0)
    assert torch.equal(with_long.latents, without.latents)
    assert with_long.diagnostics["long_n"] == 5.0
    assert not any(name.startswith("long_") for name in without.diagnostics)
