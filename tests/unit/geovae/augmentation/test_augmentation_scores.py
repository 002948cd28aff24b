"""The scores of the data augmentation task: against scikit-learn, against Table 2, and what is refused."""

import json
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics

from geovae.augmentation.scores import balanced_accuracy, classification_scores, confusion_counts
from helpers.augmentation_checks import NAMES

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
