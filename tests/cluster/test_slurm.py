"""A build through a real SLURM: what is cancelled, requeued or killed goes on, and the scores are a local build's."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path

import pytest

from geovae.core import tables
from geovae.evaluation.record import TIMING_COLUMNS
from helpers import repeatable
from helpers.slurm_builds import CONFIGS, SCORES, Build, assert_no_process
from helpers.slurm_daemons import QueuedJob, Slurm, command, wait_for
from helpers.snakemake_runs import Result, copy_project, output, run_command

GOING_ON = "of an interrupted training"


@dataclass
class Story:
    """What happened to one build.

    Attributes:
        submitted: the numbers of the SLURM jobs of a training that was cancelled and of one that was requeued.
        logs: what both trainings had printed when their models were there.
        left: the jobs that were left when Snakemake was killed.
        unlocked, ended: the commands after that.
        first, second: what the killed and the second Snakemake printed.
    """

    submitted: tuple[str, str]
    logs: tuple[str, str]
    left: list[QueuedJob]
    unlocked: Result
    ended: int
    first: str
    second: str


@pytest.fixture(scope="module")
def story(slurm: Slurm, project: Path, tmp_path_factory: pytest.TempPathFactory) -> Story:
    """One build with all that can happen to it."""
    logs = tmp_path_factory.mktemp("logs")
    with Build(project, SCORES, log=logs / "first") as first:
        cancelled, job = first.until(lambda: at_work(slurm, project, set()), "a training was at work", 300)
        command("scancel", job.number)
        requeued, other = first.until(lambda: at_work(slurm, project, {cancelled}), "a second was at work", 300)
        command("scontrol", "requeue", other.number)
        # SLURM itself would wait for two minutes.
        wait_for(lambda: job_is(slurm, other.number, "PENDING"), "the requeued training to wait", 60)
        command("scontrol", "update", f"JobId={other.number}", "StartTime=now")
        for run in (cancelled, requeued):
            model = project / "results/runs" / run / "model.json"
            first.until(model.exists, f"{run} was trained", 300)
        # Snakemake, if it is killed before it has seen the end of a training, repeats the whole.
        trained = log_of(project, cancelled), log_of(project, requeued)
        first.until(lambda: slurm.running("samples_"), "samples were drawn", 300)
        first.process.kill()
        first.process.wait()
    left = slurm.queue()
    cancel_left_jobs(slurm)
    unlocked = run_command(project, "snakemake", "--unlock", *CONFIGS)
    with Build(project, SCORES, log=logs / "second") as second:
        ended = second.wait(900)
    return Story((job.number, other.number), trained, left, unlocked, ended, first.text(), second.text())


def at_work(slurm: Slurm, project: Path, but: set[str]) -> tuple[str, QueuedJob] | None:
    """A run that has trained for an epoch and trains on, and its job."""
    for checkpoint in (project / "results/runs").rglob("resume.safetensors"):
        run = checkpoint.parent.relative_to(project / "results/runs").as_posix()
        job = slurm.running(f"train_model_wildcards_{run.replace('/', '_')}")
        if run not in but and job and checkpoint.exists():
            return run, job
    return None


def job_is(slurm: Slurm, number: str, state: str) -> bool:
    return any((job.number, job.state) == (number, state) for job in slurm.queue())


def cancel_left_jobs(slurm: Slurm) -> None:
    """What docs/clusters.md says to do after Snakemake was killed."""
    left = "squeue --me --noheader --format='%A %j' | awk '$2 ~ /^geovae_/ {print $1}' | xargs -r scancel"
    command("bash", "-c", left)
    wait_for(lambda: not slurm.queue(), "the end of the cancelled jobs", 60)


def log_of(project: Path, run: str) -> str:
    return (project / f"results/logs/train_model/{run}.log").read_text()


def test_a_cancelled_training_is_submitted_again_and_goes_on_after_its_last_epoch(story):
    assert GOING_ON in story.logs[0]
    assert f"SLURM-job '{story.submitted[0]}' failed" in story.first
    assert "Trying to restart job" in story.first


def test_a_requeued_training_goes_on_without_snakemake_doing_anything(story):
    assert GOING_ON in story.logs[1]
    assert f"SLURM-job '{story.submitted[1]}' failed" not in story.first


def test_a_killed_snakemake_is_started_again_and_does_what_is_left(story, project):
    assert story.left
    assert story.unlocked.returncode == 0, output(story.unlocked)
    assert story.ended == 0, story.second[-4000:]
    assert "rule train_backbone" in story.first
    assert "rule train_backbone" not in story.second


def test_the_scores_are_those_of_a_local_build(story, project, tmp_path):
    local = copy_project(tmp_path / "local")
    (local / CONFIGS[-1]).write_bytes((project / CONFIGS[-1]).read_bytes())
    result = run_command(local, "snakemake", "--cores", str(os.cpu_count()), SCORES, *CONFIGS)
    assert result.returncode == 0, output(result)
    expected, found = (
        repeatable.content(folder / SCORES, {*TIMING_COLUMNS, tables.COLUMN}) for folder in (local, project)
    )
    assert len(expected.splitlines()) > 30
    assert found == expected


def test_ctrl_c_leaves_no_process_and_no_job(slurm, project, story, tmp_path):
    targets = [f"results/runs/phantoms/class-{name}/conv/vae/base/seed0/model.json" for name in ("AD", "CN")]
    with Build(project, *targets, log=tmp_path / "interrupted") as build:
        build.until(lambda: slurm.running("train_model"), "a training ran", 300)
        os.killpg(build.process.pid, signal.SIGINT)
        assert build.wait(60) != 0
    wait_for(lambda: not slurm.queue(), "an empty queue", 15)
    assert_no_process(project)
    result = run_command(project, "snakemake", "-n", "--profile", "profiles/slurm", *targets, *CONFIGS)
    assert result.returncode == 0, output(result)  # nothing is locked, so the same command goes on
