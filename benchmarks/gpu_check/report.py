"""The folder of small files that the check leaves: a JSON and a CSV a part, and one Markdown page of all."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from pathlib import Path

import torch

import measuring
from geovae.core import storage
from geovae.core.errors import GeovaeError
from gpu_check.scales import Scale

Row = dict[str, object]
OK, WHAT, ROWS = "ok", "what", "rows"


@dataclass
class Check:
    """What a part is given, and the rows that it has found.

    Attributes:
        part: its name.
        device: where to compute, beside the CPU.
        scale: the sizes.
        output: the folder of small files.
        state: the folder of large ones, which a later call goes on from.
        data: the folder of raw files.
        deadline: when the part is to have ended, by `time.monotonic`.
    """

    part: str
    device: torch.device
    scale: Scale
    output: Path
    state: Path
    data: Path
    deadline: float
    rows: list[Row] = field(default_factory=list)

    def attempt(self, what: str, function: Callable[[], Row]) -> Row:
        """Add the row that `function` gives, or its error, and write all rows so far.

        A row's `ok` says whether the check held; a row without it is a measurement, or waits.
        """
        start = time.perf_counter()
        try:
            found = function()
        except (GeovaeError, RuntimeError) as error:  # what torch raises is all RuntimeError
            found = {OK: False, "error": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
        row = {WHAT: what, **found, "seconds": round(time.perf_counter() - start, 3)}
        # JSON has no word for NaN and infinities, which are what a check may find.
        lost = {name: str(value) for name, value in row.items() if isinstance(value, float) and not isfinite(value)}
        row |= lost
        self.rows.append(row)
        storage.save_json(self.output / f"{self.part}.json", {ROWS: self.rows})
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        cells = [[row.get(name) for name in columns] for row in self.rows]
        storage.write_text(self.output / f"{self.part}.csv", storage.csv_text(columns, cells))
        print(f"{self.part}: {what}: {_told(row)}", flush=True)
        return row


def _told(row: Row) -> str:
    return ", ".join(f"{name} {_cell(value)}" for name, value in row.items() if name != WHAT and value is not None)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "**no**"
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def write_page(output: Path, circumstances: Mapping[str, object], states: Mapping[str, str]) -> bool:
    """Write `summary.json` and `report.md` of all parts; True if no check failed and no part broke off.

    Args:
        output: the folder with the parts' files.
        circumstances: device, versions and the like.
        states: how each part ended: "done", or what went wrong.
    """
    parts = {part: _rows(output / f"{part}.json") for part in states}
    failed = [f"{part}: {row[WHAT]}" for part, rows in parts.items() for row in rows if row.get(OK) is False]
    broken = [f"{part}: {state}" for part, state in states.items() if state != "done"]
    summary = {"circumstances": circumstances, "failed": failed, "broken_off": broken}
    storage.save_json(output / "summary.json", summary)
    lines = ["# Check of a device", "", *(f"* {name}: {value}" for name, value in circumstances.items()), ""]
    lines += [f"**{len(failed)} checks failed.**" if failed else "No check failed.", *broken, ""]
    for part, rows in parts.items():
        found = {name for row in rows for name in row}
        columns = [name for name in (WHAT, OK) if name in found] + sorted(found - {WHAT, OK})
        cells = [[_cell(row.get(name)) for name in columns] for row in rows]
        lines += [f"## {part}", "", measuring.table(columns, cells) if rows else "Nothing.", ""]
    storage.write_text(output / "report.md", "\n".join(lines))
    return not failed and not broken


def _rows(path: Path) -> Sequence[Row]:
    return storage.load_json(path, **{ROWS: list})[ROWS] if path.is_file() else []
