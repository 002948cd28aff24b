"""What `pip install .` installs: the library alone, which imports with the packages that it declares and no others."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest

from helpers.blocked_imports import gate
from helpers.paths import ROOT

LIBRARY = ROOT / "workflow_scripts/geovae"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Not on Windows; and what the workflow, or a function of the library alone, needs beyond it.
CLOSED = {
    *("fcntl", "resource", "reproduction", "yaml", "jinja2"),
    *("snakemake", "pandas", "matplotlib", "seaborn", "pydantic", "pytorch_fid", "torchvision", "nibabel", "requests"),
}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> zipfile.ZipFile:
    """The wheel of a copy of the tree, built by its own build system without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    tree = folder / "tree"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    shutil.copytree(ROOT / "workflow_scripts", tree / "workflow_scripts", ignore=ignored)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tree)
    code = f"from setuptools import build_meta; build_meta.build_wheel({str(folder)!r})"
    shown = subprocess.run([sys.executable, "-c", code], cwd=tree, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    (path,) = folder.glob("*.whl")
    with zipfile.ZipFile(path) as opened:
        yield opened


def test_the_wheel_holds_the_library_alone(wheel):
    modules = {f"geovae/{path.relative_to(LIBRARY).as_posix()}" for path in LIBRARY.rglob("*.py")}
    installed = {name for name in wheel.namelist() if ".dist-info/" not in name}
    assert installed == modules | {"geovae/py.typed"}
    assert len(installed) > 80


def test_the_wheel_says_what_it_is_and_needs(wheel):
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    text = wheel.read(name).decode()
    assert re.search(r"^Name: geovae$", text, re.MULTILINE)
    assert re.search(r"^Version: 0\.1\.0$", text, re.MULTILINE)
    needed = [line for line in re.findall(r"^Requires-Dist: (.*)$", text, re.MULTILINE) if "extra ==" not in line]
    assert sorted(needed) == sorted(PROJECT["dependencies"])
    assert any(name.endswith("/licenses/LICENSE") for name in wheel.namelist())


def test_every_module_imports_with_the_declared_dependencies_alone(wheel, tmp_path):
    wheel.extractall(tmp_path)
    modules = [name[: -len(".py")].replace("/", ".") for name in wheel.namelist() if name.endswith(".py")]
    modules = sorted(name.removesuffix(".__init__") for name in modules)
    dependencies = {re.match(r"[\w-]+", line)[0] for line in PROJECT["dependencies"]}
    code = (
        gate(dependencies, CLOSED, {"geovae"})
        + f"""
import importlib
failed = []
for name in {sorted(CLOSED)!r}:
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        continue
    failed.append(f"{{name}} can be imported")
for name in {modules!r}:
    try:
        importlib.import_module(name)
    except ImportError as reason:
        failed.append(f"{{name}}: {{reason}}")
print("\\n".join(failed))
"""
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.strip() == ""
