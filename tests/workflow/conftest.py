"""Copies of the project to run Snakemake in, and one finished build of configs/smoke.yaml."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("Snakefile", "config.yaml", "configs", "envs", "profiles", "rules", "workflow_scripts")

Result = subprocess.CompletedProcess[str]


def copy_project(folder: Path) -> Path:
    """The parts of the project that the workflow runs from, in `folder`."""
    folder.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / part)
    (folder / "results").mkdir()
    return folder


def run_command(folder: Path, *command: str) -> Result:
    """Run a command in a copy of the project, with this Python's environment first on the path."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def run_snakemake(folder: Path, *arguments: str, cores: int = 2) -> Result:
    """`snakemake --cores N --configfile configs/smoke.yaml` with more arguments."""
    return run_command(
        folder, "snakemake", "--cores", str(cores), *arguments, "--configfile", "configs/smoke.yaml"
    )  # --configfile comes last: it takes every word that follows


def output(result: Result) -> str:
    """What a command printed on both streams."""
    return result.stdout + result.stderr


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh copy of the project."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build of configs/smoke.yaml on two cores; tests read it and leave it as it is."""
    folder = copy_project(tmp_path_factory.mktemp("smoke") / "project")
    result = run_snakemake(folder)
    assert result.returncode == 0, output(result)
    return folder


@pytest.fixture
def smoke_copy(smoke: Path, tmp_path: Path) -> Path:
    """A copy of the finished build that a test may change."""
    return Path(shutil.copytree(smoke, tmp_path / "copy", symlinks=True))


@pytest.fixture
def planned() -> Callable[..., dict[str, list[str]]]:
    """The jobs that a dry run plans: for each rule, the outputs of its jobs."""

    def plan(folder: Path, *arguments: str) -> dict[str, list[str]]:
        result = run_snakemake(folder, "--dry-run", *arguments)
        assert result.returncode == 0, output(result)
        jobs: dict[str, list[str]] = {}
        rule = ""
        for line in output(result).splitlines():
            words = line.split()
            if words[:1] in (["rule"], ["localrule"]):
                rule = words[1].rstrip(":")
                jobs.setdefault(rule, [])
            elif words[:1] == ["output:"]:
                jobs[rule].append(line.split(":", 1)[1].strip())
        return jobs

    return plan
