"""The data augmentation task: scores, training sets, the net of Table 5, its training, and its script."""

import json
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from torch import nn

import train_classifier
from geovae import job, storage
from geovae.augmentation import classifier
from geovae.augmentation.classifier import (
    AugmentationClassifier,
    Settings,
    choose_stages,
    predict,
    run_classifier,
    train,
)
from geovae.augmentation.scores import balanced_accuracy, classification_scores, confusion_counts
from geovae.augmentation.training_sets import LabelledImages, check_classes, generated, resampled
from geovae.data.base import Images, write_split
from geovae.errors import GeovaeError

torch.set_num_threads(1)
NAMES = ("CN", "AD")
SHAPE = (1, 24, 20)
QUICK = Settings(epochs=4, batch_size=16, lr=3e-3, patience=5, width=0.5)


def _spots(seed, counts=(40, 24), shape=SHAPE):
    """Noisy images with a small (CN) or a large bright spot in the middle (AD)."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    images = rng.integers(0, 100, (len(labels), *shape))
    for label in range(len(counts)):
        images[labels == label, :, 9 - 4 * label : 13 + 4 * label, 8 - 4 * label : 12 + 4 * label] += 120
    order = rng.permutation(len(labels))
    return LabelledImages(images[order].astype(np.uint8), labels[order].astype(np.int64))


# -- scores -----------------------------------------------------------------------------------------------------------

pairs = st.integers(2, 4).flatmap(
    lambda c: st.tuples(st.just(c), st.lists(st.tuples(*[st.integers(0, c - 1)] * 2), min_size=1, max_size=40))
)


@settings(derandomize=True, deadline=None, max_examples=150)
@given(pairs)
def test_scores_are_those_of_scikit_learn(case):
    n_classes, both = case
    labels, predictions = np.array(both).T
    names = [f"class {index}" for index in range(n_classes)]
    confusion = confusion_counts(labels, predictions, n_classes)
    np.testing.assert_array_equal(confusion, metrics.confusion_matrix(labels, predictions, labels=range(n_classes)))
    scores = classification_scores(confusion, names)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # predictions of a class without images
        expected = metrics.balanced_accuracy_score(labels, predictions)
    assert scores["balanced_accuracy"] == pytest.approx(expected, abs=1e-12)
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(labels, predictions), abs=1e-12)
    columns = metrics.precision_recall_fscore_support(
        labels, predictions, labels=range(n_classes), average=None, zero_division=0
    )
    for name, precision, recall, f1, _ in zip(names, *columns, strict=True):
        assert scores["classes"][name] == pytest.approx({"precision": precision, "recall": recall, "f1": f1}, abs=1e-12)


def test_the_all_cn_row_of_table_2():
    labels = np.repeat([0, 1], [61, 23])
    scores = classification_scores(confusion_counts(labels, np.zeros(84, int), 2), NAMES)
    assert scores["balanced_accuracy"] == 0.5
    assert scores["classes"]["AD"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    # As printed: F1 84.1, precision 72.6, recall 100.
    assert [round(100 * scores["classes"]["CN"][name], 1) for name in ("f1", "precision", "recall")] == [
        84.1,
        72.6,
        100,
    ]
    assert scores["confusion"] == {"CN": {"CN": 61, "AD": 0}, "AD": {"CN": 23, "AD": 0}}
    json.dumps(scores, allow_nan=False)


def test_true_classes_are_the_rows_of_the_confusion():
    confusion = confusion_counts(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1]), 2)
    assert confusion.tolist() == [[1, 2], [0, 1]]
    assert balanced_accuracy(confusion) == pytest.approx((1 / 3 + 1) / 2)


def test_unusable_predictions_are_refused():
    with pytest.raises(ValueError, match="labels but"):
        confusion_counts(np.zeros(3, int), np.zeros(2, int), 2)
    for wrong in (2, -1):
        with pytest.raises(ValueError, match="outside the 2 classes"):
            confusion_counts(np.array([0, wrong]), np.array([0, 0]), 2)
    with pytest.raises(ValueError, match="no images"):
        balanced_accuracy(np.zeros((2, 2), int))


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
    split = _spots(0, (40, 25))
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
        ({"AD": None}, 2, "class AD: no generated images.*--samples AD=FOLDER"),
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


# -- the net ----------------------------------------------------------------------------------------------------------


def test_the_net_is_table_5_at_the_papers_size():
    model = AugmentationClassifier((1, 208, 176), 2, 1.0)
    layers = [*model.stages, *model.head]
    kinds = [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU, nn.MaxPool2d] * 4 + [nn.Flatten, nn.Linear, nn.ReLU, nn.Linear]
    assert [type(layer) for layer in layers] == kinds
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(1, 8), (8, 16), (16, 32), (32, 64)]
    assert [(c.kernel_size, c.stride, c.padding) for c in convolutions] == [
        ((3, 3), (stride, stride), (0, 0)) for stride in (1, 1, 2, 2)
    ]
    assert {(p.kernel_size, p.stride) for p in layers if isinstance(p, nn.MaxPool2d)} == {(2, 2)}
    linear = [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]
    assert linear == [(256, 100), (100, 2)]
    assert model(torch.zeros(2, 1, 208, 176, dtype=torch.uint8)).shape == (2, 2)
    # Convolutions and linear layers with biases, and the two vectors of each normalisation.
    by_hand = sum(9 * a * b + 3 * b for a, b in ((1, 8), (8, 16), (16, 32), (32, 64))) + 257 * 100 + 101 * 2
    assert sum(parameter.numel() for parameter in model.parameters()) == by_hand


@pytest.mark.parametrize(
    ("size", "n_features"), [((104, 88), 384), ((52, 44), 384), ((32, 32), 256), ((256, 256), 576)]
)
def test_other_sizes_leave_maps_of_at_least_2x2(size, n_features):
    model = AugmentationClassifier((3, *size), 5, 1.0).eval()
    assert model.head[0].in_features == n_features
    assert model(torch.zeros(2, 3, *size, dtype=torch.uint8)).shape == (2, 5)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(size=st.tuples(st.integers(18, 120), st.integers(18, 120)), width=st.sampled_from([0.1, 0.5, 1.5]))
def test_every_size_from_18_pixels_on_has_a_net_that_fits(size, width):
    model = AugmentationClassifier((1, *size), 2, width).eval()
    maps = model.stages[:-1](torch.zeros(1, 1, *size))
    assert min(maps.shape[2:]) >= 2
    assert maps.numel() == model.head[0].in_features


def test_reductions_are_left_out_from_the_end():
    assert choose_stages((208, 176)) == ((1, True), (1, True), (2, True), (2, True))
    assert choose_stages((104, 88)) == ((1, True), (1, True), (2, True), (1, False))
    assert choose_stages((52, 44)) == ((1, True), (1, True), (2, False), (1, False))


def test_width_scales_channels_and_hidden_units():
    model = AugmentationClassifier((1, 208, 176), 2, 0.25)
    assert [layer.out_channels for layer in model.stages if isinstance(layer, nn.Conv2d)] == [2, 4, 8, 16]
    assert model.head[0].out_features == 25


def test_images_that_are_too_small_are_refused():
    with pytest.raises(GeovaeError, match="17×40 pixels are too small"):
        AugmentationClassifier((1, 17, 40), 2, 1.0)


# -- its training -----------------------------------------------------------------------------------------------------


def _run(key="key", run=0, settings=QUICK, training=None):
    return run_classifier(
        _spots(0) if training is None else training,
        _spots(1, (12, 8)),
        _spots(2, (20, 20)),
        class_names=NAMES,
        key=key,
        run=run,
        settings=settings,
    )


def _without_seconds(record):
    return {name: value for name, value in record.items() if name != "seconds"}


def test_it_learns_what_is_easy():
    record = _run()
    assert record["balanced_accuracy"] > 0.95
    assert record["validation_balanced_accuracy"] == 1.0
    assert (record["n_train"], record["run"], record["key"]) == (64, 0, "key")
    assert sum(sum(row.values()) for row in record["confusion"].values()) == 40
    assert record["seconds"] > 0


def test_labels_without_a_meaning_are_not_learnt():
    training = _spots(0)
    shuffled = LabelledImages(training.images, np.random.default_rng(0).permutation(training.labels))
    assert _run(training=shuffled)["balanced_accuracy"] < 0.9


def test_key_and_run_decide_everything():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first = _without_seconds(_run())
    assert torch.equal(torch.rand(2), expected)
    assert _without_seconds(_run()) == first
    for other in (_run(run=1), _run(key="another")):
        assert other["validation_loss"] != first["validation_loss"]


@pytest.mark.parametrize(
    ("scores", "kept"),
    [
        ([(0.5, 0.1), (0.9, 0.7), (0.8, 0.2)], 2),  # the best accuracy, whatever the loss
        ([(0.9, 0.5), (0.9, 0.3), (0.9, 0.4)], 2),  # of equals the lowest loss
        ([(0.9, 0.5), (0.9, 0.5), (0.1, 0.1)], 1),  # of the same the first
    ],
)
def test_the_epoch_with_the_best_balanced_accuracy_is_kept(monkeypatch, scores, kept):
    weights, answers = [], iter(scores)

    def validate(model, *_):
        weights.append(model.head[0].weight.detach().clone())
        return next(answers)

    monkeypatch.setattr(classifier, "_validate", validate)
    trained = train(_spots(0), _spots(1), n_classes=2, key="key", run=0, settings=QUICK._replace(epochs=3))
    assert trained.best_epoch == kept
    assert (trained.validation_balanced_accuracy, trained.validation_loss) == scores[kept - 1]
    assert torch.equal(trained.model.head[0].weight, weights[kept - 1])
    assert not trained.model.training


def test_the_rate_is_halved_when_the_loss_stays_for_longer_than_the_patience(monkeypatch):
    rates = []
    step = classifier._train_epoch
    monkeypatch.setattr(
        classifier,
        "_train_epoch",
        lambda model, optimizer, *rest: (rates.append(optimizer.param_groups[0]["lr"]), step(model, optimizer, *rest)),
    )
    monkeypatch.setattr(classifier, "_validate", lambda *_: (0.5, 1.0))
    train(_spots(0), _spots(1), n_classes=2, key="k", run=0, settings=Settings(9, 64, 1.0, 2, 0.1))
    # Epoch 1 is the best; the third after it without a better one is over the patience of 2.
    assert rates == [1.0] * 4 + [0.5] * 3 + [0.25] * 2


def test_validation_scores_are_those_of_the_predictions():
    trained = train(_spots(0), _spots(1), n_classes=2, key="key", run=0, settings=QUICK)
    validation = _spots(1)
    scores = predict(trained.model, validation.images)
    loss = metrics.log_loss(validation.labels, scores.double().softmax(1).numpy())
    assert trained.validation_loss == pytest.approx(loss, rel=1e-4)
    expected = metrics.balanced_accuracy_score(validation.labels, scores.argmax(1))
    assert trained.validation_balanced_accuracy == pytest.approx(expected)


def test_predictions_do_not_depend_on_the_batches(monkeypatch):
    model = AugmentationClassifier(SHAPE, 2, 1.0)
    images = _spots(0).images
    whole = predict(model, images)
    monkeypatch.setattr(classifier, "EVALUATION_BATCH", 7)
    torch.testing.assert_close(predict(model, images), whole, rtol=1e-4, atol=1e-5)


def test_a_last_batch_of_one_image_is_left_out():
    single = LabelledImages(*(array[:17] for array in _spots(0)))
    train(single, _spots(1), n_classes=2, key="key", run=0, settings=QUICK._replace(epochs=1))


def test_defaults_are_the_papers():
    assert Settings() == (50, 200, 1e-4, 5, 1.0)


@pytest.mark.parametrize("change", [{"epochs": 0}, {"batch_size": 1}, {"patience": -1}, {"lr": 0.0}, {"width": 0.0}])
def test_unusable_settings_are_named(change):
    with pytest.raises(GeovaeError, match=next(iter(change))):
        _run(settings=QUICK._replace(**change))


def test_too_few_images_and_a_broken_loss_are_named():
    with pytest.raises(GeovaeError, match="1 training and 64 validation images"):
        train(LabelledImages(*(a[:1] for a in _spots(0))), _spots(1), n_classes=2, key="key", run=0, settings=QUICK)
    with pytest.raises(GeovaeError, match=r"key, run 0: the validation loss is (nan|inf).*Lower lr"):
        _run(settings=QUICK._replace(lr=1e30))


# -- the script -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for seed, (split, counts) in enumerate({"train": (40, 24), "validation": (12, 8), "test": (20, 12)}.items()):
        images, labels = _spots(seed, counts)
        card = {"dataset": "spots", "split": split, "source": "a test", "license": "none"}
        write_split(folder / split, Images.from_array(images, labels, NAMES), card)
    return folder


def _samples(folder, name, label, count=30, shape=SHAPE):
    images, labels = _spots(10 + label, (count, count), shape)
    storage.save_array(folder / name / "samples.npy", images[labels == label])
    return f"{name}={folder / name}"


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
    assert _without_seconds(whole["records"][2]) == _without_seconds(last["records"][0])
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


def test_resampled_runs_train_on_a_balanced_set_that_their_number_decides(data, tmp_path):
    whole = _script(data, tmp_path, "--training-set", "resampled", "--n-runs", 2)["records"]
    last = _script(data, tmp_path, "--training-set", "resampled", "--first-run", 1, "--n-runs", 1)["records"]
    assert [record["n_train"] for record in whole] == [80, 80]
    assert _without_seconds(whole[1]) == _without_seconds(last[0])


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
        ((*generated_set, "--samples", "CN=nowhere", "--n-per-class", 5), "nowhere/samples.npy: no such file"),
    ]
    for arguments, words in cases:
        with pytest.raises(GeovaeError, match=words):
            _script(data, tmp_path, *arguments)
    assert not (tmp_path / "runs.json").exists()


def test_a_split_without_a_class_and_foreign_settings_are_named(data, tmp_path, capsys):
    images, labels = _spots(0, (6, 4))
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
    assert "CLASS=FOLDER is expected, not 'CN'" in capsys.readouterr().err
