"""A table as data. The writers beside it give it its written forms.

A `Table` has columns in groups, rows in blocks, and notes. Texts are plain Unicode; each writer escapes them for its
format. A note on a cell, a column or a row becomes a superscript letter and a line beneath; equal notes share a letter.
"""

import string
from collections.abc import Iterator
from dataclasses import dataclass

DASH = "–"


@dataclass(frozen=True)
class Span:
    """A piece of text in a cell, bold or not."""

    text: str
    bold: bool = False


@dataclass(frozen=True)
class Cell:
    """Spans set one after another, and an optional note."""

    spans: tuple[Span, ...]
    note: str = ""


@dataclass(frozen=True)
class Column:
    """A column title and an optional note. Cells are aligned right, or left where `left` is set."""

    title: str
    note: str = ""
    left: bool = False


@dataclass(frozen=True)
class Group:
    """Neighbouring columns under a common title ("" for none)."""

    title: str
    columns: tuple[Column, ...]


@dataclass(frozen=True)
class Row:
    """A label, a few words on what the row is, and one cell a column."""

    label: str
    cells: tuple[Cell, ...]
    description: str = ""
    note: str = ""


@dataclass(frozen=True)
class Block:
    """Rows that belong together under a title ("" for none); a shaded block is set apart from the others."""

    title: str
    rows: tuple[Row, ...]
    shaded: bool = False


@dataclass(frozen=True)
class Table:
    """A whole table; `name` is its label in LaTeX and its anchor in HTML, `number` the paper's ("Table 1")."""

    name: str
    caption: str
    head: str
    groups: tuple[Group, ...]
    blocks: tuple[Block, ...]
    footnotes: tuple[str, ...] = ()
    number: str = ""

    def __post_init__(self) -> None:
        width = len(self.columns)
        for row in self.rows:
            if len(row.cells) != width:
                raise ValueError(f"table {self.name}: row {row.label!r} has {len(row.cells)} cells, {width} expected")

    @property
    def title(self) -> str:
        """Number and caption, for formats that do not number tables themselves."""
        return f"{self.number}: {self.caption}" if self.number else self.caption

    @property
    def columns(self) -> list[Column]:
        """All columns from left to right, without that of the labels."""
        return [column for group in self.groups for column in group.columns]

    @property
    def rows(self) -> list[Row]:
        """All rows from top to bottom."""
        return [row for block in self.blocks for row in block.rows]

    def markers(self) -> dict[str, str]:
        """Note -> its letter (a, b, … z, aa, ab …), in the order in which a reader meets the notes."""
        notes = [column.note for column in self.columns]
        for row in self.rows:
            notes += [row.note, *(cell.note for cell in row.cells)]
        return dict(zip(dict.fromkeys(note for note in notes if note), _letters(), strict=False))


@dataclass(frozen=True)
class Document:
    """What a table script writes: tables to read, and the same numbers as tidy rows for programs."""

    tables: tuple[Table, ...]
    csv_columns: tuple[str, ...]
    csv_rows: tuple[tuple[object, ...], ...]


def text_cell(text: str, *, bold: bool = False, note: str = "") -> Cell:
    """A cell of one span."""
    return Cell((Span(text, bold),), note)


def _letters() -> Iterator[str]:
    yield from string.ascii_lowercase
    for first in string.ascii_lowercase:
        yield from (first + second for second in string.ascii_lowercase)
