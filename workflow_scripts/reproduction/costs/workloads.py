"""How much there is to compute: images, and multiplications of a net's forward pass on one of them."""

import re
from functools import cache

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from geovae.augmentation.network import AugmentationClassifier
from geovae.evaluation import efficientnet
from geovae.evaluation.classifier import Classifier
from geovae.models.discriminator import ImageDiscriminator
from geovae.nets.build import build_net
from reproduction.config.config import Config
from reproduction.plan.keys import Run, protocol_of

# Inception-v3 as the FID uses it, on 299×299 pixels (Szegedy et al. 2016: 5.7 billion multiplications per image).
INCEPTION_MACS = 5.7e9


def n_train(config: Config, run: Run) -> int:
    """How many images a run trains on: half of them for a class, taken as one of two; 10,000 if it is not known yet."""
    total = config.protocol(run.dataset).train_size() or 10_000
    sized = re.fullmatch(r"(?:class-.+\.)?n([0-9]+)", run.subset)
    if sized:
        return min(total, int(sized[1]))
    return max(1, total // 2) if run.subset.startswith("class-") else total


@cache
def net_macs(net: str, shape: tuple[int, int, int], latent_dim: int, width: float) -> tuple[float, float]:
    """Multiplications of the encoder and of the decoder on one image (C, H, W)."""
    with torch.device("meta"):
        encoder, decoder = build_net(net, shape, latent_dim, width, log_var=True)
        return count_macs(encoder, torch.empty(1, *shape)), count_macs(decoder, torch.empty(1, latent_dim))


def run_macs(config: Config, run: Run) -> tuple[float, float]:
    """Multiplications of the encoder and of the decoder of a run."""
    protocol = protocol_of(config, run)
    return net_macs(run.net, protocol.image_shape(), protocol.latent_dim, protocol.width)


def training_macs(config: Config, run: Run) -> float:
    """Multiplications per training image of a forward pass of the nets that a run trains."""
    protocol = config.protocol(run.dataset)
    of_discriminator = 0.0
    if run.model == "vaegan":
        of_discriminator = discriminator_macs(protocol.image_shape(), protocol.width)
    return sum(run_macs(config, run)) + of_discriminator


@cache
def discriminator_macs(shape: tuple[int, int, int], width: float) -> float:
    """Multiplications of the VAEGAN's discriminator, which sees an image, its reconstruction and one of the prior."""
    with torch.device("meta"):
        return 3 * count_macs(ImageDiscriminator(shape, width, 1), torch.empty(1, *shape))


@cache
def backbone_macs(backbone: str, shape: tuple[int, int, int], width: float) -> float:
    """Multiplications of the feature extractor on one image."""
    if backbone == "inception":
        return INCEPTION_MACS
    with torch.device("meta"):
        if backbone == "efficientnet":
            side = efficientnet.INPUT_SIDE
            return count_macs(efficientnet.build_network(), torch.empty(1, 3, side, side))
        return count_macs(Classifier(shape, 10, width), torch.empty(1, *shape))


@cache
def classifier_macs(shape: tuple[int, int, int], width: float) -> float:
    """Multiplications of Table 5's classifier on one image."""
    with torch.device("meta"):
        return count_macs(AugmentationClassifier(shape, 2, width), torch.empty(1, *shape))


def count_macs(module: nn.Module, x: torch.Tensor) -> float:
    """Multiplications of convolutions and linear layers in a forward pass of `x`, a batch of one."""
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        module.eval()(x)
    return counter.get_total_flops() / 2  # torch counts the additions too
