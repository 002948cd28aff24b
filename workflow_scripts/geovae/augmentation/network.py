"""The net of the data augmentation task's classifier (Table 5 of the paper)."""

import math

from torch import Tensor, nn

from geovae.core.errors import GeovaeError
from geovae.core.images import to_unit
from geovae.nets.base import scaled

CHANNELS, HIDDEN = (8, 16, 32, 64), 100
KERNEL = 3

# Stride of each convolution, and whether a max-pooling follows: the paper's, then ever fewer reductions from the end.
STAGES = (
    ((1, True), (1, True), (2, True), (2, True)),
    ((1, True), (1, True), (2, True), (2, False)),
    ((1, True), (1, True), (2, True), (1, False)),
    ((1, True), (1, True), (2, False), (1, False)),
    ((1, True), (1, True), (1, False), (1, False)),
    ((1, True), (1, False), (1, False), (1, False)),
)
LEAST_SIDE = 2  # of the maps that the linear layer reads; 2×2 at the paper's size


def _final_side(side: int, stages: tuple[tuple[int, bool], ...]) -> int:
    for stride, pooled in stages:
        side = (side - KERNEL) // stride + 1
        side = side // 2 if pooled else side
    return side


def choose_stages(size: tuple[int, int]) -> tuple[tuple[int, bool], ...]:
    """The first of `STAGES` that leaves maps of at least 2×2 of images of `size` (H, W).

    These are the paper's at 208×176. At 104×88 the last convolution has stride 1 and no pooling, at 52×44 the third has
    no pooling either: the linear layer then reads 64 maps of 3×2 in place of 2×2.

    Raises:
        GeovaeError: the images are too small for any.
    """
    for stages in STAGES:
        if min(_final_side(side, stages) for side in size) >= LEAST_SIDE:
            return stages
    raise GeovaeError(
        f"images of {size[0]}×{size[1]} pixels are too small for the classifier of Table 5. "
        "Use images of at least 18×18."
    )


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
        n_features = channels * math.prod(_final_side(side, stages) for side in size)
        self.stages = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Sequential(
            nn.Linear(n_features, scaled(HIDDEN, width)), nn.ReLU(), nn.Linear(scaled(HIDDEN, width), n_classes)
        )

    def forward(self, images: Tensor) -> Tensor:
        """uint8 images (n, C, H, W) to class scores (n, n_classes) before the softmax."""
        return self.head(self.stages(to_unit(images)))
