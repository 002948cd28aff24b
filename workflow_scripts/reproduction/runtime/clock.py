"""Files whose times are in the future, as a clock that was wrong leaves them.

Snakemake takes an output that is older than an input for a fault of the file system, and removes it: every job that
reads a file of the future fails, whatever it does.
"""

import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from geovae.core.errors import GeovaeError

PATIENCE = 60.0  # seconds in the future that are waited for, as clocks of machines differ by some


def wait_for_the_past(paths: Iterable[str | Path], folder: str | Path) -> None:
    """Return when no file is of the future, waiting if that takes less than PATIENCE.

    Args:
        paths: of files; those that are not there count for nothing.
        folder: where outputs are written, whose file system's clock is the one that counts.

    Raises:
        GeovaeError: a file is further in the future.
    """
    with tempfile.NamedTemporaryFile(dir=folder) as probe:
        now = os.stat(probe.name).st_mtime
    ahead = sorted(((time_of - now, str(path)) for path in set(paths) if (time_of := _time(path)) > now), reverse=True)
    if not ahead:
        return
    seconds, path = ahead[0]
    if seconds > PATIENCE:
        raise GeovaeError(
            f"{path}: its time is {_span(seconds)} in the future, and {len(ahead) - 1:,} other files are ahead too."
            " No job that reads them can end.\nSet the clock right, then run: "
            "find . -path ./.venv -prune -o -newermt now -exec touch -h {} +"
        )
    print(f"{path}: its time is in the future; waiting {seconds:.0f} s until it is not", flush=True)
    time.sleep(seconds)


def _time(path: str | Path) -> float:
    try:
        return os.lstat(path).st_mtime
    except OSError:
        return 0.0


def _span(seconds: float) -> str:
    for unit, length in (("days", 86400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} seconds"
