"""The net of the data augmentation task's classifier (Table 5 of the paper)."""

import math

from torch import Tensor, nn

from geovae.augmentation.stages import KERNEL, choose_stages, final_side
from geovae.core.images import to_unit
from geovae.nets.base import scaled

CHANNELS, HIDDEN = (8, 16, 32, 64), 100


class AugmentationClassifier(nn.Module):
    """Table 5: four times convolution 3×3 without padding, batch normalisation, leaky ReLU, max-pooling; two layers.

    The softmax of the last layer is left to the loss.

    Args:
        image_shape: (C, H, W) of the images; the paper's is (1, 208, 176), `choose_stages` says what becomes of others.
        n_classes: number of classes, 2 in the paper.
        width: factor on the channels 8, 16, 32, 64 and the 100 hidden units; 1 is the paper's.

    Raises:
        GeovaeError: the images are too small.
    """

    def __init__(self, image_shape: tuple[int, int, int], n_classes: int, width: float) -> None:
        super().__init__()
        channels, *size = image_shape
        stages = choose_stages(tuple(size))
        layers: list[nn.Module] = []
        for count, (stride, pooled) in zip(CHANNELS, stages, strict=True):
            layers += [
                nn.Conv2d(channels, scaled(count, width), KERNEL, stride=stride),
                nn.BatchNorm2d(scaled(count, width)),
                nn.LeakyReLU(),
            ]
            layers += [nn.MaxPool2d(2, stride=2)] if pooled else []
            channels = scaled(count, width)
        n_features = channels * math.prod(final_side(side, stages) for side in size)
        self.stages = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(n_features, scaled(HIDDEN, width)), nn.ReLU(), nn.Linear(scaled(HIDDEN, width), n_classes)
        )

    def forward(self, images: Tensor) -> Tensor:
        """uint8 images (n, C, H, W) to class scores (n, n_classes) before the softmax."""
        return self.head(self.stages(to_unit(images)))
