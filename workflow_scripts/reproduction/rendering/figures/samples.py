"""Figures 5 and 6: 100 samples of the paper's method, not selected."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure

from reproduction.rendering import style
from reproduction.rendering.figures.grids import draw_row, grid_axes, load_samples
from reproduction.rendering.figures.inputs import input_path

SIDE = 10


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw the first 100 images of the input `samples` in a square; `settings` may have a `title`."""
    samples = load_samples(input_path(inputs, "samples"), SIDE * SIDE)
    title = settings.get("title", "")
    head = 0.26 if title else 0.04
    side = 5.0
    with style.context():
        figure = style.new_figure(side + 0.08, side + head + 0.04)
        width, height = figure.get_size_inches()
        axes = figure.add_axes((0.04 / width, 0.04 / height, side / width, side / height))
        grid_axes(axes, SIDE, SIDE)
        for row in range(SIDE):
            draw_row(axes, samples[row * SIDE : (row + 1) * SIDE], row)
        if title:
            figure.text(0.5, 1 - 0.5 * head / height, title, ha="center", va="center", fontsize=9)
    return figure
