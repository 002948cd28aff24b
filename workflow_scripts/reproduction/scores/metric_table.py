"""The table `metrics.csv` of what the choice of ρ does to metrics: written, read back, and looked up."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.core.storage import unreadable
from geovae.core.tables import finite, load_table, save_table
from reproduction.scores.cells import Cell

KEY_COLUMNS = ("dataset", "subset", "net", "model", "trial", "seed", "metric")
NUMBERS = ("k", "rho", "identity_error", "connected_share")
"""Centroids; ρ; mean over centroids of ‖G(c_i) Σ_i − I‖ / ‖I‖; share of the centroids in the largest connected part."""


def write_metrics(rows: Mapping[str, Mapping[str, float]], output: str | Path) -> None:
    """Write a row per metric, sorted by key, every digit kept.

    Args:
        rows: key of a run and its metric (`digits/full/conv/vae/base/seed0/rho0.5`) -> `NUMBERS`.
        output: the CSV file.
    """
    table = [[*_parts(key), *(numbers[name] for name in NUMBERS)] for key, numbers in sorted(rows.items())]
    save_table(output, (*KEY_COLUMNS, *NUMBERS), table)


def _parts(key: str) -> list[str]:
    parts = key.split("/")
    if len(parts) != len(KEY_COLUMNS):
        raise GeovaeError(f"metric {key!r}: {'/'.join(KEY_COLUMNS)} is expected.")
    seed = KEY_COLUMNS.index("seed")
    return [part.removeprefix("seed") if i == seed else part for i, part in enumerate(parts)]


def read_metrics(path: str | Path) -> list[dict[str, object]]:
    """Read what `write_metrics` wrote.

    Raises:
        GeovaeError: the file is missing, or lacks a column or a finite number.
    """
    rows = load_table(path, (*KEY_COLUMNS, *NUMBERS))
    try:
        return [row | {"seed": int(row["seed"])} | {name: finite(row[name]) for name in NUMBERS} for row in rows]
    except ValueError as reason:
        raise unreadable(path, reason) from None


def metrics_of(rows: Sequence[Mapping[str, object]], cell: Cell, metric: str) -> list[Mapping[str, object]]:
    """The metrics of that variant of the models of a cell, a row per seed, in the order of the seeds.

    Raises:
        GeovaeError: a seed without a metric.
    """
    key = {name: value for name, value in cell.key.items() if name in KEY_COLUMNS}
    key["metric"] = metric
    by_seed = {row["seed"]: row for row in rows if all(row[name] == value for name, value in key.items())}
    missing = [seed for seed in cell.seeds if seed not in by_seed]
    if missing:
        place = "/".join(f"seed{missing[0]}" if name == "seed" else key[name] for name in KEY_COLUMNS)
        raise GeovaeError(f"metrics: no row of {place}. Run the workflow again.")
    return [by_seed[seed] for seed in cell.seeds]
