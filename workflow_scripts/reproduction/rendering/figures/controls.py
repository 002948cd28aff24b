"""The figure of controls: FID against novelty beside noise of every size, and what the paper's chains do."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.text import Annotation
from matplotlib.ticker import MaxNLocator

from geovae.core.errors import GeovaeError
from reproduction.rendering import style
from reproduction.rendering.figures import chain_diagnostics, curves
from reproduction.scores.lookup import Scores
from reproduction.scores.score_table import Statistic, summarise

NOVELTIES = {"novelty": "pixels", "novelty_latent": "latent space", "novelty_features": "features"}
SYMBOLS = {"jitter": "σ", "kde": "h"}
CURVE_LOOKS = (
    curves.Look(style.BLUE, "-", "s", width=1.1, size=2.6),
    curves.Look(style.GREEN, (0, (4, 1.4)), "^", width=1.1, size=3.0),
    curves.Look(style.PURPLE, (0, (1.2, 1.2)), "D", width=1.1, size=2.6),
)
NOVELTY_HEIGHT = 2.7  # inches, a row of panels of FID against novelty
LEGEND_ROW = 0.15
LEGEND_COLUMNS = 4
LABEL = "point"  # gid of the labels of points

# Where a label may stand: distances from its point, in points of 1/72 inch, in every direction, near ones first.
_DISTANCES = (4, 7, 10, 14, 18, 23, 29, 36)
_DIRECTIONS = 24
_PAD = 1.0  # points around a label
_LEADER_POINTS = 24  # along the line from a label to its point


Curve = Sequence[Mapping]  # the points of one control


class Place(NamedTuple):
    """A mean of novelty and FID over the seeds that have both, and what is written beside it (nothing if empty)."""

    novelty: Statistic
    fid: Statistic
    label: str


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw a row of novelties for each data set (pixels, latent space, features), then the chains of all of them.

    Args:
        inputs: `scores`, the table `scores.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title, net and subset; `points`, which get
            letters (at most 26), each with label, model, sampler,
            variant and block; `curves`, points of which those of a
            label make a curve, each with model, sampler (`jitter` or `kde`), variant and value, which is the
            bandwidth; and `lengths`, `betas` and `ks` (see `chain_diagnostics`).

    Raises:
        GeovaeError: a generation without a record, or more than 26 points. A generation that has no novelty in some
            space (real images have no latents) is left out of that panel alone.
    """
    scores, panels = curves.load(inputs, settings), settings["panels"]
    if len(settings["points"]) > len(ascii_uppercase):
        raise GeovaeError(f"points: {len(settings['points'])}, but there are 26 letters for them. Show fewer.")
    heights = [NOVELTY_HEIGHT] * len(panels) + [chain_diagnostics.HEIGHT]
    with style.context():
        n_handles = len(settings["points"]) + len(_curves(settings)) + 1
        figure = style.new_figure(style.WIDTH, sum(heights) + 0.1 + LEGEND_ROW * -(-n_handles // LEGEND_COLUMNS))
        figure.set_layout_engine("constrained", h_pad=0.05)
        parts = np.atleast_1d(figure.subfigures(len(heights), 1, height_ratios=heights))
        rows = []
        for part, panel in zip(parts, panels, strict=False):
            row = part.subplots(1, len(NOVELTIES), sharey=True)
            part.suptitle(panel["title"], fontsize=9, fontweight="bold")
            rows.append((row, _draw_novelties(row, scores, settings, panel)))
        chain_diagnostics.draw(parts[-1], scores, settings)
        handles = _legend_handles(settings)
        drawn = figure.legend(handles=handles, loc="outside upper center", ncols=LEGEND_COLUMNS, handlelength=2.4)
        for text, point in zip(drawn.get_texts(), settings["points"], strict=False):
            text.set_fontweight("bold" if curves.is_ours(point) else "normal")
        figure.draw_without_rendering()
        for row, places in rows:
            for axes, (points, lines) in zip(row, places, strict=True):
                place_labels(axes, points, lines)
    return figure


def _draw_novelties(
    row: Sequence[Axes], scores: Scores, settings: Mapping, panel: Mapping
) -> list[tuple[list[Place], list[np.ndarray]]]:
    """FID against each novelty; returns for each the places to be labelled and the lines (n, 2) to keep clear of."""
    fids, drawn = [], []
    for axes, (column, space) in zip(row, NOVELTIES.items(), strict=True):
        labelled, lines = [], []
        for curve, look in _curves(settings):
            places = _curve_places(scores, settings, panel, curve, column)
            _draw_line(axes, places, look)
            lines.append(np.array([(place.novelty.mean, place.fid.mean) for place in places]).reshape(-1, 2))
            labelled += [place for place in places if place.label]
            fids += [place.fid.mean for place in places]
        for letter, point in zip(ascii_uppercase, settings["points"], strict=False):
            place = _place(curves.find(scores, settings, panel, point), column, letter)
            if place:
                _draw_point(axes, place, _point_look(point))
                labelled.append(place)
                fids.append(place.fid.mean)
        axes.axvline(1, color=style.FAINT, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0.5)
        axes.set_xlabel(f"novelty, {space}")
        axes.margins(x=0.1, y=0.14)
        axes.xaxis.set_major_locator(MaxNLocator(5))
        if not labelled:
            axes.text(0.5, 0.5, "not taken", transform=axes.transAxes, ha="center", va="center")
        drawn.append((labelled, lines))
    row[0].set_ylabel("FID ↓")
    if fids:
        curves.scale_scores(row, fids)
    return drawn


def _place(records: curves.Records, column: str, label: str) -> Place | None:
    """The mean over the records that have a novelty; None if none has."""
    records = [record for record in records if record[column] is not None]
    if not records:
        return None
    return Place(summarise(records, column), curves.measured(records, "fid"), label)


def _curve_places(scores: Scores, settings: Mapping, panel: Mapping, curve: Curve, column: str) -> list[Place]:
    """The points of a control over its bandwidths, from small to large; the ends are labelled with theirs."""
    steps = sorted(curve, key=lambda step: step["value"])
    found = [_place(curves.find(scores, settings, panel, step), column, "") for step in steps]
    ends = {0, len(steps) - 1}
    symbol = SYMBOLS[steps[0]["sampler"]]
    return [
        place._replace(label=f"{symbol} = {step['value']:g}" if i in ends else "")
        for i, (step, place) in enumerate(zip(steps, found, strict=True))
        if place
    ]


# -- looks ------------------------------------------------------------------------------------------------------------


def _curves(settings: Mapping) -> list[tuple[Curve, curves.Look]]:
    """The points of each label, and how they are drawn."""
    of_label: dict[str, list[Mapping]] = {}
    for point in settings["curves"]:
        of_label.setdefault(point["label"], []).append(point)
    return [(points, CURVE_LOOKS[i % len(CURVE_LOOKS)]) for i, points in enumerate(of_label.values())]


def _point_look(point: Mapping[str, str]) -> curves.Look:
    """Ours stands out; its variants are hollow, other methods orange, controls grey."""
    if curves.is_ours(point):
        return curves.OUR_LOOK._replace(size=6.0)
    if point["sampler"].startswith("manifold"):
        return curves.Look(style.VERMILION, size=4.6, filled=False, zorder=3.0)
    if point["block"] == "controls":
        return curves.Look(style.INK, marker="X", size=4.0, zorder=3.0)
    return curves.Look(style.ORANGE, marker="D", size=4.2, zorder=3.0)


def _legend_handles(settings: Mapping) -> list[Line2D]:
    """The points with their letters, the curves, and the line at novelty 1."""
    handles = [
        _handle(f"{letter}  {point['label']}", _point_look(point)._replace(width=0))
        for letter, point in zip(ascii_uppercase, settings["points"], strict=False)
    ]
    handles += [
        _handle(f"{curve[0]['label']}, {SYMBOLS[curve[0]['sampler']]}", look) for curve, look in _curves(settings)
    ]
    unit = Line2D([], [], color=style.FAINT, linewidth=0.8, linestyle=(0, (1, 1.5)), label="as new as unseen images")
    return [*handles, unit]


def _handle(label: str, look: curves.Look) -> Line2D:
    return Line2D([], [], label=label, **_line_style(look))


def _line_style(look: curves.Look) -> dict[str, object]:
    return {
        "color": look.colour, "linestyle": look.dashes if look.width else "", "linewidth": look.width,
        "marker": look.marker, "markersize": look.size, "markerfacecolor": look.colour if look.filled else "white",
        "markeredgecolor": "white" if look.colour == style.VERMILION and look.filled else look.colour,
        "markeredgewidth": 0.6, "zorder": look.zorder,
    }  # fmt: skip


def _draw_line(axes: Axes, places: Sequence[Place], look: curves.Look) -> None:
    axes.plot([p.novelty.mean for p in places], [p.fid.mean for p in places], **_line_style(look))
    for place in places:
        _draw_bars(axes, place, look)


def _draw_point(axes: Axes, place: Place, look: curves.Look) -> None:
    axes.plot([place.novelty.mean], [place.fid.mean], **_line_style(look._replace(width=0)), label=place.label)
    _draw_bars(axes, place, look)


def _draw_bars(axes: Axes, place: Place, look: curves.Look) -> None:
    """± a standard deviation both ways, where there are several seeds."""
    if place.fid.std is not None:
        axes.errorbar(
            place.novelty.mean, place.fid.mean, xerr=place.novelty.std, yerr=place.fid.std, linestyle="",
            ecolor=look.colour, elinewidth=0.5, zorder=look.zorder - 0.5,
        )  # fmt: skip


# -- labels -----------------------------------------------------------------------------------------------------------


def place_labels(axes: Axes, places: Sequence[Place], lines: Sequence[np.ndarray]) -> list[Annotation]:
    """Write the labels beside their points, each where it covers least of what is there already.

    Greedy, the most crowded points first. A label never lies over another while some place in the axes is free.

    Args:
        axes: laid out already.
        places: points with labels.
        lines: (n, 2) novelty and FID of the curves, which labels keep off where they can.
    """
    if not places:
        return []
    figure = axes.get_figure(root=True)
    renderer = figure.canvas.get_renderer()
    scale = figure.dpi / 72
    inside = axes.get_window_extent(renderer).extents
    points = axes.transData.transform([(place.novelty.mean, place.fid.mean) for place in places])
    marks = [_boxes(points, 3 * scale), *(_boxes(_along(axes.transData.transform(line)), 0.5) for line in lines)]
    distances = np.hypot(*(points[:, None] - points).transpose(2, 0, 1))
    taken = np.empty((0, 4))
    written = []
    for i in np.argsort(-(distances < 40 * scale).sum(1), kind="stable"):
        annotation = _annotate(axes, places[i])
        size = curves.text_box(annotation, renderer).size
        offset, box = _best_offset(points[i], size, scale, inside, taken, np.concatenate(marks))
        annotation.set_position(offset / scale)
        annotation.arrow_patch.set_visible(np.hypot(*_to_box(points[i], box)) > 7 * scale)
        taken = np.concatenate([taken, box[None]])
        marks.append(_boxes(_along(np.array([points[i] + _to_box(points[i], box), points[i]])), 0.5))
        written.append(annotation)
    return written


def _annotate(axes: Axes, place: Place) -> Annotation:
    annotation = axes.annotate(
        place.label, (place.novelty.mean, place.fid.mean), xytext=(0, 0), textcoords="offset points", fontsize=7,
        fontweight="bold" if len(place.label) == 1 else "normal", ha="center", va="center", zorder=6, gid=LABEL,
        arrowprops={"arrowstyle": "-", "color": style.FAINT, "linewidth": 0.5, "shrinkA": 0, "shrinkB": 2},
    )  # fmt: skip
    annotation.set_in_layout(False)
    return annotation


def _best_offset(
    point: np.ndarray, size: np.ndarray, scale: float, inside: np.ndarray, taken: np.ndarray, marks: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Offset of a label's centre from its point, in pixels, and the label's box there.

    Labels over labels or out of the axes cost most, then lines to a point that cross labels, then points and lines
    beneath, then distance.
    """
    half = size / 2 + _PAD * scale
    angles = 2 * np.pi * np.arange(_DIRECTIONS) / _DIRECTIONS
    unit = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    # The label's nearest side or corner lies at the distance.
    offsets = np.concatenate([unit * distance * scale + np.clip(2 * unit, -1, 1) * half for distance in _DISTANCES])
    boxes = np.concatenate([point + offsets - half, point + offsets + half], axis=1)
    outside = (boxes[:, :2] < inside[:2]).any(1) | (boxes[:, 2:] > inside[2:]).any(1)
    leaders = point + offsets[:, None] * np.linspace(0, 1, _LEADER_POINTS)[:, None]
    crossed = _overlap(_boxes(leaders.reshape(-1, 2), 0.0), taken).any(1).reshape(len(offsets), -1).any(1)
    cost = 1e6 * _overlap(boxes, taken).sum(1) + 1e5 * outside + 1e3 * crossed + 20.0 * _overlap(boxes, marks).sum(1)
    best = np.argmin(cost + np.repeat(_DISTANCES, _DIRECTIONS))
    return offsets[best], boxes[best]


def _boxes(points: np.ndarray, half: float) -> np.ndarray:
    """Squares (n, 4) of left, bottom, right, top around points (n, 2)."""
    return np.concatenate([points - half, points + half], axis=1)


def _overlap(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Which boxes of a (n, 4) lie over which of b (m, 4): (n, m)."""
    a, b = a[:, None], b[None]
    return ((a[..., :2] <= b[..., 2:]) & (b[..., :2] <= a[..., 2:])).all(-1)


def _to_box(point: np.ndarray, box: np.ndarray) -> np.ndarray:
    """From a point to the nearest point of a box."""
    return np.clip(point, box[:2], box[2:]) - point


def _along(line: np.ndarray, step: float = 4.0) -> np.ndarray:
    """Points every `step` pixels along a polyline (n, 2)."""
    if len(line) < 2:
        return line
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))])
    at = np.arange(0.0, lengths[-1], step)
    return np.stack([np.interp(at, lengths, line[:, 0]), np.interp(at, lengths, line[:, 1])], axis=1)
