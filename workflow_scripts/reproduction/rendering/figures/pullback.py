"""The figure of the pull-back metric: posterior precisions and the metric beside I + (2/β) JᵀJ at training means."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from geovae.core import storage
from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.rendering.figures.inputs import input_path
from reproduction.scores.score_table import Statistic, summarise

TITLE = r"Posterior precisions $\Sigma^{-1}(x)$ and the metric $G$ against $P = I + (2/\beta)\,J^T J$ at training means"
PER_ROW = 4  # columns beside one another
ROW_HEIGHT = 1.45  # inches, of a row of scatters
HEAD = 0.3
TOP = 0.25
BAR_HEIGHT = 1.75
BAR_WIDTH = 0.36


class Scatter(NamedTuple):
    """A row of panels: what of the arrays is compared, which score is written above, and what the axes say."""

    name: str
    kind: str
    score: str
    ylabel: str
    colour: str


SCATTERS = (
    Scatter("posterior", "log_volume", "rank_log_volume", r"$\frac{1}{2}\log\det\,\Sigma^{-1}(x)$", style.BLUE),
    Scatter("metric", "log_volume", "rank_log_volume", r"$\frac{1}{2}\log\det\,G(\mu(x))$", style.VERMILION),
    Scatter("posterior", "diagonal", "rank_diagonal", r"$\Sigma^{-1}(x)_{jj}$", style.BLUE),
)
XLABELS = {"log_volume": r"$\frac{1}{2}\log\det\,P$", "diagonal": "$P_{jj}$"}
NEEDED = tuple(sorted({f"{scatter.kind}_{name}" for scatter in SCATTERS for name in (scatter.name, "pullback")}))


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw scatters of the first training of each column, and bars of all trainings beneath.

    Args:
        inputs: arrays and scores of every training, as compare_pullback writes them.
        settings: `columns`, each with title, beta, latent_dim and `inputs`: for every training the names of its
            `arrays` and `scores`.
    """
    columns = settings["columns"]
    loaded = [
        (
            storage.load_arrays(input_path(inputs, column["inputs"][0]["arrays"]), *NEEDED),
            [storage.load_numbers(input_path(inputs, training["scores"])) for training in column["inputs"]],
        )
        for column in columns
    ]
    blocks = [range(start, min(start + PER_ROW, len(columns))) for start in range(0, len(columns), PER_ROW)]
    block_height = HEAD + len(SCATTERS) * ROW_HEIGHT
    with style.context():
        figure = style.new_figure(style.WIDTH, TOP + len(blocks) * block_height + BAR_HEIGHT)
        figure.set_layout_engine("constrained", h_pad=0.03, w_pad=0.03)
        heights = [block_height] * len(blocks) + [BAR_HEIGHT]
        figure.suptitle(TITLE, fontsize=8.5)
        parts = np.atleast_1d(figure.subfigures(len(heights), 1, height_ratios=heights))
        for part, block in zip(parts, blocks, strict=False):
            grid = part.subplots(len(SCATTERS), min(PER_ROW, len(columns)), squeeze=False)
            for x, index in enumerate(block):
                _draw_column(grid[:, x], columns[index], *loaded[index], first=x == 0)
            for axes in grid[:, len(block) :].flat:
                axes.remove()
        _draw_bars(parts[-1], columns, [scores for _, scores in loaded])
    return figure


def column_title(column: Mapping[str, object]) -> str:
    """A column in words: its data set, β and latent dimension."""
    return f"{column['title']}, β = {column['beta']:g}, d = {column['latent_dim']}"


def _draw_column(
    grid: Sequence[Axes], column: Mapping, arrays: Mapping[str, np.ndarray], scores: Sequence[Mapping], *, first: bool
) -> None:
    for axes, scatter in zip(grid, SCATTERS, strict=True):
        x, y = arrays[f"{scatter.kind}_pullback"].ravel(), arrays[f"{scatter.kind}_{scatter.name}"].ravel()
        axes.scatter(x, y, s=2.5, color=scatter.colour, alpha=0.45, linewidths=0, rasterized=True)
        logarithmic = scatter.kind == "diagonal"
        if logarithmic:
            axes.set(xscale="log", yscale="log")
        if scatter.name == "posterior":
            _frame(axes, x, y, logarithmic=logarithmic)
        if logarithmic:
            _decades(axes)
        else:
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(MaxNLocator(4))
        axes.set_xlabel(XLABELS[scatter.kind], labelpad=1)
        axes.set_title(f"rank correlation {_text(summarise(scores, _column(scatter)))}", fontsize=7, pad=3)
        if first:
            axes.set_ylabel(scatter.ylabel, labelpad=1)
    grid[0].annotate(
        column_title(column), (0.5, 1), xytext=(0, 15), xycoords="axes fraction", textcoords="offset points",
        ha="center", va="bottom", fontsize=7, fontweight="bold",
    )  # fmt: skip


def _decades(axes: Axes) -> None:
    """Ticks in figures: at powers of ten and, where there are few of them, at three times these."""
    low, high = axes.get_xlim()
    subs = (1.0, 3.0) if high < 100 * low else (1.0,)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=subs, numticks=5))
        axis.set_major_formatter(lambda value, position: _number(value))
        axis.set_minor_locator(NullLocator())


def _number(value: float) -> str:
    """A number in few characters: 300, 1e4."""
    return f"{value:g}" if value < 1e4 else f"{value:.0e}".replace("e+0", "e")


def _frame(axes: Axes, x: np.ndarray, y: np.ndarray, *, logarithmic: bool) -> None:
    """The same limits on both axes, and their diagonal, where values are equal."""
    both = np.concatenate([x, y])
    low, high = both.min(), both.max()
    if logarithmic:
        margin = max(high / low, 1.1) ** 0.05
        low, high = low / margin, high * margin
    else:
        margin = 0.05 * max(high - low, 1e-9)
        low, high = low - margin, high + margin
    axes.set(xlim=(low, high), ylim=(low, high))
    axes.plot([low, high], [low, high], color=style.INK, linewidth=0.6, linestyle=(0, (3, 2)), zorder=0.5)


def _column(scatter: Scatter) -> str:
    return f"{scatter.name}_{scatter.score}"


def _text(statistic: Statistic | None) -> str:
    if statistic is None:
        return "not defined"
    deviation = f" ± {statistic.std:.2f}" if statistic.std is not None else ""
    return f"{statistic.mean:.2f}{deviation}".replace("-", "−")


def _draw_bars(part, columns: Sequence[Mapping], scores: Sequence[Sequence[Mapping]]) -> None:
    """Off the diagonal, and the rank correlations of the log-volumes, a group of bars a column."""
    left, right = part.subplots(1, 2)
    labels = [f"{column['title']}\n{column['beta']:g}" for column in columns]
    _bars(left, scores, ["off_diagonal_pullback"], [style.FAINT])
    left.set(ylim=(0, 1), ylabel="share off the diagonal")
    left.set_title("Squared entries of P off its diagonal (Σ and G have none)", fontsize=7.5)
    _bars(right, scores, ["posterior_rank_log_volume", "metric_rank_log_volume"], [style.BLUE, style.VERMILION])
    right.axhline(0, color=style.INK, linewidth=0.6)
    right.set(ylim=(-1, 1), ylabel="rank correlation")
    right.set_title("Log-volumes of P against those of Σ⁻¹ (blue) and G (red)", fontsize=7.5)
    for axes in (left, right):
        axes.set_xticks(range(len(columns)), labels, fontsize=7 if len(columns) <= PER_ROW else 6)
        axes.tick_params(axis="x", length=0)
        axes.set_xlabel("data set, and its β", labelpad=2)
        curves.grid(axes)


def _bars(axes: Axes, scores: Sequence[Sequence[Mapping]], names: Sequence[str], colours: Sequence[str]) -> None:
    for i, (name, colour) in enumerate(zip(names, colours, strict=True)):
        shift = (i - (len(names) - 1) / 2) * BAR_WIDTH
        for x, of_column in enumerate(scores):
            statistic = summarise(of_column, name)
            if statistic is not None:
                axes.bar(
                    x + shift, statistic.mean, BAR_WIDTH, yerr=statistic.std, color=colour, linewidth=0,
                    error_kw={"elinewidth": 0.8, "ecolor": style.INK},
                )  # fmt: skip
