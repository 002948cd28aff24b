"""A record's folder, exchanged as a whole: what is killed midway leaves the old one or the new one, and no mixture."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.core.storage import atomic


@contextmanager
def exchanged(folder: Path) -> Iterator[Path]:
    """Yield an empty folder that takes the place of `folder` on success, and goes on failure.

    Raises:
        GeovaeError: something else than a folder is in its place.
    """
    folder = folder.resolve()  # a link stays one
    settle(folder)
    if os.path.lexists(folder) and not folder.is_dir():
        raise GeovaeError(f"{folder}: this is no folder. Move it away: a record is one.")
    fresh, old = _fresh(folder), _old(folder)
    try:
        fresh.mkdir(parents=True)
        yield fresh
        if folder.exists():
            folder.rename(old)
        try:
            fresh.rename(folder)
        except OSError:
            settle(folder)
            raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    shutil.rmtree(old, ignore_errors=True)


def settle(folder: Path) -> None:
    """Clear away what an exchange left that was killed; between its two renames, the old folder comes back."""
    if left := left_of(folder):
        left.rename(folder)
    for path in (_fresh(folder), _old(folder)):
        if path.exists():
            shutil.rmtree(path)


def left_of(folder: Path) -> Path | None:
    """Where a folder lies whose exchange was killed between its two renames; None if it was not."""
    old = _old(folder)
    return old if old.is_dir() and not os.path.lexists(folder) else None


def copy(source: Path, target: Path) -> None:
    """Copy a file byte by byte, so that its seal stays; `target` is whole or not there."""
    with atomic(target) as temporary:
        shutil.copyfile(source, temporary)


def _fresh(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.new")


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")
