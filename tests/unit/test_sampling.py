import importlib
import math

import numpy as np
import pytest
import torch
from scipy import stats

from geovae import sampling, storage
from geovae.errors import GeovaeError
from geovae.geometry.metric import RiemannianMetric
from geovae.models import build_model, decode_images, load_model, save_model
from geovae.sampling import SAMPLERS, Context, kernel
from geovae.sampling.base import rows_with_replacement, rows_without_replacement

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
    first = sampling.draw(name, context, n, "key", **QUICK.get(name, {}))
    again = sampling.draw(name, context, n, "key", **QUICK.get(name, {}))
    other = sampling.draw(name, context, n, "another key", **QUICK.get(name, {}))
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
        sampling.draw(name, Context(), 5, "key")


@pytest.mark.parametrize("name", [name for name in SAMPLERS if name != "gmm"])
def test_one_training_image_and_more_samples_than_images(name, context):
    mu, log_var = latents(1)
    metric = RiemannianMetric.from_latents(mu, log_var, 1, 0.01, rho=1.0)
    small = Context(**{**vars(context), "mu": mu, "log_var": log_var, "images": context.images[:1], "metric": metric})
    if name in ("kde", "manifold_released"):
        with pytest.raises(GeovaeError):
            sampling.draw(name, small, 4, "key")
        return
    draw = sampling.draw(name, small, 4, "key", **QUICK.get(name, {}))
    assert len(draw.latents if draw.images is None else draw.images) == 4


def test_a_model_of_one_stage_has_no_second(context):
    one = Context(**{**vars(context), "model": torch.nn.Linear(2, 2)})
    with pytest.raises(GeovaeError, match="needs a model with a second stage"):
        sampling.draw("two_stage", one, 4, "key")


def test_unknown_names():
    with pytest.raises(GeovaeError, match="Did you mean 'manifold'"):
        sampling.draw("manifld", Context(), 5, "key")
    with pytest.raises(GeovaeError, match="no option 'n_step'"):
        sampling.draw("manifold", Context(), 5, "key", n_step=3)


def test_rows():
    generator = np.random.default_rng(0)
    counts = np.bincount(rows_without_replacement(7, 17, generator), minlength=7)
    assert sorted(counts) == [2, 2, 2, 2, 3, 3, 3]
    assert len(np.unique(rows_without_replacement(50, 20, generator))) == 20
    assert len(np.unique(rows_with_replacement(50, 50, generator))) < 50


def index_of(rows, table):
    """Rows of `table` that `rows` equal."""
    equal = (rows[:, None] == table[None]).reshape(len(rows), len(table), -1).all(2)
    assert equal.any(1).all()
    return equal.argmax(1)


def test_real_and_reconstruction_take_each_image_once(context):
    real = sampling.draw("real", context, N, "key").images
    assert sorted(index_of(real, context.images)) == list(range(N))
    means = sampling.draw("reconstruction", context, N, "key").latents
    assert sorted(index_of(means.numpy(), context.mu.numpy())) == list(range(N))


def test_resample_repeats_training_means(context):
    rows = index_of(sampling.draw("resample", context, N, "key").latents.numpy(), context.mu.numpy())
    assert 20 < len(np.unique(rows)) < N


def test_posterior_has_the_moments_of_the_aggregate(context):
    draw = sampling.draw("posterior", context, 20_000, "key").latents.double()
    mu, variance = context.mu.double(), context.log_var.double().exp()
    expected = mu.var(0, correction=0) + variance.mean(0)
    assert ((draw.mean(0) - mu.mean(0)).abs() < 4 * (expected / 20_000).sqrt()).all()
    torch.testing.assert_close(draw.var(0), expected, rtol=0.05, atol=0)


def test_jitter_adds_noise_of_the_given_scale(context):
    one = Context(mu=torch.ones(1, D), matched_displacement=0.3)
    for options, sigma in (({}, 0.3), ({"scale": "matched"}, 0.3), ({"scale": 2.0}, 2.0)):
        draw = sampling.draw("jitter", one, 3000, "key", **options)
        assert draw.diagnostics["sigma"] == sigma
        assert stats.kstest(((draw.latents - 1) / sigma).ravel().numpy(), "norm").pvalue > 1e-3
    for wrong in (-1.0, math.nan, "wide", None):
        with pytest.raises(GeovaeError, match="scale"):
            sampling.draw("jitter", one, 3, "key", scale=wrong)


def test_noise_is_uniform(context):
    counts = np.bincount(sampling.draw("noise", context, 500, "key").images.ravel(), minlength=256)
    assert stats.chisquare(counts).pvalue > 1e-3


def test_mixture_finds_two_gaussians():
    generator = torch.Generator().manual_seed(0)
    left = torch.randn(300, 2, generator=generator) * torch.tensor([0.1, 1.0]) - torch.tensor([5.0, 0.0])
    right = torch.randn(100, 2, generator=generator) + torch.tensor([5.0, 0.0])
    draw = sampling.draw("gmm", Context(mu=torch.cat([left, right])), 8000, "key", n_components=2)
    z = draw.latents
    share = (z[:, 0] < 0).double().mean().item()
    assert share == pytest.approx(0.75, abs=0.02)
    for part, source in ((z[z[:, 0] < 0], left), (z[z[:, 0] >= 0], right)):
        torch.testing.assert_close(part.mean(0), source.mean(0), rtol=0, atol=0.1)
        torch.testing.assert_close(part.T.cov(), source.T.cov(), rtol=0.1, atol=0.05)
    assert draw.diagnostics["converged"] == 1.0


def test_mixture_limits(context, recwarn):
    with pytest.raises(GeovaeError, match=f"n_components = {N + 1}"):
        sampling.draw("gmm", context, 5, "key", n_components=N + 1)
    draw = sampling.draw("gmm", context, 5, "key", n_components=5, max_iter=1)
    assert draw.diagnostics["converged"] == 0.0
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
    draw = sampling.draw("kde", context, 10_000, "key")
    expected = context.mu.var(0, correction=0) + draw.diagnostics["bandwidth"] ** 2
    torch.testing.assert_close(draw.latents.var(0), expected, rtol=0.06, atol=0)


@pytest.mark.parametrize("bandwidth", [0.05, 2, 2.5])
def test_kde_with_a_given_bandwidth_has_that_deviation_around_the_means(bandwidth):
    mu = torch.tensor([[0.0, 0.0, 0.0], [1e3, 0.0, 0.0], [0.0, 1e3, 0.0]])
    # Neither validation means nor a likelihood are needed.
    draw = sampling.draw("kde", Context(mu=mu), 3000, "key", bandwidth=bandwidth)
    assert draw.diagnostics.keys() == {"bandwidth", "seconds"}
    assert draw.diagnostics["bandwidth"] == bandwidth
    distances = torch.cdist(draw.latents.double(), mu.double())
    assert np.bincount(distances.argmin(1), minlength=3) == pytest.approx(1000, abs=120)
    deviations = draw.latents.double() - mu.double()[distances.argmin(1)]
    assert deviations.std().item() == pytest.approx(bandwidth, rel=0.03)
    assert stats.kstest((deviations / bandwidth).ravel().numpy(), "norm").pvalue > 1e-3


def test_kde_with_the_chosen_bandwidth_draws_as_if_it_were_given(context):
    chosen = sampling.draw("kde", context, 20, "key")
    given = sampling.draw("kde", context, 20, "key", bandwidth=chosen.diagnostics["bandwidth"])
    assert torch.equal(chosen.latents, given.latents)
    assert "held_out_log_likelihood" in chosen.diagnostics


@pytest.mark.parametrize("bandwidth", [0, -0.5, math.nan, math.inf, "wide"])
def test_bandwidths_that_are_none_are_refused(context, bandwidth):
    with pytest.raises(GeovaeError, match=rf"sampler 'kde': bandwidth = {bandwidth!r}; a number above 0"):
        sampling.draw("kde", context, 3, "key", bandwidth=bandwidth)


def test_manifold_on_a_flat_metric_is_a_random_walk():
    """Far from one tight centroid G = λI: all is accepted, and N steps add Gaussian noise of N (n_lf ε)² variance."""
    mu = torch.tensor([[50.0, 0.0]]).repeat(2, 1)
    metric = RiemannianMetric(torch.zeros(1, 2), torch.full((1, 2), 100.0), 1.0, 0.01)
    settings = {"n_steps": 25, "n_lf": 4, "eps_lf": 0.1, "n_long": 500}
    draw = sampling.draw("manifold", Context(mu=mu, metric=metric), 3000, "key", **settings)
    found, sigma = draw.diagnostics, 5 * 0.4
    assert stats.kstest(((draw.latents - mu[0]) / sigma).ravel().numpy(), "norm").pvalue > 1e-3
    assert found["acceptance"] == found["long_acceptance"] == 1.0
    assert found["rms_per_dimension"] == pytest.approx(sigma, rel=0.05)
    assert found["displacement_rms"] == pytest.approx(sigma * math.sqrt(2), rel=0.05)
    assert found["displacement"] == pytest.approx(sigma * math.sqrt(math.pi / 2), rel=0.05)
    assert found["long_rms_per_dimension"] == pytest.approx(sigma * math.sqrt(10), rel=0.1)
    assert found["active_share"] == found["active_share_start"] == found["active_share_train"] == 0.0
    assert found["log_density_start"] == pytest.approx(math.log(0.01))
    assert found["stuck_share"] == 0.0
    released = sampling.draw("manifold_released", Context(mu=mu, metric=two_centroids(metric)), 3000, "key", **settings)
    assert released.diagnostics["rms_per_dimension"] == pytest.approx(0.5 * sigma, rel=0.05)
    assert released.diagnostics["frozen_share_start"] == 0.0


def two_centroids(metric):
    centroids = torch.cat([metric.centroids, metric.centroids + 1.0])
    return RiemannianMetric(centroids, metric.precisions.repeat(2, 1), 1.0, metric.lam)


def test_released_chain_freezes_where_its_determinant_underflows():
    mu = torch.full((3, 64), 30.0)
    metric = RiemannianMetric(torch.eye(2, 64), torch.ones(2, 64), 1.0, 0.01)
    settings = {"n_steps": 3, "n_long": 2}
    released = sampling.draw("manifold_released", Context(mu=mu, metric=metric), 20, "key", **settings)
    assert (released.latents == 30.0).all()
    assert released.diagnostics["frozen_share_start"] == released.diagnostics["stuck_share"] == 1.0
    true = sampling.draw("manifold", Context(mu=mu, metric=metric), 20, "key", **settings)
    assert true.diagnostics["stuck_share"] == 0.0


def test_manifold_without_the_long_chain_draws_the_same(context):
    with_long = sampling.draw("manifold", context, 12, "key", n_steps=4, n_long=5)
    without = sampling.draw("manifold", context, 12, "key", n_steps=4, n_long=0)
    assert torch.equal(with_long.latents, without.latents)
    assert with_long.diagnostics["long_n"] == 5.0
    assert not any(name.startswith("long_") for name in without.diagnostics)


# -- the scripts -------------------------------------------------------------------------------------------------------


@pytest.fixture
def run_folder(tmp_path):
    """A run of an untrained planar VAE with latents, a prepared data set and a subset."""
    description = {
        "model": "vae",
        "settings": {},
        "net": "mlp",
        "width": 0.05,
        "latent_dim": 2,
        "image_shape": [1, 16, 16],
    }
    save_model(tmp_path / "run", build_model(description), description)
    generator = np.random.default_rng(0)
    images = generator.integers(256, size=(40, 1, 16, 16), dtype=np.uint8)
    card = {"class_names": ["disk", "ring"], "shape": [40, 1, 16, 16], "dataset": "shapes", "split": "train"}
    storage.save_array(tmp_path / "data/train/images.npy", images)
    storage.save_array(tmp_path / "data/train/labels.npy", np.arange(40) % 2)
    storage.save_json(tmp_path / "data/train/card.json", card)
    storage.save_array(tmp_path / "subset/train.npy", np.arange(5, 35))
    mu = generator.standard_normal((30, 2)).astype(np.float32)
    storage.save_arrays(tmp_path / "run/latents.npz", mu=mu, log_var=np.full((30, 2), -3, np.float32))
    storage.save_arrays(tmp_path / "run/latents_validation.npz", mu=mu[:9] + 0.1)
    return tmp_path


def run_script(name, *arguments):
    script = importlib.import_module(name)
    script.main(script.build_parser().parse_args([str(argument) for argument in arguments]))


def build(folder, settings='{"k": 12, "lam": 0.01, "tau": 0.0}'):
    run_script("build_metric", "--latents", folder / "run/latents.npz", "--settings", settings, "--key", "key",
               "--output", folder / "run/metric.npz")  # fmt: skip


def test_build_metric(run_folder):
    build(run_folder)
    arrays = storage.load_arrays(run_folder / "run/metric.npz")
    mu = storage.load_arrays(run_folder / "run/latents.npz")["mu"]
    np.testing.assert_array_equal(arrays["centroids"], mu[arrays["indices"]])
    np.testing.assert_allclose(arrays["precisions"], math.exp(3), rtol=1e-6)
    first = (run_folder / "run/metric.npz").read_bytes()
    build(run_folder)
    assert (run_folder / "run/metric.npz").read_bytes() == first


def test_build_metric_errors(run_folder):
    with pytest.raises(GeovaeError, match=r"metric\.k = 31: there are 30"):
        build(run_folder, '{"k": 31}')
    with pytest.raises(GeovaeError, match="no option 'lambda'"):
        build(run_folder, '{"lambda": 1}')
    storage.save_arrays(run_folder / "run/latents.npz", mu=np.zeros((30, 2), np.float32))
    with pytest.raises(GeovaeError, match="log_var"):
        build(run_folder)


def draw_arguments(folder, sampler):
    run = folder / "run"
    files = {
        "--model": run,
        "--latents": run / "latents.npz",
        "--latents-validation": run / "latents_validation.npz",
        "--metric": run / "metric.npz",
        "--data": folder / "data",
        "--subset": folder / "subset/train.npy",
        "--output": folder / sampler,
    }
    options = ["--sampler", sampler, "--n", 7, "--key", f"key/{sampler}", "--device", "cpu"]
    return [*options, *(part for pair in files.items() for part in pair)]


def test_draw_samples(run_folder):
    build(run_folder)
    quick = ["--settings", '{"n_steps": 3, "n_long": 2}']
    run_script("draw_samples", *draw_arguments(run_folder, "manifold"), *quick)
    folder = run_folder / "manifold"
    samples, z = storage.load_array(folder / "samples.npy"), storage.load_array(folder / "latents.npy")
    assert (samples.shape, samples.dtype) == ((7, 1, 16, 16), np.uint8)
    assert (z.shape, z.dtype) == ((7, 2), np.float32)
    diagnostics = storage.load_json(folder / "diagnostics.json")
    assert {"acceptance", "rms_per_dimension", "active_share", "long_acceptance", "seconds"} <= set(diagnostics)

    matched = ["--matched", folder / "diagnostics.json"]
    run_script("draw_samples", *draw_arguments(run_folder, "jitter"), *matched)
    sigma = storage.load_json(run_folder / "jitter/diagnostics.json")["sigma"]
    assert sigma == diagnostics["rms_per_dimension"]

    run_script("draw_samples", *draw_arguments(run_folder, "real"))
    images = storage.load_array(run_folder / "data/train/images.npy")
    rows = index_of(storage.load_array(run_folder / "real/samples.npy"), images)
    assert ((rows >= 5) & (rows < 35)).all()
    assert storage.load_array(run_folder / "real/latents.npy").shape == (7, 0)


@pytest.mark.parametrize(
    ("model", "sampler", "among_means"),
    [("vae", "prior", 1.0), ("vae", "resample", 1.0), ("vae_nf", "prior", 0.0), ("vae_nf", "resample", 1.0)],
)
def test_diagnostics_say_whether_latents_lie_among_the_means(run_folder, model, sampler, among_means):
    # The decoder of a flow's model takes what the flow gives, so that its prior lies in another space.
    description = storage.load_json(run_folder / "run/model.json") | {"model": model}
    save_model(run_folder / "run", build_model(description), description)
    build(run_folder)
    run_script("draw_samples", *draw_arguments(run_folder, sampler))
    assert storage.load_json(run_folder / sampler / "diagnostics.json")["among_means"] == among_means


def test_draw_samples_errors(run_folder):
    build(run_folder)
    arguments = draw_arguments(run_folder, "manifold")
    with pytest.raises(GeovaeError, match="--n 0"):
        run_script("draw_samples", *arguments, "--n", 0)
    wrong = run_folder / "wrong.npz"
    storage.save_arrays(wrong, mu=np.zeros((30, 5), np.float32))
    with pytest.raises(GeovaeError, match=r"wrong\.npz: mu has shape \(30, 5\)"):
        run_script("draw_samples", *arguments, "--latents", wrong)
    storage.save_arrays(wrong, mu=np.full((30, 2), np.nan, np.float32))
    with pytest.raises(GeovaeError, match="NaN"):
        run_script("draw_samples", *arguments, "--latents", wrong)
    RiemannianMetric(torch.eye(3), torch.ones(3, 3), 1.0, 0.1).save(wrong)
    with pytest.raises(GeovaeError, match="3 dimensions"):
        run_script("draw_samples", *arguments, "--metric", wrong)
    storage.save_json(run_folder / "matched.json", {"seconds": 1.0})
    with pytest.raises(GeovaeError, match="rms_per_dimension"):
        run_script("draw_samples", *arguments, "--matched", run_folder / "matched.json")


def test_trace_geodesics(run_folder):
    build(run_folder)
    run = run_folder / "run"
    arguments = ["--model", run, "--latents", run / "latents.npz", "--metric", run / "metric.npz", "--key", "key"]
    arguments += ["--data", run_folder / "data", "--subset", run_folder / "subset/train.npy"]
    arguments += ["--output", run / "geodesics.npz", "--settings", '{"grid": 40, "n_stops": 4}']
    run_script("trace_geodesics", *arguments)
    arrays = storage.load_arrays(run / "geodesics.npz")
    shapes = {name: array.shape for name, array in arrays.items()}
    expected = {"axis_x": (40,), "axis_y": (40,), "log_volume": (40, 40), "distances": (2, 40, 40), "mu": (30, 2)}
    expected |= {"labels": (30,), "class_names": (2,), "starts": (2, 2), "ends": (2, 2, 2)}
    for name in ("affine", "geodesic"):
        expected |= {name: (2, 100, 2), f"{name}_stops": (2, 4, 2), f"{name}_bad": (2, 4), f"{name}_costs": (2,)}
        expected[f"{name}_images"] = (2, 4, 1, 16, 16)
        assert arrays[f"{name}_images"].dtype == np.uint8
        assert arrays[f"{name}_bad"].dtype == np.bool_
    assert shapes == expected
    assert list(arrays["class_names"]) == ["disk", "ring"]
    np.testing.assert_array_equal(arrays["labels"], np.arange(5, 35) % 2)


def test_samples_are_the_decoded_latents(run_folder):
    build(run_folder)
    run_script("draw_samples", *draw_arguments(run_folder, "resample"))
    z = torch.from_numpy(storage.load_array(run_folder / "resample/latents.npy"))
    expected = decode_images(load_model(run_folder / "run"), z).numpy()
    np.testing.assert_array_equal(storage.load_array(run_folder / "resample/samples.npy"), expected)
