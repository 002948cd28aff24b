"""Scripts on latents and metrics, on tiny data, against computations without them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import build_metric
import describe_metrics
import embed_latents
import show_centroids
from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.generations import save_generation
from geovae.evaluation.unseen import load_unseen
from geovae.geometry.centroids import centroid_radius
from geovae.geometry.description import identity_error
from geovae.geometry.metric import RiemannianMetric
from geovae.models.files import build_model, load_model, save_model
from helpers.script_runs import MODEL, SHAPE, TRAIN_ROWS, brute_force, embed, fails, images_of, run
from helpers.script_runs import folder as folder  # a fixture
from reproduction.scores.cells import Cell
from reproduction.scores.metric_table import NUMBERS, metrics_of, read_metrics, write_metrics

torch.set_num_threads(1)


# -- embed_latents ----------------------------------------------------------------------------------------------------


def encoded(folder, images: np.ndarray) -> list[np.ndarray]:
    with torch.no_grad():
        mu, log_var = load_model(folder / "run").encoder(torch.from_numpy(images).float() / 255)
    return [mu.numpy(), log_var.numpy()]


@pytest.mark.parametrize("n_unseen", [8, 1000])
def test_embedded_are_the_subset_and_the_first_test_images(folder, n_unseen):
    run(embed_latents, *embed(folder, n_unseen))
    expected = {
        "latents": images_of("train")[TRAIN_ROWS],
        "latents_validation": images_of("validation")[[7, 1, 5]],
        "latents_test": images_of("test")[:n_unseen],
    }
    assert {path.stem for path in (folder / "latents").iterdir()} == {*expected, "unseen"}
    for name, images in expected.items():
        arrays = storage.load_arrays(folder / f"latents/{name}.npz")
        assert set(arrays) == {"mu", "log_var"}
        for found, truth in zip((arrays["mu"], arrays["log_var"]), encoded(folder, images), strict=True):
            np.testing.assert_allclose(found, truth, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("n_unseen", [8, 1000])
def test_the_first_images_of_whole_splits_are_measured_in_latent_space(folder, n_unseen):
    run(embed_latents, *embed(folder, n_unseen))
    train, _ = encoded(folder, images_of("train")[TRAIN_ROWS])
    found = load_unseen(folder / "latents/unseen.npz")
    for split in ("validation", "test"):
        mu, _ = encoded(folder, images_of(split)[:n_unseen])
        np.testing.assert_allclose(found[split], brute_force(mu, train)[0], rtol=1e-3)


def test_a_deterministic_encoder_has_no_log_var(folder):
    description = MODEL | {"model": "ae"}
    save_model(folder / "run", build_model(description), description)
    run(embed_latents, *embed(folder))
    for name in ("latents", "latents_test"):
        assert set(storage.load_arrays(folder / f"latents/{name}.npz")) == {"mu"}
    assert len(load_unseen(folder / "latents/unseen.npz")["test"]) == 8


def test_embedding_no_unseen_image_is_refused(folder):
    assert "--n-unseen is 0: at least one" in fails(embed_latents, *embed(folder, 0))
    assert "--n-unseen -1: it must be a whole number" in fails(embed_latents, *embed(folder, -1))


def test_a_model_whose_means_are_not_finite_is_named(folder):
    description = MODEL | {"model": "vae"}
    model = build_model(description)
    with torch.no_grad():
        for parameter in model.encoder.parameters():
            parameter.fill_(1e30)
    save_model(folder / "run", model, description)
    message = fails(embed_latents, *embed(folder))
    assert f"{folder / 'run'}: this model's encoder gives means that are not finite" in message
    assert not (folder / "latents").exists()


# -- build_metric -----------------------------------------------------------------------------------------------------


def indices(folder, key: str = "key", **settings) -> list[int]:
    content = json.dumps({"k": 5, "lam": 0.1} | settings)
    paths = ("--latents", folder / "latents/latents.npz", "--output", folder / "metric.npz")
    run(build_metric, *paths, "--key", key, "--settings", content)
    return RiemannianMetric.load(folder / "metric.npz").indices.tolist()


def test_random_centroids_depend_on_key_and_draw_alone(folder):
    run(embed_latents, *embed(folder))
    first = indices(folder, draw=0)
    assert len(set(first)) == 5
    assert first == sorted(first)
    assert set(first) <= set(range(12))
    assert indices(folder, draw=0, lam=0.5) == first
    found = {tuple(indices(folder, key, draw=draw)) for key in ("key", "other") for draw in (0, 1, 2)}
    assert len(found) == 6
    assert indices(folder, draw=None) == indices(folder)
    assert sorted(indices(folder, draw=3, k=12)) == list(range(12))


def test_the_time_of_the_metric_is_written_where_asked(folder):
    run(embed_latents, *embed(folder))
    paths = ("--latents", folder / "latents/latents.npz", "--output", folder / "metric.npz")
    more = ("--output-seconds", folder / "seconds.json", "--settings", json.dumps({"k": 5, "lam": 0.1}))
    run(build_metric, *paths, "--key", "key", *more)
    (seconds,) = storage.load_json(folder / "seconds.json").values()
    assert 0 < seconds < 60


def test_random_centroids_make_a_metric_of_their_rows(folder):
    run(embed_latents, *embed(folder))
    rows = indices(folder, draw=1, tau=0.3)
    latents = storage.load_arrays(folder / "latents/latents.npz")
    metric = RiemannianMetric.load(folder / "metric.npz")
    np.testing.assert_array_equal(metric.centroids.numpy(), latents["mu"][rows])
    np.testing.assert_allclose(metric.precisions.numpy(), np.exp(-latents["log_var"][rows]), rtol=1e-6)
    assert (metric.lam, metric.tau) == (0.1, 0.3)


@pytest.mark.parametrize("k", [13, 0, -2])
def test_more_random_centroids_than_means_are_refused(folder, k):
    run(embed_latents, *embed(folder))
    paths = ("--latents", folder / "latents/latents.npz", "--output", folder / "metric.npz", "--key", "key")
    message = fails(build_metric, *paths, "--settings", json.dumps({"k": k, "draw": 0}))
    assert f"latents.npz: k = {k}, but there are 12 training means" in message


def test_rho_has_a_factor_and_a_distance(folder):
    run(embed_latents, *embed(folder))
    rhos = {}
    for name, settings in {"paper": {}, "half": {"rho": 0.5}, "scaled": {"dist": "mahalanobis"}}.items():
        paper = indices(folder)
        assert indices(folder, **settings) == paper
        rhos[name] = RiemannianMetric.load(folder / "metric.npz").rho
    metric = RiemannianMetric.load(folder / "metric.npz")
    assert rhos["half"] == pytest.approx(0.5 * rhos["paper"])
    assert rhos["scaled"] == pytest.approx(
        centroid_radius(metric.centroids.double().numpy(), metric.precisions.double().numpy()), rel=1e-6
    )


# -- describe_metrics -------------------------------------------------------------------------------------------------


def test_metrics_are_described_by_key_and_found_by_cell(folder):
    metrics = {}
    for rho in (0.1, 3.0):
        metric = RiemannianMetric(torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.ones(2, 2), rho, 0.01)
        metrics[rho] = metric
        metric.save(folder / f"rho{rho:g}.npz")
    keys = {rho: f"digits/full/conv/vae/base/seed3/rho{rho:g}" for rho in metrics}
    given = [f"{keys[rho]}={folder / f'rho{rho:g}.npz'}" for rho in (3.0, 0.1)]
    run(describe_metrics, "--metrics", *given, "--output", folder / "metrics.csv")
    rows = read_metrics(folder / "metrics.csv")
    assert [row["metric"] for row in rows] == ["rho0.1", "rho3"]
    for row, (rho, metric) in zip(rows, metrics.items(), strict=True):
        numbers = {"k": 2.0, "rho": rho, "identity_error": identity_error(metric)}
        assert {name: row[name] for name in numbers} == numbers
    assert [row["connected_share"] for row in rows] == [0.5, 1.0]
    cell = Cell(dataset="digits", net="conv", model="vae", sampler="manifold", seeds=(3,))
    assert metrics_of(rows, cell, "rho3") == [rows[1]]
    with pytest.raises(GeovaeError, match="metrics: no row of digits/full/conv/vae/base/seed4/rho3"):
        metrics_of(rows, replace(cell, seeds=(3, 4)), "rho3")


def test_a_table_of_metrics_that_is_broken_is_named(folder):
    (folder / "metrics.csv").write_text("dataset,subset\n")
    with pytest.raises(GeovaeError, match=r"metrics\.csv: .*no column net, model"):
        read_metrics(folder / "metrics.csv")
    numbers = dict.fromkeys(NUMBERS, 1.0)
    write_metrics({"digits/full/conv/vae/base/seed3/base": numbers | {"rho": "wide"}}, folder / "metrics.csv")
    with pytest.raises(GeovaeError, match=r"metrics\.csv: .*'wide'"):
        read_metrics(folder / "metrics.csv")
    with pytest.raises(GeovaeError, match="metric 'digits/base': dataset/subset/net/model/trial/seed/metric is"):
        write_metrics({"digits/base": numbers}, folder / "metrics.csv")


# -- show_centroids ---------------------------------------------------------------------------------------------------


def show(folder, n_samples: int = 4) -> tuple:
    return (
        *(
            "--model",
            folder / "run",
            "--metric",
            folder / "metric.npz",
            "--samples",
            folder / "samples" / "samples.npy",
        ),
        *("--data", folder / "data", "--subset", folder / "subset/train.npy"),
        *("--n-samples", n_samples, "--device", "cpu", "--output", folder / "centroids.npz"),
    )


def test_each_sample_belongs_to_the_decoded_centroid_that_it_is_nearest_to(folder):
    centroids = torch.tensor([[-30.0, 4.0], [25.0, 30.0], [5.0, -40.0]])
    RiemannianMetric(centroids, torch.ones(3, 2), 1.0, 0.1).save(folder / "metric.npz")
    with torch.no_grad():
        decoded = (load_model(folder / "run").decoder(centroids) * 255).numpy().astype(np.uint8)
    generator = np.random.default_rng(9)
    owner = generator.permutation(np.repeat([0, 1], [6, 3]))  # none at the third
    noise = generator.integers(-3, 4, (9, *SHAPE))
    samples = np.clip(decoded[owner].astype(int) + noise, 0, 255).astype(np.uint8)
    assert brute_force(samples, decoded)[1].tolist() == owner.tolist()
    save_generation(folder / "samples", samples, np.empty((len(samples), 0)), {"seconds": 1.0})
    run(show_centroids, *show(folder))
    arrays = storage.load_arrays(folder / "centroids.npz")
    np.testing.assert_array_equal(arrays["centroids"], decoded)
    train = images_of("train")[TRAIN_ROWS]
    distances, rows = brute_force(decoded, train)
    np.testing.assert_array_equal(arrays["nearest_train"], train[rows])
    np.testing.assert_allclose(arrays["distance_train"], distances / 255)
    assert arrays["counts"].tolist() == [6, 3, 0]
    shown = [*np.flatnonzero(owner == 0)[:4], *np.flatnonzero(owner == 1)]
    assert arrays["owner"].tolist() == [0] * 4 + [1] * 3
    np.testing.assert_array_equal(arrays["samples"], samples[shown])


def test_showing_no_sample_is_refused(folder):
    assert "--n-samples is 0: at least one" in fails(show_centroids, *show(folder, 0))
