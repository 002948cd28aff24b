"""Encoding images and decoding latents with a trained model, batch by batch."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np
import torch

from geovae.core.errors import GeovaeError
from geovae.core.images import require_images, to_uint8, to_unit
from geovae.core.quantities import whole
from geovae.core.tensors import without_graph
from geovae.models.base import Autoencoder


@torch.no_grad()
def encode_images(
    model: Autoencoder, images: torch.Tensor | np.ndarray, batch_size: int = 500, *, batch_statistics: bool = False
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Encode uint8 images (N, C, H, W) in evaluation mode.

    With `batch_statistics` in training mode: each batch is normalised by its own moments, and the model's running
    moments stay as they are.

    Raises:
        GeovaeError: the images are not uint8 of the model's shape, or one is left for the last batch, which has no
            moments.

    Returns:
        `mu` (N, d) and `log_var` (N, d), float32 on the CPU; `log_var` is None for a deterministic encoder.

    Examples:
        >>> import torch
        >>> from geovae import build_model, encode_images
        >>> description = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
        >>> description["image_shape"] = [1, 4, 4]
        >>> model = build_model(description, seed=0)
        >>> mu, log_var = encode_images(model, torch.zeros(5, 1, 4, 4, dtype=torch.uint8))
        >>> mu.shape, log_var.shape
        (torch.Size([5, 2]), torch.Size([5, 2]))
        >>> torch.allclose(mu, mu[:1])  # equal images have equal codes
        True
    """
    require_images(images, "encode", model.image_shape)
    _check_batches(len(images), batch_size, batch_statistics)
    device = next(model.parameters()).device
    mu = torch.empty(len(images), model.latent_dim)
    log_var = torch.empty_like(mu) if model.has_log_var else None
    with _mode(model, batch_statistics):
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            if isinstance(batch, np.ndarray):
                # A copy, for torch does not take arrays that are read-only, as memory-mapped files are.
                batch = torch.from_numpy(batch.copy())
            posterior = model.encode(to_unit(batch.to(device)))
            mu[start : start + batch_size] = posterior.mu.cpu()
            if log_var is not None:
                log_var[start : start + batch_size] = posterior.log_var.cpu()
    return mu, log_var


def decode_images(
    model: Autoencoder, z: torch.Tensor, batch_size: int = 500, *, batch_statistics: bool = False
) -> torch.Tensor:
    """Decode latents (N, d) in evaluation mode to uint8 images (N, C, H, W) on the CPU.

    With `batch_statistics` in training mode: each batch is normalised by its own moments, and the model's running
    moments stay as they are.

    Raises:
        GeovaeError: a latent is NaN or infinite, or one is left for the last batch, which has no moments.

    Examples:
        >>> import torch
        >>> from geovae import build_model, decode_images
        >>> description = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
        >>> description["image_shape"] = [1, 4, 4]
        >>> model = build_model(description, seed=0)
        >>> images = decode_images(model, torch.zeros(5, 2))
        >>> images.shape, images.dtype
        (torch.Size([5, 1, 4, 4]), torch.uint8)
    """
    return _decode(model, z, batch_size, lambda batch: batch, batch_statistics)


def decode_posterior(
    model: Autoencoder, z: torch.Tensor, batch_size: int = 500, *, batch_statistics: bool = False
) -> torch.Tensor:
    """As `decode_images`, for latents (N, d) in the space of the encoder's means: a flow's model carries them on."""
    return _decode(model, z, batch_size, model.to_decoder, batch_statistics)


@torch.no_grad()
def _decode(
    model: Autoencoder,
    z: torch.Tensor,
    batch_size: int,
    to_decoder: Callable[[torch.Tensor], torch.Tensor],
    batch_statistics: bool,
) -> torch.Tensor:
    """The images of latents that `to_decoder` takes to those that the decoder takes, on the model's device."""
    z = without_graph(z, "latents")
    if z.ndim != 2 or z.shape[1] != model.latent_dim:
        raise GeovaeError(f"latents: shape {tuple(z.shape)}; this model decodes (N, {model.latent_dim}).")
    _check_batches(len(z), batch_size, batch_statistics)
    parameter = next(model.parameters())
    images = torch.empty(len(z), *model.image_shape, dtype=torch.uint8)
    bad = 0
    with _mode(model, batch_statistics):
        for start in range(0, len(z), batch_size):
            batch = to_decoder(z[start : start + batch_size].to(parameter.device, parameter.dtype))
            images[start : start + batch_size] = to_uint8(model.decode(batch)).cpu()
            bad += int((~torch.isfinite(batch)).any(1).sum())
    if bad:
        raise GeovaeError(f"{bad} of {len(z)} latents are not finite, so they have no image. Check what drew them.")
    return images


def _check_batches(n: int, batch_size: int, batch_statistics: bool) -> None:
    whole(batch_size, "batch_size", 1)
    if batch_statistics and n % batch_size == 1:
        raise GeovaeError(
            f"batch statistics: {n} images in batches of {batch_size} leave one alone. Take one image more or less."
        )


@contextmanager
def _mode(model: Autoencoder, batch_statistics: bool) -> Iterator[None]:
    """Put the model in evaluation mode (batch normalisation by its running statistics), and back afterwards.

    With `batch_statistics` in training mode, with all buffers back afterwards, which forward passes change there.
    """
    training = model.training
    buffers = {name: buffer.clone() for name, buffer in model.named_buffers()} if batch_statistics else {}
    model.train(batch_statistics)
    try:
        yield
    finally:
        model.train(training)
        for name, buffer in model.named_buffers():
            if name in buffers:
                buffer.copy_(buffers[name])
