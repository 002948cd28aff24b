"""Scripts that measure a trained VAE (compare_pullback), on tiny data, against computations without them."""

import json

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

import build_metric
import compare_pullback
import embed_latents
from geovae.core import storage
from geovae.geometry.metric import RiemannianMetric
from geovae.models.files import build_model, load_model, save_model
from helpers.script_runs import MODEL, embed, fails, run
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
