"""One SLURM for all tests of this folder, and a copy of the project that is built through it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.slurm_builds import SMALL
from helpers.slurm_daemons import Slurm, UnavailableError
from helpers.snakemake_runs import copy_project


@pytest.fixture(scope="session")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    """A SLURM for four jobs of one thread at a time; where none can be had, the tests are skipped with the reason."""
    try:
        with Slurm(tmp_path_factory.mktemp("slurm"), cpus=4) as running:
            yield running
    except UnavailableError as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project with the configuration of these tests."""
    folder = copy_project(tmp_path_factory.mktemp("cluster") / "project")
    shutil.copy(SMALL, folder / SMALL.name)
    return folder
