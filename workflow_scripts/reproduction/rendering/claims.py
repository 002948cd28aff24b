"""The page of verdicts before it has a form: its glance, on what it rests, and the words beside each verdict.

`claims_markdown` and `claims_web` write it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import Judged, judge_all
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.paper_numbers import judge_printed
from reproduction.claims.questions import QUESTIONS
from reproduction.claims.verdicts import LEVEL, Outcome

TITLE = "What this build says about the paper's claims"
HOW = (
    "A margin is positive where the numbers lie on the claim's side. A comparison holds where the whole 95 % interval "
    "of its margin is positive, does not hold where it is negative, and is not decided otherwise. With two trainings "
    "or more (seeds) the interval is Student's t on the paired differences.",
    "One training says nothing of the next: with one, the interval is that of the images alone, by bootstrap, and a "
    "comparison is “ahead” or “behind” in this training; it never holds nor fails a claim.",
    "A claim of several comparisons holds if each of them does, which needs no correction. It does not hold if one "
    "does not after Holm's correction over all of them, where the best of several rivals counts as so many "
    "comparisons. A claim about almost all cases counts comparisons after Holm's correction on either side. A claim "
    "about some case is the other way round: it holds if one comparison does after Holm's correction, and does not "
    "hold if none does. A rival that has no scores leaves its comparison open, whatever the others say.",
    "Beside each verdict stands the one that the paper's own printed numbers give to the same comparisons; they have "
    "no uncertainty there, so that the sign decides, and a tie does not beat. A dash: the paper prints none.",
    "All thresholds stand in the comparisons; they are the same for every build and data set.",
)
PAPER, OURS = "The paper's claims", "Questions that the paper does not ask"
UNTESTED_TITLE = "Claims that no score here tests"
SUMMARY_COLUMNS = ("Place", "Verdict", "In the paper's numbers", "Comparisons")
PART_COLUMNS = ("Where", "Numbers", "Margin (95 % interval)", "Verdict")


class Page(NamedTuple):
    """What the page says, before it has a form."""

    basis: tuple[str, ...]
    claims: tuple[Judged, ...]
    questions: tuple[Judged, ...]
    printed: Mapping[str, Judged]  # by the paper's own numbers, by the claim's name

    @property
    def blocks(self) -> tuple[tuple[str, tuple[Judged, ...]], ...]:
        """Titles and verdicts of the two halves."""
        return (PAPER, self.claims), (OURS, self.questions)

    @property
    def how(self) -> tuple[str, ...]:
        """How verdicts are reached, and how many comparisons were made for them."""
        judged = [judged for _, block in self.blocks for judged in block]
        n_comparisons = sum(each.n_comparisons for each in judged)
        counted = (
            f"Behind the {len(judged)} verdicts of this page are {n_comparisons:,} comparisons of numbers. If no "
            "method differed from another, chance would still decide up to "
            f"{math.ceil(2 * LEVEL * len(judged))} verdicts."
        )
        return (*HOW, counted)


def build(evidence: Evidence, fewest: int = 1) -> Page:
    """All verdicts, each from `fewest` trainings at least, and on what they rest."""
    printed = {claim.name: judged for claim in CLAIMS if (judged := judge_printed(claim))}
    judged = [tuple(judge_all(block, evidence, fewest)) for block in (CLAIMS, QUESTIONS)]
    asked = (f"No verdict here rests on fewer than {fewest} trainings.",) if fewest > 1 else ()
    return Page((*_basis(evidence), *asked), *judged, printed)


def _basis(evidence: Evidence) -> tuple[str, ...]:
    """On what data, with which backbone, how many trainings and images."""
    backbone = evidence.settings["backbone"]
    features = "Inception, as in the paper" if backbone == "inception" else f"{backbone}; the paper takes Inception"
    lines = [f"Features behind FID and PRD: {features}. Reference images: the {evidence.settings['split']} split."]
    for name, info in evidence.datasets.items():
        records = [record for record in evidence.scores.records if record["dataset"] == name]
        kind = _kind(info)
        if not records:
            n_classifiers = sum(line["dataset"] == name for line in evidence.classification)
            shown = f"{n_classifiers:,} classifiers in all, no scores" if n_classifiers else "no scores"
            lines.append(f"{info['title']} ({kind}): {shown}.")
            continue
        sizes = _listed(sorted({int(record["n"]) for record in records}))
        n_seeds = len({record["seed"] for record in records})
        trainings = "one training of each model" if n_seeds == 1 else f"up to {n_seeds} trainings of each model"
        lines.append(f"{info['title']} ({kind}): {trainings}, {sizes} images per score.")
    if any(info["stand_in"] for info in evidence.datasets.values()):
        lines.append("A verdict about stand-in data decides nothing about the paper's data.")
    if backbone != "inception":
        lines.append("Nor do features of another backbone decide anything about FIDs on Inception's.")
    return tuple(lines)


def _kind(info: Mapping) -> str:
    if info["stand_in"]:
        return "a stand-in for the paper's data"
    return "taken from the paper's data" if "part_of" in info else "data of the paper"


def _listed(sizes: Sequence[int]) -> str:
    return " or ".join(f"{size:,}" for size in sizes)


def glance(page: Page) -> str:
    """The verdicts counted, in one line."""
    printed = [page.printed[each.claim.name].outcome for each in page.claims if each.claim.name in page.printed]
    return (
        f"At a glance: {len(page.claims)} claims of the paper. Here: "
        f"{_counted([judged.outcome for judged in page.claims])}. In the paper's own numbers: {_counted(printed)}, "
        f"{len(page.claims) - len(printed)} × not printed. Questions of ours: "
        f"{_counted([judged.outcome for judged in page.questions])}."
    )


def _counted(outcomes: Sequence[Outcome]) -> str:
    counts: Iterable[tuple[Outcome, int]] = ((kind, outcomes.count(kind)) for kind in Outcome)
    return ", ".join(f"{count} × {kind}" for kind, count in counts if count)


# -- of one claim -----------------------------------------------------------------------------------------------------


def beside(page: Page, judged: Judged) -> str:
    """Why a claim is not decided, how many comparisons it rests on, and what the paper's own numbers say."""
    n = judged.n_comparisons
    texts = [f"{judged.reason[:1].upper()}{judged.reason[1:]}."] if judged.reason else []
    texts += [f"It rests on {n:,} comparison{'s' if n > 1 else ''}."] if n else []
    printed = page.printed.get(judged.claim.name)
    if printed:
        against = [part.where for part in printed.parts if part.outcome == Outcome.FAILS]
        but = f" (against it: {'; '.join(against)})" if against else ""
        texts.append(f"In the paper's own numbers: {printed.outcome}{but}.")
    return " ".join(texts)


def part_rows(judged: Judged) -> list[tuple[str, str, str, Outcome, str]]:
    """Of each comparison: where, its numbers, its margin, its verdict, and why it is not decided."""
    rows = []
    for part in judged.parts:
        numbers, _, margin = part.numbers.partition("; margin ")
        rows.append((part.where, numbers, margin, part.outcome, part.reason))
    return rows
