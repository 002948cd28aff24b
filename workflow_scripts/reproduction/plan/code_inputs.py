"""Which modules a job is made of, so that an edit reruns what it concerns and no more.

Read from the import statements of the job's script, of what it imports, and so on; nothing is imported. What a job
loads by its name (a model, a sampler, a table …) is named by the rule.
"""

import ast
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
PACKAGES = ("geovae", "reproduction")
# Files, seeds, downloads, threads, devices: an edit that matters there changes a file format, a key or nothing at all.
PLUMBING = ("geovae/core/", "geovae/data/raw_files/", "reproduction/runtime/")
# Only names of modules and what they read: to add a model retrains no other. A module that is named is an input itself.
NAMES = (
    "geovae/__init__.py",
    "geovae/data/table.py",
    "geovae/models/table.py",
    "geovae/nets/table.py",
    "geovae/sampling/table.py",
    "reproduction/rendering/__init__.py",
)


@cache
def code_of(script: str, *modules: str) -> list[str]:
    """The files whose edit reruns the jobs of a script.

    Args:
        script: its name below `workflow_scripts/`.
        modules: what it loads by name besides, such as "geovae.models.vae", or "geovae.models.vae:VAE" as in a table.

    Returns:
        Paths from the top of the project, sorted, the script's first.
    """
    behind = modules_behind(script)
    for module in modules:
        behind |= modules_behind(_file(module.partition(":")[0]))
    return [f"workflow_scripts/{path}" for path in (script, *sorted(behind - {script}))]


@cache
def modules_behind(path: str) -> frozenset[str]:
    """The file at `path` (below `workflow_scripts/`) and all of the two packages that it imports, also through others;
    without plumbing and tables of names."""
    found: set[str] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _imported(current)
    return frozenset(found)


def is_left_out(path: str) -> bool:
    """Whether an edit of a file of the two packages reruns nothing."""
    return path.startswith(PLUMBING) or path in NAMES


@cache
def _imported(path: str) -> tuple[str, ...]:
    modules = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            modules |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    files = {file for module in modules if module.split(".")[0] in PACKAGES for file in _files(module)}
    return tuple(sorted(file for file in files if not is_left_out(file)))


def _files(module: str) -> list[str]:
    """The files that importing a module runs: its own, and those of the packages around it that hold code."""
    steps = module.split(".")
    packages = ["/".join(steps[: n + 1]) + "/__init__.py" for n in range(len(steps))]
    found = [path for path in packages if (SCRIPTS / path).is_file() and _has_code(path)]
    own = f"{'/'.join(steps)}.py"
    return [*found, own] if (SCRIPTS / own).is_file() else found


def _file(module: str) -> str:
    path = f"{module.replace('.', '/')}.py"
    return path if (SCRIPTS / path).is_file() else f"{module.replace('.', '/')}/__init__.py"


def _has_code(path: str) -> bool:
    """Whether a file holds more than a docstring."""
    return any(not isinstance(node, ast.Expr) for node in _tree(path).body)


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((SCRIPTS / path).read_text(encoding="utf-8"))
