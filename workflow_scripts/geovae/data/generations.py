"""A set of generated images on disk: `samples.npy`, `latents.npy` and, written last, `diagnostics.json`."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from geovae.core import storage

ARRAYS = ("samples.npy", "latents.npy")
RECORD = "diagnostics.json"


def save_generation(
    folder: str | Path, images: np.ndarray, latents: np.ndarray, diagnostics: Mapping[str, float | None]
) -> None:
    """Write images (n, C, H, W) uint8, the latents (n, d) they were decoded from, and how these were drawn."""
    folder = Path(folder)
    for name, array in zip(ARRAYS, (images, latents), strict=True):
        storage.save_array(folder / name, array)
    storage.save_json(folder / RECORD, diagnostics, beside=ARRAYS)


def load_samples(path: str | Path, *, mmap: bool = True, record: str | None = None) -> np.ndarray:
    """The images of a generation, uint8 (n, C, H, W).

    Args:
        path: their file.
        mmap: leave them on disk.
        record: name of the diagnostics beside it, for a reader that uses both: they must belong together.

    Raises:
        GeovaeError: a file is missing, damaged or of another place, or not the one that `record` was written for.
    """
    return storage.load_array(path, ndim=4, dtype=np.uint8, mmap=mmap, record=record)


def load_latents(folder: str | Path) -> np.ndarray:
    """The latents of a generation, (n, d), d = 0 where images were not decoded; errors as `load_samples` has them."""
    return storage.load_array(Path(folder) / ARRAYS[1], ndim=2, record=RECORD)
