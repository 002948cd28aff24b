"""Figure 13: two decoded centroids, their nearest training images, and the samples that are nearest to each."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geovae.core import storage
from reproduction.rendering import style
from reproduction.rendering.figures.grids import draw_image, grid_axes

ARRAYS = ("centroids", "nearest_train", "distance_train", "samples", "owner", "counts")
GAP = 0.35  # cells, between the parts of a row
LEFT = 0.95  # inches, of the labels of the rows
HEAD = 0.62
LARGEST_CELL = 0.6
PANEL_GAP = 0.12


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw one panel an input, a row a centroid.

    Args:
        inputs: data set -> `centroids.npz`.
        settings: `titles`, data set -> title of its panel (the name itself where it is absent).
    """
    titles = settings.get("titles", {})
    panels = [(titles.get(name, name), storage.load_arrays(path, *ARRAYS)) for name, path in inputs.items()]
    cells = max(_columns(arrays) for _, arrays in panels) + 2 + GAP
    cell = min(LARGEST_CELL, (style.WIDTH - LEFT - 0.05) / cells)
    heights = [HEAD + len(arrays["centroids"]) * cell + PANEL_GAP for _, arrays in panels]
    width, total = LEFT + cell * cells + 0.05, sum(heights)
    with style.context():
        figure = style.new_figure(width, total)
        top = total
        for (title, arrays), height in zip(panels, heights, strict=True):
            drawn = len(arrays["centroids"]) * cell
            box = (LEFT / width, (top - HEAD - drawn) / total, cell * cells / width, drawn / total)
            axes = figure.add_axes(box)
            grid_axes(axes, cells, len(arrays["centroids"]))
            figure.text(0.05 / width, (top - 0.14) / total, title, fontsize=9, fontweight="bold", va="center")
            _draw_panel(axes, arrays)
            top -= height
    return figure


def _columns(arrays: Mapping[str, np.ndarray]) -> int:
    """Samples of the centroid that has most."""
    return max(1, int(np.bincount(arrays["owner"], minlength=len(arrays["centroids"])).max()))


def _draw_panel(axes: Axes, arrays: Mapping[str, np.ndarray]) -> None:
    for x, head in ((0.5, "Decoded\ncentroid"), (1.5, "Nearest\nin train")):
        axes.text(x, -0.1, head, ha="center", va="bottom", fontsize=7, linespacing=1.05)
    axes.text(2 + GAP, -0.1, "First samples nearest to it", ha="left", va="bottom", fontsize=7)
    total = int(arrays["counts"].sum())
    for row, centroid in enumerate(arrays["centroids"]):
        draw_image(axes, centroid, 0, row)
        draw_image(axes, arrays["nearest_train"][row], 1, row)
        for column, image in enumerate(arrays["samples"][arrays["owner"] == row]):
            draw_image(axes, image, 2 + GAP + column, row)
        label = f"Centroid {row + 1}\n{int(arrays['counts'][row]):,} of {total:,}\nsamples"
        axes.text(-0.15, row + 0.5, label, ha="right", va="center", fontsize=7, linespacing=1.2)
