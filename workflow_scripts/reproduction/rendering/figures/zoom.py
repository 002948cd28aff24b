"""The part of a panel that is shown: where the samplers are, with what lies outside marked at the edge."""

import math
import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from reproduction.rendering.figures.curves import LOG_RATIO, Look
from reproduction.scores.score_table import Statistic

NEAR = 3.0
"""A sampler is shown if its FID is within this factor of the median of all."""
MARGIN = (0.1, 0.14)  # shares of the ranges around what is shown, of x and y
ALL_ZERO = (-0.01, 0.1)  # limits around scores that are all zero, of which none can be below
EDGE = 0.025  # how far from the edge what lies outside is marked, as a share of the range


class Mark(NamedTuple):
    """A mean of novelty and score over the seeds.

    Attributes:
        x, y: novelty and score.
        label: what is written beside a point of its own.
        curve: the curve that it is a point of; "" for a point of its own.
        look: how it is drawn.
        fid: of a sampler, by which it is near to the others or not; None for what widens no axis.
        always: it is shown whatever the others are.
    """

    x: Statistic
    y: Statistic
    label: str
    curve: str
    look: Look
    fid: float | None
    always: bool = False


class Place(NamedTuple):
    """Where a mark is drawn and what is written there; `edge` is the marker of one that lies outside, or ""."""

    x: float
    y: float
    label: str
    edge: str = ""


class Window(NamedTuple):
    """Limits of the axes."""

    x: tuple[float, float]
    y: tuple[float, float]
    logarithmic: bool = False

    def place(self, mark: Mark) -> Place:
        """Where a mark is drawn: at its place, or at the edge nearest to it with the number that lies beyond."""
        x, y = mark.x.mean, mark.y.mean
        beyond, aside = _edge(y, self.y, "v^"), _edge(x, self.x, "<>")
        if not beyond and not aside:
            return Place(x, y, mark.label)
        inner_x, inner_y = _inner(self.x, False), _inner(self.y, self.logarithmic)
        number = f"{y:.3g}" if beyond else f"{x:.2g}"
        return Place(_clip(x, inner_x), _clip(y, inner_y), f"{mark.label} {number}", beyond or aside)


def window_of(marks: Sequence[Mark], logarithmic: bool = False) -> Window | None:
    """The window of the samplers whose FID is near the median of all; None if there is none.

    Args:
        marks: of one panel, or of several that share an axis.
        logarithmic: whether y may be logarithmic, which it is for scores of which one is several times another.
    """
    fids = [mark.fid for mark in marks if mark.fid is not None]
    if not fids:
        return None
    middle = statistics.median(fids)
    shown = [
        mark for mark in marks if mark.always or (mark.fid is not None and middle / NEAR <= mark.fid <= middle * NEAR)
    ]
    low, high = min(mark.y.mean for mark in shown), max(mark.y.mean for mark in shown)
    logarithmic = logarithmic and low > 0 and high / low > LOG_RATIO
    # Novelty 1 is always on the axis: it is what novelty is measured by.
    x = _padded([1.0, *(mark.x.mean for mark in shown)], MARGIN[0])
    return Window(x, _padded([low, high], MARGIN[1], logarithmic), logarithmic)


def _padded(values: Iterable[float], margin: float, logarithmic: bool = False) -> tuple[float, float]:
    values = [math.log(value) if logarithmic else value for value in values]
    low, high = min(values), max(values)
    pad = margin * (high - low) or 0.1 * abs(high)
    ends = (low - pad, high + pad) if pad else ALL_ZERO
    return tuple(map(math.exp, ends)) if logarithmic else ends


def _edge(value: float, limits: tuple[float, float], markers: str) -> str:
    low, high = limits
    return markers[0] if value < low else markers[1] if value > high else ""


def _inner(limits: tuple[float, float], logarithmic: bool) -> tuple[float, float]:
    low, high = map(math.log, limits) if logarithmic else limits
    pad = EDGE * (high - low)
    ends = low + pad, high - pad
    return tuple(map(math.exp, ends)) if logarithmic else ends


def _clip(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])
