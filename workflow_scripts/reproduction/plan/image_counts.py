"""How many images a data set has of each class in each split, as far as that is known before it is read."""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from importlib.util import find_spec

from geovae.core.errors import GeovaeError
from reproduction.config.base import subset_parts
from reproduction.config.dataset import Dataset
from reproduction.config.datasets import Phantoms, Shapes

# Split -> class -> images; the class None has those whose class is not known beforehand.
Counts = Mapping[str, Mapping[str | None, int]]

_DIGITS = {
    "train": (99, 101, 98, 102, 101, 101, 101, 100, 97, 100),
    "validation": (29, 30, 30, 30, 30, 30, 30, 29, 29, 30),
    "test": (50, 51, 49, 51, 50, 51, 50, 50, 48, 50),
}
# Of OASIS's 100 subjects with the disease 23 are tested on; how the others are dealt is known when its sheet is read.
_OASIS_AT_MOST = {"AD": 77, "CN": 255}
_TEN_DIGITS = tuple(map(str, range(10)))
# Of data sets that are downloaded, whose modules need NumPy; how many images each class has is not known here.
_CLASSES = {
    "mnist": _TEN_DIGITS,
    "mnist28": _TEN_DIGITS,
    "fashion_mnist": (
        *("T-shirt", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle-boot"),
    ),
    "svhn": _TEN_DIGITS,
    "cifar10": ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
}


def image_counts(name: str, section: Dataset) -> Counts | None:
    """The counts of a data set; None for one of which nothing is known.

    NumPy's random numbers deal the phantoms' classes to the splits. Where Snakemake stands alone (a lint, or jobs in
    environments of their own) nothing is known of them, and a job refuses later what would be refused here.

    Raises:
        GeovaeError: there are too few images for three splits.
    """
    if isinstance(section, Shapes):
        sizes = {split: getattr(section.options, f"n_{split}") for split in ("train", "validation", "test")}
        return {split: {"disk": size - size // 2, "ring": size // 2} for split, size in sizes.items()}
    if isinstance(section, Phantoms):
        return _phantoms(section.options.n_cn, section.options.n_ad, section.options.seed)
    if name == "digits":
        return {split: {str(digit): n for digit, n in enumerate(counts)} for split, counts in _DIGITS.items()}
    sizes = _sizes(name, section)
    return {split: {None: size} for split, size in sizes.items()} if sizes else None


def training_images(name: str, section: Dataset, subset: str) -> int | None:
    """The images of a training subset, or the most that it can have; None where nothing is known.

    Raises:
        GeovaeError: there is no such class, or there are fewer images than the subset takes.
    """
    counts = image_counts(name, section)
    if counts is None:
        return subset_parts(subset)[1]
    classes, total = counts["train"], sum(counts["train"].values())
    wanted, size = subset_parts(subset)
    available, of = total, ""
    if wanted is not None:
        if name == "oasis":
            classes = _OASIS_AT_MOST
        known = _CLASSES.get(name, () if None in classes else tuple(classes))
        if known and wanted not in known:
            raise GeovaeError(f"subset {subset}: {name} has no such class. Its classes: {', '.join(known)}.")
        available, of = classes.get(wanted, total), f" of the class {wanted}"
    if size is not None and size > available:
        raise GeovaeError(f"subset {subset}: {name} has {available} training images{of}, no more.")
    return available if size is None else size


@lru_cache
def _phantoms(n_cn: int, n_ad: int, seed: int) -> Counts | None:
    if find_spec("numpy") is None:
        return None
    from geovae.data.phantoms import CLASS_NAMES, split_labels

    labels, parts = split_labels(n_cn, n_ad, seed)
    counted = {split: Counter(labels[rows].tolist()) for split, rows in parts.items()}
    return {split: {name: counts[label] for label, name in enumerate(CLASS_NAMES)} for split, counts in counted.items()}


def _sizes(name: str, section: Dataset) -> dict[str, int] | None:
    """The sizes of the splits of a data set that is downloaded."""
    known = {
        "mnist": (10_000, 10_000),
        "mnist28": (10_000, 10_000),
        "fashion_mnist": (10_000, 10_000),
        "svhn": (10_000, getattr(getattr(section, "options", None), "n_test", 0)),
        "cifar10": (10_000, 10_000),
        "celeba": (19_867, 19_962),
        "oasis": (42, 84),
    }
    if name not in known:
        return None
    return dict(zip(("train", "validation", "test"), (section.train_size(), *known[name]), strict=True))
