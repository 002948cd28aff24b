"""The training of the data augmentation task's classifier."""

import numpy as np
import pytest
import torch
from sklearn import metrics

from geovae.augmentation import classifier
from geovae.augmentation.classifier import Settings, predict, run_classifier, train
from geovae.augmentation.network import AugmentationClassifier
from geovae.augmentation.training_sets import LabelledImages
from geovae.core.errors import GeovaeError
from geovae.training.classification import fit
from helpers.augmentation_checks import NAMES, QUICK, SHAPE, spots, without_seconds

torch.set_num_threads(1)


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
            rates.append(optimizer.lr)
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
