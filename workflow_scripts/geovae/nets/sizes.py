"""What the nets take: sizes of images and of latent spaces. Loads no torch, so that a config is refused by it too."""

from collections.abc import Iterable

from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole

# More dimensions make nets of gigabytes, and metrics that mean nothing.
MOST_LATENT_DIMENSIONS = 4096
LARGEST_WIDTH = 64.0

OASIS_SIZE = (208, 176)
# The outermost 0, 1 or 2 layers of OASIS's net can be left out: what remains takes a half or a quarter of the size.
OASIS_SIZES = {tuple(side // 2**omitted for side in OASIS_SIZE): omitted for omitted in range(3)}
# Net -> sizes (H, W) of the images that it takes; or the number that their sides are multiples of, its total stride.
SIZES: dict[str, tuple[tuple[int, int], ...]] = {
    "conv": ((32, 32), (64, 64), *OASIS_SIZES),
    "resnet": ((32, 32), (64, 64)),
}
MULTIPLES = {"infogan": 4, "wae": 8}


def most_layers(image_shape: tuple[int, int, int]) -> int:
    """The convolutions of Table 4's encoder for images of a shape, which are a discriminator's layers too."""
    _, height, width = image_shape
    if (height, width) in OASIS_SIZES:
        return 5 - OASIS_SIZES[height, width]
    return min(4, min(height, width).bit_length() - 1)


def check_net(net: str, image_shape: tuple[int, int, int], latent_dim: int, width: float) -> None:
    """Refuse what a net cannot be built for.

    Raises:
        GeovaeError: `latent_dim` or `width` is out of range, or the net takes no images (C, H, W) of this shape.
    """
    whole(latent_dim, f"net {net!r}: latent_dim", 1, MOST_LATENT_DIMENSIONS)
    real(width, f"net {net!r}: width", 0.0, LARGEST_WIDTH)
    if net in SIZES:
        _require_size(net, image_shape, SIZES[net])
    if net in MULTIPLES:
        _require_multiple(net, image_shape, MULTIPLES[net])


def _require_size(net: str, image_shape: tuple[int, int, int], sizes: Iterable[tuple[int, int]]) -> None:
    """Refuse images (C, H, W) whose (H, W) is not one of `sizes`; the text names them."""
    _, height, width = image_shape
    if (height, width) not in set(sizes):
        *first, last = (f"{h}×{w}" for h, w in sizes)
        listed = f"{', '.join(first)} or {last}" if first else last
        raise GeovaeError(
            f"net {net!r} takes images of {listed} pixels, not {height}×{width}. "
            "Use the net 'mlp' or prepare the data at such a size."
        )


def _require_multiple(net: str, image_shape: tuple[int, int, int], factor: int) -> None:
    """Refuse images (C, H, W) whose sides are not multiples of `factor`."""
    _, height, width = image_shape
    if height % factor or width % factor or not height * width:
        raise GeovaeError(
            f"net {net!r} takes images whose sides are multiples of {factor} pixels, not {height}×{width}. "
            "Use the net 'mlp' or prepare the data at such a size."
        )
