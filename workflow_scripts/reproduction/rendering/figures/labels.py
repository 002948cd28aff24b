"""Labels beside points, each where it covers least of what is there already."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.text import Annotation

from reproduction.rendering import style
from reproduction.rendering.figures import curves

LABEL = "point"  # gid of the labels of points

# Where a label may stand: distances from its point, in points of 1/72 inch, in every direction, near ones first.
_DISTANCES = (4, 7, 10, 14, 18, 23, 29, 36, 46, 58)
_DIRECTIONS = 24
_PAD = 1.0  # points around a label
_LEADER_POINTS = 24  # along the line from a label to its point


class Labelled(NamedTuple):
    """A point of the axes, in units of their data, and what is written beside it."""

    x: float
    y: float
    label: str


def place_labels(axes: Axes, points: Sequence[Labelled], lines: Sequence[np.ndarray]) -> list[Annotation]:
    """Write the labels beside their points.

    Greedy, the most crowded points first. A label never lies over another while some place in the axes is free.

    Args:
        axes: laid out already.
        points: in the axes.
        lines: (n, 2) the curves, which labels keep off where they can.
    """
    if not points:
        return []
    figure = axes.get_figure(root=True)
    renderer = figure.canvas.get_renderer()
    scale = figure.dpi / 72
    inside = axes.get_window_extent(renderer).extents
    at = axes.transData.transform([(point.x, point.y) for point in points])
    marks = [_boxes(at, 3 * scale), *(_boxes(_along(axes.transData.transform(line)), 0.5) for line in lines)]
    marks = [boxes[_overlap(boxes, inside[None])[:, 0]] for boxes in marks]  # curves may leave the axes
    distances = np.hypot(*(at[:, None] - at).transpose(2, 0, 1))
    taken = np.empty((0, 4))
    written = []
    for i in np.argsort(-(distances < 40 * scale).sum(1), kind="stable"):
        annotation = _annotate(axes, points[i])
        size = curves.text_box(annotation, renderer).size
        offset, box = _best_offset(at[i], size, scale, inside, taken, np.concatenate(marks))
        annotation.set_position(offset / scale)
        annotation.arrow_patch.set_visible(np.hypot(*_to_box(at[i], box)) > 7 * scale)
        taken = np.concatenate([taken, box[None]])
        marks.append(_boxes(_along(np.array([at[i] + _to_box(at[i], box), at[i]])), 0.5))
        written.append(annotation)
    return written


def _annotate(axes: Axes, point: Labelled) -> Annotation:
    annotation = axes.annotate(
        point.label, (point.x, point.y), xytext=(0, 0), textcoords="offset points", fontsize=7,
        fontweight="bold" if len(point.label) == 1 else "normal", ha="center", va="center", zorder=6, gid=LABEL,
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
