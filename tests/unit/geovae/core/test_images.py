"""From bytes to floats and back."""

import torch

from geovae.core import images


def test_every_grey_level_survives_the_way_to_floats_and_back():
    levels = torch.arange(256, dtype=torch.uint8)
    assert torch.equal(images.to_uint8(images.to_unit(levels)), levels)


def test_floats_are_truncated_and_clamped():
    values = torch.tensor([-0.5, 0.0, 0.999 / 255, 1.5 / 255, 254.9 / 255, 1.0, 7.0])
    assert images.to_uint8(values).tolist() == [0, 0, 1, 1, 254, 255, 255]
