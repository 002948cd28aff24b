"""Subsets of a split: everything, a nested and stratified number of images, or one class or so many of its images."""

import heapq
import re
from pathlib import Path

import numpy as np

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator
from geovae.data.base import read_images

# App. D of the paper: "the validation set is 1/5th the size of the train set".
VALIDATION_SHARE = 5


def nested_order(labels: np.ndarray, seed_key: str) -> np.ndarray:
    """A random order of all images whose every prefix is stratified.

    Among the first n of N images, a class of m images has fewer than one image more or less than its share n·m/N.
    Its j-th image (from 0) therefore has to come after place ⌊jN/m⌋ and up to place ⌈(j+1)N/m⌉; taking, at each place,
    the allowed image that is due first meets all of these bounds (Baruah et al., "Proportionate progress", 1996).

    Args:
        labels: (N,) integers; a set without labels counts as one class.
        seed_key: the images of a class come in an order drawn from this key.

    Returns:
        (N,) int64, a permutation of 0 … N−1.
    """
    generator = numpy_generator("subset", seed_key)
    total = len(labels)
    images = []
    for label in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == label)).tolist()
        size = len(members)
        images += [(j * total // size, -(-(j + 1) * total // size), image) for j, image in enumerate(members)]
    images.sort()
    order, allowed, upcoming = [], [], 0
    for place in range(total):
        while upcoming < total and images[upcoming][0] <= place:
            heapq.heappush(allowed, images[upcoming][1:])
            upcoming += 1
        order.append(heapq.heappop(allowed)[1])
    return np.array(order, dtype=np.int64)


def draw_subset(labels: np.ndarray, name: str, seed_key: str, class_names: tuple[str, ...] = ()) -> np.ndarray:
    """The indices of a training subset.

    Args:
        labels: (N,) int64 labels of the training split.
        name: `full` (all, in their order), `nNUMBER` (the first NUMBER of `nested_order`, so that n1000 ⊂ n5000), or
            `class-NAME` (all images of one class, in their order), or `class-NAME.nNUMBER` (so many of them, nested).
        seed_key: names the split, e.g. "digits/train"; seeds the draw and appears in errors.
        class_names: names of the classes, for `class-NAME`.

    Raises:
        GeovaeError: the name is not one of these, the class is unknown or empty, or there are too few images.
    """
    size, available = _size(name, class_names), len(_available(labels, name, seed_key, class_names))
    if size is not None and size > available:
        raise GeovaeError(
            f"subset {name} of {seed_key}: only {available:,} images are available. Ask for at most n{available}."
        )
    return _draw(labels, name, size, seed_key, class_names)


def draw_validation_subset(
    labels: np.ndarray, name: str, seed_key: str, class_names: tuple[str, ...] = ()
) -> np.ndarray:
    """The indices of the validation images that go with a training subset; arguments as in `draw_subset`.

    For NUMBER images, a fifth of NUMBER (App. D of the paper; at least one), or all if there are fewer.
    """
    size = _size(name, class_names)
    if size is not None:
        size = max(size // VALIDATION_SHARE, 1)
    return _draw(labels, name, size, seed_key, class_names)


def subset_images(data: str | Path, subset: str | Path, split: str) -> np.ndarray:
    """The images (n, C, H, W) uint8 of a subset's `split` (train or validation), in the subset's order.

    Args:
        data: folder of a prepared data set.
        subset: folder with the indices `train.npy` and `validation.npy`.
        split: train or validation.

    Raises:
        GeovaeError: a file is missing or corrupt, or an index points outside the split.
    """
    images, _ = read_images(data, split)
    path = Path(subset) / f"{split}.npy"
    indices = storage.load_array(path, ndim=1, dtype=np.int64)
    if len(indices) and not (indices.min() >= 0 and indices.max() < len(images)):
        raise GeovaeError(
            f"{path}: it points outside the {len(images):,} images of {Path(data) / split}.\n"
            "Delete it and run the workflow again."
        )
    return np.asarray(images[indices])


def _size(name: str, class_names: tuple[str, ...]) -> int | None:
    """The NUMBER of nNUMBER and of class-NAME.nNUMBER, None for the other names."""
    if _class_of(name) in class_names:  # whose own name may end in .nNUMBER
        return None
    match = re.fullmatch(r"(?:class-.+\.)?n([1-9]\d*)", name)
    return int(match[1]) if match else None


def _class_of(name: str) -> str:
    """All that follows `class-`; empty for the other names."""
    return name.removeprefix("class-") if name.startswith("class-") else ""


def _available(labels: np.ndarray, name: str, seed_key: str, class_names: tuple[str, ...]) -> np.ndarray:
    """The images that a subset is taken from, in their order: all, or those of its class."""
    wanted = _class_of(name)
    if not wanted:
        return np.arange(len(labels), dtype=np.int64)
    if _size(name, class_names) is not None:
        wanted = wanted.rpartition(".n")[0]
    if wanted not in class_names:
        known = ", ".join(class_names) or "none, the set has no labels"
        raise GeovaeError(f"subset {name} of {seed_key}: no such class. Classes: {known}.")
    return np.flatnonzero(labels == class_names.index(wanted)).astype(np.int64)


def _draw(labels: np.ndarray, name: str, size: int | None, seed_key: str, class_names: tuple[str, ...]) -> np.ndarray:
    if size is None and name != "full" and not _class_of(name):
        raise GeovaeError(
            f"subset {name!r} of {seed_key} is not known. Use full, nNUMBER (n1000), class-NAME or class-NAME.nNUMBER."
        )
    indices = _available(labels, name, seed_key, class_names)
    if size is not None:
        key = f"{seed_key}/{name.rpartition('.')[0]}" if _class_of(name) else seed_key
        indices = indices[nested_order(labels[indices], key)[:size]]
    if len(indices) == 0:
        raise GeovaeError(f"subset {name} of {seed_key} has no images. Choose another subset or a larger data set.")
    return indices
