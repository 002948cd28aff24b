"""What every model can do: encode, decode, give its loss, and draw from its prior."""

from typing import ClassVar, NamedTuple

import torch
from torch import nn


class Posterior(NamedTuple):
    """q(z|x): `mu` (N, d) and `log_var` (N, d), the diagonal's logarithm; `log_var` is None if z is deterministic."""

    mu: torch.Tensor
    log_var: torch.Tensor | None


class Loss(NamedTuple):
    """The mean over a batch of what is minimised (`total`) and of the named terms it is made of, all scalars."""

    total: torch.Tensor
    terms: dict[str, torch.Tensor]


class Autoencoder(nn.Module):
    """The base of all models. A model adds `loss`, its own settings as keyword arguments, and its trained parts.

    Args:
        encoder: (N, C, H, W) → (`mu`, `log_var` or None).
        decoder: (N, d) → (N, C, H, W) in [0, 1].
        latent_dim: d.
        image_shape: (C, H, W).
    """

    has_log_var: ClassVar[bool] = True

    def __init__(
        self, encoder: nn.Module, decoder: nn.Module, latent_dim: int, image_shape: tuple[int, int, int]
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.latent_dim = latent_dim
        self.image_shape = tuple(image_shape)

    def encode(self, x: torch.Tensor) -> Posterior:
        """The posterior of images (N, C, H, W) in [0, 1]."""
        return Posterior(*self.encoder(x))

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """The images (N, C, H, W) in [0, 1] of latents (N, d)."""
        return self.decoder(z)

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """The loss of a batch (N, C, H, W) in [0, 1]; noise comes from `generator`, which lives on x's device."""
        raise NotImplementedError

    def sample_prior(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw (n, d) latents from the prior, here N(0, I), on the generator's device."""
        return torch.randn(n, self.latent_dim, generator=generator, device=generator.device)
