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


def collect(paths: Iterable[str | Path], output: str | Path) -> None:
    """Write all score records as one CSV table: a row per record, sorted by key, every digit kept.

    Raises:
        GeovaeError: a record that is missing or broken, or two records of the same key, backbone and split.
    """
    found: dict[tuple, tuple[str | Path, dict]] = {}
    for path in paths:
        record = load_json(path)
        validate(record, str(path))
        identity = tuple(record[name] for name in _IDENTITY)
        if identity in found:
            raise GeovaeError(
                f"{path}: same key, backbone and split as {found[identity][0]}.\nGive each record once, or delete one."
            )
        found[identity] = (path, record)
    rows = [[record[name] for name in COLUMNS] for _, (_, record) in sorted(found.items(), key=lambda item: item[0])]
    save_table(output, COLUMNS, rows)


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
