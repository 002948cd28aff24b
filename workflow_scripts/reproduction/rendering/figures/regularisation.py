"""Figure 14: FID against the regularisation λ of the metric."""

import math
from collections.abc import Mapping
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.scores.lookup import Scores

COLUMNS = 2
PANEL_HEIGHT = 2.2  # inches


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw a panel per data set.

    Args:
        inputs: `scores`, the table `scores.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title, net and subset; `lams`, each with
            lam (> 0) and variant; `k`, the number of centroids; `peers`, drawn as levels: label, model, sampler,
            variant, block.

    Raises:
        GeovaeError: a generation without a record.
    """
    scores, panels = curves.load(inputs, settings), settings["panels"]
    n_columns = min(COLUMNS, len(panels))
    n_rows = -(-len(panels) // n_columns)
    with style.context():
        figure = style.new_figure(style.WIDTH, n_rows * PANEL_HEIGHT + 0.15)
        figure.set_layout_engine("constrained")
        grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        drawn = []
        for axes, panel in zip(grid, panels, strict=False):
            drawn += _draw_panel(axes, scores, settings, panel)
        for axes in grid[len(panels) :]:
            axes.remove()
        curves.scale_scores(grid[: len(panels)], drawn)
        curves.spread_levels(figure)
    return figure


def _draw_panel(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> list[float]:
    """FID against λ; returns the means."""
    found = [(point["lam"], curves.find(scores, settings, panel, point)) for point in settings["lams"]]
    curves.draw_curve(axes, curves.tidy(found, "fid"), curves.OUR_LOOK)
    means = [curves.measured(records, "fid").mean for _, records in found]
    means += curves.draw_peers(axes, scores, settings, panel)
    curves.log_ticks(axes, [lam for lam, _ in found], _lam_text)
    axes.set(xlabel=f"λ (k = {settings['k']:,})", ylabel="FID ↓", title=f"{panel['title']}: VAE - Ours")
    return means


def _lam_text(lam: float) -> str:
    """A power of ten as such, other numbers as they are."""
    exponent = round(math.log10(lam))
    return f"$10^{{{exponent}}}$" if math.isclose(lam, 10.0**exponent) and lam != 1 else f"{lam:g}"
