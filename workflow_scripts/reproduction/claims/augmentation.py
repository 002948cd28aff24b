"""The comparisons behind the claim of Table 2: classifiers trained on generated images."""

from collections.abc import Mapping, Sequence
from statistics import fmean

from reproduction import published
from reproduction.claims.comparisons import Parts
from reproduction.claims.evidence import Evidence, Section, need
from reproduction.claims.margins import PRINTED, Margin, welch
from reproduction.claims.parts import describe, part_of, undecided
from reproduction.claims.verdicts import Part, PValues, better

_ORIGINAL = "Original"  # what begins the rows of Table 2 that no generator stands behind


def _augmentation(evidence: Evidence) -> Parts:
    table = evidence.section("table2")
    if not table:
        return []
    title, scores = evidence.title(table["dataset"]), need(table, "scores", "claims.table2")
    labels = table.get("labels", {})
    ours, raw = (labels.get(table[name], table[name]) for name in ("ours", "raw"))
    parts = [_ahead(evidence, table, f"{title}, {ours}: {_spoken(score)}", score) for score in scores]
    others = {other: labels.get(other, other) for other in need(table, "others", "claims.table2")}
    present = {_normal(label) for label in others.values()}
    absent = [
        label
        for label in published.rows("table2")
        if _normal(label) not in present and not label.startswith(_ORIGINAL) and "Ours" not in label
    ]
    for other, label in others.items():
        where = f"{title}, {label} is not ahead of {raw} in all scores"
        parts.append(_not_ahead(evidence, table, where, other, scores))
    missing = [undecided(f"{title}, the other generators", f"no score of {', '.join(absent)}")] if absent else []
    return [*parts, *missing]


def _normal(label: str) -> str:
    """Table 2 prints N where the others have N(0, 1)."""
    return published.normal_label(label).replace("(0,1)", "")


def _ahead(evidence: Evidence, table: Section, where: str, score: str) -> Part:
    found = _margin(evidence, table, table["ours"], score)
    if isinstance(found, str):
        return undecided(where, found)
    margin, shown = found
    return part_of(where, margin, better(margin), f"{shown}; {describe(margin, 'prd_f8', 'the classifiers')}")


def _not_ahead(evidence: Evidence, table: Section, where: str, other: str, scores: Sequence[str]) -> Part:
    """The claim needs that no other generator is ahead of the original data in all scores: behind in one is enough."""
    found = [_margin(evidence, table, other, score) for score in scores]
    reasons = [reason for reason in found if isinstance(reason, str)]
    if reasons:
        return undecided(where, reasons[0])
    margins = [margin for margin, _ in found]
    behind = min(1.0, len(margins) * min(margin.p_below() for margin in margins))
    test = PValues(behind, max(margin.p_above() for margin in margins), margins[0].n, len(margins))
    numbers = "; ".join(f"{_spoken(score)} {shown}" for score, (_, shown) in zip(scores, found, strict=True))
    part = part_of(where, margins[0], test, numbers)
    return part._replace(reason="neither behind in a score nor ahead in all of them") if part.reason else part


def _margin(evidence: Evidence, table: Section, source: str, score: str) -> tuple[Margin, str] | str:
    """By how much a source is ahead of the original data, with the means in words; or why there is no telling."""
    lines = {name: _lines(evidence, table, name, score) for name in (source, table["raw"])}
    labels = table.get("labels", {})
    printed = all(found and found[0].get(PRINTED) for found in lines.values())
    absent = [labels.get(name, name) for name, found in lines.items() if len(found) < 2]
    if absent and not printed:
        return f"fewer than two classifiers of {', '.join(absent)}"
    of_source, of_raw = (_repeats(found, score) for found in lines.values())
    n_trainings = len({line.get("seed") for line in lines[source]})
    margin = Margin(of_source[0] - of_raw[0], 0.0, 0) if printed else welch(of_source, of_raw, n_trainings)
    means = {source: fmean(of_source), table["raw"]: fmean(of_raw)}
    shown = ", ".join(f"{labels.get(name, name)} {mean:.3f}" for name, mean in means.items())
    return margin, shown


def _repeats(lines: Sequence[Mapping[str, object]], score: str) -> list[float]:
    """What was repeated: the trainings of a generator, each by the mean of its classifiers; of one, the classifiers."""
    by_training: dict[object, list[float]] = {}
    for line in lines:
        by_training.setdefault(line.get("seed"), []).append(float(line[score]))
    (first, *others) = by_training.values()
    return [fmean(values) for values in (first, *others)] if others else first


def _lines(evidence: Evidence, table: Section, source: str, score: str) -> list[Mapping[str, object]]:
    return [
        line
        for line in evidence.classification
        if line["dataset"] == table["dataset"] and line["source"] == source and line.get(score) is not None
    ]


def _spoken(score: str) -> str:
    return score.replace("_", " ")


COMPARISONS = {"augmentation": _augmentation}
