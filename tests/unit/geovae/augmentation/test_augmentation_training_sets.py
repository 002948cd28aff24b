"""The training sets of the data augmentation task, and train_classifier, the script that trains on them."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import train_classifier
from geovae.augmentation.training_sets import LabelledImages, check_classes, generated, in_proportion, resampled
from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.base import Images, write_split
from geovae.data.generations import save_generation
from helpers.augmentation_checks import NAMES, QUICK, SHAPE, spots, without_seconds
from reproduction.runtime import job

torch.set_num_threads(1)


# -- training sets ----------------------------------------------------------------------------------------------------


@settings(derandomize=True, deadline=None, max_examples=60)
@given(counts=st.lists(st.integers(1, 30), min_size=2, max_size=4), seed=st.integers(0, 3))
def test_resampling_balances_by_repetitions_alone(counts, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    images = np.arange(len(labels), dtype=np.uint8).reshape(-1, 1, 1, 1)
    balanced = resampled(LabelledImages(images, labels), np.random.default_rng(seed))
    assert np.bincount(balanced.labels).tolist() == [max(counts)] * len(counts)
    np.testing.assert_array_equal(balanced.images[: len(labels)], images)
    shown = balanced.images.ravel()
    np.testing.assert_array_equal(balanced.labels, labels[shown])
    for label, count in enumerate(counts):
        times = np.bincount(shown, minlength=len(labels))[labels == label]
        # As even as can be.
        assert set(times) <= {max(counts) // count, -(-max(counts) // count)}


def test_the_generator_decides_which_images_are_repeated():
    split = spots(0, (40, 25))
    first, again, other = (resampled(split, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.images, again.images)
    assert not np.array_equal(first.images, other.images)


def test_generated_sets_hold_the_first_samples_of_every_class():
    samples = {name: np.full((5, *SHAPE), value, np.uint8) for name, value in (("AD", 9), ("CN", 3))}
    samples["AD"][0] = 7
    images, labels = generated(samples, 2, NAMES, SHAPE)
    assert labels.tolist() == [0, 0, 1, 1]
    assert labels.dtype == np.int64
    assert images[:, 0, 0, 0].tolist() == [3, 3, 7, 9]
    assert images.dtype == np.uint8


@pytest.mark.parametrize(
    ("change", "n", "words"),
    [
        ({"AD": None}, 2, "class AD: no generated images.*--samples AD=PATH"),
        ({"MCI": np.zeros((5, *SHAPE), np.uint8)}, 2, "class 'MCI': no such class. Classes: CN, AD"),
        (
            {"AD": np.zeros((5, 1, 24, 24), np.uint8)},
            2,
            r"class AD: uint8 images of shape \(1, 24, 24\).*\(1, 24, 20\)",
        ),
        ({"CN": np.zeros((5, *SHAPE), np.float32)}, 2, "class CN: float32 images"),
        ({}, 6, "class CN: 5 images, but n_per_class is 6"),
        ({}, 0, "n_per_class is 0"),
    ],
)
def test_unusable_samples_are_named(change, n, words):
    samples = {name: np.zeros((5, *SHAPE), np.uint8) for name in NAMES} | change
    samples = {name: images for name, images in samples.items() if images is not None}
    with pytest.raises(GeovaeError, match=words):
        generated(samples, n, NAMES, SHAPE)


@pytest.mark.parametrize(
    ("labels", "names", "words"),
    [
        ([0, 0], NAMES, "train: class AD has no image"),
        ([], NAMES, "train: class CN has no image"),
        ([0, 1, -1], NAMES, "train: 1 images have no class"),
        ([0, 0], ("CN",), "train: 1 classes"),
        ([-1, -1], (), "train: 0 classes"),
    ],
)
def test_classes_without_images_are_named(labels, names, words):
    with pytest.raises(GeovaeError, match=words):
        check_classes(LabelledImages(np.zeros((len(labels), *SHAPE), np.uint8), np.array(labels, int)), names, "train")


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    counts=st.tuples(st.integers(1, 60), st.integers(1, 60)), sizes=st.tuples(st.integers(1, 400), st.integers(1, 400))
)
def test_rows_in_proportion_are_all_of_the_scarcest_class(counts, sizes):
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [9, *counts]))
    first, second = in_proportion(labels, dict(zip("bc", sizes, strict=True)), ("a", "b", "c"), "toy/test")
    assert (set(labels[first]), set(labels[second])) == ({1}, {2})
    taken = (len(set(first)), len(set(second)))
    assert any(n == count for n, count in zip(taken, counts, strict=True))
    # The other has its part, rounded down, or one image.
    scarce = counts[1] * sizes[0] < counts[0] * sizes[1]
    exact = taken[scarce] * sizes[1 - scarce] / sizes[scarce]
    assert taken[1 - scarce] == max(1, int(exact + 1e-9))


def test_the_papers_proportion_of_a_thousand_images_a_class():
    labels = np.repeat([0, 1], 1000)
    first, second = in_proportion(labels, {"a": 100, "b": 316}, ("a", "b"), "toy/test")
    assert (len(first), len(second)) == (316, 1000)
    with pytest.raises(GeovaeError, match="no such class"):
        in_proportion(labels, {"a": 1, "c": 1}, ("a", "b"), "toy/test")


# -- the script -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for seed, (split, counts) in enumerate({"train": (40, 24), "validation": (12, 8), "test": (20, 12)}.items()):
        images, labels = spots(seed, counts)
        card = {"dataset": "spots", "split": split, "source": "a test", "license": "none"}
        write_split(folder / split, Images.from_array(images, labels, NAMES), card)
    return folder


def _samples(folder, name, label, count=30, shape=SHAPE):
    images, labels = spots(10 + label, (count, count), shape)
    images = images[labels == label]
    save_generation(folder / name, images, np.empty((len(images), 0)), {"seconds": 1.0})
    return f"{name}={folder / name / 'samples.npy'}"


def _script(data, tmp_path, *arguments, name="runs.json", settings=QUICK):
    output = tmp_path / name
    command = ["--data", data, "--key", "key", "--settings", json.dumps(settings._asdict()), "--output", output]
    options = train_classifier.build_parser().parse_args([str(word) for word in (*command, *arguments)])
    train_classifier.main(options)
    return storage.load_json(output)


def test_runs_may_be_split_over_jobs(data, tmp_path):
    whole = _script(data, tmp_path, "--training-set", "raw", "--n-runs", 3)
    last = _script(data, tmp_path, "--training-set", "raw", "--first-run", 2, "--n-runs", 1, name="last.json")
    assert [record["run"] for record in whole["records"]] == [0, 1, 2]
    assert without_seconds(whole["records"][2]) == without_seconds(last["records"][0])
    losses = {record["validation_loss"] for record in whole["records"]}
    assert len(losses) == 3
    assert whole["settings"] == QUICK._asdict()
    assert (whole["dataset"], whole["class_names"], whole["image_shape"]) == ("spots", list(NAMES), list(SHAPE))
    assert whole["provenance"]["threads"] == torch.get_num_threads()


def test_the_record_scores_the_test_split(data, tmp_path):
    (record,) = _script(data, tmp_path, "--training-set", "raw", "--n-runs", 1)["records"]
    assert {name: sum(row.values()) for name, row in record["confusion"].items()} == {"CN": 20, "AD": 12}
    assert set(record["classes"]["AD"]) == {"precision", "recall", "f1"}
    assert (record["training_set"], record["n_train"]) == ("raw", 64)


def _class(data, folder, name, n_train, n_validation):
    """The first images of a class, as draw_subset writes them."""
    for split, n in (("train", n_train), ("validation", n_validation)):
        labels = np.load(data / split / "labels.npy")
        storage.save_array(folder / name / f"{split}.npy", np.flatnonzero(labels == NAMES.index(name))[:n])
    return ("--class", f"{name}={folder / name}")


def test_two_classes_are_taken_as_drawn_and_tested_in_their_proportion(data, tmp_path):
    ad, cn = _class(data, tmp_path, "AD", 6, 3), _class(data, tmp_path, "CN", 18, 9)
    found = _script(data, tmp_path, "--training-set", "raw", "--n-runs", 1, *ad, *cn)
    assert found["class_names"] == ["AD", "CN"]
    (record,) = found["records"]
    assert record["n_train"] == 24
    # Of 12 AD and 20 CN, one AD for three CN.
    assert {name: sum(row.values()) for name, row in record["confusion"].items()} == {"AD": 6, "CN": 20}
    (balanced,) = _script(data, tmp_path, "--training-set", "resampled", "--n-runs", 1, *ad, *cn)["records"]
    assert balanced["n_train"] == 36
    samples = [word for label, name in enumerate(NAMES) for word in ("--samples", _samples(tmp_path, name, label))]
    generated_set = ("--training-set", "generated", "--n-per-class", 30, "--n-runs", 1)
    (record,) = _script(data, tmp_path, *generated_set, *samples, *ad, *cn)["records"]
    assert record["n_train"] == 60
    assert record["balanced_accuracy"] > 0.9  # AD is class 0 here: samples and tests are numbered alike
    for wrong in (ad, (*ad, *ad), (*ad, *cn, *cn)):
        with pytest.raises(GeovaeError, match="--class: give it once for each of two"):
            _script(data, tmp_path, "--training-set", "raw", "--n-runs", 1, *wrong)


def test_resampled_runs_train_on_a_balanced_set_that_their_number_decides(data, tmp_path):
    whole = _script(data, tmp_path, "--training-set", "resampled", "--n-runs", 2)["records"]
    last = _script(data, tmp_path, "--training-set", "resampled", "--first-run", 1, "--n-runs", 1)["records"]
    assert [record["n_train"] for record in whole] == [80, 80]
    assert without_seconds(whole[1]) == without_seconds(last[0])


def test_generated_images_alone_are_trained_on(data, tmp_path):
    arguments = ("--training-set", "generated", "--n-runs", 1, "--n-per-class", 30)
    samples = [_samples(tmp_path, name, label) for label, name in enumerate(NAMES)]
    right = _script(data, tmp_path, *arguments, "--samples", samples[0], "--samples", samples[1])["records"][0]
    assert right["n_train"] == 60
    assert right["balanced_accuracy"] > 0.9
    # Samples of the wrong classes teach the opposite, which the real validation images cannot undo.
    swapped = [_samples(tmp_path / "swapped", name, 1 - label) for label, name in enumerate(NAMES)]
    wrong = _script(data, tmp_path, *arguments, "--samples", swapped[0], "--samples", swapped[1])["records"][0]
    assert wrong["balanced_accuracy"] < 0.6


def test_mistakes_on_the_command_line_are_named(data, tmp_path):
    cn, ad = (_samples(tmp_path, name, label, count=5) for label, name in enumerate(NAMES))
    other = _samples(tmp_path / "other", "AD", 1, count=5, shape=(1, 24, 24))
    generated_set = ("--training-set", "generated", "--n-runs", 1)
    cases = [
        (("--training-set", "raw", "--n-runs", 0), "--n-runs 0"),
        (("--training-set", "raw", "--n-runs", 1, "--first-run", -1), "--first-run -1"),
        (("--training-set", "raw", "--n-runs", 1, "--samples", cn), "leave out --samples"),
        (("--training-set", "resampled", "--n-runs", 1, "--n-per-class", 5), "leave out --samples and --n-per-class"),
        ((*generated_set, "--samples", cn, "--samples", ad), "--n-per-class is missing"),
        ((*generated_set, "--samples", cn, "--n-per-class", 5), "class AD: no generated images"),
        ((*generated_set, "--samples", cn, "--samples", cn, "--n-per-class", 5), "class CN is given twice"),
        ((*generated_set, "--samples", cn, "--samples", ad, "--n-per-class", 6), "CN: 5 images, but n_per_class is 6"),
        ((*generated_set, "--samples", cn, "--samples", other, "--n-per-class", 5), r"AD: .*\(1, 24, 24\)"),
        (
            (*generated_set, "--samples", "CN=nowhere/samples.npy", "--n-per-class", 5),
            "nowhere/samples.npy: no such file",
        ),
    ]
    for arguments, words in cases:
        with pytest.raises(GeovaeError, match=words):
            _script(data, tmp_path, *arguments)
    assert not (tmp_path / "runs.json").exists()


def test_a_split_without_a_class_and_foreign_settings_are_named(data, tmp_path, capsys):
    images, labels = spots(0, (6, 4))
    for split in ("train", "validation", "test"):
        kept = labels == 0 if split == "validation" else labels >= 0
        card = {"dataset": "spots", "split": split, "source": "a test", "license": "none"}
        write_split(tmp_path / split, Images.from_array(images[kept], labels[kept], NAMES), card)
    with pytest.raises(GeovaeError, match="the validation split: class AD has no image"):
        _script(tmp_path, tmp_path, "--training-set", "raw", "--n-runs", 1)
    command = ["--data", str(data), "--key", "k", "--output", str(tmp_path / "x.json"), "--n-runs", "1"]
    command += ["--training-set", "raw", "--settings"]
    with pytest.raises(SystemExit, match=r"error: --settings: epochs, .* are expected, not \['lr'\]"):
        job.run(train_classifier.main, train_classifier.build_parser(), [*command, '{"lr": 1}'])
    with pytest.raises(SystemExit):
        train_classifier.build_parser().parse_args([*command, "{}", "--samples", "CN"])
    assert "CLASS=PATH is expected, not 'CN'" in capsys.readouterr().err
