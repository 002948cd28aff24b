"""Tables that people write: CSV files with a header."""

import csv
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TextIO

from geovae.core.errors import GeovaeError
from geovae.core.reading import printable, reading

ADVICE = "Save it as CSV in UTF-8."
LONGEST_LINE = 2**20  # characters


def read_rows(path: str | Path, columns: Sequence[str], lacking: str) -> list[tuple[int, dict[str, str]]]:
    """The rows of a CSV file in their order, each with the number of its last line; blank rows are passed by.

    Args:
        path: of the file; the columns that are asked for are UTF-8, with or without a mark of the order of bytes.
        columns: that it must have, among others; in the result, without blanks around their values.
        lacking: what the error says where it lacks one.

    Raises:
        GeovaeError: it cannot be read, is not in UTF-8, has quotes that do not end, a line of more than LONGEST_LINE,
            lacks a column or has one twice, or has a row that is shorter or longer than the header.
    """
    rows = []
    # Other columns may be in any encoding.
    file = partial(open, path, encoding="utf-8-sig", errors="surrogateescape", newline="")
    with reading(path, "CSV file", ADVICE), file() as lines:
        reader = csv.reader(_bounded(lines), strict=True)
        header = [name.strip() for name in next(reader, [])]
        if not set(columns) <= set(header):
            raise GeovaeError(f"{printable(path)}: {lacking}")
        for name in columns:
            if header.count(name) > 1:
                raise GeovaeError(f"{printable(path)}: it has more than one column {name}. Remove the others.")
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            if len(row) < len(header) or any(field.strip() for field in row[len(header) :]):
                raise GeovaeError(
                    f"{printable(path)}: line {reader.line_num} has {len(row)} fields, the header {len(header)}.\n"
                    "Complete it; a comma inside a field needs quotes around that."
                )
            fields = {name: row[header.index(name)].strip() for name in columns}
            for name, value in fields.items():
                if any("\udc80" <= character <= "\udcff" for character in value):
                    raise ValueError(f"line {reader.line_num}, {name} is no UTF-8")
            rows.append((reader.line_num, fields))
    return rows


def _bounded(file: TextIO) -> Iterator[str]:
    """The lines of a file, of which one that does not end would be read whole."""
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        if len(line) > LONGEST_LINE:
            raise ValueError(f"line {number} has more than {LONGEST_LINE:,} characters")
        yield line
