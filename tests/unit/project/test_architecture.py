"""What may import what, as `[tool.importlinter]` of pyproject.toml says it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.paths import ROOT, SCRIPTS

# An import, the module that it is put in, and the contract that it breaks.
BROKEN = [
    ("geovae/core/images.py", "import reproduction.config.config", "The library knows neither"),
    ("geovae/sampling/draw.py", "import pydantic", "The library knows neither"),
    ("geovae/core/errors.py", "from geovae.nets import base", "The library has floors"),
    ("geovae/geometry/metric.py", "def f():\n    from geovae.data import base", "The library has floors"),
    ("geovae/models/vae.py", "import geovae.training.loop", "The library has floors"),
    ("reproduction/config/base.py", "from reproduction import published", "The reproduction has floors"),
    ("reproduction/plan/keys.py", "import torch", "Planning a build loads no torch"),
    ("reproduction/plan/keys.py", "from geovae.core import images", "Planning a build loads no torch"),
    ("reproduction/rendering/style.py", "from reproduction.plan import keys", "What is rendered is settled"),
]


def lint(packages: Path) -> subprocess.CompletedProcess[str]:
    """`lint-imports` on the two packages in a folder."""
    command = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    return subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(packages)!r}); {command}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path) -> Path:
    for package in ("geovae", "reproduction"):
        shutil.copytree(SCRIPTS / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_imports_go_down_the_floors():
    result = lint(SCRIPTS)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "5 kept, 0 broken" in result.stdout


@pytest.mark.parametrize(("module", "code", "contract"), BROKEN)
def test_an_import_that_goes_up_is_found(copy, module, code, contract):
    with (copy / module).open("a") as file:
        file.write(f"\n{code}\n")
    result = lint(copy)
    assert result.returncode == 1, result.stderr
    broken = result.stdout.partition("Broken contracts")[2]
    assert contract in broken


def test_a_new_package_needs_a_floor(copy):
    (copy / "geovae/cellar").mkdir()
    (copy / "geovae/cellar/__init__.py").write_text('"""Nobody knows."""\n')
    result = lint(copy)
    assert result.returncode == 1
    assert "cellar" in result.stdout
