"""A Snakemake that stands alone, as in the workflow catalogue's lint and where jobs have environments of their own."""

import re
import sys
from pathlib import Path

import pytest

from helpers.blocked_imports import without_others
from helpers.snakemake_runs import Result, output, run_command

CONFIG = ("--configfile", "configs/smoke.yaml")
# Snakemake imports every plugin that is in a folder of packages.
NO_PLUGINS = """
import pkgutil
installed = pkgutil.iter_modules
pkgutil.iter_modules = lambda *given: (module for module in installed(*given) if sys.modules.get(module.name, module))
"""


def bare(folder: Path, *words: str, lacking: tuple[str, ...] = ()) -> Result:
    """Snakemake in a Python that has what Snakemake needs and nothing else, and not `lacking` either."""
    code = (
        f"{without_others({'snakemake'})}{NO_PLUGINS}"
        "assert sys.modules['numpy'] is None\n"
        "from snakemake.cli import main\n"
        f"sys.modules.update(dict.fromkeys({lacking!r}))\n"
        f"main({words!r})\n"
    )
    return run_command(folder, sys.executable, "-c", code)


@pytest.mark.parametrize("snakefile", ["Snakefile", "workflow/Snakefile"])
def test_the_lint_passes(project, snakefile):
    result = bare(project, "--lint", "--snakefile", snakefile, *CONFIG)
    assert result.returncode == 0, output(result)
    assert "your workflow is in a good condition" in result.stderr


def test_a_plan_is_made(project):
    result = bare(project, "--dry-run", "table2", *CONFIG)
    assert result.returncode == 0, output(result)
    assert re.search(r"^train_classifier +[1-9]", output(result), re.MULTILINE)


def test_what_a_plan_needs_and_is_not_there_is_named(project):
    result = bare(project, "--lint", lacking=("pydantic",))
    assert result.returncode == 1
    assert "error: the Python of this Snakemake lacks pydantic. Install envs/requirements.txt into it." in output(
        result
    )
    assert "Traceback" not in output(result)
