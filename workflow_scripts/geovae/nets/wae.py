"""The "Wae" net of the two-stage VAE (Dai and Wipf, 2019), as in its authors' code.

They took it from the Wasserstein autoencoder (Tolstikhin et al., 2018) for CelebA. Under "same" padding a kernel of 5
with stride 2 is padded by one row and column before an image of even size and by two after it; the transpose crops as
much. PyTorch pads both sides alike, so here the padding and the cropping are layers of their own.
"""

from itertools import pairwise

from torch import nn

from geovae.nets.base import TWO_STAGE_MOMENTUM, Encoder, scaled


def build(
    image_shape: tuple[int, int, int], latent_dim: int, width: float, log_var: bool
) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder for images whose sides are multiples of 8; see `geovae.nets.build.build_net`.

    At width 1 the encoder has 128, 256, 512 and 1,024 channels at the full size, a half, a quarter and an eighth; the
    decoder has them in reverse.
    """
    channels, *size = image_shape
    height, breadth = (side // 8 for side in size)
    widths = [scaled(count, width) for count in (128, 256, 512, 1024)]
    features = widths[-1] * height * breadth
    layers: list[nn.Module] = [nn.Conv2d(channels, widths[0], kernel_size=5, padding=2), *_normalise(widths[0])]
    for before, after in pairwise(widths):
        layers += [*halve(before, after), *_normalise(after)]
    encoder = Encoder(nn.Sequential(*layers, nn.Flatten()), features, latent_dim, log_var)

    widths.reverse()
    layers = [nn.Linear(latent_dim, features), nn.ReLU(), nn.Unflatten(1, (widths[0], height, breadth))]
    for before, after in pairwise(widths):
        layers += [*double(before, after), *_normalise(after)]
    layers += [nn.ConvTranspose2d(widths[-1], channels, kernel_size=5, padding=2), nn.Sigmoid()]
    return encoder, nn.Sequential(*layers)


def halve(before: int, after: int) -> list[nn.Module]:
    """A convolution from (N, before, 2h, 2w) to (N, after, h, w): kernel 5, stride 2, "same" padding."""
    return [nn.ZeroPad2d((1, 2, 1, 2)), nn.Conv2d(before, after, kernel_size=5, stride=2)]


def double(before: int, after: int) -> list[nn.Module]:
    """The transpose of `halve(after, before)`: from (N, before, h, w) to (N, after, 2h, 2w)."""
    # Padding 1 crops one row and column on each side; the second one at the end is a negative padding.
    return [nn.ConvTranspose2d(before, after, kernel_size=5, stride=2, padding=1), nn.ZeroPad2d((0, -1, 0, -1))]


def _normalise(channels: int) -> list[nn.Module]:
    return [nn.BatchNorm2d(channels, momentum=TWO_STAGE_MOMENTUM), nn.ReLU()]
