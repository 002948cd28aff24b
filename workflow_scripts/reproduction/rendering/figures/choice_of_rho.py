"""Figure of ρ (Appendix F.3): scores, chains and the metric itself against ρ, for two starts of the chains."""

import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.ticker
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.rendering.figures.inputs import input_path
from reproduction.rendering.figures.starts import STARTS
from reproduction.scores.cells import Cell
from reproduction.scores.lookup import Scores
from reproduction.scores.metric_table import metrics_of, read_metrics

BLOCK_HEIGHT = 3.5  # inches
ROOM = math.log(1.8)  # between ticks, so that the number at the star's does not lie over another
METRIC_LOOK = curves.Look(style.INK, marker="D", width=1.4, size=4.2, zorder=4.0)


class Panel(NamedTuple):
    """A panel: the column it shows, of score records or of metrics, its title, and its kind of y axis."""

    column: str
    title: str
    scale: str  # of scores (logarithmic if they differ much), `linear`, `share` or `log`
    of_metric: bool = False


PANELS = (
    Panel("fid", "FID ↓", "scores"),
    Panel("novelty", "novelty of the images", "linear"),
    Panel("displacement", "displacement of the chains", "linear"),
    Panel("active_share", "samples where G is active", "share"),
    Panel("identity_error", "‖G(cᵢ)Σᵢ − I‖ / ‖I‖", "log", of_metric=True),
    Panel("connected_share", "connected centroids", "share", of_metric=True),
)


class Tables(NamedTuple):
    """What the figure is drawn from: score records, and rows of metrics."""

    scores: Scores
    metrics: Sequence[Mapping[str, object]]


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw a block of six panels a data set; a star is ρ by Mahalanobis distances, where it lies in the paper's units.

    Args:
        inputs: `scores`, the table `scores.csv`, and `metrics`, the table `metrics.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title and net; `rhos`, each with rho (in
            units of the paper's), variant and metric (the metric's part of the variant), and `mahalanobis`, one such
            entry; both again with `_from_centroids` after their names.

    Raises:
        GeovaeError: a generation without a record, or a metric without a row.
    """
    tables = Tables(curves.load(inputs, settings), read_metrics(input_path(inputs, "metrics")))
    blocks = settings["panels"]
    with style.context():
        figure = style.new_figure(style.WIDTH, len(blocks) * BLOCK_HEIGHT + 0.3)
        figure.set_layout_engine("constrained")
        parts = figure.subfigures(len(blocks), 1, squeeze=False)[:, 0]
        for part, block in zip(parts, blocks, strict=True):
            _draw_block(part, tables, settings, block)
        figure.legend(handles=_handles(), loc="outside lower center", ncols=4, handlelength=2.6)
    return figure


def _draw_block(part: SubFigure, tables: Tables, settings: Mapping, block: Mapping) -> None:
    part.suptitle(f"{block['title']}: VAE - Ours", fontsize=9, fontweight="bold", x=0.02, ha="left")
    star = _star_place(tables, settings, block)
    factors = [entry["rho"] for entry in settings["rhos"]]
    ticks = [*factors, star] if all(abs(math.log(star / factor)) > ROOM for factor in factors) else factors
    for axes, panel in zip(part.subplots(2, 3).ravel(), PANELS, strict=True):
        values = _draw_panel(axes, tables, settings, block, panel, star)
        curves.log_ticks(axes, ticks, lambda factor: f"{factor:.3g}")
        _scale(axes, panel.scale, values)
        axes.set_title(panel.title)
        axes.set_xlabel("ρ in units of the paper's", labelpad=1.5)


def _star_place(tables: Tables, settings: Mapping, block: Mapping) -> float:
    """ρ by Mahalanobis distances in units of the paper's, the mean over seeds."""
    (mahalanobis,), first = settings["mahalanobis"], settings["rhos"][0]
    theirs = metrics_of(tables.metrics, Cell.of(settings, block, mahalanobis), mahalanobis["metric"])
    papers = metrics_of(tables.metrics, Cell.of(settings, block, first), first["metric"])
    return statistics.fmean(a["rho"] / b["rho"] * first["rho"] for a, b in zip(theirs, papers, strict=True))


def _draw_panel(
    axes: Axes, tables: Tables, settings: Mapping, block: Mapping, panel: Panel, star: float
) -> list[float]:
    """The curves and stars of a panel; returns their means."""
    means = []
    for start in STARTS[:1] if panel.of_metric else STARTS:
        look = METRIC_LOOK if panel.of_metric else start.look
        (mahalanobis,) = settings[f"mahalanobis{start.part}"]
        entries = [(entry["rho"], entry) for entry in settings[f"rhos{start.part}"]]
        found = [(x, _values(tables, settings, block, entry, panel)) for x, entry in entries]
        rows = [(x, seed, value) for x, values in found for seed, value in values.items()]
        curves.draw_curve(axes, pd.DataFrame(rows, columns=["x", "seed", "y"]), look)
        at_star = statistics.fmean(_values(tables, settings, block, mahalanobis, panel).values())
        axes.plot(
            [star], [at_star], linestyle="", marker="*", markersize=8, markeredgecolor=look.colour,
            markerfacecolor=look.colour if look.filled else "white", markeredgewidth=0.8, zorder=5,
        )  # fmt: skip
        means += [at_star, *(statistics.fmean(values.values()) for _, values in found)]
    return means


def _values(tables: Tables, settings: Mapping, block: Mapping, entry: Mapping, panel: Panel) -> dict[int, float]:
    """Seed -> what a panel shows of one ρ."""
    if panel.of_metric:
        rows = metrics_of(tables.metrics, Cell.of(settings, block, entry), entry["metric"])
    else:
        rows = curves.find(tables.scores, settings, block, entry)
        curves.measured(rows, panel.column)
    return {row["seed"]: float(row[panel.column]) for row in rows}


def _scale(axes: Axes, scale: str, values: Sequence[float]) -> None:
    if scale == "scores":
        curves.scale_scores([axes], values)
    elif scale == "log" and min(values) > 0 and max(values) > 10 * min(values):
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(matplotlib.ticker.LogLocator(numticks=5))
        axes.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    elif scale == "share":
        axes.set_ylim(-0.04, 1.04)
        axes.set_yticks([0, 0.5, 1])
    else:
        curves.linear_ticks(axes, 4)
    curves.grid(axes)


def _handles() -> list[Line2D]:
    colour, _, marker, width, size, *_ = METRIC_LOOK
    return [
        *(start.handle for start in STARTS),
        Line2D([], [], color=colour, marker=marker, linewidth=width, markersize=size, label="the metric itself"),
        Line2D([], [], linestyle="", marker="*", markersize=8, color=style.CONTROL, label="ρ by Mahalanobis distances"),
    ]
