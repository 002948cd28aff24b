"""Classification scores of Table 2: balanced accuracy, and precision, recall and F1 of each class."""

from collections.abc import Sequence

import numpy as np
from sklearn.metrics import accuracy_score, confusion_matrix, precision_recall_fscore_support, recall_score


def balanced_accuracy(labels: np.ndarray, predictions: np.ndarray) -> float:
    """The mean recall of the classes that have images.

    Args:
        labels, predictions: (N,) integers.

    Raises:
        ValueError: they differ in number, or there are no images.
    """
    _check(labels, predictions)
    return float(recall_score(labels, predictions, labels=np.unique(labels), average="macro"))


def classification_scores(labels: np.ndarray, predictions: np.ndarray, class_names: Sequence[str]) -> dict:
    """The scores of Table 2, all in [0, 1].

    A ratio without a denominator is 0: the precision of a class that is never predicted, the recall of one without
    images, and F1 where both are 0.

    Args:
        labels, predictions: (N,) integers in [0, C).
        class_names: the C names.

    Returns:
        `balanced_accuracy`, `accuracy`; `classes`: for each name `precision`, `recall`, `f1`; `confusion`: for each
        true class the counts of the predicted ones.

    Raises:
        ValueError: labels and predictions differ in number, there are none, or one lies outside the classes.
    """
    _check(labels, predictions)
    classes = range(len(class_names))
    if not np.isin([labels, predictions], classes).all():
        raise ValueError(f"a label or prediction lies outside the {len(classes)} classes")
    columns = precision_recall_fscore_support(labels, predictions, labels=classes, zero_division=0)
    confusion = confusion_matrix(labels, predictions, labels=classes)
    return {
        "balanced_accuracy": balanced_accuracy(labels, predictions),
        "accuracy": float(accuracy_score(labels, predictions)),
        "classes": {
            name: {"precision": float(precision), "recall": float(recall), "f1": float(f1)}
            for name, precision, recall, f1, _ in zip(class_names, *columns, strict=True)
        },
        "confusion": {
            name: dict(zip(class_names, row.tolist(), strict=True))
            for name, row in zip(class_names, confusion, strict=True)
        },
    }


def _check(labels: np.ndarray, predictions: np.ndarray) -> None:
    if np.shape(labels) != np.shape(predictions):
        raise ValueError(f"{np.shape(labels)} labels but {np.shape(predictions)} predictions")
    if len(labels) == 0:
        raise ValueError("no images, so no accuracy")
