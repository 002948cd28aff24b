"""Figures 3 and 9: nearest training image and reconstruction of generated images, and FIDs to reconstructions."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from geovae.core import storage
from reproduction import published
from reproduction.rendering import style
from reproduction.rendering.figures.grids import draw_image, grid_axes

ARRAYS = (
    "generated",
    "nearest_train",
    "nearest_reconstruction",
    "distance_train",
    "distance_reconstruction",
    "fid_names",
    "fid_values",
)
HEADS = ("Gen.", "Near.\ntrain", "Near.\nrec.")
TRIPLETS = 4  # in a row, as in the paper
TRIPLET_GAP = 0.35  # cells
ROW_HEIGHT = 1.42  # cells: an image and the distance beneath it
LEFT = 4.95  # inches, of triplets
HEAD = 0.58
FOOT = 0.08
LINE = 0.18  # inches, a line of the table


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw one panel an input, one beneath the other.

    Args:
        inputs: data set -> `neighbours.npz`.
        settings: `titles`, data set -> title of its panel (the name itself where it is absent), and `n_examples`, how
            many of the generated images are shown (all where it is absent).
    """
    titles, n = settings.get("titles", {}), settings.get("n_examples")
    panels = [(name, _first(storage.load_arrays(path, *ARRAYS), n)) for name, path in inputs.items()]
    cell = LEFT / (3 * TRIPLETS + TRIPLET_GAP * (TRIPLETS - 1))
    heights = [_panel_height(arrays, cell) for _, arrays in panels]
    with style.context():
        figure = style.new_figure(style.WIDTH, sum(heights))
        top = sum(heights)
        for (name, arrays), height in zip(panels, heights, strict=True):
            _draw_triplets(figure, titles.get(name, name), arrays, top, cell)
            _draw_fids(figure, _fids(name, arrays), arrays, top, height)
            top -= height
    return figure


def _first(arrays: Mapping[str, np.ndarray], n: int | None) -> dict[str, np.ndarray]:
    """The arrays with the first n examples; a file may hold more, for another figure."""
    return {name: array if name.startswith("fid") else array[:n] for name, array in arrays.items()}


def _fids(dataset: str, arrays: Mapping[str, np.ndarray]) -> list[tuple[str, str]]:
    """The lines of a panel's table: ours, what the paper prints for it if it does, and the others'."""
    (_, ours), *others = zip(arrays["fid_names"], (f"{value:.2f}" for value in arrays["fid_values"]), strict=True)
    number = published.lookup("figure3", "Ours", dataset, "fid")
    paper = [("Ours, in the paper", number.text)] if number else []
    return [("Ours", ours), *paper, *((str(name), value) for name, value in others)]


def _panel_height(arrays: Mapping[str, np.ndarray], cell: float) -> float:
    images = -(-len(arrays["generated"]) // TRIPLETS) * ROW_HEIGHT * cell
    table = LINE * (len(arrays["fid_names"]) + 3.5)
    return HEAD + max(images, table) + FOOT


def _draw_triplets(figure: Figure, title: str, arrays: Mapping[str, np.ndarray], top: float, cell: float) -> None:
    width, height = figure.get_size_inches()
    n = len(arrays["generated"])
    rows = -(-n // TRIPLETS)
    drawn = rows * ROW_HEIGHT * cell
    axes = figure.add_axes((0.05 / width, (top - HEAD - drawn) / height, LEFT / width, drawn / height))
    grid_axes(axes, LEFT / cell, rows * ROW_HEIGHT)
    figure.text(0.05 / width, (top - 0.14) / height, title, fontsize=9, fontweight="bold", va="center")
    for i in range(n):
        x, y = (i % TRIPLETS) * (3 + TRIPLET_GAP), (i // TRIPLETS) * ROW_HEIGHT
        if i < TRIPLETS:
            for j, head in enumerate(HEADS):
                axes.text(x + j + 0.5, -0.12, head, ha="center", va="bottom", fontsize=7, linespacing=1.05)
        draw_image(axes, arrays["generated"][i], x, y)
        for j, kind in enumerate(("train", "reconstruction"), start=1):
            draw_image(axes, arrays[f"nearest_{kind}"][i], x + j, y)
            distance = f"{arrays[f'distance_{kind}'][i]:.2f}"
            axes.text(x + j + 0.5, y + 1.01, distance, ha="center", va="top", fontsize=7, color=style.INK)


def _draw_fids(
    figure: Figure, fids: list[tuple[str, str]], arrays: Mapping[str, np.ndarray], top: float, height: float
) -> None:
    """The table at the right: FID between generated images and reconstructions, ours first."""
    width, total = figure.get_size_inches()
    left = LEFT + 0.3
    axes = figure.add_axes((left / width, (top - height) / total, (width - left - 0.05) / width, height / total))
    axes.set_xlim(0, 1)
    axes.set_ylim(height, 0)
    axes.set_axis_off()
    axes.text(0, 0.24, "FID to reconstructions", fontsize=7.5, va="center")
    if "fid_n" in arrays:
        axes.text(0, 0.39, f"{int(arrays['fid_n']):,} images each", fontsize=7, va="center", color=style.INK)
    y = HEAD
    _rule(axes, y - LINE / 2)
    for label, value in fids:
        weight = "bold" if label == "Ours" else "normal"
        axes.text(0, y, label, fontsize=7, va="center", fontweight=weight)
        axes.text(1, y, value, fontsize=7, va="center", ha="right", fontweight=weight)
        y += LINE
        if label == "Ours":
            _rule(axes, y - LINE / 2, style.FAINT)
    _rule(axes, y - LINE / 2)
    note = "Beneath: L2 distance to Gen.,\npixels in [0, 1]"
    axes.text(0, y, note, fontsize=7, va="top", linespacing=1.3)


def _rule(axes: Axes, y: float, colour: str = style.INK) -> None:
    axes.plot([0, 1], [y, y], color=colour, linewidth=0.6, solid_capstyle="butt")
