"""The scripts that build metrics, draw samples and trace geodesics: what they write, and what they refuse."""

import importlib
import math

import numpy as np
import pytest
import torch

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.base import Images, write_split
from geovae.geometry.metric import RiemannianMetric
from geovae.models.coding import decode_images
from geovae.models.files import build_model, load_model, save_model
from helpers.sampling_checks import index_of


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
    card = {"dataset": "shapes", "split": "train"}
    write_split(tmp_path / "data/train", Images.from_array(images, np.arange(40) % 2, ("disk", "ring")), card)
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


def test_draw_samples_passes_on_how_long_the_metric_took(run_folder):
    build(run_folder)
    quick = ["--settings", '{"n_steps": 3, "n_long": 0}']
    storage.save_json(run_folder / "seconds.json", {"seconds": 12.5})
    told = ["--metric-seconds", run_folder / "seconds.json"]
    run_script("draw_samples", *draw_arguments(run_folder, "manifold"), *quick, *told)
    assert storage.load_json(run_folder / "manifold/diagnostics.json")["seconds_metric"] == 12.5
    run_script("draw_samples", *draw_arguments(run_folder, "manifold"), *quick)
    assert "seconds_metric" not in storage.load_json(run_folder / "manifold/diagnostics.json")


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
