"""What the tests of the data augmentation task share."""

import numpy as np

from geovae.augmentation.classifier import Settings
from geovae.augmentation.training_sets import LabelledImages

NAMES = ("CN", "AD")
SHAPE = (1, 24, 20)
QUICK = Settings(epochs=4, batch_size=16, lr=3e-3, patience=5, width=0.5)


def spots(seed, counts=(40, 24), shape=SHAPE):
    """Noisy images with a small (CN) or a large bright spot in the middle (AD)."""
    rng = np.random.default_rng(seed)
    labels = np.repeat(np.arange(len(counts)), counts)
    images = rng.integers(0, 100, (len(labels), *shape))
    for label in range(len(counts)):
        images[labels == label, :, 9 - 4 * label : 13 + 4 * label, 8 - 4 * label : 12 + 4 * label] += 120
    order = rng.permutation(len(labels))
    return LabelledImages(images[order].astype(np.uint8), labels[order].astype(np.int64))


def without_seconds(record):
    return {name: value for name, value in record.items() if name != "seconds"}
