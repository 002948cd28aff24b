"""Scripts that measure a trained VAE (compare_…), on tiny data, against computations without them."""

import json

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import build_metric
import compare_interpolation
import compare_pullback
import embed_latents
from geovae.core import storage
from geovae.evaluation.unseen import save_unseen
from geovae.geometry.metric import RiemannianMetric
from geovae.models.coding import decode_images
from geovae.models.files import build_model, load_model, save_model
from helpers.script_runs import MODEL, TRAIN_ROWS, brute_force, embed, fails, images_of, run
from helpers.script_runs import folder as folder  # a fixture

torch.set_num_threads(1)


@pytest.fixture
def measured(folder):
    """With latents and a metric."""
    run(embed_latents, *embed(folder))
    paths = ("--latents", folder / "latents/latents.npz", "--output", folder / "metric.npz", "--key", "key")
    run(build_metric, *paths, "--settings", json.dumps({"k": 5, "lam": 0.1}))
    return folder


# -- compare_pullback -------------------------------------------------------------------------------------------------


def compare(folder, n_points: int = 100) -> tuple:
    return (
        *("--model", folder / "run", "--latents", folder / "latents/latents.npz", "--metric", folder / "metric.npz"),
        *("--n-points", n_points, "--key", "key", "--device", "cpu"),
        *("--output", folder / "pullback.npz", "--output-scores", folder / "pullback.json"),
    )


def test_the_record_is_that_of_all_training_means(measured):
    run(compare_pullback, *compare(measured))
    arrays, scores = storage.load_arrays(measured / "pullback.npz"), storage.load_json(measured / "pullback.json")
    latents = storage.load_arrays(measured / "latents/latents.npz")
    model = load_model(measured / "run").eval()
    mu = torch.from_numpy(latents["mu"])
    jacobians = [torch.autograd.functional.jacobian(lambda z: model.decode(z[None]).flatten(), z) for z in mu]
    full = np.stack([np.eye(2) + 2 / 0.01 * (J.double().T @ J.double()).numpy() for J in jacobians])
    np.testing.assert_allclose(arrays["log_volume_pullback"], 0.5 * np.linalg.slogdet(full)[1], rtol=1e-4)
    np.testing.assert_allclose(arrays["log_volume_posterior"], -0.5 * latents["log_var"].sum(1), rtol=1e-5)
    metric = RiemannianMetric.load(measured / "metric.npz")
    np.testing.assert_allclose(arrays["diagonal_metric"], metric.diagonal(mu).numpy(), rtol=1e-4)
    assert (scores["beta"], scores["latent_dim"], scores["n"]) == (0.01, 2, 12)
    expected = spearmanr(arrays["log_volume_posterior"], arrays["log_volume_pullback"]).statistic
    assert scores["posterior_rank_log_volume"] == pytest.approx(expected)


def test_some_of_the_means_are_drawn_by_the_key(measured):
    run(compare_pullback, *compare(measured, 7))
    rows = storage.load_arrays(measured / "pullback.npz")["rows"]
    assert len(set(rows)) == 7
    assert list(rows) == sorted(rows)


def test_only_a_vae_and_only_correlations_of_several_points_make_sense(measured):
    assert "--n-points is 1" in fails(compare_pullback, *compare(measured, 1))
    description = MODEL | {"model": "hvae"}
    save_model(measured / "run", build_model(description), description)
    assert "a HVAE; the relation of Section 4.4 is the VAE's" in fails(compare_pullback, *compare(measured))


# -- compare_interpolation --------------------------------------------------------------------------------------------


def test_stops_are_decoded_and_compared_with_the_training_images(measured):
    save_unseen(measured / "unseen.npz", validation=np.zeros(3), test=np.linspace(0, 100, 101))
    run(
        compare_interpolation,
        *("--model", measured / "run", "--latents", measured / "latents/latents.npz"),
        *("--metric", measured / "metric.npz", "--data", measured / "data", "--subset", measured / "subset/train.npy"),
        *("--unseen", measured / "unseen.npz", "--key", "key", "--device", "cpu"),
        *("--settings", json.dumps({"n_pairs": 3, "n_stops": 4, "quantile": 0.05})),
        *("--output", measured / "found.npz", "--output-scores", measured / "found.json"),
    )
    arrays, scores = storage.load_arrays(measured / "found.npz"), storage.load_json(measured / "found.json")
    mu = torch.from_numpy(storage.load_arrays(measured / "latents/latents.npz")["mu"])
    model = load_model(measured / "run").eval()
    for pair, (i, j) in enumerate(arrays["rows"]):
        line = torch.stack([mu[i] + (mu[j] - mu[i]) * t for t in (0.2, 0.4, 0.6, 0.8)])
        images = decode_images(model, line).numpy()
        expected = brute_force(images, images_of("train")[TRAIN_ROWS])[0] / 255
        np.testing.assert_allclose(arrays["distances"][0, pair], expected, rtol=1e-3)
        if pair < len(arrays["images"][0]):
            assert np.abs(arrays["images"][0, pair].astype(int) - images).max() <= 1
    assert arrays["images"].shape == (3, 2, 4, 1, 16, 16)
    assert scores["threshold"] == arrays["threshold"] == pytest.approx(5)
    assert scores["affine_far_share"] == (arrays["distances"][0] > 5).mean()
    assert scores["affine_largest"] == pytest.approx(arrays["distances"][0].max(1).mean() / 5)
    assert scores["geodesic_length"] <= scores["affine_length"]
    assert (scores["n_pairs"], scores["latent_dim"], scores["quantile"]) == (3, 2, 0.05)
