"""Margins of a claim with their uncertainty, from score records.

A margin is positive where the numbers lie on the claim's side. With two trainings or more its uncertainty is that of
their paired differences (Student's t); with one it is that of the images alone (bootstrap), which says nothing of what
another training would give; numbers as they are printed have none.
"""

import math
import statistics
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from reproduction.scores.lookup import Records

CONFIDENCE = 0.95
PRINTED = "printed"  # true in records of printed numbers, which have no error
# Columns whose sampling error a record carries: what one training can be judged by.
SAMPLING_ERRORS = {"fid": "fid_std_error", "kid": "kid_std_error"}

Record = Mapping[str, object]


class Margin(NamedTuple):
    """An estimate and its standard error (None: unknown).

    Attributes:
        value: positive where the claim is right.
        std_error: of the value, 0 for printed numbers.
        n: trainings behind it; 0 where the numbers are taken as they are printed.
        degrees: those of Student's t; None for a normal distribution, where the error is that of one training's images.
    """

    value: float
    std_error: float | None
    n: int
    degrees: float | None = None

    def interval(self, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
        """The two-sided interval at this confidence, in (0, 1); None where the error is unknown."""
        from scipy import special

        if self.std_error is None:
            return None
        tail = 0.5 + confidence / 2
        factor = float(special.ndtri(tail) if self.degrees is None else special.stdtrit(self.degrees, tail))
        return self.value - factor * self.std_error, self.value + factor * self.std_error

    def p_above(self, bound: float = 0.0) -> float | None:
        """The one-sided p-value of "above the bound": small where the numbers say so; None where the error is unknown.

        Without any error the sign decides.
        """
        return self._p(self.value - bound)

    def p_below(self, bound: float = 0.0) -> float | None:
        """The one-sided p-value of "below the bound". Printed numbers that tie count as below: equal is not better."""
        if self.n == 0:
            return 1.0 - self._p(self.value - bound)
        return self._p(bound - self.value)

    def _p(self, excess: float) -> float | None:
        if self.std_error is None:
            return None
        if self.std_error == 0:
            return 0.0 if excess > 0 else 1.0
        from scipy import special

        t = excess / self.std_error
        return float(special.ndtr(-t) if self.degrees is None else special.stdtr(self.degrees, -t))


def shared_seeds(cells: Sequence[Records], *columns: str) -> list[int]:
    """The seeds of which every cell has a record with a value in all the columns, ascending."""
    seeds = [
        {record["seed"] for record in records if all(record.get(column) is not None for column in columns)}
        for records in cells
    ]
    return sorted(set.intersection(*seeds)) if seeds else []


def by_seed(records: Records) -> dict[object, Record]:
    """The record of each seed."""
    return {record["seed"]: record for record in records}


def contrast(terms: Sequence[tuple[float, Records]], column: str) -> Margin | None:
    """The margin Σ cᵢ xᵢ of a column over the trainings that all terms share; None if they share none.

    With two seeds or more, mean and standard error of its value in each; with one, the error of the images from the
    bootstrap of each score, taken as independent. The scores share their reference images, which makes the true error
    of a difference smaller.

    Args:
        terms: coefficients cᵢ and the records of a cell, one a seed; a cell may occur in several terms.
        column: a column of the score records.
    """
    seeds = shared_seeds([records for _, records in terms], column)
    if not seeds:
        return None
    cells = [(weight, by_seed(records)) for weight, records in terms]
    values = [math.fsum(weight * float(records[seed][column]) for weight, records in cells) for seed in seeds]
    if any(records[seed].get(PRINTED) for seed in seeds for _, records in cells):
        return Margin(values[0], 0.0, 0)
    if len(values) > 1:
        return over_seeds(values)
    weights: dict[int, float] = {}
    chosen: dict[int, Record] = {}
    for weight, records in cells:
        record = records[seeds[0]]
        chosen[id(record)] = record
        weights[id(record)] = weights.get(id(record), 0.0) + weight
    errors = [sampling_error(record, column) for record in chosen.values()]
    return Margin(values[0], combined(list(weights.values()), errors), 1)


def over_seeds(values: Sequence[float], least: Sequence[float] = ()) -> Margin:
    """Mean and standard error of at least two values, with n − 1 degrees of freedom.

    Args:
        values: one a training.
        least: of numbers that are counted, such as shares, the error of each by what it was counted on: trainings do
            not truly differ by less, while by chance the counts can be the same in all of them.
    """
    error = max(statistics.stdev(values), math.sqrt(math.fsum(error**2 for error in least) / len(values)))
    return Margin(statistics.fmean(values), error / math.sqrt(len(values)), len(values), len(values) - 1)


def counted(values: Sequence[float], errors: Sequence[float]) -> Margin:
    """The margin of numbers that are counted, one a training, each with the error of what it was counted on."""
    return over_seeds(values, errors) if len(values) > 1 else Margin(values[0], errors[0], 1)


def sampling_error(record: Record, column: str) -> float | None:
    """The standard error of the images in a score; None where it was not taken."""
    error = record.get(SAMPLING_ERRORS.get(column, ""))
    return None if error is None else float(error)


def combined(weights: Sequence[float], errors: Sequence[float | None]) -> float | None:
    """The standard error of a weighted sum of independent numbers; None if one that counts is unknown."""
    used = [(weight, error) for weight, error in zip(weights, errors, strict=True) if weight != 0]
    if any(error is None for _, error in used):
        return None
    return math.sqrt(math.fsum((weight * error) ** 2 for weight, error in used))


def welch(a: Sequence[float], b: Sequence[float], n: int = 1) -> Margin:
    """Mean of `a` minus mean of `b`, of two samples that are not paired (Welch), of at least two values each.

    `n` trainings are behind the margin: one where the values are repeated uses of one training's images.
    """
    parts = [statistics.variance(values) / len(values) for values in (a, b)]
    total = sum(parts)
    squares = sum(part**2 / (len(values) - 1) for part, values in zip(parts, (a, b), strict=True))
    degrees = total**2 / squares if squares > 0 else float(min(len(a), len(b)) - 1)
    return Margin(statistics.fmean(a) - statistics.fmean(b), math.sqrt(total), n, degrees)


def share_margin(records: Records, column: str, least: float) -> Margin | None:
    """By how much a share of samples exceeds `least`; None without a value.

    Each training has at least the error of a binomial share of its n samples, with two successes and two failures added
    so that it is above 0 for shares of 0 and 1 (Agresti & Coull 1998).
    """
    present = [record for record in records if record.get(column) is not None]
    if not present:
        return None
    errors = [_binomial_error(float(record[column]), int(record["n"])) for record in present]
    return counted([float(record[column]) - least for record in present], errors)


def _binomial_error(share: float, n: int) -> float:
    adjusted = (min(1.0, max(0.0, share)) * n + 2) / (n + 4)
    return math.sqrt(adjusted * (1 - adjusted) / (n + 4))


def interpolate(points: Sequence[tuple[float, float, float | None]], x: float) -> tuple[float, float | None] | None:
    """Value and error at `x` of the straight lines between points (xᵢ, yᵢ, error of yᵢ); None outside of them.

    Where several points have the same x, the lower y counts there: the harder rival.
    """
    points = sorted(points, key=lambda point: point[:2])
    points = [point for i, point in enumerate(points) if i == 0 or point[0] != points[i - 1][0]]
    if not points or not points[0][0] <= x <= points[-1][0]:
        return None
    right = bisect_left([point[0] for point in points], x)
    if points[right][0] == x:
        return points[right][1:]
    (x0, y0, error0), (x1, y1, error1) = points[right - 1 : right + 1]
    weight = (x - x0) / (x1 - x0)
    return (1 - weight) * y0 + weight * y1, combined([1 - weight, weight], [error0, error1])


def margin_at_equal(ours: Records, curve: Sequence[Records], axis: str, column: str) -> Margin | str:
    """How far `ours` is below the curve of `column` over `axis`, at its own place on the axis.

    Args:
        ours: one record per seed.
        curve: the records of each point of the curve, one a seed; between the points it is straight.
        axis, column: columns of the records, for example novelty and FID.

    Returns:
        The margin over the seeds that all share; or, in words, why there is none. A curve is never extended.
    """
    cells = [by_seed(records) for records in (ours, *curve)]
    seeds = shared_seeds([ours, *curve], axis, column)
    if len(curve) < 2 or not seeds:
        return "no curve of at least two points with this novelty, of a training that they share"
    margins, error = [], None
    for seed in seeds:
        own, *others = (records[seed] for records in cells)
        points = [(float(r[axis]), float(r[column]), sampling_error(r, column)) for r in others]
        found = interpolate(points, float(own[axis]))
        if found is None:
            low, high = min(point[0] for point in points), max(point[0] for point in points)
            return (
                f"the novelty {own[axis]:.3g} lies outside the curve ({low:.3g} to {high:.3g}), which is not extended"
            )
        margins.append(found[0] - float(own[column]))
        error = combined([1.0, 1.0], [found[1], sampling_error(own, column)])
    return over_seeds(margins) if len(margins) > 1 else Margin(margins[0], error, 1)


def margin_over_path(ours: Records, path: Sequence[Records], axis: str, column: str) -> tuple[Margin, int] | str:
    """How far `ours` is above a path of `column` over `axis`, at its own place on the axis; as `margin_at_equal`.

    The path is straight between its points in the order given and may turn back on the axis: where it passes the place
    several times, its highest value counts, the hardest rival. Its columns have no sampling error.

    Returns:
        The margin, and how many passes its rivals were picked from at most; or, in words, why there is none.
    """
    cells = [by_seed(records) for records in (ours, *path)]
    seeds = shared_seeds([ours, *path], axis, column)
    if len(path) < 2 or not seeds:
        return f"no curve of at least two points with {axis} and {column}, of a training that they share"
    margins, most = [], 0
    for seed in seeds:
        own, *others = (records[seed] for records in cells)
        points = [(float(record[axis]), float(record[column])) for record in others]
        passes = crossings(points, float(own[axis]))
        if not passes:
            low, high = min(points)[0], max(points)[0]
            return f"the {axis} {own[axis]:.3g} lies outside the curve ({low:.3g} to {high:.3g}), which is not extended"
        margins.append(float(own[column]) - max(passes))
        most = max(most, len(passes))
    return (over_seeds(margins) if len(margins) > 1 else Margin(margins[0], None, 1)), most


def crossings(points: Sequence[tuple[float, float]], x: float) -> list[float]:
    """The values at `x` of the straight lines from each point (xᵢ, yᵢ) to the next; both ends of one that lies on x."""
    found = []
    for (x0, y0), (x1, y1) in pairwise(points):
        if min(x0, x1) <= x <= max(x0, x1):
            found += [y0, y1] if x0 == x1 else [y0 + (y1 - y0) * (x - x0) / (x1 - x0)]
    return found
