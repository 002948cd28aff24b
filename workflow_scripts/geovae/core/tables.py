"""CSV tables of results: written with a seal, and found to be damaged, cut off, edited or another's when read.

The seal is the last column, `seal`, so that a table stays one for any reader of CSV. Each row has there the CRC-32 of
the header, the number of rows and all rows up to itself, and, from a workflow, the table's place (`geovae.core.seals`).
"""

import csv
import io
import math
import zlib
from collections.abc import Sequence
from pathlib import Path

from geovae.core import seals, storage

COLUMN = "seal"


def save_table(path: str | Path, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a sealed table; None is an empty field and floats keep every digit."""
    storage.write_text(path, _sealed_text(columns, rows, seals.place_of(path)))


def load_table(path: str | Path, columns: Sequence[str] = ()) -> list[dict[str, str]]:
    """Read a table that `save_table` wrote: its rows by column, as text, without the seal.

    Args:
        path: the file.
        columns: those that must be there.

    Raises:
        GeovaeError: the file is missing, damaged or edited, of another place, has no row, or lacks a column.
    """
    path = storage.require_file(path)
    try:
        text = path.read_bytes().decode("utf-8")
        header, *rows = csv.reader(io.StringIO(text, newline="")) if text else [[]]
    except (ValueError, OSError, csv.Error) as reason:
        raise storage.unreadable(path, reason) from reason
    if missing := [name for name in columns if name not in header]:
        raise storage.unreadable(path, f"no column {', '.join(missing)}")
    if not rows or header[-1:] != [COLUMN] or not rows[0]:
        raise storage.unreadable(path, "no rows with checksums: cut off, or not written by geovae")
    place = rows[0][-1].partition(" ")[2]
    if _sealed_text(header[:-1], [row[:-1] for row in rows], place) != text:
        problem = "its checksums are not those of its rows: it was damaged or changed since it was written"
        raise storage.unreadable(path, problem)
    if where := seals.misplaced(path, place):
        raise storage.unreadable(path, where)
    return [dict(zip(header[:-1], row, strict=False)) for row in rows]


def finite(text: str) -> float:
    """A number of a table; a ValueError where it is none, NaN or an infinity: none is written."""
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text!r} is no finite number")
    return number


def _sealed_text(columns: Sequence[str], rows: Sequence[Sequence[object]], place: str) -> str:
    checksum = zlib.crc32(f"{len(rows)} rows\n{storage.csv_text(columns, [])}".encode())
    sealed = []
    for row in rows:
        checksum = zlib.crc32(storage.csv_text(row, []).encode(), checksum)
        sealed.append([*row, f"{checksum:08x}" + (f" {place}" if place else "")])
    return storage.csv_text([*columns, COLUMN], sealed)
