"""The two ways of resizing, against a pixel at a time and against each other where they agree."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.evaluation.resizing import RESIZINGS, pytorch_fid, tf_legacy
from geovae.evaluation.table import BACKBONES

torch.set_num_threads(1)


def _image(seed: int, height: int, width: int, channels: int = 1) -> torch.Tensor:
    pixels = np.random.default_rng(seed).integers(0, 256, (1, channels, height, width), dtype=np.uint8)
    return torch.from_numpy(pixels)


def _legacy_pixel(image: np.ndarray, i: int, j: int) -> float:
    """Pixel (i, j) of the 299 × 299 image as TensorFlow 1 defines it, in double precision."""
    height, width = image.shape
    y, x = i * height / 299, j * width / 299
    top, left = math.floor(y), math.floor(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    dy, dx = y - top, x - left
    upper = image[top, left] * (1 - dx) + image[top, right] * dx
    lower = image[bottom, left] * (1 - dx) + image[bottom, right] * dx
    return upper * (1 - dy) + lower * dy


def _half_pixel(image: np.ndarray, i: int, j: int) -> float:
    """The same with centres of pixels half a pixel in, clamped at the edges, as PyTorch defines it."""
    height, width = image.shape
    y, x = max((i + 0.5) * height / 299 - 0.5, 0.0), max((j + 0.5) * width / 299 - 0.5, 0.0)
    top, left = math.floor(y), math.floor(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    dy, dx = y - top, x - left
    upper = image[top, left] * (1 - dx) + image[top, right] * dx
    lower = image[bottom, left] * (1 - dx) + image[bottom, right] * dx
    return upper * (1 - dy) + lower * dy


@settings(derandomize=True, max_examples=15, deadline=None)
@given(seed=st.integers(0, 99), height=st.integers(1, 340), width=st.integers(1, 340))
def test_pixels_are_those_of_the_definitions(seed, height, width):
    image = _image(seed, height, width)
    grey = image[0, 0].numpy().astype(np.float64)
    legacy, half = tf_legacy(image)[0, 0], pytorch_fid(image)[0, 0]
    places = [(0, 0), (298, 298), *np.random.default_rng(seed).integers(0, 299, (60, 2)).tolist()]
    for i, j in places:
        assert float(legacy[i, j]) == pytest.approx((_legacy_pixel(grey, i, j) - 128) / 128, abs=1e-5)
        assert float(half[i, j]) == pytest.approx(2 * _half_pixel(grey, i, j) / 255 - 1, abs=1e-3)


def test_the_whole_of_a_small_image():
    image = _image(0, 32, 28)
    grey = image[0, 0].numpy().astype(np.float64)
    expected = [[(_legacy_pixel(grey, i, j) - 128) / 128 for j in range(299)] for i in range(299)]
    np.testing.assert_allclose(tf_legacy(image)[0, 0].numpy(), expected, atol=2e-6)


@pytest.mark.parametrize("resize", RESIZINGS.values())
def test_images_of_the_right_size_are_scaled_only(resize):
    image = _image(1, 299, 299, 3)
    offset, scale = (128, 128) if resize is tf_legacy else (127.5, 127.5)
    np.testing.assert_allclose(resize(image).numpy(), (image.numpy().astype(float) - offset) / scale, atol=1e-6)
    assert resize(image).dtype == torch.float32


@pytest.mark.parametrize(("resize", "low", "high"), [(tf_legacy, -1.0, 127 / 128), (pytorch_fid, -1.0, 1.0)])
def test_black_and_white_are_the_ends_of_the_range(resize, low, high):
    image = torch.zeros(2, 3, 64, 64, dtype=torch.uint8)
    image[1] = 255
    result = resize(image)
    assert result.shape == (2, 3, 299, 299)
    torch.testing.assert_close(result[0], torch.full_like(result[0], low))
    torch.testing.assert_close(result[1], torch.full_like(result[1], high))


def test_the_two_ways_lie_half_a_pixel_apart():
    """A ramp of 32 pixels from 0 to 248: the legacy way puts each value (1 − 32/299)/2 pixels further right."""
    ramp = (8 * torch.arange(32, dtype=torch.uint8)).expand(1, 1, 32, 32)
    legacy, half = tf_legacy(ramp)[0, 0, 150] * 128 + 128, (pytorch_fid(ramp)[0, 0, 150] + 1) * 127.5
    difference = (legacy - half)[20:280]
    torch.testing.assert_close(difference, torch.full_like(difference, 8 * (1 - 32 / 299) / 2), atol=1e-3, rtol=0)


def test_the_table_of_backbones_names_the_ways_that_there_are():
    assert BACKBONES["inception"].resizings == tuple(RESIZINGS)
