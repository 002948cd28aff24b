"""What the figures of scores share: which records they take, how a method looks, curves, levels, scales."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import matplotlib.ticker
import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.text import Annotation, Text
from matplotlib.transforms import Bbox
from scipy.optimize import isotonic_regression

from geovae.core.errors import GeovaeError
from reproduction.rendering import style
from reproduction.rendering.figures.inputs import input_path
from reproduction.scores.cells import Cell
from reproduction.scores.lookup import Records, Scores, record_key
from reproduction.scores.score_table import Statistic, read_scores, summarise

OURS = {"model": "vae", "sampler": "manifold", "variant": "base"}
LOG_RATIO = 4  # scores that differ by more are drawn on a logarithmic axis
MANY_TICKS_RATIO = 20  # above it, a logarithmic axis has only ticks at 1, 2 and 5
LEVEL = "level"  # gid of the labels of levels
LEVEL_X = 1.05  # of these labels, in widths of the axes
LINE_HEIGHT = 1.15  # of labels that lie over one another, in heights of their text


# -- records ----------------------------------------------------------------------------------------------------------


def load(inputs: Mapping[str, str | Path], settings: Mapping) -> Scores:
    """The score records of the split and backbone that `settings` name, from the input `scores`."""
    return Scores.of_settings(read_scores(input_path(inputs, "scores")), settings)


def find(scores: Scores, settings: Mapping, *cell: Mapping[str, object]) -> Records:
    """The records of one generation, a record per seed of `settings`, by seed.

    Raises:
        GeovaeError: a seed that has no record.
    """
    return scores.all_of(Cell.of(settings, *cell))


def measured(records: Records, column: str) -> Statistic:
    """Mean and standard deviation over the seeds.

    Raises:
        GeovaeError: a record without a value in that column.
    """
    for record in records:
        if record[column] is None:
            raise GeovaeError(f"scores: no {column} of {record_key(record)}. Sample and score that generation again.")
    return summarise(records, column)


def tidy(points: Iterable[tuple[float, Records]], column: str) -> pd.DataFrame:
    """A row per record, with columns x, seed and y: points are (x, records) and y is the records' `column`."""
    rows = []
    for x, records in points:
        measured(records, column)
        rows += [(float(x), record["seed"], float(record[column])) for record in records]
    return pd.DataFrame(rows, columns=["x", "seed", "y"])


# -- looks ------------------------------------------------------------------------------------------------------------


class Look(NamedTuple):
    """How a method is drawn wherever it appears in a figure."""

    colour: str
    dashes: str | tuple = "-"
    marker: str = "o"
    width: float = 0.9
    size: float = 3.8
    filled: bool = True
    zorder: float = 2.0


OUR_LOOK = Look(style.VERMILION, width=2.0, size=5.5, zorder=4.0)


def is_ours(row: Mapping[str, object]) -> bool:
    """Whether a row is the paper's method with its usual options."""
    return all(row.get(name) == value for name, value in OURS.items()) and row.get("trial", "base") == "base"


def looks(rows: Sequence[Mapping[str, str]]) -> list[Look]:
    """A look for each row: ours stands out, its variants have its colour, controls are grey, no two are the same.

    The rows of the paper get the same dashes where they have the same sampler, and a marker of their own each.
    """
    samplers: dict[str, int] = {}  # sampler -> rows so far
    counts = {"paper": 0, "variants": 0, "controls": 0}
    chosen = []
    for row in rows:
        if is_ours(row):
            chosen.append(OUR_LOOK)
            continue
        block = row["block"]
        if block not in counts:
            raise GeovaeError(f"row {row['label']!r} is in block {block!r}; use {', '.join(counts)}.")
        i = counts[block]
        counts[block] += 1
        if block == "paper":
            j = samplers.setdefault(row["sampler"], 0)
            samplers[row["sampler"]] += 1
            dashes = style.DASHES[list(samplers).index(row["sampler"]) % len(style.DASHES)]
            colour = style.METHOD_COLOURS[j % len(style.METHOD_COLOURS)]
            chosen.append(Look(colour, dashes, style.MARKERS[i % len(style.MARKERS)]))
        elif block == "variants":
            dashes, marker = style.DASHES[1:][i % (len(style.DASHES) - 1)], style.MARKERS[1:][i % 11]
            chosen.append(Look(style.VERMILION, dashes, marker, filled=False, zorder=3.0))
        else:
            dashes = style.CONTROL_DASHES[i % len(style.CONTROL_DASHES)]
            marker = style.CONTROL_MARKERS[i % len(style.CONTROL_MARKERS)]
            chosen.append(Look(style.CONTROL, dashes, marker, width=0.7, size=3.4, zorder=1.5))
    return chosen


def legend(figure: Figure, axes: Axes, rows: Sequence[Mapping[str, str]], **place) -> Legend:
    """The legend of all rows, taken from one of the axes; our row is bold. `place` is what `Figure.legend` takes."""
    handles, labels = axes.get_legend_handles_labels()
    drawn = figure.legend(handles, labels, handlelength=3.4, **place)
    ours = {row["label"] for row in rows if is_ours(row)}
    for text in drawn.get_texts():
        if text.get_text() in ours:
            text.set_fontweight("bold")
    return drawn


# -- drawing ----------------------------------------------------------------------------------------------------------


def draw_curve(axes: Axes, points: pd.DataFrame, look: Look, label: str | None = None) -> None:
    """A line through the means over seeds, with bars of ± a standard deviation where there are several.

    Args:
        axes: still with linear scales: on others seaborn would average the transformed values.
        points: what `tidy` gives.
        look: of the method.
        label: what a legend says.
    """
    bars = points["seed"].nunique() > 1
    sns.lineplot(
        points, x="x", y="y", ax=axes, estimator="mean", errorbar="sd" if bars else None, err_style="bars",
        err_kws={"elinewidth": 0.6, "zorder": look.zorder - 0.5, "capsize": 1.2, "capthick": 0.6}, legend=False,
        label=label, color=look.colour, linestyle=look.dashes, linewidth=look.width, marker=look.marker,
        markersize=look.size, markerfacecolor=look.colour if look.filled else "white",
        markeredgecolor="white" if look == OUR_LOOK else look.colour, markeredgewidth=0.7, zorder=look.zorder,
    )  # fmt: skip
    axes.set(xlabel="", ylabel="")


def draw_level(axes: Axes, level: Statistic, look: Look, label: str) -> None:
    """A horizontal line for a method that does not depend on x, a band of ± a standard deviation, and its name.

    The name stands at the right of the axes; `spread_levels` moves names apart.
    """
    line = axes.axhline(level.mean, color=look.colour, linestyle=look.dashes, linewidth=look.width, zorder=look.zorder)
    line.set_gid(label)
    if level.std is not None:
        axes.axhspan(level.mean - level.std, level.mean + level.std, color=look.colour, alpha=0.12, lw=0, zorder=0.5)
    axes.annotate(
        label, (1, level.mean), xycoords=("axes fraction", "data"), xytext=(LEVEL_X, 0.5), textcoords="axes fraction",
        va="center", ha="left", fontsize=7, gid=LEVEL,
        arrowprops={"arrowstyle": "-", "color": look.colour, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0},
    )  # fmt: skip


def draw_peers(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> list[float]:
    """A level for each of the `peers`, on a panel's data set; returns the mean FIDs."""
    peers = settings["peers"]
    levels = [measured(find(scores, settings, panel, peer), "fid") for peer in peers]
    for peer, look, level in zip(peers, looks(peers), levels, strict=True):
        draw_level(axes, level, look, peer["label"])
    return [level.mean for level in levels]


def spread_levels(figure: Figure) -> None:
    """Put the names of levels beside their lines, as near as they can be without lying over one another."""
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    for axes in figure.axes:
        labels = [text for text in axes.texts if text.get_gid() == LEVEL]
        if not labels:
            continue
        box = axes.get_window_extent(renderer)
        heights = [text_box(label, renderer).height for label in labels]
        gap = LINE_HEIGHT * max(heights) / box.height
        wanted = [axes.transAxes.inverted().transform(axes.transData.transform((1, text.xy[1])))[1] for text in labels]
        for label, y in zip(labels, spread(wanted, gap, 0.0, 1.0), strict=True):
            label.set_position((LEVEL_X, y))


def text_box(label: Annotation, renderer) -> Bbox:
    """The box of an annotation's words, in pixels, without its arrow."""
    label.update_positions(renderer)
    return Text.get_window_extent(label, renderer)


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> np.ndarray:
    """Positions at least `gap` apart, in the order of `wanted` and nearest to it in the sum of squares.

    They lie within [low, high] if they fit there; else from `low` upwards.
    """
    order = np.argsort(wanted, kind="stable")
    steps = gap * np.arange(len(order))
    free = isotonic_regression(np.asarray(wanted, dtype=float)[order] - steps).x
    positions = np.empty(len(order))
    positions[order] = np.clip(free, low, max(low, high - steps[-1])) + steps
    return positions


# -- scales -----------------------------------------------------------------------------------------------------------


def scale_scores(axes_list: Sequence[Axes], values: Iterable[float]) -> None:
    """Give the y axes of a figure the same kind of scale: logarithmic if the scores differ by more than LOG_RATIO."""
    values = np.array(list(values), dtype=float)
    ratio = values.max() / values.min() if values.min() > 0 else 1.0
    subs = (1.0, 2.0, 5.0) if ratio > MANY_TICKS_RATIO else (1.0, 1.5, 2.0, 3.0, 5.0, 7.0)
    for axes in axes_list:
        if ratio > LOG_RATIO:
            axes.set_yscale("log")
            axes.yaxis.set_major_locator(matplotlib.ticker.LogLocator(subs=subs))
            axes.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
            axes.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())
        else:
            linear_ticks(axes)
        grid(axes)


def linear_ticks(axes: Axes, n: int = 5) -> None:
    """At most `n` intervals between round numbers on the y axis."""
    axes.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(n, steps=(1, 2, 2.5, 5, 10)))


def grid(axes: Axes) -> None:
    """Faint horizontal lines behind all else."""
    axes.yaxis.grid(True, color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)


def log_ticks(axes: Axes, values: Sequence[float], write: Callable[[float], str]) -> None:
    """A logarithmic x axis with a tick at each value and no other; `write` gives the words."""
    axes.set_xscale("log")
    axes.xaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    axes.set_xticks(sorted(values), [write(value) for value in sorted(values)])


def count_text(n: float) -> str:
    """A number of images or centroids in few characters: 500, 1k, 58.6k."""
    return f"{n:.0f}" if n < 1000 else f"{n / 1000:.3g}k"
