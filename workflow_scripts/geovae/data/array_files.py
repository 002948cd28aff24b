"""Arrays of images and labels in the formats IDX (MNIST's) and MATLAB's .mat (SVHN's)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.data.raw_files.remote import file_checksum

ADVICE = "Run download_dataset.py, which says more."


def read_idx(path: Path, shape: Sequence[int]) -> np.ndarray:
    """The array in an IDX file, uint8 (N, *shape).

    Raises:
        GeovaeError: it cannot be read, is longer or shorter than its header says, or holds no uint8 of this shape.
    """
    from torchvision.datasets.mnist import read_sn3_pascalvincent_tensor

    with reading(path, "IDX file", ADVICE):
        array = read_sn3_pascalvincent_tensor(str(path)).numpy()
    return _checked(path, array, (None, *shape))


def read_mat(path: Path, checksum: str, shapes: dict[str, Sequence[int | None]]) -> dict[str, np.ndarray]:
    """Named arrays in a .mat file up to version 7, uint8.

    Args:
        path: of the file.
        checksum: that it must have. SciPy's reader can crash the whole process on a damaged file, which no `except`
            would catch, so that it is given nothing else.
        shapes: of the arrays by their names, None for lengths of any size.

    Raises:
        GeovaeError: another checksum, it cannot be read, or lacks an array of uint8 of a name and shape.
    """
    from scipy.io import loadmat

    with reading(path, ".mat file", ADVICE):
        if file_checksum(path, checksum) != checksum:
            raise GeovaeError(f"{path}: not the original. {ADVICE}")
        content = loadmat(path, variable_names=list(shapes))
        arrays = {name: np.asarray(content[name]) for name in shapes}
    return {name: _checked(path, arrays[name], shape) for name, shape in shapes.items()}


def check_labels(path: Path, labels: np.ndarray, count: int, least: int, most: int) -> None:
    """Refuse labels that are not `count` in number and `least` … `most`, with a `GeovaeError` that names their file."""
    if len(labels) != count:
        raise GeovaeError(f"{path}: {len(labels):,} labels of {count:,} images. {ADVICE}")
    if count and not (least <= labels.min() and labels.max() <= most):
        raise GeovaeError(f"{path}: labels from {labels.min()} to {labels.max()}, not {least} to {most}. {ADVICE}")


def _checked(path: Path, array: np.ndarray, shape: Sequence[int | None]) -> np.ndarray:
    fits = array.ndim == len(shape) and all(
        length in (None, found) for length, found in zip(shape, array.shape, strict=True)
    )
    if array.dtype != np.uint8 or not fits:
        wanted = ", ".join("N" if length is None else str(length) for length in shape)
        raise GeovaeError(f"{path}: it holds {array.dtype} {array.shape}, where uint8 ({wanted}) belongs. {ADVICE}")
    return array
