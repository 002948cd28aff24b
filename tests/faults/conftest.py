"""How many faults there are, from which seed, and what they were; the build that nothing happens to."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.builds import ROUNDS, Build
from helpers.snakemake_runs import build_once


def pytest_addoption(parser):
    group = parser.getgroup("faults")
    group.addoption("--rounds", type=int, default=ROUNDS, help=f"faults at random moments (default: {ROUNDS})")
    group.addoption("--seed", type=int, help="repeat the faults of a build from its printed seed (default: a new seed)")


def pytest_terminal_summary(terminalreporter):
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    lines = [text for report in reports for name, text in report.user_properties if name == "fault"]
    if lines:
        terminalreporter.section("faults")
        terminalreporter.write_line("\n".join(lines))


@pytest.fixture(scope="session")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a build without a fault, made once, by the first worker that comes for it; the others wait."""
    return build_once(tmp_path_factory, "reference", lambda folder: Build(folder).finish()) / "results"


@pytest.fixture
def namespace() -> Iterator[int | None]:
    """A process whose view of the file system may be changed; None where that needs the rights of root."""
    command = ["unshare", "--mount", "sh", "-c", "echo ready; exec sleep 3600"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    yield process.pid if process.stdout.readline() else None
    process.kill()
    process.communicate()
