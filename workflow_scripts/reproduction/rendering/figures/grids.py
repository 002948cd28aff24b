"""Images laid out in rows and columns inside one set of axes."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from geovae.core import storage
from geovae.core.errors import GeovaeError
from reproduction.rendering.style import BAD


def load_samples(path: str | Path, n: int) -> np.ndarray:
    """The first `n` images of a `samples.npy`, uint8 (n, C, H, W).

    Raises:
        GeovaeError: the file is missing or broken, or holds fewer.
    """
    samples = storage.load_array(path, ndim=4, dtype=np.uint8, mmap=True)
    if len(samples) < n:
        raise GeovaeError(f"{path}: {len(samples)} images, but the figure shows {n}.\nRaise evaluation.n_samples.")
    return np.array(samples[:n])


def to_picture(image: np.ndarray) -> np.ndarray:
    """An image (C, H, W) as Matplotlib takes it: (H, W) for one channel, (H, W, 3) for three."""
    channels = image.shape[0]
    if channels not in (1, 3):
        raise GeovaeError(f"an image has {channels} channels; figures show 1 or 3.")
    return image[0] if channels == 1 else np.moveaxis(image, 0, -1)


def grid_axes(axes: Axes, width: float, height: float) -> None:
    """Make `axes` a bare canvas of width × height cells, with the origin at the top left."""
    axes.set_xlim(0.0, width)
    axes.set_ylim(height, 0.0)
    axes.set_axis_off()


def draw_image(axes: Axes, image: np.ndarray, x: float, y: float, side: float = 0.94, bad: bool = False) -> None:
    """Draw an image (C, H, W) centred in the cell whose top left corner is (x, y); a bad one is framed in red.

    Its longer side takes the share `side` of the cell.
    """
    height, width = (side * size / max(image.shape[1:]) for size in image.shape[1:])
    limits = axes.get_xlim(), axes.get_ylim()
    centre_x, centre_y = x + 0.5, y + 0.5
    extent = (centre_x - width / 2, centre_x + width / 2, centre_y + height / 2, centre_y - height / 2)
    axes.imshow(to_picture(image), cmap="gray", vmin=0, vmax=255, extent=extent, aspect="auto")
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    if bad:
        frame = Rectangle((extent[0], extent[3]), width, height, fill=False, edgecolor=BAD, linewidth=1.4)
        # The frame lies around the image, not on it: clipping would cut it at the edge of the axes.
        frame.set_clip_on(False)
        frame.set_zorder(3)
        axes.add_patch(frame)


def draw_row(axes: Axes, images: np.ndarray, y: float, x: float = 0.0, bad: Sequence[bool] | None = None) -> None:
    """Draw images (n, C, H, W) side by side from the cell (x, y); `bad` says which are framed in red."""
    flags = [False] * len(images) if bad is None else bad
    for i, (image, flag) in enumerate(zip(images, flags, strict=True)):
        draw_image(axes, image, x + i, y, bad=bool(flag))
