"""Copies of the project to run Snakemake in, and one finished build of configs/smoke.yaml."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.dry_runs import jobs_of
from helpers.snakemake_runs import LOADED, build_once, copy_project, output, recording, run_snakemake


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A fresh copy of the project."""
    return copy_project(tmp_path / "project")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished build of configs/smoke.yaml on two cores; tests read it and leave it as it is.

    Its jobs say in the folder `LOADED` which of our modules they loaded. It is built once, by the first worker that
    comes for it; the others wait.
    """

    def build(folder: Path) -> None:
        result = run_snakemake(copy_project(folder), **recording(folder / LOADED))
        assert result.returncode == 0, output(result)

    return build_once(tmp_path_factory, "smoke", build)


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
        for job in jobs_of(output(result)):
            written = jobs.setdefault(job.rule, [])
            if job.outputs:
                written.append(", ".join(sorted(job.outputs)))
        return jobs

    return plan
