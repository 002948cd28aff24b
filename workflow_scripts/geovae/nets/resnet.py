"""The residual nets of the hyper-parameter search (App. C.4: "a simpler ResNet").

The paper does not describe them. These are the ResNets of pythae, the authors' library, for MNIST, CIFAR10 and CelebA:
no batch normalisation, and nothing between the strided convolutions of an encoder.
"""

import torch
from torch import nn

from geovae.nets.base import Encoder, scaled

Pair = tuple[nn.Module, nn.Module]


class ResidualBlock(nn.Module):
    """x + Conv1×1(ReLU(Conv3×3(ReLU(x)))), with `hidden` channels between the two convolutions."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.branch = nn.Sequential(
            nn.ReLU(),
            nn.Conv2d(channels, hidden, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, kernel_size=1),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, channels, H, W) to the same shape."""
        return x + self.branch(x)


def build(image_shape: tuple[int, int, int], latent_dim: int, width: float, log_var: bool) -> Pair:
    """Encoder and decoder for 32×32 (MNIST's with one channel, else CIFAR10's) or 64×64 images; see `build_net`.

    At width 1 the nets have 128 channels, 64 next to the image, and 32 inside the residual blocks.
    """
    channels, side, _ = image_shape
    wide, narrow, hidden = (scaled(count, width) for count in (128, 64, 32))
    if side == 64:
        return _celeba(channels, latent_dim, log_var, wide, narrow, hidden)
    if channels == 1:
        return _mnist(channels, latent_dim, log_var, wide, narrow, hidden)
    return _cifar(channels, latent_dim, log_var, wide, narrow, hidden)


def _blocks(channels: int, hidden: int) -> list[nn.Module]:
    return [ResidualBlock(channels, hidden), ResidualBlock(channels, hidden)]


def _mnist(channels: int, latent_dim: int, log_var: bool, wide: int, narrow: int, hidden: int) -> Pair:
    body = nn.Sequential(
        nn.Conv2d(channels, narrow, kernel_size=4, stride=2, padding=1),
        nn.Conv2d(narrow, wide, kernel_size=4, stride=2, padding=1),
        nn.Conv2d(wide, wide, kernel_size=3, stride=2, padding=1),
        *_blocks(wide, hidden),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, wide * 4 * 4),
        nn.Unflatten(1, (wide, 4, 4)),
        # pythae's images have 28 pixels a side, 7 here; ours have 32, and so 8 here.
        nn.ConvTranspose2d(wide, wide, kernel_size=3, stride=2, padding=1, output_padding=1),
        *_blocks(wide, hidden),
        nn.ReLU(),
        nn.ConvTranspose2d(wide, narrow, kernel_size=3, stride=2, padding=1, output_padding=1),
        nn.ReLU(),
        nn.ConvTranspose2d(narrow, channels, kernel_size=3, stride=2, padding=1, output_padding=1),
        nn.Sigmoid(),
    )
    return Encoder(body, wide * 4 * 4, latent_dim, log_var), decoder


def _cifar(channels: int, latent_dim: int, log_var: bool, wide: int, narrow: int, hidden: int) -> Pair:
    body = nn.Sequential(
        nn.Conv2d(channels, narrow, kernel_size=4, stride=2, padding=1),
        nn.Conv2d(narrow, wide, kernel_size=4, stride=2, padding=1),
        nn.Conv2d(wide, wide, kernel_size=3, stride=1, padding=1),
        *_blocks(wide, hidden),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, wide * 8 * 8),
        nn.Unflatten(1, (wide, 8, 8)),
        *_blocks(wide, hidden),
        nn.ConvTranspose2d(wide, narrow, kernel_size=4, stride=2, padding=1),
        nn.ConvTranspose2d(narrow, channels, kernel_size=4, stride=2, padding=1),
        nn.Sigmoid(),
    )
    return Encoder(body, wide * 8 * 8, latent_dim, log_var), decoder


def _celeba(channels: int, latent_dim: int, log_var: bool, wide: int, narrow: int, hidden: int) -> Pair:
    body = nn.Sequential(
        nn.Conv2d(channels, narrow, kernel_size=4, stride=2, padding=1),
        nn.Conv2d(narrow, wide, kernel_size=4, stride=2, padding=1),
        nn.Conv2d(wide, wide, kernel_size=3, stride=2, padding=1),
        nn.Conv2d(wide, wide, kernel_size=3, stride=2, padding=1),
        *_blocks(wide, hidden),
        nn.Flatten(),
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, wide * 4 * 4),
        nn.Unflatten(1, (wide, 4, 4)),
        nn.ConvTranspose2d(wide, wide, kernel_size=3, stride=2, padding=1),
        *_blocks(wide, hidden),
        nn.ConvTranspose2d(wide, wide, kernel_size=5, stride=2, padding=1),
        nn.Sigmoid(),  # a sigmoid amid the decoder, then two linear layers: so it is in pythae
        nn.ConvTranspose2d(wide, narrow, kernel_size=5, stride=2, padding=1, output_padding=1),
        nn.ConvTranspose2d(narrow, channels, kernel_size=4, stride=2, padding=1),
        nn.Sigmoid(),
    )
    return Encoder(body, wide * 4 * 4, latent_dim, log_var), decoder
