"""The fully connected net for SVHN (Table 4 of the paper)."""

import math

from torch import nn

from geovae.nets.base import Encoder, scaled


def build(
    image_shape: tuple[int, int, int], latent_dim: int, width: float, log_var: bool
) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder for images of any size; see `geovae.nets.build.build_net`.

    At width 1 the encoder has 1,000 and 500 hidden units, the decoder 500 and 1,000.
    """
    pixels = math.prod(image_shape)
    wide, narrow = scaled(1000, width), scaled(500, width)
    body = nn.Sequential(nn.Flatten(), nn.Linear(pixels, wide), nn.ReLU(), nn.Linear(wide, narrow), nn.ReLU())
    decoder = nn.Sequential(
        nn.Linear(latent_dim, narrow),
        nn.ReLU(),
        nn.Linear(narrow, wide),
        nn.ReLU(),
        nn.Linear(wide, pixels),
        nn.Sigmoid(),
        nn.Unflatten(1, image_shape),
    )
    return Encoder(body, narrow, latent_dim, log_var), decoder
