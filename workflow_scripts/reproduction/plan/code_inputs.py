"""Which modules of this package a module computes with, so that an edit reruns what it concerns and no more.

Read from the import statements; nothing is imported.
"""

import ast
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
# Getting, reading and writing files, seeds, errors, names: an edit that matters there changes a file format or a key.
PLUMBING = {
    "archives",
    "checkpoint",
    "dependencies",
    "download",
    "errors",
    "history",
    "images",
    "job",
    "registry",
    "remote",
    "seeding",
    "storage",
    "transfer",
}


@cache
def modules_behind(path: str) -> tuple[str, ...]:
    """The module at `path` (below workflow_scripts/, e.g. "geovae/models/rae_gp.py") and all that it imports of this
    package, directly or through others, as sorted paths; plumbing and packages' `__init__` are left out."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _imported(current)
    return tuple(sorted(found))


@cache
def _imported(path: str) -> tuple[str, ...]:
    tree = ast.parse((SCRIPTS / path).read_text(encoding="utf-8"))
    names = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in ("geovae", "reproduction"):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    paths = {f"{name.replace('.', '/')}.py" for name in names if name.split(".")[1:2] != []}
    kept = (name for name in paths if Path(name).stem not in PLUMBING and (SCRIPTS / name).is_file())
    return tuple(sorted(kept))
