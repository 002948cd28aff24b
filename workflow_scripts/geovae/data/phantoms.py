"""Brain phantoms: drawn axial slices in the format of OASIS (appendix C.3 of the paper), for builds without a download.

They look like skull-stripped T1 slices at the level of the lateral ventricles, on black, anterior at the top, and stand
in for the two classes of OASIS-1: 316 "CN" and 100 "AD". Nothing in them is measured: they are a test bed with a known
anatomy, not a model of disease. How they are drawn is in `phantom_drawing`.
"""

from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.registry import take_options
from geovae.core.seeding import numpy_generator
from geovae.data.base import Images
from geovae.data.phantom_drawing import FULL_SIZE, draw

SOURCE = "brain phantoms drawn by this project in the format of OASIS-1 slices"
LICENSE = "MIT"

DEFAULTS = {"downscale": 2, "n_cn": 316, "n_ad": 100, "seed": 0}
CLASS_NAMES = ("CN", "AD")
DOWNSCALES = (1, 2, 4)
TEST_SHARE, VALIDATION_SHARE = 5, 10  # one in five, rounded up; one in ten, rounded
SMALLEST_SET = 6  # the least number of images that fills all three splits


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train, validation and test: 70, 10 and 20 % of the images, not stratified, as the paper's are.

    Args:
        options: `downscale` (2), 1, 2 or 4 for images of 208×176, 104×88 or 52×44; `n_cn` and `n_ad` (316, 100), the
            number of images of each class; `seed` (0) of the images and of the split.
        data_dir, threads: not used, the phantoms are drawn in memory.

    Raises:
        GeovaeError: an unknown option, another downscale, or too few images.
    """
    options = take_options(options, DEFAULTS, "data set 'phantoms'")
    if options["downscale"] not in DOWNSCALES:
        raise GeovaeError(f"data set 'phantoms': downscale is {options['downscale']}, but it must be 1, 2 or 4.")
    labels, parts = split_labels(options["n_cn"], options["n_ad"], options["seed"])
    shape = tuple(side // options["downscale"] for side in FULL_SIZE)
    images, _ = draw(labels, shape, numpy_generator("phantoms", options["seed"], "images"))
    return {split: Images.from_array(images[chosen], labels[chosen], CLASS_NAMES) for split, chosen in parts.items()}


def split_labels(n_cn: int, n_ad: int, seed: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The labels (N,) of all images and the indices of each split.

    Raises:
        GeovaeError: there are too few images.
    """
    if min(n_cn, n_ad) < 1 or n_cn + n_ad < SMALLEST_SET:
        raise GeovaeError(
            f"data set 'phantoms': n_cn = {n_cn} and n_ad = {n_ad}, but at least 1 of each and "
            f"{SMALLEST_SET} in all are needed."
        )
    labels = np.repeat(np.arange(2, dtype=np.int64), (n_cn, n_ad))
    order = numpy_generator("phantoms", seed, "split").permutation(len(labels))
    n_test = -(-len(labels) // TEST_SHARE)
    n_validation = round(len(labels) / VALIDATION_SHARE)
    parts = np.split(order, [len(labels) - n_validation - n_test, len(labels) - n_test])
    return labels, dict(zip(("train", "validation", "test"), parts, strict=True))
