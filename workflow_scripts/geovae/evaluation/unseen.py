"""How far real images that no model is fitted to are from its training images: the unit of novelty, a file a space."""

from pathlib import Path

import numpy as np

from geovae.core import storage
from geovae.data.splits import UNSEEN_SPLITS


def save_unseen(path: str | Path, *, validation: np.ndarray, test: np.ndarray) -> None:
    """Write the distances (n,) float64 of each split's first images to their nearest training image in one space."""
    storage.save_arrays(path, validation=validation, test=test)


def load_unseen(path: str | Path) -> dict[str, np.ndarray]:
    """The distances that `save_unseen` wrote, by split.

    Raises:
        GeovaeError: the file is missing, damaged or of another place, lacks a split, or holds something else than
            distances: float64 (n,), finite and ≥ 0.
    """
    arrays = storage.load_arrays(path, *UNSEEN_SPLITS)
    for split in UNSEEN_SPLITS:
        found = arrays[split]
        if found.dtype != np.float64 or found.ndim != 1 or not (np.isfinite(found) & (found >= 0)).all():
            raise storage.unreadable(path, f"{split} must be distances (n,), float64, finite and ≥ 0")
    return {split: arrays[split] for split in UNSEEN_SPLITS}
