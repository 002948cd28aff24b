"""The verdicts on all claims of a build, and the facts that a reader needs beside them."""

from collections.abc import Sequence
from typing import NamedTuple

from reproduction.claims import ablations, comparisons, controls, statements
from reproduction.claims.evidence import NOT_BUILT, Evidence, Part
from reproduction.claims.statements import Claim
from reproduction.claims.verdicts import Outcome, joint, mostly

COMPARISONS = {**comparisons.COMPARISONS, **ablations.COMPARISONS, **controls.COMPARISONS}


class Judged(NamedTuple):
    """A claim, the verdict on it, the comparisons behind it, and why it is not decided where it is not."""

    claim: Claim
    outcome: Outcome
    parts: tuple[Part, ...]
    reason: str = ""


def judge(claim: Claim, evidence: Evidence) -> Judged:
    """The verdict on a claim: of its one comparison, or joint over several."""
    parts = tuple(COMPARISONS[claim.name](evidence))
    outcomes = [part.outcome for part in parts]
    outcome = mostly(outcomes, statements.ALMOST_ALL) if claim.almost_all else joint(outcomes)
    if not parts:
        return Judged(claim, outcome, parts, NOT_BUILT)
    if outcome != Outcome.UNDECIDED:
        return Judged(claim, outcome, parts)
    reasons = dict.fromkeys(part.reason for part in parts if part.outcome == Outcome.UNDECIDED)
    return Judged(claim, outcome, parts, "; ".join(reason for reason in reasons if reason))


def judge_all(claims: Sequence[Claim], evidence: Evidence) -> list[Judged]:
    """The verdicts in the order of the claims."""
    return [judge(claim, evidence) for claim in claims]
