"""Discriminators of the adversarial models; they give logits, positive for "drawn from the prior" or "real"."""

import copy
import math
from collections.abc import Iterable

import torch
from torch import nn

HIDDEN_UNITS = 256


def latent_discriminator(latent_dim: int) -> nn.Module:
    """(N, d) → logits (N,): d-256-1 with ReLU, as in the authors' library for the adversarial autoencoder."""
    return nn.Sequential(
        nn.Linear(latent_dim, HIDDEN_UNITS), nn.ReLU(), nn.Linear(HIDDEN_UNITS, 1), nn.Flatten(start_dim=0)
    )


class ImageDiscriminator(nn.Module):
    """The layers of an encoder's body with weights of their own and no batch normalisation, and a linear head.

    A layer is a child of the body that multiplies (convolution, residual block, linear map) with what follows it up to
    the next such child, its activation. App. G: "a discriminator similar to the encoder described in Table. 4". The
    authors' library has no batch normalisation in it for MNIST. With it, this discriminator was far ahead after a few
    steps on small data, as batches of real and of decoded images are easily told apart by their statistics.

    Args:
        body: (N, C, H, W) → (N, features); copied, its weights are drawn anew.
        image_shape: (C, H, W).
        feature_layer: l, from 1 to `count_layers(body)`: the layer whose outputs `forward` gives.
    """

    def __init__(self, body: nn.Module, image_shape: tuple[int, int, int], feature_layer: int) -> None:
        super().__init__()
        body = copy.deepcopy(body)
        _drop_batch_norm(body)
        layers = _layers(body)
        self.lower = nn.Sequential(*layers[:feature_layer])
        self.upper = nn.Sequential(*layers[feature_layer:])
        _redraw(self.parameters())
        with torch.no_grad():
            width = self.upper(self.lower(torch.zeros(1, *image_shape))).shape[1]
        self.head = nn.Linear(width, 1)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Map (N, C, H, W) to logits (N,) and the features of the chosen layer (N, F)."""
        features = self.lower(x)
        return self.head(self.upper(features)).squeeze(1), features.flatten(1)


def count_layers(body: nn.Module) -> int:
    """The number of layers that `ImageDiscriminator` sees in `body`."""
    return len(_layers(body))


def _layers(body: nn.Module) -> list[nn.Sequential]:
    """The children of a sequential body, cut before each that multiplies; any other body is one layer."""
    children = list(body) if isinstance(body, nn.Sequential) else [body]
    layers: list[list[nn.Module]] = []
    leading: list[nn.Module] = []  # e.g. the flattening before a first linear map
    for child in children:
        if any(parameter.dim() > 1 for parameter in child.parameters()):
            layers.append([*leading, child])
            leading = []
        elif layers:
            layers[-1].append(child)
        else:
            leading.append(child)
    return [nn.Sequential(*layer) for layer in layers]


def _drop_batch_norm(module: nn.Module) -> None:
    """Put the identity in the place of batch normalisation, at any depth."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm1d | nn.BatchNorm2d):
            setattr(module, name, nn.Identity())
        else:
            _drop_batch_norm(child)


def _redraw(parameters: Iterable[nn.Parameter]) -> None:
    """Draw kernels and matrices as torch does by default; biases stay at their first values."""
    for parameter in parameters:
        if parameter.dim() > 1:
            nn.init.kaiming_uniform_(parameter, a=math.sqrt(5))
