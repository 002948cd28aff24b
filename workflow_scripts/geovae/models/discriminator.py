"""The discriminator of images of the VAEGAN; it gives logits, positive for "real"."""

import torch
from torch import nn

from geovae.core.errors import GeovaeError
from geovae.nets.conv import build_body


class ImageDiscriminator(nn.Module):
    """The convolutions of Table 4's encoder with their activations and without batch normalisation, and a linear head.

    App. G: "a discriminator similar to the encoder described in Table. 4". That is so whatever net the autoencoder has:
    the features measure how alike two images are, and a body without activations between its convolutions, as the
    ResNets' encoders have, would measure a linear map of the pixels. The authors' library has no batch normalisation
    here for MNIST. With it, this discriminator was far ahead after a few steps on small data, as batches of real and of
    decoded images are easily told apart by their statistics.

    Args:
        image_shape: (C, H, W).
        width: factor on the numbers of channels; 1 is Table 4's.
        feature_layer: l, from 1 to the number of convolutions: `forward` gives the outputs of the l-th's activation.

    Raises:
        GeovaeError: there is no such layer.
    """

    def __init__(self, image_shape: tuple[int, int, int], width: float, feature_layer: int) -> None:
        super().__init__()
        layers = _layers(build_body(image_shape, width))
        if not 1 <= feature_layer <= len(layers):
            raise GeovaeError(
                f"model 'vaegan': reconstruction_layer is {feature_layer}, but the discriminator of images of "
                f"{image_shape[1]}×{image_shape[2]} pixels has the layers 1 to {len(layers)}."
            )
        self.lower = nn.Sequential(*layers[:feature_layer])
        self.upper = nn.Sequential(*layers[feature_layer:])
        with torch.no_grad():
            features = self.upper(self.lower(torch.zeros(1, *image_shape))).flatten(1).shape[1]
        self.head = nn.Linear(features, 1)
        # As the autoencoder's nets (see `geovae.nets.build`).
        self.to(memory_format=torch.channels_last)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map (N, C, H, W) to logits (N,) and the features of the chosen layer (N, F)."""
        features = self.lower(x)
        return self.head(self.upper(features).flatten(1)).squeeze(1), features.flatten(1)


def _layers(body: nn.Sequential) -> list[nn.Sequential]:
    """Each convolution with its activation; batch normalisation and the flattening at the end are left out."""
    layers: list[list[nn.Module]] = []
    for child in body:
        if isinstance(child, nn.Conv2d):
            layers.append([child])
        elif isinstance(child, nn.ReLU):
            layers[-1].append(child)
    return [nn.Sequential(*layer) for layer in layers]
