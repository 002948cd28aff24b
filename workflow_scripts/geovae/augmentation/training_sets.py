"""What the classifier of Table 2 is trained on: the training split, the same balanced, or generated images alone."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.data.subsets import draw_subset


class LabelledImages(NamedTuple):
    """`images` uint8 (N, C, H, W) and `labels` int64 (N,), indices into the data set's classes."""

    images: np.ndarray
    labels: np.ndarray


def check_classes(split: LabelledImages, class_names: Sequence[str], name: str) -> None:
    """Raise GeovaeError, saying that it is about `name`, unless there are two classes and each has images."""
    if len(class_names) < 2:
        raise GeovaeError(
            f"{name}: {len(class_names)} classes, but a classifier needs two. Choose a labelled data set."
        )
    if len(split.labels) and split.labels.min() < 0:
        raise GeovaeError(f"{name}: {(split.labels < 0).sum():,} images have no class. Label them or leave them out.")
    counts = np.bincount(split.labels, minlength=len(class_names))
    if counts.min() == 0:
        raise GeovaeError(
            f"{name}: class {class_names[int(counts.argmin())]} has no image.\n"
            "Use more images, or another seed of the split."
        )


def in_proportion(
    labels: np.ndarray, sizes: Mapping[str, int], class_names: Sequence[str], seed_key: str
) -> list[np.ndarray]:
    """The rows of some classes, as many of each as there are in a proportion, drawn as subsets `class-NAME.nNUMBER`.

    Args:
        labels: (N,) indices into `class_names`.
        sizes: class → its part in the proportion, at least 1; the training images of it, say.
        class_names: of the whole data set.
        seed_key: names the split, e.g. "digits/test".

    Returns:
        For each class of `sizes` its rows: all of the class that is scarcest, and at least one of each.

    Raises:
        GeovaeError: an unknown class, or one without images.
    """
    names = tuple(class_names)
    counts = {name: len(draw_subset(labels, f"class-{name}", seed_key, names)) for name in sizes}
    scarce = min(sizes, key=lambda name: counts[name] / sizes[name])
    taken = {name: max(1, size * counts[scarce] // sizes[scarce]) for name, size in sizes.items()}
    return [draw_subset(labels, f"class-{name}.n{n}", seed_key, names) for name, n in taken.items()]


def resampled(split: LabelledImages, generator: np.random.Generator) -> LabelledImages:
    """`split`, and behind it repetitions of the images of every smaller class until all have as many as the largest.

    A class of m images among classes of at most M is repeated whole ⌊M/m⌋ times; the rest are different images of it,
    drawn at random.
    """
    counts = np.bincount(split.labels)
    indices = [np.arange(len(split.labels))]
    for label in np.flatnonzero(counts):
        members = np.flatnonzero(split.labels == label)
        wholes, rest = divmod(int(counts.max()), len(members))
        indices += [np.tile(members, wholes - 1), generator.permutation(members)[:rest]]
    chosen = np.concatenate(indices)
    return LabelledImages(split.images[chosen], split.labels[chosen])


def generated(
    samples: Mapping[str, np.ndarray], n_per_class: int, class_names: Sequence[str], image_shape: tuple[int, ...]
) -> LabelledImages:
    """The first `n_per_class` generated images of every class, and nothing else (paper: 2,000).

    Args:
        samples: for each class its generated images, uint8 (n, C, H, W).
        class_names: the classes of the data set, whose order numbers the labels.
        image_shape: (C, H, W) of the real images.

    Raises:
        GeovaeError: samples of a class are missing, not uint8, too few or of another shape, or belong to no class.
    """
    if n_per_class < 1:
        raise GeovaeError(f"n_per_class is {n_per_class}, but at least 1 generated image of each class is needed.")
    unknown = [name for name in samples if name not in class_names]
    if unknown:
        raise GeovaeError(f"samples of class {unknown[0]!r}: no such class. Classes: {', '.join(class_names)}.")
    parts = []
    for name in class_names:
        if name not in samples:
            raise GeovaeError(f"class {name}: no generated images. Give samples of every class: --samples {name}=PATH.")
        images = samples[name]
        if images.dtype != np.uint8 or images.shape[1:] != tuple(image_shape):
            raise GeovaeError(
                f"samples of class {name}: {images.dtype} images of shape {images.shape[1:]}, where the data set has "
                f"uint8 of {tuple(image_shape)}.\nGive samples of a model that was trained on this data set."
            )
        if len(images) < n_per_class:
            raise GeovaeError(
                f"samples of class {name}: {len(images):,} images, but n_per_class is {n_per_class:,}. "
                "Generate more or ask for fewer."
            )
        parts.append(images[:n_per_class])
    return LabelledImages(np.concatenate(parts), np.repeat(np.arange(len(class_names)), n_per_class))
