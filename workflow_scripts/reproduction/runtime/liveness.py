"""Whether a build is alive in a folder, and the end of the lock that a dead one left there.

Snakemake locks the folder that it builds in, and a SIGKILL or a loss of power leaves the lock. Every Snakemake here
also holds a lock of the system's (flock) on a file of the folder, which ends with its process however that ends. Who
can take that lock alone knows that no other is alive. `python -m reproduction.runtime.liveness` does so, for `make`.
"""

import argparse
import fcntl
import os
import shutil
import sys
from pathlib import Path

from geovae.core.errors import GeovaeError

FOLDER = Path(".snakemake")
LOCKS = FOLDER / "locks"  # Snakemake's own
ALIVE = FOLDER / "alive"

_held: list[int] = []


def hold() -> None:
    """For the Snakefile: show that this process is alive until it ends. Any number may at a time.

    Where the folder cannot be written, or its file system has no locks, it does nothing, and nobody unlocks by itself.
    """
    try:
        FOLDER.mkdir(exist_ok=True)
        descriptor = os.open(ALIVE, os.O_RDWR | os.O_CREAT, 0o666)
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except OSError:
        return
    _held.append(descriptor)


def unlock_the_dead() -> bool:
    """Remove Snakemake's lock from this folder if its owner is dead; whether there was one.

    Raises:
        GeovaeError: a Snakemake is alive in this folder, or that cannot be told.
    """
    if not any(LOCKS.glob("*")):
        return False
    try:
        descriptor = os.open(ALIVE, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError as reason:
        raise _unknown(reason) from reason
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(LOCKS)
    except BlockingIOError:
        raise GeovaeError(
            f"{Path.cwd()}: Snakemake runs in this folder.\nWait for its end, or end it; what it has finished stays."
        ) from None
    except OSError as reason:
        raise _unknown(reason) from reason
    finally:
        os.close(descriptor)
    return True


def _unknown(reason: OSError) -> GeovaeError:
    return GeovaeError(
        f"{ALIVE}: whether Snakemake runs in this folder cannot be told ({reason.strerror}).\n"
        "If none does on any machine, run: .venv/bin/snakemake --unlock"
    )


def main(argv: list[str] | None = None) -> None:
    """Unlock the folder; say so, or, where it is asked for, that there was nothing to do."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="say nothing where there is nothing to do")
    options = parser.parse_args(argv)
    try:
        was_locked = unlock_the_dead()
    except GeovaeError as error:
        sys.exit(f"error: {error}")
    if was_locked:
        print("Unlocked: the build that was killed here is gone. What it had finished stays.")
    elif not options.quiet:
        print("Nothing is locked here.")


if __name__ == "__main__":
    main()
