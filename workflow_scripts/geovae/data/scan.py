"""What lies below a folder: the files that are wanted, and a count of what is passed by."""

import os
import stat
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from geovae.core.errors import GeovaeError
from geovae.core.reading import printable

HIDDEN, LINKS = "hidden files and folders", "links to folders"


@dataclass
class Found:
    """The result of `scan`.

    Attributes:
        files: the wanted files, as names relative to the root with "/", sorted.
        passed_by: what was not taken: kind of things, and for each its name relative to the root.
    """

    files: list[str] = field(default_factory=list)
    passed_by: dict[str, str] = field(default_factory=dict)

    def counts(self, below: str = "") -> dict[str, int]:
        """How many things of each kind were passed by, in a folder or below it."""
        start = f"{below}/" if below else ""
        kinds = Counter(kind for name, kind in self.passed_by.items() if name == below or name.startswith(start))
        return dict(sorted(kinds.items()))


def walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `os.walk`, which passes by in silence what it may not read.

    Raises:
        GeovaeError: a folder cannot be read.
    """

    def refuse(reason: OSError) -> None:
        raise GeovaeError(
            f"{printable(reason.filename or folder)}: the folder cannot be read ({reason.strerror}).\n"
            "Change its permissions, or move it away."
        )

    return os.walk(folder, onerror=refuse)


def scan(root: Path, parts: Collection[str], endings: tuple[str, ...]) -> Found:
    """Find the files with one of the endings below the folders `parts` of `root` ("" is `root` itself).

    What begins with a dot, other endings and links to folders are passed by, and so is what lies beside `parts`.

    Raises:
        GeovaeError: a folder cannot be read, or something with one of the endings is no regular file.
    """
    found = Found()
    if "" not in parts:
        for entry in sorted(os.listdir(root)):
            if entry not in parts:
                found.passed_by[entry] = HIDDEN if entry.startswith(".") else f"things beside {', '.join(parts)}"
    for part in parts:
        for parent, folders, names in walk(root / part):
            place = PurePosixPath(Path(parent).relative_to(root).as_posix())
            kept = []
            for name in folders:
                if name.startswith("."):
                    found.passed_by[str(place / name)] = HIDDEN
                elif os.path.islink(os.path.join(parent, name)):
                    found.passed_by[str(place / name)] = LINKS
                else:
                    kept.append(name)
            folders[:] = kept
            for name in names:
                if name.startswith("."):
                    found.passed_by[str(place / name)] = HIDDEN
                elif name.lower().endswith(endings):
                    require_regular(os.path.join(parent, name))
                    found.files.append(str(place / name))
                else:
                    found.passed_by[str(place / name)] = _ending(name)
    found.files.sort()
    return found


def spoken(counts: dict[str, int]) -> str:
    """Counts in words: "files that end in .txt (3), links to folders (1)"."""
    return ", ".join(f"{kind} ({count:,})" for kind, count in counts.items())


def _ending(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return f"files that end in {printable(suffix)}" if suffix else "files without an ending"


def require_regular(path: str | Path) -> None:
    """Refuse what is no regular file, or a link to none, with a `GeovaeError`: a pipe would be waited for, for ever."""
    try:
        regular = stat.S_ISREG(os.stat(path).st_mode)
    except OSError as reason:
        raise GeovaeError(
            f"{printable(path)}: cannot be read ({reason.strerror}). Mend or remove it; it may be a link to nowhere."
        ) from reason
    if not regular:
        raise GeovaeError(f"{printable(path)}: no regular file. Remove it.")
