"""MNIST where its files are at hand, and digits that are drawn where they are not."""

import math
from pathlib import Path

import numpy as np
import torch

from geovae.core.seeding import torch_generator
from geovae.data import mnist
from geovae.data.raw_files.archives import gunzip
from geovae.data.raw_files.download import Store
from geovae.evaluation.splits import Split

SIDE, MARGIN = 32, 4.0
CHUNK = 50  # images that are drawn at once


def _arc(x: float, y: float, width: float, height: float, start: float, end: float) -> list[tuple[float, float]]:
    """Points of an ellipse's arc around (x, y), angles in turns, clockwise from the right."""
    angles = (2 * math.pi * (start + (end - start) * step / 8) for step in range(9))
    return [(x + width * math.cos(angle), y + height * math.sin(angle)) for angle in angles]


# A stroke a digit in the unit square, y downwards.
STROKES = (
    _arc(0.5, 0.5, 0.32, 0.48, 0.0, 1.0),
    [(0.35, 0.2), (0.55, 0.0), (0.55, 1.0)],
    [*_arc(0.5, 0.28, 0.33, 0.28, 0.5, 1.1), (0.15, 1.0), (0.85, 1.0)],
    [*_arc(0.45, 0.25, 0.33, 0.25, 0.6, 1.25), *_arc(0.45, 0.74, 0.37, 0.26, 0.75, 1.4)],
    [(0.75, 1.0), (0.75, 0.0), (0.15, 0.65), (0.9, 0.65)],
    [(0.8, 0.0), (0.25, 0.0), (0.22, 0.42), *_arc(0.45, 0.7, 0.36, 0.3, 0.75, 1.4)],
    [(0.7, 0.0), (0.3, 0.4), *_arc(0.5, 0.72, 0.3, 0.28, 0.5, 1.5)],
    [(0.15, 0.0), (0.85, 0.0), (0.4, 1.0)],
    [*_arc(0.5, 0.26, 0.28, 0.26, 0.25, 1.25), *_arc(0.5, 0.76, 0.34, 0.25, 0.75, 1.75)],
    [*_arc(0.5, 0.28, 0.3, 0.28, 1.0, 0.0), (0.8, 0.3), (0.65, 1.0)],
)


def drawn_digits(n: int, key: str) -> tuple[np.ndarray, np.ndarray]:
    """n images (n, 1, 32, 32) uint8 of digits as pens of different width and slant draw them, and labels (n,) int64."""
    longest = max(map(len, STROKES))
    strokes = torch.tensor([[*stroke, *[stroke[-1]] * (longest - len(stroke))] for stroke in STROKES])
    generator = torch_generator("drawn digits", key)
    labels = torch.randint(10, (n,), generator=generator)
    images = [_draw(strokes[part], generator) for part in labels.split(CHUNK)]
    return torch.cat(images)[:, None].numpy(), labels.numpy()


def _draw(strokes: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Images (n, 32, 32) of strokes (n, m, 2): grey values by the distance from the nearest segment."""
    n = len(strokes)

    def between(low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    points = strokes - 0.5 + 0.03 * torch.randn(strokes.shape, generator=generator)
    angle, slant, scale = between(-0.2, 0.2), between(-0.3, 0.3), between(0.75, 1.05, 1, 2)
    rotation = torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)
    rotation[:, 0, 1] -= slant
    points = (scale * points) @ rotation.mT * (SIDE - 2 * MARGIN) + SIDE / 2 + between(-1.5, 1.5, 1, 2)
    axis = torch.arange(SIDE) + 0.5
    pixels = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), 2).view(1, -1, 2)
    nearest = torch.full((n, SIDE * SIDE), math.inf)
    for start, end in zip(points[:, :-1].unbind(1), points[:, 1:].unbind(1), strict=True):
        way = (end - start)[:, None]
        offset = pixels - start[:, None]
        along = (offset * way).sum(2) / way.square().sum(2).clamp(min=1e-6)
        nearest = torch.minimum(nearest, (offset - along.clamp(0, 1)[..., None] * way).norm(dim=2))
    grey = (between(1.0, 1.8, 1) + 0.5 - nearest).clamp(0, 1)
    return (255 * grey).to(torch.uint8).view(n, SIDE, SIDE)


def find_mnist(data: Path) -> dict[str, Split] | None:
    """The splits of MNIST, of files in torchvision's layout below `data`; None where one is missing.

    Compressed files are unpacked beside themselves. Nothing is downloaded.

    Raises:
        GeovaeError: a file is not MNIST's.
    """
    store = Store(data)
    for unpacked, compressed in zip(mnist.UNPACKED, mnist.FILES, strict=True):
        if store.find(unpacked) is None:
            archive = store.find(compressed)
            if archive is None:
                return None
            gunzip(archive, data / unpacked.path, unpacked.checksum)
    loaded = mnist.load({}, data)
    return {name: Split(np.concatenate(list(part.chunks())), part.labels) for name, part in loaded.items()}


def splits(data: Path, sizes: dict[str, int]) -> tuple[str, dict[str, Split]]:
    """`mnist` or `drawn`, and splits of at most these sizes, (N, 1, 32, 32)."""
    found = find_mnist(data)
    if found is not None:
        return "mnist", {name: Split(*(array[: sizes[name]] for array in part)) for name, part in found.items()}
    return "drawn", {name: Split(*drawn_digits(size, name)) for name, size in sizes.items()}
