"""The variance of the Laplacian: by hand, against a convolution, and what blurring does to it."""

import numpy as np
import pytest
from scipy.ndimage import convolve, gaussian_filter

from geovae.core.errors import GeovaeError
from geovae.evaluation.sharpness import laplacian_variances, sharpness

KERNEL = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])


def images(n: int = 6, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, channels, 9, 7), dtype=np.uint8)


def test_a_point_by_hand():
    point = np.zeros((1, 1, 5, 5), np.uint8)
    point[0, 0, 2, 2] = 255
    # Among the nine inner pixels the Laplacian is −4 at the point, 1 at its four neighbours and 0 at the corners.
    assert laplacian_variances(point)[0] == pytest.approx((16 + 4) / 9)


def test_a_plane_has_none():
    plane = np.add.outer(np.arange(6), 3 * np.arange(8))[None, None].astype(np.uint8)
    assert laplacian_variances(np.concatenate([plane, np.full_like(plane, 9)])) == pytest.approx([0, 0], abs=1e-30)


def test_it_is_the_variance_of_a_convolution_over_the_inner_pixels():
    grey = images(1200)[:, 0] / 255  # more than are taken at a time
    expected = [convolve(x, KERNEL)[1:-1, 1:-1].var() for x in grey]
    np.testing.assert_allclose(laplacian_variances(images(1200)), expected)
    assert sharpness(images(1200)) == pytest.approx(np.mean(expected))


def test_colours_are_made_grey_first():
    colour = images(3, channels=3)
    grey = 0.299 * colour[:, 0] + 0.587 * colour[:, 1] + 0.114 * colour[:, 2]
    expected = [convolve(x / 255, KERNEL)[1:-1, 1:-1].var() for x in grey]
    np.testing.assert_allclose(laplacian_variances(colour), expected)
    same = np.repeat(images(2), 3, axis=1)
    np.testing.assert_allclose(laplacian_variances(same), laplacian_variances(images(2)))


def test_blurring_makes_images_less_sharp():
    sharp = images(4)
    blurred = np.stack([gaussian_filter(image, (0, 1, 1)) for image in sharp])
    assert (laplacian_variances(blurred) < 0.2 * laplacian_variances(sharp)).all()


@pytest.mark.parametrize("wrong", [images() / 255, images(channels=2), images()[0], images()[:, :, :2]])
def test_what_are_no_images_is_refused(wrong):
    with pytest.raises(GeovaeError, match="sharpness: images of shape"):
        sharpness(wrong)
