"""The reductions of the augmentation task's classifier, by the size of its images.

Loads no torch, so that a config is refused by it too.
"""

from geovae.core.errors import GeovaeError

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


def final_side(side: int, stages: tuple[tuple[int, bool], ...]) -> int:
    """The side of the maps that the linear layer reads, of images with a side of so many pixels."""
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
        if min(final_side(side, stages) for side in size) >= LEAST_SIDE:
            return stages
    raise GeovaeError(
        f"images of {size[0]}×{size[1]} pixels are too small for the classifier of Table 5. "
        "Use images of at least 18×18."
    )
