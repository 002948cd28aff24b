"""The convolutional net for CelebA (Table 4 of the paper)."""

from collections.abc import Sequence

from torch import nn

from geovae.nets.base import Encoder, scaled

WIDTHS = (128, 256, 512, 1024)


def build(
    image_shape: tuple[int, int, int], latent_dim: int, width: float, log_var: bool
) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder for 64×64 images; see `geovae.nets.build.build_net`.

    At width 1 the encoder has 128, 256, 512 and 1,024 channels at 31, 15, 8 and 4 pixels; the decoder has 1,024, 512,
    256 and 128 at 8, 15, 31 and 62 pixels.
    """
    channels = image_shape[0]
    widths = [scaled(count, width) for count in WIDTHS]
    encoder = Encoder(body(channels, widths), widths[-1] * 4 * 4, latent_dim, log_var)
    return encoder, _decoder(channels, latent_dim, widths)


def body(channels: int, widths: Sequence[int]) -> nn.Sequential:
    """The encoder's layers before its heads."""
    layers: list[nn.Module] = []
    for before, after, padding in zip([channels, *widths], widths, (1, 1, 2, 2), strict=False):
        layers += [nn.Conv2d(before, after, kernel_size=5, stride=2, padding=padding), nn.BatchNorm2d(after), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten())


def _decoder(channels: int, latent_dim: int, widths: list[int]) -> nn.Module:
    fourth, third, second, first = widths
    return nn.Sequential(
        nn.Linear(latent_dim, first * 8 * 8),
        nn.Unflatten(1, (first, 8, 8)),
        nn.ConvTranspose2d(first, second, kernel_size=5, stride=2, padding=2),
        nn.BatchNorm2d(second),
        nn.ReLU(),
        nn.ConvTranspose2d(second, third, kernel_size=5, stride=2, padding=1),
        nn.BatchNorm2d(third),
        nn.ReLU(),
        nn.ConvTranspose2d(third, fourth, kernel_size=5, stride=2, padding=2, output_padding=1),
        nn.BatchNorm2d(fourth),
        nn.ReLU(),
        nn.ConvTranspose2d(fourth, channels, kernel_size=5, stride=1, padding=1),
        nn.Sigmoid(),
    )
