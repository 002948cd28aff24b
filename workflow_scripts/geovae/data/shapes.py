"""Binary disks and rings of different size and thickness: the toy data of Fig. 1 and section 4.6 of the paper.

A centred disk in 32×32 binary pixels has only some sixty different looks, so that images recur, within and across the
splits.
"""

from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.registry import take_options
from geovae.core.seeding import numpy_generator
from geovae.data.base import Images

SOURCE = "drawn by this project after section 4.6 of the paper"
LICENSE = "MIT"

DEFAULTS = {"image_size": 32, "n_train": 500, "n_validation": 200, "n_test": 500, "centred": True, "seed": 0}
CLASS_NAMES = ("disk", "ring")
SMALLEST_IMAGE = 16
# Radii as shares of the image's side; thickness and hole in pixels, so that every ring closes and has a hole.
RADIUS_RANGE = (0.125, 0.47)
MIN_THICKNESS = 1.5
MIN_HOLE = 1.0


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train, validation and test; disks and rings alternate in each.

    Args:
        options: `image_size` (32; at least 16), `n_train`, `n_validation`, `n_test` (500, 200, 500), `centred` (true:
            all shapes lie in the middle, as in the paper; false: anywhere inside the image), `seed` (0).
        data_dir, threads: not used, the shapes are drawn in memory.

    Raises:
        GeovaeError: an unknown option, or an image_size below 16.
    """
    options = take_options(options, DEFAULTS, "data set 'shapes'")
    if options["image_size"] < SMALLEST_IMAGE:
        raise GeovaeError(
            f"data set 'shapes': image_size is {options['image_size']}, but at least {SMALLEST_IMAGE} is needed."
        )
    splits = {}
    for split in ("train", "validation", "test"):
        generator = numpy_generator("shapes", options["seed"], split)
        labels = np.arange(options[f"n_{split}"], dtype=np.int64) % 2
        images = draw(labels, options["image_size"], options["centred"], generator)
        splits[split] = Images.from_array(images, labels, CLASS_NAMES)
    return splits


def draw(labels: np.ndarray, image_size: int, centred: bool, generator: np.random.Generator) -> np.ndarray:
    """Draw one shape for each label (0 disk, 1 ring): (N, 1, image_size, image_size) uint8, 0 or 255.

    The outer radius is uniform between an eighth and 47 % of the side. A ring's inner radius is uniform between one
    pixel (nearly filled) and 1.5 pixels less than the outer one (thin).
    """
    count = len(labels)
    outer = generator.uniform(*RADIUS_RANGE, count) * image_size
    inner = np.where(labels == 1, generator.uniform(MIN_HOLE, np.maximum(outer - MIN_THICKNESS, MIN_HOLE)), 0.0)
    room = 0.0 if centred else image_size / 2 - outer
    centre_y, centre_x = image_size / 2 + generator.uniform(-1.0, 1.0, (2, count)) * room
    pixels = np.arange(image_size) + 0.5
    squared_y = (pixels[None, :] - centre_y[:, None]) ** 2
    squared_x = (pixels[None, :] - centre_x[:, None]) ** 2
    squared = squared_y[:, :, None] + squared_x[:, None, :]
    inside = (squared <= outer[:, None, None] ** 2) & (squared >= inner[:, None, None] ** 2)
    return (inside * np.uint8(255))[:, None]
