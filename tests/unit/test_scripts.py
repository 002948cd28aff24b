"""Scripts on tiny prepared data, through their command lines, against computations that do not use them."""

import csv
import json

import numpy as np
import pytest
import torch

import build_metric
import embed_latents
import extract_training_features
import render_table
import score_samples
import show_centroids
from geovae import job, storage
from geovae.augmentation.classifier import AugmentationClassifier
from geovae.data.base import Images, write_split
from geovae.evaluation.classifier import Classifier
from geovae.evaluation.features import load_backbone
from geovae.evaluation.neighbours import nearest
from geovae.evaluation.reference import save_reference
from geovae.geometry.metric import RiemannianMetric
from geovae.models import build_model, load_model, save_model
from geovae.nets import build_net
from geovae.rendering.classification import columns
from geovae.rendering.writers import csv_text

torch.set_num_threads(1)
SHAPE = (1, 16, 16)
SIZES = {"train": 40, "validation": 12, "test": 15}
TRAIN_ROWS = np.array([31, 4, 9, 22, 17, 2, 35, 28, 11, 39, 0, 6])
MODEL = {"settings": {}, "net": "mlp", "width": 0.05, "latent_dim": 2, "image_shape": list(SHAPE)}


def run(script, *argv) -> None:
    job.run(script.main, script.build_parser(), [str(word) for word in argv])


def fails(script, *argv) -> str:
    with pytest.raises(SystemExit) as caught:
        run(script, *argv)
    return str(caught.value)


def images_of(split: str) -> np.ndarray:
    generator = np.random.default_rng(list(SIZES).index(split))
    return generator.integers(256, size=(SIZES[split], *SHAPE), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """Prepared data, a subset, and an untrained VAE and classifier."""
    for split, size in SIZES.items():
        card = {"dataset": "toy", "split": split, "source": "a test", "license": "none"}
        write_split(tmp_path / "data" / split, Images.from_array(images_of(split), np.arange(size) % 2, "ab"), card)
    storage.save_array(tmp_path / "subset/train.npy", TRAIN_ROWS)
    storage.save_array(tmp_path / "subset/validation.npy", np.array([7, 1, 5]))
    description = MODEL | {"model": "vae"}
    save_model(tmp_path / "run", build_model(description), description)
    classifier = Classifier(SHAPE, 2, 0.25)
    storage.save_weights(tmp_path / "backbone/model.safetensors", classifier.state_dict())
    content = {"backbone": "classifier", "image_shape": SHAPE, "n_classes": 2, "settings": {"width": 0.25}}
    storage.save_json(tmp_path / "backbone/model.json", content | {"test_accuracy": 0.5})
    return tmp_path


def features_of(folder, images: np.ndarray) -> np.ndarray:
    classifier = Classifier(SHAPE, 2, 0.25)
    classifier.load_state_dict(storage.load_weights(folder / "backbone/model.safetensors"))
    with torch.no_grad():
        return classifier.eval().features(torch.from_numpy(images)).numpy()


def brute_force(queries: np.ndarray, references: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    queries, references = (x.reshape(len(x), -1).astype(np.float64) for x in (queries, references))
    distances = np.sqrt(((queries[:, None] - references) ** 2).sum(-1))
    return distances.min(1), distances.argmin(1)


# -- extract_training_features ----------------------------------------------------------------------------------------


def extract(folder, *more) -> tuple:
    return (
        *("--backbone", folder / "backbone", "--data", folder / "data", "--subset", folder / "subset/train.npy"),
        *("--output", folder / "features", "--device", "cpu", *more),
    )


def references(folder) -> tuple:
    """Reference files of the unseen splits, as arguments."""
    for split in ("validation", "test"):
        save_reference(folder / f"{split}.npz", features_of(folder, images_of(split)))
    return tuple(word for s in ("validation", "test") for word in ("--reference", f"{s}={folder / f'{s}.npz'}"))


def test_training_features_are_those_of_the_subset_and_distances_those_to_it(folder):
    run(extract_training_features, *extract(folder, *references(folder)))
    features = storage.load_array(folder / "features/train.npy")
    expected = features_of(folder, images_of("train")[TRAIN_ROWS])
    assert (features.shape, features.dtype) == ((12, 64), np.float32)
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)
    for split in ("validation", "test"):
        distances = storage.load_array(folder / f"features/unseen_{split}.npy")
        assert distances.dtype == np.float64
        truth, _ = brute_force(features_of(folder, images_of(split)), expected)
        np.testing.assert_allclose(distances, truth, rtol=1e-4)
    assert {path.name for path in (folder / "features").iterdir()} == {
        *("train.npy", "unseen_validation.npy", "unseen_test.npy")
    }


def test_extracting_training_features_names_what_does_not_fit(folder, capsys):
    save_reference(folder / "test.npz", np.eye(64), "tf_legacy")
    argument = ("--reference", f"test={folder / 'test.npz'}")
    assert "resized by tf_legacy, the generated ones by nothing" in fails(
        extract_training_features, *extract(folder, *argument)
    )
    assert "resize is 'tf_legacy'" in fails(
        extract_training_features, *extract(folder, *argument, "--resize", "tf_legacy")
    )
    storage.save_array(folder / "subset/train.npy", np.array([3, 40]))
    assert "do not name images among 40" in fails(extract_training_features, *extract(folder, *argument))
    fails(extract_training_features, *extract(folder, "--reference", "test.npz"))
    assert "NAME=PATH is expected, not 'test.npz'" in capsys.readouterr().err
    assert not (folder / "features/train.npy").exists()


# -- embed_latents ----------------------------------------------------------------------------------------------------


def embed(folder, n_unseen: int = 8) -> tuple:
    return (
        *("--model", folder / "run", "--data", folder / "data", "--subset-dir", folder / "subset"),
        *("--n-unseen", n_unseen, "--output", folder / "latents", "--device", "cpu"),
    )


def encoded(folder, images: np.ndarray) -> list[np.ndarray]:
    with torch.no_grad():
        mu, log_var = load_model(folder / "run").encoder(torch.from_numpy(images).float() / 255)
    return [mu.numpy(), log_var.numpy()]


@pytest.mark.parametrize("n_unseen", [8, 1000])
def test_embedded_are_the_subset_and_the_first_unseen_images(folder, n_unseen):
    run(embed_latents, *embed(folder, n_unseen))
    expected = {
        "latents": images_of("train")[TRAIN_ROWS],
        "latents_validation": images_of("validation")[[7, 1, 5]],
        "unseen_validation": images_of("validation")[:n_unseen],
        "unseen_test": images_of("test")[:n_unseen],
    }
    assert {path.stem for path in (folder / "latents").iterdir()} == set(expected)
    for name, images in expected.items():
        arrays = storage.load_arrays(folder / f"latents/{name}.npz")
        assert set(arrays) == {"mu", "log_var"}
        for found, truth in zip((arrays["mu"], arrays["log_var"]), encoded(folder, images), strict=True):
            np.testing.assert_allclose(found, truth, rtol=1e-5, atol=1e-6)


def test_a_deterministic_encoder_has_no_log_var(folder):
    description = MODEL | {"model": "ae"}
    save_model(folder / "run", build_model(description), description)
    run(embed_latents, *embed(folder))
    for name in ("latents", "unseen_test"):
        assert set(storage.load_arrays(folder / f"latents/{name}.npz")) == {"mu"}


def test_embedding_no_unseen_image_is_refused(folder):
    for n_unseen in (0, -1):
        assert f"--n-unseen is {n_unseen}: at least one" in fails(embed_latents, *embed(folder, n_unseen))


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


# -- show_centroids ---------------------------------------------------------------------------------------------------


def show(folder, n_samples: int = 4) -> tuple:
    return (
        *("--model", folder / "run", "--metric", folder / "metric.npz", "--samples", folder / "samples"),
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
    storage.save_array(folder / "samples/samples.npy", samples)
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


# -- score_samples ----------------------------------------------------------------------------------------------------

NOVELTIES = ("novelty", "novelty_latent", "novelty_features")
KEY = dict.fromkeys(("dataset", "subset", "net", "model", "trial", "sampler", "variant"), "x") | {"seed": 0}


def score(folder, *more) -> tuple:
    words = ["--samples", folder / "samples", "--key-fields", json.dumps(KEY), "--backbone", folder / "backbone"]
    words += ["--data", folder / "data", "--subset", folder / "subset/train.npy", "--features", folder / "features"]
    words += ["--latents", folder / "latents/latents.npz", "--output", folder / "samples", "--device", "cpu"]
    words += ["--settings", '{"n_clusters": 3, "n_runs": 1, "extra": []}', "--config-sha256", "c0ffee"]
    for split in ("validation", "test"):
        words += ["--reference", f"{split}={folder / f'{split}.npz'}", "--unseen", f"{split}={folder / split}.npy"]
        words += ["--unseen-latents", f"{split}={folder}/latents/unseen_{split}.npz"]
    return (*words, *more)


def generate(folder, images: np.ndarray, latents: np.ndarray) -> None:
    storage.save_array(folder / "samples/samples.npy", images)
    storage.save_array(folder / "samples/latents.npy", latents)
    storage.save_json(folder / "samples/diagnostics.json", {"seconds": 1.0, "among_means": 1.0})


@pytest.fixture
def measured(folder):
    """All that scoring needs of the training and unseen images."""
    run(embed_latents, *embed(folder, 100))
    run(extract_training_features, *extract(folder, *references(folder)))
    for split in ("validation", "test"):
        distances, _ = nearest(images_of(split), images_of("train")[TRAIN_ROWS])
        storage.save_array(folder / f"{split}.npy", distances)
    return folder


def test_copies_score_no_novelty_and_unseen_images_one_in_every_space(measured):
    latents = {name: storage.load_arrays(measured / f"latents/{name}.npz")["mu"] for name in ("latents", "unseen_test")}
    generate(measured, images_of("train")[TRAIN_ROWS], latents["latents"])
    run(score_samples, *score(measured))
    for split in ("validation", "test"):
        record = storage.load_json(measured / f"samples/score_{split}.json")
        assert (record["n"], record["config_sha256"]) == (12, "c0ffee")
        assert [record[name] for name in NOVELTIES] == pytest.approx([0.0] * 3, abs=1e-5)
    generate(measured, images_of("test"), latents["unseen_test"])
    run(score_samples, *score(measured))
    record = storage.load_json(measured / "samples/score_test.json")
    assert (record["n"], record["fid"]) == (15, pytest.approx(0.0, abs=1e-6))
    assert [record[name] for name in NOVELTIES] == pytest.approx([1.0] * 3, rel=1e-4)


def test_images_without_latents_have_no_latent_novelty(measured):
    generate(measured, images_of("test"), np.empty((15, 0), np.float32))
    run(score_samples, *score(measured))
    record = storage.load_json(measured / "samples/score_test.json")
    assert record["novelty_latent"] is None
    assert [record[name] for name in ("novelty", "novelty_features")] == pytest.approx([1.0] * 2, rel=1e-4)


def test_features_of_generated_images_are_stored_only_where_asked(measured):
    generate(measured, images_of("test"), np.empty((15, 0), np.float32))
    run(score_samples, *score(measured))
    before = set(measured.rglob("*"))
    stored = measured / "features.npy"
    run(score_samples, *score(measured), "--save-features", stored)
    assert set(measured.rglob("*")) - before == {stored}
    backbone = load_backbone(measured / "backbone", torch.device("cpu"))
    np.testing.assert_array_equal(np.load(stored), backbone.features(images_of("test")))


def test_scoring_needs_the_same_splits_of_everything(measured):
    generate(measured, images_of("test"), np.empty((15, 0), np.float32))
    words = score(measured)
    for name in ("--unseen", "--unseen-latents"):
        first = words.index(name)
        message = fails(score_samples, *words[:first], *words[first + 2 :])
        assert f"{name}: give it for the same splits as --reference" in message


# -- render_table -----------------------------------------------------------------------------------------------------


def rendered(folder, name: str, *more) -> list[dict[str, str]]:
    run(render_table, name, "--output-dir", folder, *more)
    for suffix in ("md", "tex", "html"):
        assert (folder / f"{name}.{suffix}").read_text(encoding="utf-8")
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def n_parameters(*modules: torch.nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def test_table_4_needs_no_scores_and_counts_every_parameter(tmp_path):
    rows = rendered(tmp_path, "table4")
    with torch.device("meta"):
        nets = {
            "mnist": build_net("conv", (1, 32, 32), 16, width=1.0, log_var=True),
            "svhn": build_net("mlp", (3, 32, 32), 16, width=1.0, log_var=True),
        }
    for dataset, net in nets.items():
        total = sum(int(row["n_parameters"]) for row in rows if row["dataset"] == dataset)
        assert total == n_parameters(*net)
    assert {row["dataset"] for row in rows} == {"mnist", "cifar10", "svhn", "celeba", "oasis"}


def test_table_5_needs_no_scores_and_counts_every_parameter(tmp_path):
    rows = rendered(tmp_path, "table5")
    assert [row["layer"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert sum(int(row["n_parameters"]) for row in rows) == n_parameters(AugmentationClassifier((1, 208, 176), 2, 1.0))


def test_table_2_reads_the_runs_of_the_classifier(tmp_path):
    names = columns(["AD", "CN"])
    accuracies = {"raw": (0.5, 0.7), "vae/manifold": (0.8, 0.9)}
    lines = []
    for source, values in accuracies.items():
        model, _, sampler = source.partition("/")
        for run_number, value in enumerate(values):
            row = dict.fromkeys(names, 0.25) | {"dataset": "phantoms", "source": source, "run": run_number}
            row |= {"n_train": 40, "n_test": 84, "best_epoch": 3, "balanced_accuracy": value}
            generation = (model, sampler, "base", 0) if sampler else (None,) * 4
            row |= dict(zip(("model", "sampler", "variant", "seed"), generation, strict=True))
            lines.append([row[name] for name in names])
    (tmp_path / "classification.csv").write_text(csv_text(names, lines))
    info = {"phantoms": {"title": "Brain phantoms", "width": 0.25}}
    labels = {"Original*": "raw", "VAE - Ours": "vae/manifold"}
    table = [{"label": label, "source": source, "block": "paper"} for label, source in labels.items()]
    settings = {"dataset": "phantoms", "datasets_info": info, "classes": ["AD", "CN"], "n_per_class": 20, "n_runs": 2}
    arguments = ("--scores", tmp_path / "classification.csv", "--settings", json.dumps(settings | {"rows": table}))
    rows = rendered(tmp_path, "table2", *arguments)
    found = {row["source"]: row for row in rows if row["metric"] == "balanced_accuracy"}
    for source, values in accuracies.items():
        assert float(found[source]["mean"]) == pytest.approx(100 * np.mean(values))
        assert float(found[source]["std"]) == pytest.approx(100 * np.std(values, ddof=1))
        assert found[source]["n_runs"] == "2"
    assert {row["mean"] for row in rows if row["metric"] == "f1"} == {"25.0"}


def test_tables_name_what_they_lack(tmp_path):
    arguments = ("--output-dir", tmp_path, "--settings", "{}")
    assert "table1" in fails(render_table, "table11", *arguments)
    assert "none.csv: no such file" in fails(render_table, "table2", *arguments, "--scores", tmp_path / "none.csv")
    for name in ("table1", "table2"):
        assert f"{name}: --scores is missing" in fails(render_table, name, *arguments)
