"""Whether a build's rows keep their order, and their side of the paper's sampler, when trained at another size."""

from collections.abc import Mapping, Sequence

from reproduction.claims.margins import Margin
from reproduction.evidence import effects, order
from reproduction.evidence.builds import Build, sizes_of
from reproduction.evidence.record import Record
from reproduction.evidence.words import DASH, interval, number, over_trainings, table, tau_text

HEAD = "## Does the size turn the order?"
SAME_ROWS = (
    "The same rows, trained at another size. Each build has trained a classifier of its own: orders and signs are "
    "compared, and no FID."
)
READING = (
    "Each row's FID minus that of VAE - Ours, here and at the other sizes. “Turned” stands where the trainings of this "
    "page tell a row apart from ours and its sign is the other one there."
)


def size_lines(build: Build, records: Mapping[Build, Record | None]) -> list[str]:
    """The rows of a build that were built again at other sizes: τ of the two orders, and the rows that turned."""
    others = {other: records.get(other) for other in sizes_of(build)}
    if not others:
        return []
    lines = [HEAD, "", SAME_ROWS, ""]
    lines += [_agreement(effects.table1_records(records[build]), other, again) for other, again in others.items()]
    there = {other: found for other, again in others.items() if again and (found := effects.effects(again))}
    return [*lines, "", *_sides(effects.effects(records[build]), there)]


def _agreement(own: Mapping, other: Build, again: Record | None) -> str:
    theirs = effects.table1_records(again) if again else {}
    means = {label: effects.mean(records) for label, (_, records) in theirs.items()}
    found = order.agreement({label: records for label, (_, records) in own.items()}, means)
    link = f"- [{other.title}](../{other.name}/README.md)"
    if found is None:
        return f"{link}: not built yet."
    n = len(next(iter(theirs.values()))[1])
    return (
        f"{link}: Kendall's τ between the two orders of {found.n_rows} rows by FID {tau_text(found)}; "
        f"{n} training{'s' if n > 1 else ''} there."
    )


def _sides(own: Sequence[effects.Effect], others: Mapping[Build, Sequence[effects.Effect]]) -> list[str]:
    """A table of how far each row is from the paper's sampler at every size, and how many rows turned."""
    if not (own and others):
        return []
    apart = {each.label for each in own if _apart(each.margin)}
    rows, n_turned = [[each.label, interval(each.margin)] for each in own], []
    for again in others.values():
        there = {each.label: each.margin.value for each in again}
        turned = {each.label for each in own if there.get(each.label, 0.0) * each.margin.value < 0} & apart
        for row, each in zip(rows, own, strict=True):
            shown = number(there[each.label]) if each.label in there else DASH
            row.append(f"{shown}, turned" if each.label in turned else shown)
        n_turned.append(f"{len(turned)} of {len(apart & there.keys())}")
    names = [other.title.rpartition(", ")[2] for other in others]
    counted = ", ".join(f"{n} at {name}" for n, name in zip(n_turned, names, strict=True))
    head = ("row", "FID − ours (95 % interval)", *names)
    shown = [row for row in rows if set(row[2:]) != {DASH}]
    return [f"{READING} Rows that turned, of those told apart: {counted}.", "", *table(head, shown), ""]


def _apart(margin: Margin) -> bool:
    bounds = over_trainings(margin)
    return bounds is not None and (bounds[0] > 0 or bounds[1] < 0)
