"""What of a build is the same whenever it is built: every file but logs, and in each all but times and memory."""

import csv
import io
import json
import re
import struct
import zipfile
from collections.abc import Set
from pathlib import Path

from geovae.core import sealed_json, seals, tables
from geovae.evaluation.record import TIMING_COLUMNS

# Of files with times in them seals vary, and of the others they say nothing new.
_SEALS = {sealed_json.KEY, tables.COLUMN}
VARYING = {*TIMING_COLUMNS, *_SEALS, "seconds", "seconds_metric", "long_seconds", "images_per_second", "commit"}
# The claim that compares seconds: its section of the page up to the next heading, its row of the overview, and the
# line that counts the verdicts.
_COST = re.compile(
    rb"(?:### |<h3[^>]*>)About as costly as the mixture(?s:.*?)(?=\n#|<h[23])"
    rb"|[^\n]*(?:About as costly as the mixture|At a glance)[^\n]*"
)
# What zipfile's headers hold for the version needed and for sizes that stand elsewhere, from Python 3.11.4 on.
_ZIP64, _ELSEWHERE = 45, b"\xff" * 8
_NOT_COMPARED = ("logs", "benchmarks", "README.md", "provenance.html")


def files(results: Path) -> list[Path]:
    """The files of a build, relative to its folder `results`, without what a killed writer has left."""
    found = (path.relative_to(results) for path in results.rglob("*") if path.is_file())
    return sorted(path for path in found if path.parts[0] not in _NOT_COMPARED and not path.name.startswith("."))


def content(path: Path, varying: Set[str] = VARYING) -> bytes:
    """The bytes of a file without the columns, keys and claims whose values vary."""
    if path.suffix == ".json":
        return json.dumps(_without(json.loads(path.read_text(encoding="utf-8")), varying), sort_keys=True).encode()
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = [{name: row[name] for name in row if name not in varying} for row in csv.DictReader(file)]
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, rows[0] if rows else [])
        writer.writeheader()
        writer.writerows(rows)
        return buffer.getvalue().encode()
    if path.suffix in (".npy", ".npz"):
        seal = seals.read_seal(path)
        bare = path.read_bytes()[: seal.start if seal else None]
        # The length of an archive's comment is that of the seal.
        return _headers_alike(bare[:-2] + bytes(2)) if path.suffix == ".npz" else bare
    return _COST.sub(b"", path.read_bytes()) if path.stem == "claims" else path.read_bytes()


def _headers_alike(content: bytes) -> bytes:
    """An archive with the headers that later Pythons write, as its members may be the same and these may not."""
    result = bytearray(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members, entry = archive.infolist(), archive.start_dir
    for member in members:
        header = member.header_offset
        result[header + 4] = result[entry + 4] = result[entry + 6] = _ZIP64
        result[header + 18 : header + 26] = _ELSEWHERE
        entry += zipfile.sizeCentralDir + sum(struct.unpack_from("<3H", content, entry + 28))
    return bytes(result)


def contents(results: Path, varying: Set[str] = VARYING) -> dict[str, bytes]:
    """The content of every file of a build, by its path below `results`."""
    return {str(path): content(results / path, varying) for path in files(results)}


def _without(value: object, varying: Set[str]) -> object:
    if isinstance(value, dict):
        return {name: _without(inner, varying) for name, inner in value.items() if name not in varying}
    return [_without(inner, varying) for inner in value] if isinstance(value, list) else value
