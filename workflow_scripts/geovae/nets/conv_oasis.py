"""The convolutional net for OASIS (Table 4 of the paper), as the released code has it.

The table ends in a ReLU and gives the encoder's heads 4,096 inputs; the released code has a sigmoid and 16,384, which
is what its convolutions give. It also bounds `log_var` by a tanh, which the paper does not mention.
"""

from collections.abc import Sequence

from torch import nn

from geovae.nets.base import Encoder, scaled
from geovae.nets.sizes import OASIS_SIZES as SIZES

WIDTHS = (64, 128, 256, 512, 1024)


def build(
    image_shape: tuple[int, int, int], latent_dim: int, width: float, log_var: bool
) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder for images of a size in `SIZES`; see `geovae.nets.build.build_net`.

    At width 1 and 208×176 the encoder has 64, 128, 256, 512 and 1,024 channels at 103×87, 51×43, 25×21, 12×11 and 4×4
    pixels; the decoder has 1,024, 512, 256, 128 and 64 at 8×8, 24×19, 49×41, 101×85 and 206×174. At half the size, the
    encoder's first convolution and the decoder's last strided one are absent, at a quarter two of each. No batch
    normalisation; `log_var` lies in [−1, 1].
    """
    channels, *size = image_shape
    omitted = SIZES[tuple(size)]
    widths = [scaled(count, width) for count in WIDTHS][omitted:]
    encoder = Encoder(body(channels, widths), widths[-1] * 4 * 4, latent_dim, log_var, squash=nn.Tanh())
    return encoder, _decoder(channels, latent_dim, widths)


def body(channels: int, widths: Sequence[int]) -> nn.Sequential:
    """The encoder's layers before its heads: the last `len(widths)` of the five."""
    paddings = (1, 1, 1, (1, 2), 0)[-len(widths) :]
    layers: list[nn.Module] = []
    for before, after, padding in zip([channels, *widths], widths, paddings, strict=False):
        layers += [nn.Conv2d(before, after, kernel_size=5, stride=2, padding=padding), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten())


def _decoder(channels: int, latent_dim: int, widths: list[int]) -> nn.Module:
    first, *others = reversed(widths)
    layers: list[nn.Module] = [nn.Linear(latent_dim, first * 8 * 8), nn.Unflatten(1, (first, 8, 8))]
    steps = [((3, 2), (1, 0)), (2, (1, 0)), (2, 0), (2, 0)][: len(others)]
    for index, (stride, padding) in enumerate(steps):
        before, after = ([first, *others][index], others[index])
        # One more row and column in the last of them, so that the final kernel, which trims two, gives even sides.
        extra = int(index == len(steps) - 1)
        layers += [nn.ConvTranspose2d(before, after, 5, stride, padding, output_padding=extra), nn.ReLU()]
    layers += [nn.ConvTranspose2d(widths[0], channels, kernel_size=5, stride=1, padding=1), nn.Sigmoid()]
    return nn.Sequential(*layers)
