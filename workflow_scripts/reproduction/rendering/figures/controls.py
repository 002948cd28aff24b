"""The figure of controls: scores against novelty beside noise of every size, and what the paper's chains do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from geovae.core.errors import GeovaeError
from reproduction.rendering import style
from reproduction.rendering.figures import chain_diagnostics, curves
from reproduction.rendering.figures.labels import Labelled, place_labels
from reproduction.rendering.figures.zoom import AS_UNSEEN, Mark, Place, Window, window_of
from reproduction.scores.lookup import Scores
from reproduction.scores.score_table import summarise

NOVELTIES = {"novelty": "pixels", "novelty_latent": "latent space", "novelty_features": "features"}
# Beside the FID, against novelty in pixels: what FID alone hides, and how each is written.
OTHER_SCORES = {"precision": "precision ↑", "recall": "recall ↑", "coverage": "coverage ↑"}
FLOOR = "real"  # the sampler whose images are no generated ones: it widens no axis
# What a curve is drawn over, and how it looks, by its sampler.
SYMBOLS = {"jitter": "σ", "posterior_kde": "s", "parzen": "s", "neighbours": "K", "gmm": "n", "volume": "k"}
LOOKS = {
    "jitter": curves.Look(style.BLUE, "-", "s", width=1.1, size=2.6),
    "posterior_kde": curves.Look(style.SKY, (0, (5, 1.2, 1.2, 1.2)), "v", width=1.1, size=3.0),
    "parzen": curves.Look(style.PURPLE, (0, (1.2, 1.2)), "P", width=1.1, size=3.4),
    "neighbours": curves.Look("#332288", (0, (3, 1)), "o", width=1.1, size=2.6),
    "gmm": curves.Look(style.ORANGE, (0, (6, 1.4)), "D", width=1.1, size=2.6),
    "volume": curves.Look(style.WINE, (0, (2, 1, 1, 1)), "h", width=1.1, size=3.2),
}
OUTSIDE = curves.Look(style.FAINT, marker="^", width=0, size=4.0)  # what stands at the edge
ROW_HEIGHT = 2.5  # inches, a row of panels
LEGEND_ROW = 0.15
LEGEND_COLUMNS = 3

Curve = Sequence[Mapping]  # the points of one control


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw for each data set FID against three novelties and other scores against one, then the chains of all of them.

    The axes show where most samplers are; what lies outside is marked at their edge with the number that lies beyond.
    The row of other scores is left out where none was taken, and a panel of chains that would show a single value.

    Args:
        inputs: `scores`, the table `scores.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title, net and subset; `points`, which get
            letters (at most 26), each with label, model, sampler,
            variant and block; `curves`, points of which those of a
            label make a curve, each with model, sampler (of `SYMBOLS`), variant and value, which is the number that
            they differ in; and `lengths`, `betas` and `ks` (see `chain_diagnostics`).

    Raises:
        GeovaeError: a generation without a record, or more than 26 points. A generation that has no novelty in some
            space (real images have no latents), or no such score, is left out of that panel alone.
    """
    scores, panels = curves.load(inputs, settings), settings["panels"]
    if len(settings["points"]) > len(ascii_uppercase):
        raise GeovaeError(f"points: {len(settings['points'])}, but there are 26 letters for them. Show fewer.")
    rows = 2 if any(record[column] is not None for record in scores.records for column in OTHER_SCORES) else 1
    heights = [rows * ROW_HEIGHT] * len(panels) + [chain_diagnostics.height(settings)]
    with style.context():
        handles = _legend_handles(settings)
        figure = style.new_figure(style.WIDTH, sum(heights) + 0.1 + LEGEND_ROW * -(-len(handles) // LEGEND_COLUMNS))
        figure.set_layout_engine("constrained", h_pad=0.05)
        parts = figure.subfigures(len(heights), 1, height_ratios=heights)
        drawn = []
        for part, panel in zip(parts, panels, strict=False):
            part.suptitle(panel["title"], fontsize=9, fontweight="bold")
            drawn += _draw_panels(part.subplots(rows, 3, squeeze=False), scores, settings, panel)
            if rows == 1:
                part.supxlabel("precision, recall and coverage: not taken (evaluation.extra)", fontsize=7)
        chain_diagnostics.draw(parts[-1], scores, settings)
        legend = figure.legend(handles=handles, loc="outside upper center", ncols=LEGEND_COLUMNS, handlelength=2.4)
        for text, point in zip(legend.get_texts(), settings["points"], strict=False):
            text.set_fontweight("bold" if curves.is_ours(point) else "normal")
        style.settle(figure)
        for axes, labelled, lines in drawn:
            place_labels(axes, labelled, [line.get_xydata() for line in lines])
    return figure


Drawn = tuple[Axes, list[Labelled], list[Line2D]]  # axes with the points to be labelled and the curves to keep clear of


def _draw_panels(grid: np.ndarray, scores: Scores, settings: Mapping, panel: Mapping) -> list[Drawn]:
    """The rows of a data set on its axes (1 or 2, 3)."""
    above, below = grid[0], grid[1:].ravel()
    drawn = []
    found = {column: _marks(scores, settings, panel, column, "fid") for column in NOVELTIES}
    shared = window_of([mark for marks in found.values() for mark in marks], logarithmic=True)
    for axes, (column, space) in zip(above, NOVELTIES.items(), strict=True):
        axes.set_xlabel(f"novelty, {space}")
        own = window_of(found[column])
        window = own and own._replace(y=shared.y, logarithmic=shared.logarithmic)
        if window and window.logarithmic:
            curves.scale_scores([axes], window.y)
        elif window:
            curves.linear_ticks(axes)
            curves.grid(axes)
        drawn.append(_draw(axes, found[column], window))
    above[0].set_ylabel("FID ↓")
    for axes in above[1:]:
        axes.tick_params(labelleft=False)
    for axes, (column, title) in zip(below, OTHER_SCORES.items(), strict=False):
        axes.set(xlabel="novelty, pixels", ylabel=title)
        marks = _marks(scores, settings, panel, "novelty", column)
        window = window_of(marks)
        curves.linear_ticks(axes)
        curves.grid(axes)
        drawn.append(_draw(axes, marks, window and window._replace(x=window_of(found["novelty"]).x)))
    return drawn


def _draw(axes: Axes, marks: Sequence[Mark], window: Window | None) -> Drawn:
    """Points and curves within a window, and at its edge those that lie outside."""
    if window is None:
        axes.text(0.5, 0.5, "not taken", transform=axes.transAxes, ha="center", va="center")
        axes.set(xticks=[], yticks=[])
        return axes, [], []
    axes.axvline(AS_UNSEEN, color=style.FAINT, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0.5)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    lines = []
    for name in dict.fromkeys(mark.curve for mark in marks if mark.curve):
        of_curve = [mark for mark in marks if mark.curve == name]
        x, y = ([getattr(mark, side).mean for mark in of_curve] for side in "xy")
        look = of_curve[0].look
        lines += axes.plot(x, y, **_line_style(look))
        # Which end is which: the smallest value is hollow.
        axes.plot(x[:1], y[:1], **_line_style(look._replace(width=0, size=look.size + 1, filled=False)))
    places = [_draw_mark(axes, mark, window) for mark in marks]
    if unseen := window.place_of_unseen():
        axes.plot([unseen.x], [unseen.y], **_line_style(OUTSIDE._replace(marker=unseen.edge)))
        places.append(unseen)
    axes.set(xlim=window.x, ylim=window.y)
    return axes, [Labelled(place.x, place.y, place.label) for place in places if place.label], lines


def _draw_mark(axes: Axes, mark: Mark, window: Window) -> Place:
    """A point with its bars, or what stands for it at the edge; of a curve, whose line is drawn, no more than these."""
    place = window.place(mark)
    if place.edge:
        look = OUTSIDE._replace(colour=mark.look.colour, filled=mark.look.filled, marker=place.edge)
        axes.plot([place.x], [place.y], **_line_style(look._replace(zorder=mark.look.zorder)))
        return place
    if not mark.curve:
        axes.plot([place.x], [place.y], **_line_style(mark.look._replace(width=0)), label=mark.label)
    if mark.y.std is not None:
        _draw_bars(axes, mark)
    return place


def _marks(scores: Scores, settings: Mapping, panel: Mapping, column: str, score: str) -> list[Mark]:
    """The points and curves of a panel of a score against a novelty: those that have both."""
    marks = []
    for curve in _curves(settings):
        for step in curve:
            at_edge = f"{SYMBOLS[step['sampler']]}={step['value']:g}:"
            marks.append(_mark(scores, settings, panel, step, (column, score), at_edge, step["label"]))
    for letter, point in zip(ascii_uppercase, settings["points"], strict=False):
        marks.append(_mark(scores, settings, panel, point, (column, score), letter, ""))
    return [mark for mark in marks if mark]


def _mark(
    scores: Scores, settings: Mapping, panel: Mapping, cell: Mapping, columns: tuple[str, str], label: str, curve: str
) -> Mark | None:
    """The mean over the records that have both columns; None if none has."""
    records = [
        record
        for record in curves.find(scores, settings, panel, cell)
        if all(record[column] is not None for column in columns)
    ]
    if not records:
        return None
    novelty, score = (summarise(records, column) for column in columns)
    look = LOOKS[cell["sampler"]] if curve else _point_look(cell)
    return Mark(novelty, score, label, curve, look, cell["sampler"] != FLOOR, not curve and curves.is_ours(cell))


# -- looks ------------------------------------------------------------------------------------------------------------


def _curves(settings: Mapping) -> list[Curve]:
    """The points of each label, from small to large values."""
    of_label: dict[str, list[Mapping]] = {}
    for point in settings["curves"]:
        of_label.setdefault(point["label"], []).append(point)
    return [sorted(points, key=lambda point: point["value"]) for points in of_label.values()]


def _point_look(point: Mapping[str, str]) -> curves.Look:
    """Ours stands out; its variants are hollow, baselines as their curves, other methods orange, controls grey."""
    if curves.is_ours(point):
        return curves.OUR_LOOK._replace(size=6.0)
    if point["sampler"].startswith("manifold"):
        return curves.Look(style.VERMILION, size=4.6, filled=False, zorder=3.0)
    if point["block"] == "baselines":
        return LOOKS[point["sampler"]]._replace(size=5.2, zorder=3.0)
    if point["block"] == "controls":
        return curves.Look(style.INK, marker="X", size=4.0, zorder=3.0)
    return curves.Look(style.ORANGE, marker="D", size=4.2, zorder=3.0)


def _legend_handles(settings: Mapping) -> list[Line2D]:
    """The points with their letters, the curves with their values, the line at novelty 1, and what lies outside."""
    handles = [
        _handle(f"{letter}  {point['label']}", _point_look(point)._replace(width=0))
        for letter, point in zip(ascii_uppercase, settings["points"], strict=False)
    ]
    for curve in _curves(settings):
        (first, *_), sampler = curve, curve[0]["sampler"]
        values = f"{first['value']:g}" + (f" to {curve[-1]['value']:g}" if len(curve) > 1 else "")
        handles.append(_handle(f"{first['label']}, {SYMBOLS[sampler]} {values}", LOOKS[sampler]))
    unit = Line2D([], [], color=style.FAINT, linewidth=0.8, linestyle=(0, (1, 1.5)), label="as new as unseen images")
    first = curves.Look(style.FAINT, marker="s", width=0, size=3.6, filled=False)
    return [*handles, unit, _handle("smallest value of a curve", first), _handle("beyond the axes: its value", OUTSIDE)]


def _handle(label: str, look: curves.Look) -> Line2D:
    return Line2D([], [], label=label, **_line_style(look))


def _line_style(look: curves.Look) -> dict[str, object]:
    return {
        "color": look.colour, "linestyle": look.dashes if look.width else "", "linewidth": look.width,
        "marker": look.marker, "markersize": look.size, "markerfacecolor": look.colour if look.filled else "white",
        "markeredgecolor": "white" if look.colour == style.VERMILION and look.filled else look.colour,
        "markeredgewidth": 0.6, "zorder": look.zorder,
    }  # fmt: skip


def _draw_bars(axes: Axes, mark: Mark) -> None:
    """± a standard deviation both ways."""
    axes.errorbar(
        mark.x.mean, mark.y.mean, xerr=mark.x.std, yerr=mark.y.std, linestyle="", ecolor=mark.look.colour,
        elinewidth=0.5, zorder=mark.look.zorder - 0.5,
    )  # fmt: skip
