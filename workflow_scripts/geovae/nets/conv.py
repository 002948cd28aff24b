"""The convolutional nets of Table 4 of the paper, chosen by the size of the images.

Paddings are those of the released code, which the table leaves out. The table has batch normalisation before the last
sigmoid; the released code has none, and so have these nets.
"""

from torch import nn

from geovae.nets import conv32, conv64, conv_oasis
from geovae.nets.base import scaled

BUILDERS = {
    (32, 32): conv32.build,
    (64, 64): conv64.build,
    **dict.fromkeys(conv_oasis.SIZES, conv_oasis.build),
}


def build(
    image_shape: tuple[int, int, int], latent_dim: int, width: float, log_var: bool
) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder for images of the paper's sizes and of a half or a quarter of OASIS's; see `build_net`."""
    return BUILDERS[image_shape[1:]](image_shape, latent_dim, width, log_var)


def build_body(image_shape: tuple[int, int, int], width: float) -> nn.Sequential:
    """The layers of Table 4's encoder before its heads, (N, C, H, W) → (N, features), for images of any size.

    A size that none of the table's encoders takes has those of MNIST's, as many as halve its sides to no less than one
    pixel.
    """
    channels, height, breadth = image_shape
    if (height, breadth) in conv_oasis.SIZES:
        body, widths = conv_oasis.body, conv_oasis.WIDTHS[conv_oasis.SIZES[height, breadth] :]
    elif (height, breadth) == (64, 64):
        body, widths = conv64.body, conv64.WIDTHS
    else:
        body, widths = conv32.body, conv32.WIDTHS[: min(height, breadth).bit_length() - 1]
    return body(channels, [scaled(count, width) for count in widths])
