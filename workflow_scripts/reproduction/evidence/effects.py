"""Effect sizes: how far each row of Table 1 is from the paper's sampler, and how small a difference would be found."""

from collections.abc import Mapping
from statistics import fmean
from typing import NamedTuple

from reproduction.claims.margins import Margin, contrast
from reproduction.evidence.record import Record
from reproduction.plan.cells import section
from reproduction.scores.cells import Cell
from reproduction.scores.lookup import Records, Scores

POWER = 0.8
"""The chance with which a difference of the smallest size would have been found."""
SIGNIFICANCE = 0.05  # two-sided, as the intervals


class Effect(NamedTuple):
    """A row of Table 1 beside the paper's sampler.

    Attributes:
        label, block: of the row.
        margin: its mean minus that of the paper's sampler, over the trainings that both share.
        detectable: the smallest difference that so many trainings would have found; None for fewer than two.
    """

    label: str
    block: str
    margin: Margin
    detectable: float | None


def table1_records(record: Record, split: str = "test") -> dict[str, tuple[Mapping, Records]]:
    """Label → row of Table 1 and its score records by seed; empty where the table is not whole."""
    if record.config.artefacts.table1 is None:
        return {}
    told = section(record.config, "table1")
    (dataset,) = told["datasets"]
    scores = Scores(record.scores, split, record.config.evaluation.backbone)
    own = {"net": record.config.protocol(dataset).net}
    cells = {row["label"]: (row, Cell.of(own, told, row, {"dataset": dataset})) for row in told["rows"]}
    return {label: (row, scores.all_of(cell)) for label, (row, cell) in cells.items()}


def effects(record: Record, column: str = "fid") -> list[Effect]:
    """Every row of Table 1 but the paper's sampler itself, in its order; none where the table is not whole."""
    found = table1_records(record)
    if not found:
        return []
    ours = ours_of(found)
    result = []
    for label, (row, records) in found.items():
        margin = contrast([(1.0, records), (-1.0, ours)], column)
        if not _is_ours(row) and margin is not None:
            result.append(Effect(label, row["block"], margin, detectable(margin)))
    return result


def ours_of(found: Mapping[str, tuple[Mapping, Records]]) -> Records:
    """The records of the paper's sampler among the rows of Table 1."""
    (ours,) = (records for row, records in found.values() if _is_ours(row))
    return ours


def mean(records: Records, column: str = "fid") -> float:
    """Of a row's trainings."""
    return fmean(float(record[column]) for record in records)


def _is_ours(row: Mapping) -> bool:
    return (row["model"], row["sampler"], row.get("variant", "base")) == ("vae", "manifold", "base")


def detectable(margin: Margin, power: float = POWER) -> float | None:
    """The smallest true difference that a paired t test of these trainings finds with this power (two-sided, 5 %).

    The spread of the differences is taken to be the one that was measured. None for fewer than two trainings.

    Args:
        margin: mean and standard error of the differences.
        power: in (0.05, 1).
    """
    if margin.degrees is None or margin.std_error is None:
        return None
    return margin.std_error * noncentrality(margin.degrees, power)


def noncentrality(degrees: float, power: float) -> float:
    """The true mean, in standard errors, at which Student's t test rejects on its side with this probability."""
    from scipy import special

    critical = special.stdtrit(degrees, 1 - SIGNIFICANCE / 2)
    return float(special.nctdtrinc(degrees, 1 - power, critical))
