"""Which modules a job is made of, so that an edit reruns what it concerns and no more.

Read from the import statements of the job's script, of what it imports, and so on; nothing is imported. What a job
loads by its name (a model, a sampler, a table …) is named by the rule. The rules have it among `params`, so that it is
compared wherever the job's files lie: no time of a file, no folder and no storage decides what is built again.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

SCRIPTS = Path(__file__).parents[2]
PACKAGES = ("geovae", "reproduction")
# Where a statement holds others.
_WITH_STATEMENTS = ("body", "orelse", "finalbody", "handlers", "cases")
# Files, seeds, downloads, threads, devices: an edit that matters there changes a file format, a key or nothing at all.
PLUMBING = ("geovae/core/", "geovae/data/raw_files/", "reproduction/runtime/")
# Names of modules, and what they read. The module that a name stands for is among the job's parameters, and what it
# reads among its inputs: another place under the same name, or another file to read, reruns the job.
NAMES = (
    "geovae/__init__.py",
    "geovae/data/table.py",
    "geovae/evaluation/table.py",
    "geovae/models/table.py",
    "geovae/nets/table.py",
    "geovae/sampling/table.py",
    "reproduction/rendering/modules.py",
)


def code_of(script: str, *modules: str) -> list[str]:
    """The modules whose edit reruns the jobs of a script, each with a checksum of its content.

    Args:
        script: its name below `workflow_scripts/`.
        modules: what it loads by name besides, as "geovae.models.vae" or, as in a table of names,
            "geovae.models.vae:VAE".

    Returns:
        "PATH CHECKSUM", paths below `workflow_scripts/`, the script's first and the others sorted.
    """
    return [f"{path} {_checksum(path)}" for path in modules_of(script, *modules)]


@cache
def modules_of(script: str, *modules: str) -> tuple[str, ...]:
    """The paths in `code_of`."""
    behind = set(modules_behind(script))
    for module in modules:
        for path in _files(module.partition(":")[0]):
            behind |= modules_behind(path)
    return (script, *sorted(behind - {script}))


@cache
def _checksum(path: str) -> str:
    return _sha256(SCRIPTS / path)


def checksums(paths: Iterable[str]) -> list[str]:
    """Files of the user's own as `code_of` gives modules: "PATH CHECKSUM", with "missing" for one that is not there."""
    return [f"{path} {_sha256(Path(path)) if Path(path).is_file() else 'missing'}" for path in paths]


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@cache
def modules_behind(path: str) -> frozenset[str]:
    """The file at `path` (below `workflow_scripts/`) and all of the two packages that it imports, also through others.

    Plumbing and tables of names are left out, and so are the `__init__` files that only say what is in a package.
    """
    found: set[str] = set()
    waiting = [path]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += _imported(current)
    return frozenset(file for file in found if not is_left_out(file))


@cache
def is_left_out(path: str) -> bool:
    """Whether an edit of a file of the two packages reruns nothing."""
    return path.startswith(PLUMBING) or path in NAMES or not _has_code(path)


@cache
def _imported(path: str) -> tuple[str, ...]:
    modules = set()
    for node in _statements(_tree(path)):
        if isinstance(node, ast.ImportFrom):
            module = ".".join([*_package(path, node.level), *([node.module] if node.module else [])])
            modules |= {module, *(f"{module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    return tuple(sorted({file for module in modules if module.split(".")[0] in PACKAGES for file in _files(module)}))


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements below a node, but for the imports that only a checker of types sees."""
    for part in _WITH_STATEMENTS:
        for child in getattr(node, part, ()):
            if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
                continue
            yield child
            yield from _statements(child)


def _package(path: str, level: int) -> tuple[str, ...]:
    """The package that the dots of a relative import stand for; none where there are no dots."""
    return Path(path).parts[:-level] if level else ()


@cache
def _files(module: str) -> tuple[str, ...]:
    """The files that importing a module runs: its own, and those of the packages around it."""
    steps = module.split(".")
    packages = ["/".join(steps[: n + 1]) + "/__init__.py" for n in range(len(steps))]
    return tuple(path for path in (*packages, f"{'/'.join(steps)}.py") if (SCRIPTS / path).is_file())


def _has_code(path: str) -> bool:
    """Whether a file holds more than a docstring."""
    return any(not isinstance(node, ast.Expr) for node in _tree(path).body)


@cache
def _tree(path: str) -> ast.Module:
    return ast.parse((SCRIPTS / path).read_text(encoding="utf-8"))
