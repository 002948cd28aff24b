"""The part of a panel that is shown: where most samplers are, with what lies outside marked at the edge."""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reproduction.rendering.figures.curves import LOG_RATIO, Look
from reproduction.scores.score_table import Statistic

TAIL = 10
"""One value of so many or fewer, at either end, is no part of the bulk that an axis is chosen by."""
AS_UNSEEN = 1.0  # the novelty of unseen images, by which novelty is measured
MARGIN = (0.1, 0.14)  # shares of the ranges around what is shown, of x and y
ALL_ZERO = (-0.01, 0.1)  # limits around scores that are all zero, of which none can be below
HEIGHT_OF_UNSEEN = 0.75  # of its mark at the edge: clear of the corners, where real images are marked
EDGE = 0.025  # how far from the edge what lies outside is marked, as a share of the range
# Triangles at the edge that point to what lies there, by its side in x and in y.
ARROWS = {
    (0, 1): "^", (0, -1): "v", (1, 0): ">", (-1, 0): "<",
    (1, 1): (3, 0, -45), (-1, 1): (3, 0, 45), (-1, -1): (3, 0, 135), (1, -1): (3, 0, -135),
}  # fmt: skip

Marker = str | tuple[int, int, int]  # of matplotlib: by name, or corners, style and angle


class Mark(NamedTuple):
    """A mean of novelty and score over the seeds.

    Attributes:
        x, y: novelty and score.
        label: what is written beside a point of its own, and beside any at the edge.
        curve: the curve that it is a point of; "" for a point of its own.
        look: how it is drawn.
        sampler: whether the axes are chosen by it, which they are not by real images.
        always: it is shown whatever the others are.
    """

    x: Statistic
    y: Statistic
    label: str
    curve: str
    look: Look
    sampler: bool
    always: bool = False


class Place(NamedTuple):
    """Where a mark is drawn and what is written there; `edge` is the marker of one that lies outside, or ""."""

    x: float
    y: float
    label: str
    edge: Marker = ""


class Window(NamedTuple):
    """Limits of the axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    logarithmic: bool = False

    def place(self, mark: Mark) -> Place:
        """Where a mark is drawn: at its place, or at the edge nearest to it with the number that lies beyond.

        In a corner, where both numbers lie beyond, it is the score.
        """
        x, y = mark.x.mean, mark.y.mean
        side = _side(x, self.x), _side(y, self.y)
        if side == (0, 0):
            return Place(x, y, "" if mark.curve else mark.label)
        inner_x, inner_y = _inner(self.x, False), _inner(self.y, self.logarithmic)
        number = f"{y:.3g}" if side[1] else f"{x:.3g}"
        return Place(_clip(x, inner_x), _clip(y, inner_y), f"{mark.label} {number}", ARROWS[side])

    def place_of_unseen(self) -> Place | None:
        """Where the edge says that the novelty of unseen images lies beyond; None if it is on the axis."""
        side = _side(AS_UNSEEN, self.x)
        if not side:
            return None
        low, high = map(math.log, self.y) if self.logarithmic else self.y
        y = low + HEIGHT_OF_UNSEEN * (high - low)
        x = _clip(AS_UNSEEN, _inner(self.x, False))
        return Place(x, math.exp(y) if self.logarithmic else y, f"novelty {AS_UNSEEN:g}", ARROWS[side, 0])


def window_of(marks: Sequence[Mark], logarithmic: bool = False) -> Window | None:
    """The window of the samplers and curves, each axis without what is far from the bulk; None if there is none.

    Args:
        marks: of one panel, or of several that share an axis.
        logarithmic: whether y may be logarithmic, which it is for scores of which one is several times another.
    """
    if not any(mark.sampler for mark in marks):
        return None
    ends = near([mark.x.mean for mark in marks if mark.sampler])
    x = _shown(marks, "x", ends)
    # What novelty is measured by is on the axis unless it would push the samplers together there.
    x += [AS_UNSEEN] if ends[0] <= AS_UNSEEN <= ends[1] else []
    y = _shown(marks, "y", near([mark.y.mean for mark in marks if mark.sampler]))
    logarithmic = logarithmic and min(y) > 0 and max(y) / min(y) > LOG_RATIO
    return Window(_padded(x, MARGIN[0]), _padded(y, MARGIN[1], logarithmic), logarithmic)


def near(values: Iterable[float]) -> tuple[float, float]:
    """The ends between which a value is near the bulk: no farther from it, on either side, than it is wide.

    The bulk is what is left without a tenth of the values, rounded up, at either end, so that a few that are far away
    do not move its ends; values that are spread evenly are all near. Equal values count once: panels that share an
    axis show a score again. A bulk that has no width, as that of three values, says of none that it is far.
    """
    values = sorted(set(values))
    tail = math.ceil(len(values) / TAIL)
    bulk = values[tail : len(values) - tail]
    if len(bulk) < 2:
        return -math.inf, math.inf
    low, high = bulk[0], bulk[-1]
    return low - (high - low), high + (high - low)


def _shown(marks: Sequence[Mark], axis: str, ends: tuple[float, float]) -> list[float]:
    """The means that an axis is to hold."""
    values = ((mark, getattr(mark, axis).mean) for mark in marks)
    return [value for mark, value in values if mark.always or (mark.sampler and ends[0] <= value <= ends[1])]


def _padded(values: Iterable[float], margin: float, logarithmic: bool = False) -> tuple[float, float]:
    values = [math.log(value) if logarithmic else value for value in values]
    low, high = min(values), max(values)
    pad = margin * (high - low) or 0.1 * abs(high)
    ends = (low - pad, high + pad) if pad else ALL_ZERO
    return tuple(map(math.exp, ends)) if logarithmic else ends


def _side(value: float, limits: tuple[float, float]) -> int:
    """-1 below the limits, 1 above them, 0 between."""
    return (value > limits[1]) - (value < limits[0])


def _inner(limits: tuple[float, float], logarithmic: bool) -> tuple[float, float]:
    low, high = map(math.log, limits) if logarithmic else limits
    pad = EDGE * (high - low)
    ends = low + pad, high - pad
    return tuple(map(math.exp, ends)) if logarithmic else ends


def _clip(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
