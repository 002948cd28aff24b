"""The figure of interpolations: how far from the training images curves between random training means lead."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from geovae.core import storage
from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.rendering.figures.grids import draw_row, grid_axes
from reproduction.rendering.figures.inputs import input_path
from reproduction.scores.score_table import summarise

KINDS = ("affine", "potential", "geodesic")  # in the order of the arrays
NAMES = {"affine": "affine", "potential": "least potential (Eq. 12)", "geodesic": "geodesic of G"}
SHORT = {"affine": "affine", "potential": "Eq. 12", "geodesic": "geodesic"}
COLOURS = {"affine": style.INK, "potential": style.VERMILION, "geodesic": style.BLUE}
DASHES = {"affine": (0, (4, 1.6)), "potential": "-", "geodesic": (0, (1.2, 1.2))}
UPPER = 0.9  # the quantile over pairs that is drawn beside the mean
# Inches.
TOP = 0.36
HEAD = 0.44
PANEL = 1.35
GAP = 0.62  # beneath a panel, for its axis and the heads of the strips
FOOT = 0.12
LEFTS, WIDTHS = (0.5, 3.0, 5.55), (1.85, 1.85, 1.35)
STRIP_LABEL = 0.55


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw three panels and the images of the first pairs for each data set, one beneath the other.

    Args:
        inputs: arrays and scores of every training, as compare_interpolation writes them.
        settings: `quantile`, beyond which an image is far; `rows`, each with title, latent_dim and `inputs`: for every
            training the names of its `arrays` and `scores`. Distances are those of all trainings, images the first's.
    """
    rows = settings["rows"]
    needed = ("distances", "threshold", "images")
    arrays = [
        [storage.load_arrays(input_path(inputs, names["arrays"]), *needed) for names in row["inputs"]] for row in rows
    ]
    scores = [[storage.load_numbers(input_path(inputs, names["scores"])) for names in row["inputs"]] for row in rows]
    cells = [_cell(of_row[0]["images"]) for of_row in arrays]
    heights = [HEAD + PANEL + GAP + len(KINDS) * cell + FOOT for cell in cells]
    with style.context():
        figure = style.new_figure(style.WIDTH, TOP + sum(heights))
        _legend(figure, settings["quantile"])
        top = TOP
        for i, row in enumerate(rows):
            title = f"{row['title']}, d = {row['latent_dim']}"
            place = (0.05 / style.WIDTH, 1 - (top + 0.1) / figure.get_figheight())
            figure.text(*place, title, fontsize=9, fontweight="bold", va="center")
            _draw_panels(figure, top + HEAD, arrays[i], scores[i])
            _draw_strips(figure, top + HEAD + PANEL + GAP, arrays[i][0], cells[i])
            top += heights[i]
    return figure


def _cell(images: np.ndarray) -> float:
    """Inches of an image of the strips, which stand side by side."""
    n_pairs, n_stops = images.shape[1:3]
    return min(0.42, (style.WIDTH / n_pairs - STRIP_LABEL - 0.1) / n_stops)


def _axes(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes by their place in inches from the left and from the top."""
    total_width, total = figure.get_size_inches()
    box = (left / total_width, 1 - (top + height) / total, width / total_width, height / total)
    return figure.add_axes(box)


def _legend(figure: Figure, quantile: float) -> None:
    handles = [
        Line2D([], [], color=COLOURS[kind], linestyle=DASHES[kind], linewidth=1.4, label=NAMES[kind]) for kind in KINDS
    ]
    far = f"far: beyond 1, as {100 * (1 - quantile):.3g} % of the test images are"
    handles.append(Line2D([], [], color=style.BAD, linewidth=0.8, label=far))
    place = (0.5, 1 - 0.04 / figure.get_figheight())
    figure.legend(handles=handles, loc="upper center", bbox_to_anchor=place, ncols=4, handlelength=2.4)


# -- panels -----------------------------------------------------------------------------------------------------------


def _draw_panels(figure: Figure, top: float, arrays: Sequence[Mapping], scores: Sequence[Mapping]) -> None:
    along, largest, shares = (_axes(figure, left, top, width, PANEL) for left, width in zip(LEFTS, WIDTHS, strict=True))
    relative = np.concatenate([part["distances"] / part["threshold"] for part in arrays], 1)
    _draw_along(along, relative)
    _draw_largest(largest, relative.max(2))
    _draw_shares(shares, scores)


def _draw_along(axes: Axes, relative: np.ndarray) -> None:
    """Mean and a high quantile over the pairs, against the place between the ends."""
    n_stops = relative.shape[2]
    place = np.arange(1, n_stops + 1) / (n_stops + 1)
    for kind, distances in zip(KINDS, relative, strict=True):
        look = {"color": COLOURS[kind], "linestyle": DASHES[kind]}
        axes.plot(place, distances.mean(0), linewidth=1.4, gid=kind, **look)
        axes.plot(place, np.quantile(distances, UPPER, axis=0), linewidth=0.6, **look)
    axes.axhline(1, color=style.BAD, linewidth=0.8, zorder=0.5)
    axes.set(xlim=(0, 1), xlabel="way between the ends", ylabel="distance to training images")
    axes.set_title(f"mean (bold), {100 * UPPER:g} % quantile of pairs", fontsize=7.5)
    axes.set_ylim(bottom=0)
    curves.grid(axes)


def _draw_largest(axes: Axes, largest: np.ndarray) -> None:
    """Share of the pairs whose largest distance along the way is at most so much."""
    for kind, values in zip(KINDS, largest, strict=True):
        axes.ecdf(values, color=COLOURS[kind], linestyle=DASHES[kind], linewidth=1.4)
    axes.axvline(1, color=style.BAD, linewidth=0.8, zorder=0.5)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set(ylim=(0, 1.02), xlabel="largest distance along the way", ylabel="share of pairs")
    axes.set_xlim(left=0)
    curves.grid(axes)


def _draw_shares(axes: Axes, scores: Sequence[Mapping]) -> None:
    """The share of far images, with a standard deviation over the trainings where there are several."""
    for x, kind in enumerate(KINDS):
        share = summarise(scores, f"{kind}_far_share")
        axes.bar(
            x, share.mean, 0.7, yerr=share.std, color=COLOURS[kind], error_kw={"elinewidth": 0.8, "ecolor": style.FAINT}
        )
        axes.annotate(
            f"{100 * share.mean:.1f} %", (x, share.mean), xytext=(0, 2), textcoords="offset points", fontsize=7,
            ha="center", va="bottom",
        )  # fmt: skip
    axes.set_xticks(range(len(KINDS)), [SHORT[kind] for kind in KINDS])
    axes.tick_params(axis="x", length=0)
    axes.margins(y=0.2)
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.set_ylabel("share of far images")
    curves.grid(axes)


# -- images -----------------------------------------------------------------------------------------------------------


def _draw_strips(figure: Figure, top: float, arrays: Mapping[str, np.ndarray], cell: float) -> None:
    """The images of the first pairs, a row a kind, side by side."""
    n_pairs, n_stops = arrays["images"].shape[1:3]
    far = arrays["distances"] > arrays["threshold"]
    for pair in range(n_pairs):
        left = pair * style.WIDTH / n_pairs + STRIP_LABEL
        axes = _axes(figure, left, top, n_stops * cell, len(KINDS) * cell)
        grid_axes(axes, n_stops, len(KINDS))
        axes.set_title(f"images of pair {pair + 1}", fontsize=7.5, pad=3)
        for y, kind in enumerate(KINDS):
            draw_row(axes, arrays["images"][y, pair], y, bad=far[y, pair])
            axes.text(-0.15, y + 0.5, SHORT[kind], ha="right", va="center", fontsize=7)
