"""A job reads the files that its rule declares and no others: alone with them, it writes what it wrote in the build."""

import shlex
import shutil
from pathlib import Path

import pytest

from helpers import repeatable
from helpers.dry_runs import Job, jobs_of
from helpers.paths import SCRIPTS
from helpers.snakemake_runs import output, run_command, run_snakemake

# Besides one job of each rule: what a sampler reads, its entry says, and these read what others do not.
SAMPLERS = ("real", "manifold", "jitter", "kde")


@pytest.fixture(scope="module")
def jobs(smoke) -> list[Job]:
    """All jobs of the build that have a command."""
    result = run_snakemake(smoke, "--dry-run", "--forceall")
    assert result.returncode == 0, output(result)
    return [job for job in jobs_of(output(result)) if job.arguments]


def alone(job: Job, build: Path, folder: Path) -> None:
    """Run a job where nothing but its inputs lies, and compare what it writes with the build's."""
    folder.mkdir()
    for path in job.inputs:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(build / path, folder / path)
    for path in job.outputs:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
    script, *arguments = job.arguments
    result = run_command(folder, "python", str(SCRIPTS / Path(script).name), *arguments)
    assert result.returncode == 0, f"{job.rule}: {shlex.join(job.arguments)}\n{output(result)}"
    for path in job.outputs:
        assert repeatable.content(folder / path) == repeatable.content(build / path), f"{job.rule}: {path}"


def kind(job: Job) -> tuple[str, str]:
    """The rule of a job, and its sampler if that is one of `SAMPLERS`."""
    sampler = job.arguments[job.arguments.index("--sampler") + 1] if "--sampler" in job.arguments else ""
    return job.rule, sampler if sampler in SAMPLERS else ""


def test_one_job_of_each_kind_needs_only_its_inputs(smoke, jobs, tmp_path):
    chosen = {kind(job): job for job in jobs}
    assert {sampler for _, sampler in chosen} >= set(SAMPLERS)
    for number, job in enumerate(chosen.values()):
        alone(job, smoke, tmp_path / str(number))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_job_needs_only_its_inputs(smoke, jobs, tmp_path):
    for number, job in enumerate(jobs):
        alone(job, smoke, tmp_path / str(number))
        shutil.rmtree(tmp_path / str(number))
