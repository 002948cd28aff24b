"""What produced the scores of a build, read off the records: two tables for the report."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from geovae.core.errors import GeovaeError
from geovae.evaluation.record import KEY_COLUMNS
from reproduction.rendering.writers.document import Block, Column, Group, Row, Table, text_cell

Record = Mapping[str, object]

SOFTWARE = {
    "geovae_version": "geovae",
    "commit": "Commit",
    "python_version": "Python",
    "torch_version": "torch",
    "numpy_version": "NumPy",
    "scipy_version": "SciPy",
    "scikit_learn_version": "scikit-learn",
}
HARDWARE = {"device": "Device", "threads": "Threads of a job"}
SCORED = {"dataset": "Data set", "backbone": "Backbone", "split": "Reference split", "seed": "Seed"}
# What names the generations of one hash; seeds and subsets share theirs.
_NAMED = tuple(column for column in KEY_COLUMNS if column not in ("subset", "seed"))


def build(records: Sequence[Record]) -> tuple[Table, Table]:
    """The origins of all records, and the hashes of their settings.

    Raises:
        GeovaeError: there is no record.
    """
    if not records:
        raise GeovaeError("scores: no record, so there is no provenance to show. Build an artefact that is scored.")
    return origins(records), settings(records)


def origins(records: Sequence[Record]) -> Table:
    """Every value of the columns of provenance, and how many records carry it."""
    blocks = tuple(
        Block(title, tuple(row for column, name in columns.items() for row in _values(records, column, name)))
        for title, columns in (("Software", SOFTWARE), ("Hardware", HARDWARE), ("What was scored", SCORED))
    )
    groups = (Group("", (Column("Value", left=True), Column("Records"))),)
    total = f"{len(records):,} score records in all."
    return Table("provenance", "What produced the scores of this build.", "", groups, blocks, (total,))


def _values(records: Sequence[Record], column: str, name: str) -> list[Row]:
    counts = Counter(record[column] for record in records)
    return [Row(name, (text_cell(str(value)), text_cell(f"{n:,}"))) for value, n in sorted(counts.items())]


def settings(records: Sequence[Record]) -> Table:
    """A row for each hash of settings: which generations have it, with which subsets and seeds."""
    found: dict[tuple, list[Record]] = {}
    for record in records:
        found.setdefault((*(record[column] for column in _NAMED), record["config_sha256"]), []).append(record)
    rows = []
    for (*names, digest), group in sorted(found.items()):
        cells = (_listed(group, "subset"), _listed(group, "seed"), str(len(group)), digest)
        rows.append(Row(" / ".join(names), tuple(map(text_cell, cells))))
    columns = (Column("Subsets", left=True), Column("Seeds", left=True), Column("Records"))
    columns += (Column("SHA-256 of the settings", left=True),)
    caption = "The settings behind each generation: data, training, metric, sampler and scores."
    return Table("settings", caption, " / ".join(_NAMED), (Group("", columns),), (Block("", tuple(rows)),))


def _listed(records: Iterable[Record], column: str) -> str:
    return ", ".join(map(str, sorted({record[column] for record in records})))
