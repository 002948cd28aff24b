"""What a build takes from the environment of who starts it: nothing that changes what it computes with."""

import os
import sys
from pathlib import Path

from reproduction.runtime.forks.client import SOCKET

# Python's own switches: where it looks for packages, what it does with warnings, whether it stays after the end.
# What else Python reads (PYTHONDONTWRITEBYTECODE, PYTHONUNBUFFERED, …) changes no result and may be wanted.
_PYTHON = (
    *("PYTHONPATH", "PYTHONHOME", "PYTHONSAFEPATH", "PYTHONPLATLIBDIR", "PYTHONSTARTUP", "PYTHONINSPECT"),
    *("PYTHONWARNINGS", "PYTHONOPTIMIZE", "PYTHONDEVMODE", "PYTHONHASHSEED", "PYTHONIOENCODING", "PYTHONUSERBASE"),
)
# A hook of git that starts a build names its own repository, which `git -C` would take for that of the code.
_GIT = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
# Of a build whose job this one is: its forks would not be of this workflow.
_BUILD = (SOCKET,)
FOREIGN = (*_PYTHON, *_GIT, *_BUILD, "MATPLOTLIBRC")
# Where libraries keep what they compute once, such as a list of fonts. `make` sets the first for Snakemake itself.
CACHES = {"XDG_CACHE_HOME": "", "MPLCONFIGDIR": "matplotlib", "TORCHINDUCTOR_CACHE_DIR": "torchinductor"}


def settle(folder: Path) -> None:
    """For the Snakefile, before it imports more: what the jobs inherit, and where this process finds packages.

    Args:
        folder: of caches, where those of the user cannot be written or hold settings of the user's.
    """
    foreign = {os.path.abspath(path) for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path}
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) not in foreign]
    for name in FOREIGN:
        os.environ.pop(name, None)
    os.environ["MPLBACKEND"] = "agg"  # figures go to files, whatever screen there is
    for name, part in CACHES.items():
        if name != "XDG_CACHE_HOME" or not _can_be_written(_user_cache()):
            os.environ[name] = str(folder.absolute() / part)


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))


def _can_be_written(folder: Path) -> bool:
    """Whether files can be made in a folder, or in the one that it would be made in."""
    present = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    return present.is_dir() and os.access(present, os.W_OK | os.X_OK)
