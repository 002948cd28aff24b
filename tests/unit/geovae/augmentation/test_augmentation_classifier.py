"""The classifier of the data augmentation task: the net of Table 5, and its training."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics
from torch import nn

from geovae.augmentation import classifier
from geovae.augmentation.classifier import (
    AugmentationClassifier,
    Settings,
    choose_stages,
    predict,
    run_classifier,
    train,
)
from geovae.augmentation.training_sets import LabelledImages
from geovae.core.errors import GeovaeError
from geovae.training.classification import fit
from helpers.augmentation_checks import NAMES, QUICK, SHAPE, spots, without_seconds

torch.set_num_threads(1)


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
        spots(0) if training is None else training,
        spots(1, (12, 8)),
        spots(2, (20, 20)),
        class_names=NAMES,
        key=key,
        run=run,
        settings=settings,
    )


def test_it_learns_what_is_easy():
    record = _run()
    assert record["balanced_accuracy"] > 0.95
    assert record["validation_balanced_accuracy"] == 1.0
    assert (record["n_train"], record["run"], record["key"]) == (64, 0, "key")
    assert sum(sum(row.values()) for row in record["confusion"].values()) == 40
    assert record["seconds"] > 0


def test_labels_without_a_meaning_are_not_learnt():
    training = spots(0)
    shuffled = LabelledImages(training.images, np.random.default_rng(0).permutation(training.labels))
    assert _run(training=shuffled)["balanced_accuracy"] < 0.9


def test_key_and_run_decide_everything():
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    first = without_seconds(_run())
    assert torch.equal(torch.rand(2), expected)
    assert without_seconds(_run()) == first
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
    trained = train(spots(0), spots(1), n_classes=2, key="key", run=0, settings=QUICK._replace(epochs=3))
    assert trained.best_epoch == kept
    assert (trained.validation_balanced_accuracy, trained.validation_loss) == scores[kept - 1]
    assert torch.equal(trained.model.head[0].weight, weights[kept - 1])
    assert not trained.model.training


def test_the_rate_is_halved_when_the_loss_stays_for_longer_than_the_patience(monkeypatch):
    rates = []

    def recording(model, optimizer, epochs, *, batches, rank):
        def noted(epoch):
            rates.append(optimizer.param_groups[0]["lr"])
            return batches(epoch)

        return fit(model, optimizer, epochs, batches=noted, rank=rank)

    monkeypatch.setattr(classifier, "fit", recording)
    monkeypatch.setattr(classifier, "_validate", lambda *_: (0.5, 1.0))
    train(spots(0), spots(1), n_classes=2, key="k", run=0, settings=Settings(9, 64, 1.0, 2, 0.1))
    # Epoch 1 is the best; the third after it without a better one is over the patience of 2.
    assert rates == [1.0] * 4 + [0.5] * 3 + [0.25] * 2


def test_validation_scores_are_those_of_the_predictions():
    trained = train(spots(0), spots(1), n_classes=2, key="key", run=0, settings=QUICK)
    validation = spots(1)
    scores = predict(trained.model, validation.images)
    loss = metrics.log_loss(validation.labels, scores.double().softmax(1).numpy())
    assert trained.validation_loss == pytest.approx(loss, rel=1e-4)
    expected = metrics.balanced_accuracy_score(validation.labels, scores.argmax(1))
    assert trained.validation_balanced_accuracy == pytest.approx(expected)


def test_predictions_do_not_depend_on_the_batches(monkeypatch):
    model = AugmentationClassifier(SHAPE, 2, 1.0)
    images = spots(0).images
    whole = predict(model, images)
    monkeypatch.setattr(classifier, "EVALUATION_BATCH", 7)
    torch.testing.assert_close(predict(model, images), whole, rtol=1e-4, atol=1e-5)


def test_a_last_batch_of_one_image_is_left_out():
    single = LabelledImages(*(array[:17] for array in spots(0)))
    train(single, spots(1), n_classes=2, key="key", run=0, settings=QUICK._replace(epochs=1))


def test_defaults_are_the_papers():
    assert Settings() == (50, 200, 1e-4, 5, 1.0)


@pytest.mark.parametrize("change", [{"epochs": 0}, {"batch_size": 1}, {"patience": -1}, {"lr": 0.0}, {"width": 0.0}])
def test_unusable_settings_are_named(change):
    with pytest.raises(GeovaeError, match=next(iter(change))):
        _run(settings=QUICK._replace(**change))


def test_too_few_images_and_a_broken_loss_are_named():
    with pytest.raises(GeovaeError, match="1 training and 64 validation images"):
        train(LabelledImages(*(a[:1] for a in spots(0))), spots(1), n_classes=2, key="key", run=0, settings=QUICK)
    with pytest.raises(GeovaeError, match=r"key, run 0: the validation loss is (nan|inf).*Lower lr"):
        _run(settings=QUICK._replace(lr=1e30))
