"""The comparisons behind the claims of Tables 1, 2, 3, 6 and 7: from the evidence to parts, by the claim's name."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reproduction import published
from reproduction.claims.evidence import (
    Evidence,
    Found,
    Part,
    Section,
    ahead,
    ahead_of_all,
    describe,
    need,
    undecided_reason,
)
from reproduction.claims.verdicts import Outcome, decide, joint, welch

Parts = list[Part]


def cells_of(evidence: Evidence, name: str) -> Iterator[tuple[Section, str]]:
    """A section with each of its data sets; nothing where the build lacks it."""
    section = evidence.section(name)
    if section:
        yield from ((section, dataset) for dataset in need(section, "datasets", f"claims.{name}"))


def row(evidence: Evidence, section: Section, dataset: str, model: str, sampler: str, **replaced: object) -> Found:
    """The row of the paper with this model and sampler; empty where the section has none."""
    for cell in _paper_rows(section):
        if (cell["model"], cell["sampler"]) == (model, sampler):
            return evidence.find(section, cell, dataset, **replaced)
    return Found(f"{model} by {sampler}", [])


def _paper_rows(section: Section) -> list[Mapping]:
    rows = need(section, "rows", "claims")
    for cell in rows:
        for name in ("label", "model", "sampler"):
            need(cell, name, f"claims, row {cell.get('label')}")
    return [cell for cell in rows if cell.get("block", "paper") == "paper"]


def ours(evidence: Evidence, section: Section, dataset: str, **replaced: object) -> Found:
    """The proposed sampler on the plain VAE."""
    return row(evidence, section, dataset, "vae", "manifold", **replaced)


def rivals(evidence: Evidence, section: Section, dataset: str, **replaced: object) -> list[Found]:
    """All other rows of the paper in a section."""
    others = [cell for cell in _paper_rows(section) if (cell["model"], cell["sampler"]) != ("vae", "manifold")]
    return [evidence.find(section, cell, dataset, **replaced) for cell in others]


def _whole_table1(found: Sequence[Found]) -> list[Found]:
    """The rivals, with an empty one for each row of the paper's table that the build leaves out."""
    present = {published.normal_label(rival.label) for rival in found}
    absent = [label for label in published.rows("table1") if published.normal_label(label) not in present]
    return [*found, *(Found(label, []) for label in absent if "Ours" not in label)]


# -- Table 1 ----------------------------------------------------------------------------------------------------------


def _over(sampler: str) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead(evidence.title(name), ours(evidence, table, name), row(evidence, table, name, "vae", sampler))
            for table, name in cells_of(evidence, "table1")
        ]

    return parts


def _ex_post(evidence: Evidence) -> Parts:
    return [
        ahead(
            f"{evidence.title(name)}, {model.upper()}",
            row(evidence, table, name, model, "gmm"),
            row(evidence, table, name, model, "prior"),
        )
        for table, name in cells_of(evidence, "table1")
        for model in ("vae", "ae")
    ]


def _best(*columns: tuple[str, str]) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead_of_all(
                f"{evidence.title(name)}, {title}",
                ours(evidence, table, name),
                _whole_table1(rivals(evidence, table, name)),
                column,
            )
            for table, name in cells_of(evidence, "table1")
            for column, title in columns
        ]

    return parts


def _richer(evidence: Evidence) -> Parts:
    return [
        ahead(
            f"{evidence.title(name)}, {model.upper()}",
            ours(evidence, table, name),
            row(evidence, table, name, model, "prior"),
        )
        for table, name in cells_of(evidence, "table1")
        for model in ("vamp", "hvae", "rhvae")
    ]


# -- Tables 3, 6 and 7 ------------------------------------------------------------------------------------------------


def _search(evidence: Evidence) -> Parts:
    return [
        ahead_of_all(
            f"{evidence.title(name)}, {net}",
            ours(evidence, table, name, net=net),
            rivals(evidence, table, name, net=net),
        )
        for table, name in cells_of(evidence, "table3")
        for net in need(table, "nets", "claims.table3")
    ]


def _helps(*models: str) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead(
                f"{evidence.title(name)}, {title}",
                row(evidence, table, name, model, "manifold"),
                row(evidence, table, name, model, "prior"),
            )
            for table, name in cells_of(evidence, "table6")
            for model, title in {cell["model"]: cell["title"] for cell in need(table, "rows", "claims.table6")}.items()
            if model in models
        ]

    return parts


def _two_stage(stage: str) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead(
                f"{evidence.title(name)}, {net}",
                *(evidence.find(table, stages[sampler], name, net=net) for sampler in ("manifold", stage)),
            )
            for table, name in cells_of(evidence, "table7")
            for stages in [{cell["sampler"]: cell for cell in need(table, "stages", "claims.table7")}]
            for panel in need(table, "panels", "claims.table7")
            if panel["dataset"] == name
            for net in [panel["net"]]
        ]

    return parts


# -- Table 2 ----------------------------------------------------------------------------------------------------------


def _augmentation(evidence: Evidence) -> Parts:
    table = evidence.section("table2")
    if not table:
        return []
    title, scores = evidence.title(table["dataset"]), need(table, "scores", "claims.table2")
    labels = table.get("labels", {})
    ours = labels.get(table["ours"], table["ours"])
    own = [_classified(evidence, table, f"{title}, {ours}", table["ours"], score) for score in scores]
    parts = list(own)
    for other in need(table, "others", "claims.table2"):
        outcome = joint([_classified(evidence, table, title, other, score).outcome for score in scores])
        # The claim needs that no other generator beats the original data in all scores.
        flipped = {Outcome.HOLDS: Outcome.FAILS, Outcome.FAILS: Outcome.HOLDS}.get(outcome, outcome)
        reason = "neither beaten in a score nor ahead in all of them" if outcome == Outcome.UNDECIDED else ""
        name, raw = labels.get(other, other), labels.get(table["raw"], table["raw"])
        parts.append(Part(f"{title}, {name} is not ahead of {raw} in all scores", flipped, reason=reason))
    return parts


def _classified(evidence: Evidence, table: Section, where: str, source: str, score: str) -> Part:
    where = f"{where}: {score.replace('_', ' ')}"
    values = {
        name: [
            float(line[score])
            for line in evidence.classification
            if line["dataset"] == table["dataset"] and line["source"] == name and line.get(score) is not None
        ]
        for name in (source, table["raw"])
    }
    labels = table.get("labels", {})
    absent = [labels.get(name, name) for name, numbers in values.items() if len(numbers) < 2]
    if absent:
        return Part(where, Outcome.UNDECIDED, reason=f"fewer than two classifiers of {', '.join(absent)}")
    margin = welch(values[source], values[table["raw"]])
    shown = ", ".join(f"{labels.get(name, name)} {sum(numbers) / len(numbers):.3f}" for name, numbers in values.items())
    outcome = decide(margin)
    numbers = f"{shown}; {describe(margin, 'prd_f8', 'classifiers each')}"
    return Part(where, outcome, numbers, undecided_reason(margin) if outcome == Outcome.UNDECIDED else "")


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "prior": _over("prior"),
    "gmm": _over("gmm"),
    "ex_post": _ex_post,
    "best_fid": _best(("fid", "FID")),
    "best_prd": _best(("prd_f8", "F8"), ("prd_f1_8", "F1/8")),
    "richer": _richer,
    **{f"helps_{model}": _helps(model) for model in ("vamp", "iwae", "aae", "vaegan")},
    "helps_all": _helps("vamp", "iwae", "aae", "vaegan"),
    "first_stage": _two_stage("prior"),
    "second_stage": _two_stage("two_stage"),
    "search": _search,
    "augmentation": _augmentation,
}
