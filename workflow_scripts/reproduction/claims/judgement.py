"""The verdicts on all claims of a build, and the facts that a reader needs beside them."""

from collections.abc import Sequence
from typing import NamedTuple

from reproduction.claims import ablations, augmentation, comparisons, controls, geometry, measurements, statements
from reproduction.claims.evidence import NOT_BUILT, Evidence
from reproduction.claims.parts import WITHIN, undecided
from reproduction.claims.statements import Claim
from reproduction.claims.verdicts import Outcome, Part, joint, mostly, of_some

COMPARISONS = {
    **comparisons.COMPARISONS,
    **augmentation.COMPARISONS,
    **ablations.COMPARISONS,
    **controls.COMPARISONS,
    **geometry.COMPARISONS,
    **measurements.COMPARISONS,
}


class Judged(NamedTuple):
    """A claim, the verdict on it, the comparisons behind it, and why it is not decided where it is not."""

    claim: Claim
    outcome: Outcome
    parts: tuple[Part, ...]
    reason: str = ""

    @property
    def n_comparisons(self) -> int:
        """How many comparisons of numbers are behind the verdict."""
        return sum(part.n_comparisons for part in self.parts)


def judge(claim: Claim, evidence: Evidence, fewest: int = 1) -> Judged:
    """The verdict on a claim: of its one comparison, or joint over several; from `fewest` trainings at least."""
    parts = tuple(_of_enough(part, fewest) for part in COMPARISONS[claim.name](evidence))
    if claim.almost_all:
        outcome = mostly(parts, statements.ALMOST_ALL)
    else:
        outcome = of_some(parts) if claim.some else joint(parts)
    if not parts:
        return Judged(claim, outcome, parts, NOT_BUILT)
    if outcome != Outcome.UNDECIDED:
        return Judged(claim, outcome, parts)
    return Judged(claim, outcome, parts, "; ".join(_open_reasons(claim, parts)))


def _open_reasons(claim: Claim, parts: Sequence[Part]) -> list[str]:
    """Why the parts of a claim leave it open."""
    reasons = dict.fromkeys(part.reason for part in parts if part.reason and not part.only_against)
    if any(reason.startswith(f"{WITHIN}, ") for reason in reasons):
        reasons.pop(WITHIN, None)
    against = sum(part.outcome in (Outcome.FAILS, Outcome.BEHIND) for part in parts)
    if claim.some:
        if any(part.outcome in (Outcome.HOLDS, Outcome.AHEAD) for part in parts):
            reasons["what is for it may be due to chance among so many comparisons"] = None
    elif against and claim.almost_all:
        reasons[f"{against} of {len(parts)} against it, taken one by one"] = None
    elif against:
        reasons["what is against it may be due to chance among so many comparisons"] = None
    return list(reasons)


def _of_enough(part: Part, fewest: int) -> Part:
    """The part, not decided where fewer trainings are behind it; printed numbers have none, and stay."""
    if not 0 < part.n < fewest:
        return part
    trainings = f"{part.n} training{'s' if part.n > 1 else ''}, {fewest} are needed"
    return undecided(part.where, trainings, part.numbers)


def judge_all(claims: Sequence[Claim], evidence: Evidence, fewest: int = 1) -> list[Judged]:
    """The verdicts in the order of the claims; `fewest` as in `judge`."""
    return [judge(claim, evidence, fewest) for claim in claims]
