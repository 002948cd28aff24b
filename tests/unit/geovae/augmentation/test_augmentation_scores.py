"""The scores of the data augmentation task: against their definitions, against Table 2, and what is refused."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.augmentation.scores import balanced_accuracy, classification_scores
from helpers.augmentation_checks import NAMES

pairs = st.integers(2, 4).flatmap(
    lambda c: st.tuples(st.just(c), st.lists(st.tuples(*[st.integers(0, c - 1)] * 2), min_size=1, max_size=40))
)


def ratio(numerator: int, denominator: int) -> float:
    return numerator / denominator if denominator else 0.0


@settings(derandomize=True, deadline=None, max_examples=150)
@given(pairs)
@pytest.mark.filterwarnings("error")
def test_scores_are_the_ratios_of_counts(case):
    n_classes, both = case
    names = [f"class {index}" for index in range(n_classes)]
    scores = classification_scores(*np.array(both).T, names)
    recalls = []
    for index, name in enumerate(names):
        correct = both.count((index, index))
        images, predicted = (sum(pair[side] == index for pair in both) for side in (0, 1))
        assert scores["classes"][name] == {
            "precision": ratio(correct, predicted),
            "recall": ratio(correct, images),
            "f1": ratio(2 * correct, images + predicted),
        }
        assert scores["confusion"][name] == {other: both.count((index, j)) for j, other in enumerate(names)}
        recalls += [correct / images] if images else []
    assert scores["balanced_accuracy"] == pytest.approx(sum(recalls) / len(recalls), abs=1e-15)
    assert scores["accuracy"] == sum(label == prediction for label, prediction in both) / len(both)


def test_the_all_cn_row_of_table_2():
    scores = classification_scores(np.repeat([0, 1], [61, 23]), np.zeros(84, int), NAMES)
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


def test_balanced_accuracy_is_the_mean_recall():
    assert balanced_accuracy(np.array([0, 0, 0, 1]), np.array([0, 1, 1, 1])) == pytest.approx((1 / 3 + 1) / 2)
    # A class that has no images has no recall.
    assert balanced_accuracy(np.array([0, 0]), np.array([0, 1])) == 0.5


def test_unusable_predictions_are_refused():
    for score in (balanced_accuracy, lambda labels, predictions: classification_scores(labels, predictions, "ab")):
        with pytest.raises(ValueError, match=r"\(3,\) labels but \(2,\) predictions"):
            score(np.zeros(3, int), np.zeros(2, int))
        with pytest.raises(ValueError, match="no images"):
            score(np.zeros(0, int), np.zeros(0, int))
    for wrong in (2, -1):
        with pytest.raises(ValueError, match="outside the 2 classes"):
            classification_scores(np.array([0, wrong]), np.array([0, 0]), "ab")
        with pytest.raises(ValueError, match="outside the 2 classes"):
            classification_scores(np.array([0, 0]), np.array([0, wrong]), "ab")
