"""How sharp images are: the variance of their Laplacian."""

import numpy as np

from geovae.core.errors import GeovaeError

# Weights of red, green and blue in a grey value (ITU-R BT.601), as image libraries take them.
LUMA = np.array([0.299, 0.587, 0.114])
# Images whose Laplacians are in memory at a time.
CHUNK = 500


def laplacian_variances(images: np.ndarray) -> np.ndarray:
    """The variance of the Laplacian of each image: (N,) float64, 0 for an image of one grey.

    The Laplacian is that of the four neighbours, x(i−1, j) + x(i+1, j) + x(i, j−1) + x(i, j+1) − 4 x(i, j), of grey
    values in [0, 1], at all pixels that have four neighbours; the variance is over these pixels (divided by their
    number). Colours are made grey by ITU-R BT.601.

    Args:
        images: uint8 (N, C, H, W), one channel or three, at least 3×3 pixels.

    Raises:
        GeovaeError: the images are of another type or shape.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3) or min(images.shape[2:]) < 3 or images.dtype != np.uint8:
        raise GeovaeError(
            f"sharpness: images of shape {images.shape}, {images.dtype}; uint8 (N, C, H, W) of one or three channels "
            "and at least 3×3 pixels are expected."
        )
    found = np.empty(len(images))
    for start in range(0, len(images), CHUNK):
        x = _grey(np.asarray(images[start : start + CHUNK]))
        around = x[:, :-2, 1:-1] + x[:, 2:, 1:-1] + x[:, 1:-1, :-2] + x[:, 1:-1, 2:]
        found[start : start + CHUNK] = (around - 4 * x[:, 1:-1, 1:-1]).var((1, 2))
    return found


def sharpness(images: np.ndarray) -> float:
    """The mean over the images of the variance of their Laplacian (see `laplacian_variances`)."""
    return float(laplacian_variances(images).mean())


def _grey(images: np.ndarray) -> np.ndarray:
    """Grey values (N, H, W) in [0, 1]."""
    if images.shape[1] == 1:
        return images[:, 0] / 255.0
    return np.tensordot(images / 255.0, LUMA, axes=(1, 0))
