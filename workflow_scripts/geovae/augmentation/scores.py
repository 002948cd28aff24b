"""Classification scores of Table 2: balanced accuracy, and precision, recall and F1 of each class."""

from collections.abc import Sequence

import numpy as np


def confusion_counts(labels: np.ndarray, predictions: np.ndarray, n_classes: int) -> np.ndarray:
    """How often class i was taken for class j: (n_classes, n_classes) int64.

    Args:
        labels, predictions: (N,) integers in [0, n_classes).

    Raises:
        ValueError: they differ in number, or one lies outside the classes.
    """
    labels, predictions = np.asarray(labels), np.asarray(predictions)
    if labels.shape != predictions.shape:
        raise ValueError(f"{labels.shape} labels but {predictions.shape} predictions")
    both = np.concatenate([labels, predictions])
    if both.size and not (both.min() >= 0 and both.max() < n_classes):
        raise ValueError(f"a label or prediction lies outside the {n_classes} classes")
    flat = labels.astype(np.int64) * n_classes + predictions.astype(np.int64)
    return np.bincount(flat, minlength=n_classes**2).reshape(n_classes, n_classes)


def balanced_accuracy(confusion: np.ndarray) -> float:
    """The mean recall of the classes that have images.

    Raises:
        ValueError: there are no images.
    """
    images = confusion.sum(1)
    if not images.any():
        raise ValueError("no images, so no accuracy")
    present = images > 0
    return float(np.mean(np.diag(confusion)[present] / images[present]))


def classification_scores(confusion: np.ndarray, class_names: Sequence[str]) -> dict:
    """The scores of Table 2, all in [0, 1].

    A ratio without a denominator is 0: the precision of a class that is never predicted, the recall of one without
    images, and F1 where both are 0 (scikit-learn's `zero_division=0`).

    Args:
        confusion: (C, C) counts, true classes in rows (see `confusion_counts`).
        class_names: the C names.

    Returns:
        `balanced_accuracy`, `accuracy`; `classes`: for each name `precision`, `recall`, `f1`; `confusion`: for each
        true class the counts of the predicted ones.

    Raises:
        ValueError: there are no images.
    """
    correct, images, predicted = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    precision, recall = _ratio(correct, predicted), _ratio(correct, images)
    # F1 = 2PR/(P + R) = 2·correct/(images + predicted), without a second division by zero.
    f1 = _ratio(2 * correct, images + predicted)
    columns = {"precision": precision, "recall": recall, "f1": f1}
    return {
        "balanced_accuracy": balanced_accuracy(confusion),
        "accuracy": float(correct.sum() / confusion.sum()),
        "classes": {
            name: {score: float(values[index]) for score, values in columns.items()}
            for index, name in enumerate(class_names)
        },
        "confusion": {
            name: dict(zip(class_names, confusion[index].tolist(), strict=True))
            for index, name in enumerate(class_names)
        },
    }


def _ratio(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Their ratio, 0 where the denominator is 0."""
    return numerator / np.maximum(denominator, 1)
