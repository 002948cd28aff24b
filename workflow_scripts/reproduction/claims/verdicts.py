"""Verdicts on claims: of one comparison, and jointly over several with Holm's correction.

A claim of several comparisons holds only if each does, which needs no correction (an intersection-union test). It fails
if one fails, which chance brings about the sooner the more there are: there p-values are corrected by Holm's procedure.
"""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from reproduction.claims.margins import CONFIDENCE, Margin

LEVEL = (1 - CONFIDENCE) / 2  # of one-sided p-values: 2.5 %


class Outcome(StrEnum):
    """What a run says about a claim. One training says nothing about the next, so it never holds nor fails a claim."""

    HOLDS = "holds"
    FAILS = "does not hold"
    AHEAD = "in this training: ahead"
    BEHIND = "in this training: behind"
    UNDECIDED = "not decided by this run"


class Part(NamedTuple):
    """One comparison of a claim: where, its verdict, the numbers, and why it is not decided.

    Attributes:
        where: data set, and what else tells it from the claim's other parts.
        outcome: the verdict on this part alone.
        numbers: the numbers in words.
        reason: why it is not decided.
        p_for: one-sided p-value for the claim, small where the numbers bear it out; 1 where they cannot tell.
        p_against: one-sided p-value against the claim, before any correction.
        n: trainings behind it; 0 for printed numbers.
        n_comparisons: how many comparisons it stands for: as many as there were candidates where the best of several
            is picked by the same numbers; 0 where there was nothing to compare.
        only_against: it can speak against the claim and is not needed for it.
    """

    where: str
    outcome: Outcome
    numbers: str = ""
    reason: str = ""
    p_for: float = 1.0
    p_against: float = 1.0
    n: int = 0
    n_comparisons: int = 0
    only_against: bool = False


class PValues(NamedTuple):
    """One-sided p-values for and against a claim, the trainings behind them, and how many comparisons they count as."""

    p_for: float
    p_against: float
    n: int
    n_comparisons: int = 1

    @property
    def outcome(self) -> Outcome:
        """The verdict on it alone."""
        if self.p_for <= LEVEL:
            return _positive(self.n)
        return _negative(self.n) if self.p_against * self.n_comparisons <= LEVEL else Outcome.UNDECIDED


def better(margin: Margin, n_candidates: int = 1) -> PValues | None:
    """For a claim that the margin is positive; None where its error is unknown.

    Where the rival was picked as the best of `n_candidates` by the same numbers, it looks better than it is: the
    verdict against the claim then counts as so many comparisons.
    """
    if margin.std_error is None:
        return None
    return PValues(margin.p_above(), margin.p_below(), margin.n, n_candidates)


def different(margin: Margin, tolerance: float) -> PValues | None:
    """For a claim that two numbers differ: for it if 0 is outside the interval; else against, if that is in ±tolerance.

    None where the error is unknown.
    """
    if margin.std_error is None:
        return None
    differs = min(margin.p_above(), margin.p_below())
    equal = max(margin.p_above(-tolerance), margin.p_below(tolerance))
    return PValues(differs, equal if differs > LEVEL else 1.0, margin.n)


def holm(p_values: Sequence[float], counts: Sequence[int] | None = None) -> list[float]:
    """P-values adjusted by Holm's step-down procedure (1979): the chance of any false rejection stays below the level.

    Args:
        p_values: one a comparison.
        counts: how many comparisons each stands for (1): the smallest p-value is multiplied by their sum, the next one
            by the sum without the first, and so on.
    """
    counts = list(counts) if counts is not None else [1] * len(p_values)
    order = sorted(range(len(p_values)), key=lambda i: p_values[i])
    adjusted, left, least = [1.0] * len(p_values), sum(counts), 0.0
    for i in order:
        least = max(least, min(1.0, left * p_values[i]))
        adjusted[i] = least
        left -= counts[i]
    return adjusted


def joint(parts: Sequence[Part]) -> Outcome:
    """Over several comparisons: holds only if all hold, does not hold if one does not after Holm's correction.

    Parts of one training make the whole one of one training: all ahead, some of them in one training only, is "ahead".
    A part of several trainings that fails counts before one that is behind. None at all: not decided.
    """
    against = [part for part, p in _adjusted(parts, "p_against") if p <= LEVEL]
    if against:
        return _worst(against)
    needed = [part for part in parts if not part.only_against]
    if not needed or any(part.p_for > LEVEL for part in needed):
        return Outcome.UNDECIDED
    return _positive(1 if any(part.n == 1 for part in needed) else 0)


def of_some(parts: Sequence[Part]) -> Outcome:
    """For a claim about some case, the mirror of `joint`: holds if one holds after Holm's correction, which chance
    brings about the sooner the more there are; does not hold if none does, each by itself.

    A case that was not compared may be the one that holds: with one the claim does not fail.
    """
    found = [part for part, p in _adjusted(parts, "p_for") if p <= LEVEL]
    if found:
        return Outcome.AHEAD if all(part.n == 1 for part in found) else Outcome.HOLDS
    if not parts or any(part.p_against * part.n_comparisons > LEVEL or not part.n_comparisons for part in parts):
        return Outcome.UNDECIDED
    return _negative(1 if any(part.n == 1 for part in parts) else 0)


def mostly(parts: Sequence[Part], share: float) -> Outcome:
    """For a claim about "almost all" cases: at least `share` of them hold, or too many do not for that.

    A case that was not compared is none that holds: with one the claim is left open or fails.
    Both sides take Holm's correction. Parts of one training count where those of several are not enough by themselves,
    and then the whole is "ahead" or "behind".
    """
    complete = bool(parts) and all(part.n_comparisons for part in parts)
    for p_value, verdict, enough in (
        ("p_for", _positive, lambda n: complete and n >= share * len(parts)),
        ("p_against", _negative, lambda n: n > (1 - share) * len(parts)),
    ):
        found = [part for part, p in _adjusted(parts, p_value) if p <= LEVEL]
        several = [part for part in found if part.n != 1]
        for which, n in ((several, 0), (found, 1)):
            if enough(len(which)):
                return verdict(n)
    return Outcome.UNDECIDED


def _adjusted(parts: Sequence[Part], p_value: str) -> Iterable[tuple[Part, float]]:
    compared = [part for part in parts if part.n_comparisons]
    counts = [part.n_comparisons for part in compared]
    return zip(compared, holm([getattr(part, p_value) for part in compared], counts), strict=True)


def _worst(parts: Iterable[Part]) -> Outcome:
    return Outcome.BEHIND if all(part.n == 1 for part in parts) else Outcome.FAILS


def _positive(n: int) -> Outcome:
    return Outcome.AHEAD if n == 1 else Outcome.HOLDS


def _negative(n: int) -> Outcome:
    return Outcome.BEHIND if n == 1 else Outcome.FAILS
