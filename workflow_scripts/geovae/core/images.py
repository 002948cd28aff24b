"""The two ways an image is written down: uint8 in files, floats in [0, 1] in the models."""

import torch


def to_unit(images: torch.Tensor) -> torch.Tensor:
    """uint8 (…) to float32 in [0, 1]."""
    return images.to(torch.float32) / 255.0


def to_uint8(images: torch.Tensor) -> torch.Tensor:
    """Floats in [0, 1] to uint8 by truncation of 255·x, as the images that the paper scored were written.

    Exact on what `to_unit` gives: the product is first moved up by far less than a grey level, so that
    `to_uint8(to_unit(x)) == x`.
    """
    return (images.to(torch.float32) * 255.0 + 1e-3).clamp_(0.0, 255.0).to(torch.uint8)
