"""What a finished file says of itself, so that one that was damaged, edited or exchanged is found when it is read.

A seal is the SHA-256 of what a file holds. In a workflow (`places_below`) it is also the file's place among the
results, and the checksums of the arrays and weights that its job had read: a file of another run that is put there is
whole, but of another place; one of the same run in another build is of other weights. Arrays (`.npy`, `.npz`) carry
their seal as a last line, which NumPy and other readers pass by (in `.npz` it is the comment of the archive); JSON and
CSV have theirs inside (`geovae.core.sealed_json`, `geovae.core.tables`).

SHA-256 runs at 1.8 GB/s on a processor with instructions for it and at some 0.4 GB/s without: the largest file, the
2 GB of CelebA's images, costs jobs of minutes one or a few seconds.
"""

import hashlib
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import NamedTuple


class _Job:
    """What a job of a workflow has read of arrays and weights, and what these were made of; by place."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.read: dict[str, str] = {}
        self.wanted: dict[str, dict[str, str]] = {}


_job: ContextVar[_Job | None] = ContextVar("job", default=None)
_LINE = re.compile(rb"\n#geovae [0-9a-f]{8} (\{[^\n]*\})\n\Z")
_LONGEST = 2**16 - 1  # bytes of a seal: of the comment of a zip archive
_BLOCK = 2**20
# The last two bytes of a zip archive say how long the comment is that follows.
_COMMENT_LENGTH = 2


class Seal(NamedTuple):
    """What a sealed array file says of itself.

    Attributes:
        sha256: of everything before the seal.
        place: path under which a workflow wrote it, below its results; empty where none did.
        made_of: places and checksums of the arrays and weights that the workflow's job had read.
        start: byte at which the seal starts.
    """

    sha256: str
    place: str
    made_of: dict[str, str]
    start: int


@contextmanager
def places_below(folder: str) -> Iterator[None]:
    """Within this, one job of a workflow, a file below a folder of this name is what its path says.

    Its seal has the path and what the job had read, and is held to both.

    Elsewhere files may be moved and renamed. Links are not followed: results that lie on another disk have their path
    here.
    """
    token = _job.set(_Job(folder))
    try:
        yield
    finally:
        _job.reset(token)


def place_of(path: str | Path) -> str:
    """The path below the results of the workflow; empty where it is not below them, or outside `places_below`.

    Examples:
        >>> from geovae.core.seals import place_of, places_below
        >>> with places_below("results"):
        ...     place_of("/home/ada/results/runs/vae/latents.npz")
        'runs/vae/latents.npz'
    """
    parts, job = Path(os.path.abspath(path)).parts, _job.get()
    after = len(parts) - parts[::-1].index(job.root) if job and job.root in parts else len(parts)
    return "/".join(parts[after:])


def misplaced(path: str | Path, place: str) -> str | None:
    """What is wrong with a file at `path` that was written for `place`, in a few words; None if nothing is."""
    here = place_of(path)
    return f"it was written as {place}" if place and here and not f"/{here}".endswith(f"/{place}") else None


def made_of(path: str | Path) -> dict[str, str]:
    """Places and checksums of the arrays and weights that this job has read, for what it writes to `path`."""
    job = _job.get()
    return dict(job.read) if job and place_of(path) else {}


def note_read(path: str | Path, sha256: str | None, sources: Mapping[str, str]) -> tuple[str, str] | None:
    """Take note that this job reads a file, and compare it with what the job has read before.

    Args:
        path: the file.
        sha256: its checksum; None for a record, which no file is held to.
        sources: places and checksums of what it was made of.

    Returns:
        The places of a file and of a source of it that is another now; None if all fit together.
    """
    job, place = _job.get(), place_of(path)
    if not job or not place:
        return None
    if sha256:
        job.read[place] = sha256
        for made, wanted in job.wanted.items():
            if wanted.get(place, sha256) != sha256:
                return made, place
    job.wanted[place] = dict(sources)
    changed = [source for source, wanted in sources.items() if job.read.get(source, wanted) != wanted]
    return (place, changed[0]) if changed else None


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a whole file."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def append_seal(file: Path, path: str | Path, sha256: str | None = None) -> str:
    """Seal an array file that has just been written; return the checksum.

    Args:
        file: the file, under its temporary name.
        path: its final name.
        sha256: of the file, where that is already known.
    """
    place, sources = place_of(path), made_of(path)
    if file.suffix == ".npz":
        length = len(_line("0" * 64, place, sources))
        with file.open("r+b") as archive:
            archive.seek(-_COMMENT_LENGTH, os.SEEK_END)
            archive.write(length.to_bytes(_COMMENT_LENGTH, "little"))
    sha256 = sha256 or file_sha256(file)
    with file.open("ab") as sealed:
        sealed.write(_line(sha256, place, sources))
    return sha256


def read_seal(path: str | Path) -> Seal | None:
    """The seal of an array file as it stands there, unverified; None if the file does not end with one."""
    with Path(path).open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        start = file.seek(max(0, size - _LONGEST))
        found = _LINE.search(file.read())
    if not found:
        return None
    try:
        said = json.loads(found[1])
    except (ValueError, RecursionError):
        return None
    # Other keys, or the same in another form, are not what `_line` writes.
    sources = said.get("made_of", {})
    if not isinstance(sources, dict):
        return None
    seal = Seal(str(said.get("sha256")), str(said.get("place", "")), sources, start + found.start())
    return seal if _line(seal.sha256, seal.place, sources) == found[0] else None


def problem(path: str | Path) -> str | None:
    """What is wrong with a sealed array file, in a few words; None if it is as it was written, and where."""
    seal = read_seal(path)
    if seal is None:
        return "it does not end with its checksum: cut off, appended to, or not written by geovae"
    if _sha256_up_to(path, seal.start) != seal.sha256:
        return "its checksum is not that of its content: it was damaged or changed since it was written"
    return misplaced(path, seal.place)


def _line(sha256: str, place: str, sources: Mapping[str, str]) -> bytes:
    said = {"sha256": sha256} | ({"place": place} if place else {}) | ({"made_of": dict(sources)} if sources else {})
    text = json.dumps(said, sort_keys=True)
    # The seal is not part of what its own SHA-256 is of.
    return f"\n#geovae {zlib.crc32(text.encode()):08x} {text}\n".encode()


def _sha256_up_to(path: str | Path, length: int) -> str:
    digest = hashlib.sha256()
    # Read, not mapped: the pages of a map would count as memory of this process.
    with Path(path).open("rb") as file:
        while length:
            block = file.read(min(_BLOCK, length))
            if not block:
                break
            digest.update(block)
            length -= len(block)
    return digest.hexdigest()
