"""The comparisons behind the claims of Tables 1, 3, 6 and 7: from the evidence to parts, by the claim's name."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from reproduction import published
from reproduction.claims import statements
from reproduction.claims.evidence import Evidence, Found, Section, need
from reproduction.claims.parts import ahead, ahead_of_all, undecided
from reproduction.claims.verdicts import Part

Parts = list[Part]
SCORES = {"fid": "FID", "prd_f8": "F8", "prd_f1_8": "F1/8"}
RICHER = ("vamp", "hvae", "rhvae")  # prior or posterior: the models with more than a VAE's
PLUGGED = {"vamp": "VAMP", "iwae": "IWAE", "aae": "AAE", "vaegan": "VAEGAN"}  # Table 6's
NETS = ("conv", "resnet")  # Table 3's


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


def whole(table: str, found: Sequence[Found]) -> list[Found]:
    """The rivals, with an empty one for each row of the paper's table that the build leaves out."""
    present = {published.normal_label(rival.label) for rival in found}
    absent = [label for label in published.rows(table) if published.normal_label(label) not in present]
    return [*found, *(Found(label, []) for label in absent if "Ours" not in label)]


# -- Table 1 ----------------------------------------------------------------------------------------------------------


def _over(sampler: str, columns: Sequence[str]) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead(
                f"{evidence.title(name)}, {SCORES[column]}",
                ours(evidence, table, name),
                row(evidence, table, name, "vae", sampler),
                column,
            )
            for table, name in cells_of(evidence, "table1")
            for column in columns
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


def _best(columns: Sequence[str], tolerance: float = 1.0) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead_of_all(
                f"{evidence.title(name)}, {SCORES[column]}",
                ours(evidence, table, name),
                whole("table1", rivals(evidence, table, name)),
                column,
                tolerance,
            )
            for table, name in cells_of(evidence, "table1")
            for column in columns
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
        for model in RICHER
    ]


# -- Tables 3, 6 and 7 ------------------------------------------------------------------------------------------------


def _search(evidence: Evidence) -> Parts:
    parts = []
    for table, name in cells_of(evidence, "table3"):
        nets = need(table, "nets", "claims.table3")
        for net in NETS:
            where = f"{evidence.title(name)}, {net}"
            if net in nets:
                others = whole("table3", rivals(evidence, table, name, net=net))
                parts.append(ahead_of_all(where, ours(evidence, table, name, net=net), others))
            else:
                parts.append(undecided(where, f"no score with {net}"))
    return parts


def _helps(*models: str) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead(
                f"{evidence.title(name)}, {PLUGGED[model]}",
                *(
                    row(evidence, table, name, model, sampler)._replace(label=f"{PLUGGED[model]} - {title}")
                    for sampler, title in (("manifold", "Ours"), ("prior", "prior"))
                ),
            )
            for table, name in cells_of(evidence, "table6")
            for model in models
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


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "prior": _over("prior", ["fid"]),
    "gmm": _over("gmm", list(SCORES)),
    "ex_post": _ex_post,
    "best_fid": _best(["fid"]),
    "compete": _best(list(SCORES), statements.COMPETITIVE),
    "richer": _richer,
    **{f"helps_{model}": _helps(model) for model in PLUGGED},
    "helps_all": _helps(*PLUGGED),
    "first_stage": _two_stage("prior"),
    "second_stage": _two_stage("two_stage"),
    "search": _search,
}
