"""Figures 2, 7, 8 and 10: samples of each method, a row per method, with controls beneath."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reproduction.rendering import style
from reproduction.rendering.figures.grids import draw_row, grid_axes, load_samples
from reproduction.rendering.figures.inputs import input_path

LARGEST_CELL = 0.42  # inches
BLOCK_GAP = 0.35  # cells
LABEL_WIDTH = 1.55  # inches
PANEL_GAP = 0.15


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw the first samples of each row, data sets side by side.

    Args:
        inputs: name -> `samples.npy`.
        settings: `columns`, the number of samples of each row, and `panels`, each with a `title` and `rows` of `label`,
            `block` and `input`, the name of its input. A thin line parts neighbouring rows of different blocks.
    """
    panels, columns = settings["panels"], settings["columns"]
    labels = [[row["label"] for row in panel["rows"]] for panel in panels]
    shared = all(each == labels[0] for each in labels)
    n_label_columns = 1 if shared else len(panels)
    free = style.WIDTH - n_label_columns * LABEL_WIDTH - PANEL_GAP * len(panels)
    cell = min(LARGEST_CELL, free / (columns * len(panels)))
    places = [_places(panel["rows"]) for panel in panels]
    head, foot = 0.28, 0.05
    height = cell * max(y[-1] + 1 for y in places) + head + foot
    width = n_label_columns * LABEL_WIDTH + len(panels) * (columns * cell + PANEL_GAP)
    with style.context():
        figure = style.new_figure(width, height)
        x = 0.0
        for i, (panel, y) in enumerate(zip(panels, places, strict=True)):
            labelled = i == 0 or not shared
            x += LABEL_WIDTH if labelled else 0.0
            rows = y[-1] + 1
            box = (x / width, 1 - (head + rows * cell) / height, columns * cell / width, rows * cell / height)
            axes = figure.add_axes(box)
            grid_axes(axes, columns, rows)
            axes.set_title(panel["title"], fontsize=9, pad=5)
            _draw_panel(axes, panel["rows"], y, columns, inputs, labelled)
            x += columns * cell + PANEL_GAP
    return figure


def _places(rows: Sequence[Mapping[str, str]]) -> list[float]:
    """The top of each row, in cells: a gap lies between rows of different blocks."""
    places = [0.0]
    for above, below in pairwise(rows):
        places.append(places[-1] + 1 + (BLOCK_GAP if _are_parted(above, below) else 0.0))
    return places


def _are_parted(above: Mapping[str, str], below: Mapping[str, str]) -> bool:
    return above.get("block") != below.get("block")


def _draw_panel(
    axes: Axes,
    rows: Sequence[Mapping[str, str]],
    places: Sequence[float],
    columns: int,
    inputs: Mapping[str, str | Path],
    labelled: bool,
) -> None:
    for i, (row, y) in enumerate(zip(rows, places, strict=True)):
        draw_row(axes, load_samples(input_path(inputs, row["input"]), columns), y)
        if i > 0 and _are_parted(rows[i - 1], row):
            axes.axhline(y - BLOCK_GAP / 2, color=style.FAINT, linewidth=0.6)
        if labelled:
            bold = row["label"] == "VAE - Ours"
            weight = "bold" if bold else "normal"
            axes.text(-0.2, y + 0.5, row["label"], ha="right", va="center", fontsize=7.5, fontweight=weight)
