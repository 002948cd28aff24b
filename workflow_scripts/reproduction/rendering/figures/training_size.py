"""Figures 4 and 11: FID against the number of training images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.scores.lookup import Scores

COLUMNS = 3  # panels side by side
PANEL_HEIGHT = 2.3  # inches
LEGEND_ROW = 0.15  # inches
LEGEND_COLUMNS = 4


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw a panel per data set and a line per method.

    Args:
        inputs: `scores`, the table `scores.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title and net; `sizes`, data set -> its
            subsets, each with n, its number of training images; `rows` with label, model, sampler, variant and block
            (`paper`, `variants` or `controls`).

    Raises:
        GeovaeError: a generation without a record.
    """
    scores, panels, rows = curves.load(inputs, settings), settings["panels"], settings["rows"]
    # A sole panel has its legend beside it; several leave no room there.
    beside = len(panels) == 1
    n_columns = 2 if len(panels) == 4 else min(COLUMNS, len(panels))
    n_rows = -(-len(panels) // n_columns)
    if beside:
        height = max(PANEL_HEIGHT + 0.6, LEGEND_ROW * len(rows) + 0.3)
    else:
        height = n_rows * PANEL_HEIGHT + LEGEND_ROW * -(-len(rows) // LEGEND_COLUMNS) + 0.15
    with style.context():
        figure = style.new_figure(style.WIDTH, height)
        figure.set_layout_engine("constrained")
        grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        drawn = []
        for axes, panel in zip(grid, panels, strict=False):
            drawn += _draw_panel(axes, scores, settings, panel)
            axes.set_xlabel("training images")
        for axes in grid[len(panels) :]:
            axes.remove()
        for axes in grid[::n_columns]:
            axes.set_ylabel("FID ↓")
        curves.scale_scores(grid[: len(panels)], drawn)
        place = {"loc": "outside right upper"} if beside else {"loc": "outside lower center", "ncols": LEGEND_COLUMNS}
        curves.legend(figure, grid[0], rows, **place)
    return figure


def _draw_panel(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> list[float]:
    """Draw one data set; returns the means."""
    sizes: Sequence[Mapping] = sorted(settings["sizes"][panel["dataset"]], key=lambda size: size["n"])
    means = []
    for row, look in zip(settings["rows"], curves.looks(settings["rows"]), strict=True):
        found = [(size["n"], curves.find(scores, settings, panel, size, row)) for size in sizes]
        curves.draw_curve(axes, curves.tidy(found, "fid"), look, row["label"])
        means += [curves.measured(records, "fid").mean for _, records in found]
    full = {size["n"] for size in sizes if size["subset"] == "full"}
    curves.log_ticks(axes, [size["n"] for size in sizes], lambda n: _size_text(n, n in full))
    axes.set_title(panel["title"])
    return means


def _size_text(n: float, full: bool) -> str:
    return f"full\n({curves.count_text(n)})" if full else curves.count_text(n)
