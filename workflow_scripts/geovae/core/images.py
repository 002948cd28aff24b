"""The two ways an image is written down: uint8 in files, floats in [0, 1] in the models."""

import torch

from geovae.core.errors import GeovaeError


def to_unit(images: torch.Tensor) -> torch.Tensor:
    """uint8 (…) to float32 in [0, 1]."""
    return images.to(torch.float32) / 255.0


def to_uint8(images: torch.Tensor) -> torch.Tensor:
    """Floats in [0, 1] to uint8 by truncation of 255·x, as the images that the paper scored were written.

    Exact on what `to_unit` gives: the product is first moved up by far less than a grey level, so that
    `to_uint8(to_unit(x)) == x`.
    """
    return (images.to(torch.float32) * 255.0 + 1e-3).clamp_(0.0, 255.0).to(torch.uint8)


def require_images(images: object, name: str, image_shape: tuple[int, int, int]) -> None:
    """Raise GeovaeError, whose text begins with `name`, unless these are uint8 images of a shape.

    Args:
        images: a tensor, or an array, (N, C, H, W).
        name: what they are.
        image_shape: (C, H, W) that they must have.
    """
    kind, shape = str(getattr(images, "dtype", type(images).__name__)), tuple(getattr(images, "shape", ()))
    if kind.removeprefix("torch.") != "uint8" or len(shape) != 4 or shape[1:] != tuple(image_shape):
        expected = ", ".join(map(str, image_shape))
        raise GeovaeError(f"{name}: {kind} of shape {shape}; uint8 images (N, {expected}) are expected.")
    if getattr(images, "is_meta", False):
        raise GeovaeError(f"{name}: they are on the device meta, where tensors hold no values.")


def require_grey_or_rgb(images, backbone: str) -> None:
    """Raise GeovaeError, which names the backbone, unless images (N, C, H, W) have one or three channels."""
    if images.shape[1] not in (1, 3):
        raise GeovaeError(
            f"backbone {backbone} takes grey or RGB images, not images of {images.shape[1]} channels.\n"
            "Use another backbone for this data set."
        )
