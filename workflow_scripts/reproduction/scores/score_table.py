"""The score table `scores.csv`: gathered from score records, read back, and summarised over seeds."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from geovae.core.errors import GeovaeError
from geovae.core.storage import load_json
from geovae.core.tables import finite, load_table, save_table
from geovae.evaluation.record import (
    COLUMNS,
    DIAGNOSTIC_COLUMNS,
    KEY_COLUMNS,
    SCORED_COLUMNS,
    SHARPNESS_COLUMNS,
    TIMING_COLUMNS,
    validate,
)

_WHOLE = {"seed", "n", "threads"}
_REAL = {"backbone_accuracy", *SCORED_COLUMNS, *SHARPNESS_COLUMNS, *DIAGNOSTIC_COLUMNS, *TIMING_COLUMNS} - _WHOLE
_IDENTITY = (*KEY_COLUMNS, "backbone", "split")


class Statistic(NamedTuple):
    """Mean over seeds, standard deviation (ddof 1; None for one seed), and the number of seeds."""

    mean: float
    std: float | None
    n: int


def collect(paths: Iterable[str | Path], output: str | Path, earlier: Iterable[Mapping[str, object]] = ()) -> None:
    """Write all score records as one CSV table: a row per record, sorted by key, every digit kept.

    Arguments and errors as `gathered` has them.
    """
    save_rows(output, gathered(paths, output, earlier))


def save_rows(path: str | Path, rows: Iterable[Mapping[str, object]]) -> None:
    """Write score records as the table that `read_scores` reads."""
    save_table(path, COLUMNS, [[row[name] for name in COLUMNS] for row in rows])


def gathered(
    paths: Iterable[str | Path], output: str | Path, earlier: Iterable[Mapping[str, object]] = ()
) -> list[Mapping[str, object]]:
    """All score records, sorted by key; nothing is written.

    Args:
        paths: the records.
        output: the table, for messages.
        earlier: rows of such a table, as `read_scores` gives them: those stay that none of the records takes the place
            of.

    Raises:
        GeovaeError: a record that is missing or broken, two records of the same key, backbone and split, or features
            of two trained backbones on images of one data set.
    """
    found: dict[tuple, tuple[str | Path, Mapping]] = {}
    for path in paths:
        record = load_json(path)
        validate(record, str(path))
        identity = tuple(record[name] for name in _IDENTITY)
        if identity in found:
            raise GeovaeError(
                f"{path}: same key, backbone and split as {found[identity][0]}.\nGive each record once, or delete one."
            )
        found[identity] = (path, record)
    for row in earlier:
        found.setdefault(tuple(row[name] for name in _IDENTITY), (output, row))
    _check_backbones(found.values())
    return [record for _, (_, record) in sorted(found.items(), key=lambda item: item[0])]


def _check_backbones(found: Iterable[tuple[str | Path, Mapping]]) -> None:
    """Distances on the features of two classifiers are no more comparable than those of two backbones."""
    judges: dict[tuple, tuple[str | Path, Mapping]] = {}
    for path, record in found:
        other, first = judges.setdefault((record["dataset"], record["backbone"]), (path, record))
        if record["backbone_accuracy"] != first["backbone_accuracy"]:
            raise GeovaeError(
                f"{path}: its {record['backbone']} has the accuracy {record['backbone_accuracy']}, that of {other} has "
                f"{first['backbone_accuracy']}.\nThey are of two trainings: score all with one of them."
            )


def read_scores(path: str | Path) -> list[dict[str, object]]:
    """Read what `collect` wrote; empty fields become None, numbers become numbers.

    Raises:
        GeovaeError: the file is missing or damaged, or lacks a column or a finite number.
    """
    return [_typed(row, f"{path}, row {number}") for number, row in enumerate(load_table(path, COLUMNS), start=1)]


def _typed(row: Mapping[str, str], source: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in COLUMNS:
        text = row[name]
        try:
            values[name] = (
                None if text == "" else int(text) if name in _WHOLE else finite(text) if name in _REAL else text
            )
        except (TypeError, ValueError):
            raise GeovaeError(f"{source}: {name} is {text!r}, not a number. Run collect_scores again.") from None
    return values


def summarise(records: Sequence[Mapping[str, object]], column: str) -> Statistic | None:
    """Mean and standard deviation of a column over the records; None if no record has a value there."""
    values = [float(record[column]) for record in records if record[column] is not None]
    if not values:
        return None
    std = statistics.stdev(values) if len(values) > 1 else None
    return Statistic(statistics.fmean(values), std, len(values))
