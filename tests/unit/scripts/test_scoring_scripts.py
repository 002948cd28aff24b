"""Scripts that score, and that measure what scores need of real images, against computations without them."""

import json

import numpy as np
import pytest
import torch

import embed_latents
import extract_training_features
import measure_unseen
import score_samples
from geovae.core import storage
from geovae.data.generations import save_generation
from geovae.evaluation.classifier import Classifier
from geovae.evaluation.features import load_backbone
from geovae.evaluation.reference import save_reference
from geovae.evaluation.sharpness import laplacian_variances
from geovae.evaluation.unseen import load_unseen
from helpers.script_runs import SHAPE, TRAIN_ROWS, brute_force, embed, fails, images_of, run
from helpers.script_runs import folder as folder  # a fixture

torch.set_num_threads(1)


def features_of(folder, images: np.ndarray) -> np.ndarray:
    classifier = Classifier(SHAPE, 2, 0.25)
    classifier.load_state_dict(storage.load_weights(folder / "backbone/model.safetensors"))
    with torch.no_grad():
        return classifier.eval().features(torch.from_numpy(images)).numpy()


# -- measure_unseen ---------------------------------------------------------------------------------------------------


def measure(folder, n: int) -> tuple:
    return (
        *("--data", folder / "data", "--subset", folder / "subset/train.npy", "--n", n),
        *("--output", folder / "subset/unseen.npz", "--device", "cpu"),
    )


@pytest.mark.parametrize("n", [8, 1000])
def test_the_first_images_of_both_splits_are_measured_in_pixels(folder, n):
    run(measure_unseen, *measure(folder, n))
    for split, distances in load_unseen(folder / "subset/unseen.npz").items():
        truth, _ = brute_force(images_of(split)[:n], images_of("train")[TRAIN_ROWS])
        np.testing.assert_allclose(distances, truth / 255, rtol=1e-12)
    assert "--n is 0: at least one" in fails(measure_unseen, *measure(folder, 0))


# -- extract_training_features ----------------------------------------------------------------------------------------


def extract(folder, *more) -> tuple:
    return (
        *("--backbone", folder / "backbone", "--data", folder / "data", "--subset", folder / "subset/train.npy"),
        *("--output", folder / "features", "--device", "cpu", *more),
    )


def references(folder) -> tuple:
    """Reference files of the unseen splits, as arguments."""
    for split in ("validation", "test"):
        images = images_of(split)
        save_reference(folder / f"{split}.npz", features_of(folder, images), laplacian_variances(images))
    return tuple(word for s in ("validation", "test") for word in ("--reference", f"{s}={folder / f'{s}.npz'}"))


def test_training_features_are_those_of_the_subset_and_distances_those_to_it(folder):
    run(extract_training_features, *extract(folder, *references(folder)))
    features = storage.load_array(folder / "features/train.npy")
    expected = features_of(folder, images_of("train")[TRAIN_ROWS])
    assert (features.shape, features.dtype) == ((12, 64), np.float32)
    np.testing.assert_allclose(features, expected, rtol=1e-5, atol=1e-6)
    for split, distances in load_unseen(folder / "features/unseen.npz").items():
        truth, _ = brute_force(features_of(folder, images_of(split)), expected)
        np.testing.assert_allclose(distances, truth, rtol=1e-4)
    assert {path.name for path in (folder / "features").iterdir()} == {"train.npy", "unseen.npz"}


def test_extracting_training_features_names_what_does_not_fit(folder, capsys):
    save_reference(folder / "test.npz", np.eye(64), np.zeros(64), "tf_legacy")
    test, validation = (("--reference", f"{split}={folder / 'test.npz'}") for split in ("test", "validation"))
    for given in (test, test + test, (*test, *validation, "--reference", "train=train.npz")):
        message = fails(extract_training_features, *extract(folder, *given))
        assert "--reference: give it once for each of validation, test" in message
    argument = test + validation
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


# -- score_samples ----------------------------------------------------------------------------------------------------

NOVELTIES = ("novelty", "novelty_latent", "novelty_features")
KEY = dict.fromkeys(("dataset", "subset", "net", "model", "trial", "sampler", "variant"), "x") | {"seed": 0}


def score(folder, *more) -> tuple:
    words = ["--samples", folder / "samples", "--key-fields", json.dumps(KEY), "--backbone", folder / "backbone"]
    words += ["--data", folder / "data", "--subset", folder / "subset/train.npy"]
    words += ["--latents", folder / "latents/latents.npz", "--features", folder / "features/train.npy"]
    words += ["--output", folder / "samples", "--device", "cpu"]
    words += ["--settings", '{"n_clusters": 3, "n_runs": 1, "extra": []}', "--config-sha256", "c0ffee"]
    for split in ("validation", "test"):
        words += ["--reference", f"{split}={folder / f'{split}.npz'}"]
    for space, name in (("pixels", "subset"), ("latent", "latents"), ("features", "features")):
        words += ["--unseen", f"{space}={folder / name / 'unseen.npz'}"]
    return (*words, *more)


def generate(folder, images: np.ndarray, latents: np.ndarray, **diagnostics: float) -> None:
    save_generation(folder / "samples", images, latents, {"seconds": 1.0, "among_means": 1.0} | diagnostics)


@pytest.fixture
def measured(folder):
    """All that scoring needs of the training and unseen images."""
    run(embed_latents, *embed(folder, 100))
    run(extract_training_features, *extract(folder, *references(folder)))
    run(measure_unseen, *measure(folder, 100))
    return folder


def test_copies_score_no_novelty_and_unseen_images_one_in_every_space(measured):
    train, test = (storage.load_arrays(measured / f"latents/{name}.npz")["mu"] for name in ("latents", "latents_test"))
    generate(measured, images_of("train")[TRAIN_ROWS], train)
    run(score_samples, *score(measured))
    for split in ("validation", "test"):
        record = storage.load_json(measured / f"samples/score_{split}.json")
        assert (record["n"], record["config_sha256"]) == (12, "c0ffee")
        assert [record[name] for name in NOVELTIES] == pytest.approx([0.0] * 3, abs=1e-5)
    generate(measured, images_of("test"), test)
    run(score_samples, *score(measured))
    record = storage.load_json(measured / "samples/score_test.json")
    assert (record["n"], record["fid"]) == (15, pytest.approx(0.0, abs=1e-6))
    assert [record[name] for name in NOVELTIES] == pytest.approx([1.0] * 3, rel=1e-4)


def test_the_sharpness_is_that_of_the_images_that_are_compared(measured):
    generate(measured, images_of("train"), np.empty((40, 0), np.float32))
    run(score_samples, *score(measured))
    for split, n in (("validation", 12), ("test", 15)):
        record = storage.load_json(measured / f"samples/score_{split}.json")
        assert record["sharpness"] == pytest.approx(laplacian_variances(images_of("train")[:n]).mean())
        assert record["sharpness_reference"] == pytest.approx(laplacian_variances(images_of(split)).mean())


def test_the_time_of_sampling_includes_that_of_the_metric(measured):
    generate(measured, images_of("test"), np.empty((15, 0), np.float32))
    run(score_samples, *score(measured))
    assert storage.load_json(measured / "samples/score_test.json")["seconds_sampling"] == 1.0
    generate(measured, images_of("test"), np.empty((15, 0), np.float32), seconds_metric=2.5)
    run(score_samples, *score(measured))
    assert storage.load_json(measured / "samples/score_test.json")["seconds_sampling"] == 3.5


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


def test_scoring_needs_a_reference_of_each_split_and_unseen_images_in_each_space(measured):
    generate(measured, images_of("test"), np.empty((15, 0), np.float32))
    words = score(measured)
    names = {"--reference": "validation, test", "--unseen": "pixels, latent, features"}
    for option, expected in names.items():
        first = words.index(option)
        for more in ((), words[first + 2 : first + 4]):  # one is missing, or another is given in its place
            message = fails(score_samples, *words[:first], *words[first + 2 :], *more)
            assert f"{option}: give it once for each of {expected}" in message
