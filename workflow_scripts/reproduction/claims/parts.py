"""From the records of cells to the comparisons of a claim, with their numbers in words."""

import statistics
from collections.abc import Sequence

from reproduction.claims.evidence import Found
from reproduction.claims.margins import Margin, contrast, shared_seeds
from reproduction.claims.verdicts import Outcome, Part, PValues, better

WITHIN = "within uncertainty"
DIGITS = {
    "sharpness": 4,
    **dict.fromkeys(("prd_f8", "prd_f1_8", "active_share", "active_share_start", "long_active_share"), 3),
    **dict.fromkeys(("precision", "recall"), 3),
}
HIGHER_IS_BETTER = ("prd_f8", "prd_f1_8", "novelty", "novelty_latent", "novelty_features", "sharpness")


def part_of(where: str, margin: Margin, test: PValues | None, numbers: str) -> Part:
    """The part that a test of a margin gives; `numbers` stand before those of the margin."""
    if test is None:
        return Part(where, Outcome.UNDECIDED, numbers, "one training and no bootstrap", n=margin.n)
    reason = _undecided_reason(test) if test.outcome == Outcome.UNDECIDED else ""
    return Part(where, test.outcome, numbers, reason, **test._asdict())


def undecided(where: str, reason: str, numbers: str = "") -> Part:
    """A part with nothing to compare."""
    return Part(where, Outcome.UNDECIDED, numbers, reason)


def compare(
    where: str,
    terms: Sequence[tuple[float, Found]],
    column: str = "fid",
    n_candidates: int = 1,
    either_way: bool = False,
) -> Part:
    """The comparison that holds where Σ cᵢ xᵢ > 0.

    Args:
        where: data set, and what else tells it from the claim's other parts.
        terms: coefficients cᵢ and their cells.
        column: of the score records.
        n_candidates: of how many cells some were picked by the same numbers, to the claim's disadvantage.
        either_way: the pick may be to its advantage as well.
    """
    cells = [found for _, found in terms]
    margin = contrast([(weight, found.records) for weight, found in terms], column)
    if margin is None:
        return undecided(where, missing(cells, column))
    test = better(margin, n_candidates)
    if test and either_way:
        test = test._replace(p_for=min(1.0, n_candidates * test.p_for))
    return part_of(where, margin, test, f"{means(cells, column)}; {describe(margin, column)}")


def sign(column: str) -> float:
    """1 where more of a column is better, −1 where less is."""
    return 1.0 if column in HIGHER_IS_BETTER else -1.0


def ahead(where: str, ours: Found, other: Found, column: str = "fid") -> Part:
    """The comparison that holds where `ours` is better than `other`."""
    return compare(where, [(sign(column), ours), (-sign(column), other)], column)


def ahead_of_all(where: str, ours: Found, rivals: Sequence[Found], column: str = "fid", tolerance: float = 1.0) -> Part:
    """The comparison that holds where `ours` is better than the best rival; not decided if one has no scores.

    Args:
        where, column: see `compare`.
        ours: the cell that is to be better.
        rivals: what it is to be better than.
        tolerance: above 1: at most this many times worse is enough.
    """
    picked = best_rival(ours, rivals, column)
    if picked is None:
        return undecided(where, missing([ours, *rivals], column))
    lower_is_better = sign(column) < 0
    terms = [(-1.0, ours), (tolerance, picked)] if lower_is_better else [(tolerance, ours), (-1.0, picked)]
    absent = without_scores(ours, rivals, column)
    part = compare(where, terms, column, n_candidates=len(rivals) - len(absent))
    return open_without(part, absent)


def without_scores(ours: Found, rivals: Sequence[Found], column: str = "fid") -> list[str]:
    """The labels of the rivals that share no training with `ours`; its own where it has none."""
    if not ours.records:
        return [ours.label]
    return [rival.label for rival in rivals if not shared_seeds([ours.records, rival.records], column)]


def open_without(part: Part, absent: Sequence[str]) -> Part:
    """The part, not decided where rivals are absent: the best of those that are built is not the best of all."""
    if not absent:
        return part
    reason = f"no score of {', '.join(absent)}"
    if part.outcome in (Outcome.FAILS, Outcome.BEHIND):
        reason = f"{reason}; one that is built does better"
    return undecided(part.where, reason, part.numbers)


def best_rival(ours: Found, rivals: Sequence[Found], column: str = "fid") -> Found | None:
    """The rival with the best mean margin over `ours`; None if none shares a training with it."""
    better_by = sign(column)
    margins = [(contrast([(better_by, rival.records), (-better_by, ours.records)], column), rival) for rival in rivals]
    known = [(margin.value, rival) for margin, rival in margins if margin is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


# -- in words ---------------------------------------------------------------------------------------------------------


def means(cells: Sequence[Found], column: str) -> str:
    """Each cell's label and mean over the seeds that all share."""
    seeds = shared_seeds([found.records for found in cells], column)
    shown = {}
    for found in cells:
        values = [float(record[column]) for record in found.records if record["seed"] in seeds]
        shown[found.label] = number(statistics.fmean(values), column)
    return ", ".join(f"{label} {text}" for label, text in shown.items())


def number(value: float, column: str = "fid") -> str:
    """A value of a column as it is printed."""
    return f"{value:.{DIGITS.get(column, 2)}f}".replace("-", "−")


def describe(margin: Margin, column: str = "fid", of: str = "") -> str:
    """A margin with its uncertainty in words; `of` says what the error comes from where it is not the trainings."""
    interval = margin.interval()
    text = f"margin {number(margin.value, column)}"
    if margin.n == 0:
        return f"{text}, as printed"
    if interval is None:
        return f"{text}, one training"
    bounds = f"{number(interval[0], column)} to {number(interval[1], column)}"
    if margin.n == 1:
        return f"{text} ({bounds}: {of or 'the images'}' uncertainty alone, one training)"
    return f"{text} (95 % interval {bounds}, {margin.n} trainings)"


def missing(cells: Sequence[Found], column: str) -> str:
    """Why cells share no training with a value."""
    empty = [found.label for found in cells if not found.records]
    if empty:
        return f"no score of {', '.join(dict.fromkeys(empty))}"
    null = [found.label for found in cells if all(record.get(column) is None for record in found.records)]
    return f"no {column} of {', '.join(dict.fromkeys(null))}" if null else "no training with the same seed"


def _undecided_reason(test: PValues) -> str:
    if test.n_comparisons > 1 and test._replace(n_comparisons=1).outcome != Outcome.UNDECIDED:
        return f"{WITHIN}, the rival being picked as the best of {test.n_comparisons}"
    return WITHIN
