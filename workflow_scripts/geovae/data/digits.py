"""scikit-learn's handwritten digits: 1,797 real digits that need no download.

Their 8×8 values are counts of ink in 4×4 blocks of 32×32 bitmaps. They are enlarged by cubic interpolation and get two
rows and columns of zeros on each side as the paper's MNIST does, so that at the default size the digit fills 28×28 of
32×32 pixels.
"""

from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.registry import take_options
from geovae.data.base import Images
from geovae.data.subsets import nested_order

SOURCE = (
    "UCI Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998, doi:10.24432/C50P49), "
    "the test part as shipped by scikit-learn's load_digits, enlarged"
)
LICENSE = "CC BY 4.0"

DEFAULTS = {"image_size": 32}
PADDING = 2
SPLIT_SIZES = {"train": 1000, "validation": 297, "test": 500}


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train (1,000), validation (297) and test (500), each with every class in proportion.

    Args:
        options: `image_size`, the height and width of the images (32; at least 12).
        data_dir, threads: not used, the digits are in memory.

    Raises:
        GeovaeError: an unknown option, or an image_size below 12.
    """
    from sklearn.datasets import load_digits

    size = take_options(options, DEFAULTS, "data set 'digits'")["image_size"]
    if size < 8 + 2 * PADDING:
        raise GeovaeError(f"data set 'digits': image_size is {size}, but at least {8 + 2 * PADDING} is needed.")
    digits = load_digits()
    images = np.pad(enlarge(digits.images / 16.0, size - 2 * PADDING), ((0, 0), *[(PADDING, PADDING)] * 2))[:, None]
    order = nested_order(digits.target, "digits/splits")
    class_names = tuple(str(digit) for digit in range(10))
    splits, start = {}, 0
    for split, count in SPLIT_SIZES.items():
        chosen = order[start : start + count]
        splits[split] = Images.from_array(images[chosen], digits.target[chosen], class_names)
        start += count
    return splits


def enlarge(images: np.ndarray, size: int) -> np.ndarray:
    """Enlarge square images (N, s, s) with values in [0, 1] to (N, size, size) uint8 by cubic interpolation.

    Over- and undershoots are clipped.
    """
    from PIL import Image

    enlarged = np.stack(
        [Image.fromarray(image).resize((size, size), Image.Resampling.BICUBIC) for image in images.astype(np.float32)]
    )
    return np.clip(np.rint(enlarged * 255.0), 0, 255).astype(np.uint8)
