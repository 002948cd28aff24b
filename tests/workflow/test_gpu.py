"""The GPU profile on a machine without GPUs and on one that is pretended."""

import pytest

from helpers.snakemake_runs import output, run_command, run_snakemake
from reproduction.runtime.devices import FOLDER_VARIABLE, NONE_FOUND

PROFILE = ("--profile", "profiles/gpu")
MODEL = "results/runs/digits/full/conv/vae/base/seed0/model.json"
CARD = "results/data/digits/train/card.json"


@pytest.fixture
def no_gpu(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture
def two_gpus(tmp_path, monkeypatch):
    """A program nvidia-smi that lists two, and a folder of its own for their locks."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "locks").mkdir()
    program = tmp_path / "bin/nvidia-smi"
    program.write_text('#!/bin/sh\necho "GPU 0: A (UUID: GPU-a)"\necho "GPU 1: A (UUID: GPU-b)"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "locks"))
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)


def gpu_jobs(text):
    """The rules in a dry run's output whose jobs ask for a GPU, and those whose do not."""
    rules = {True: set(), False: set()}
    rule = ""
    for line in text.splitlines():
        words = line.split()
        if words[:1] in (["rule"], ["localrule"]):
            rule = words[1].rstrip(":")
        elif words[:1] == ["resources:"]:
            rules["gpu=1" in line.replace(",", " ").split()].add(rule)
    return rules


def test_without_a_gpu_the_build_stops_before_any_job(project, no_gpu):
    result = run_snakemake(project, *PROFILE, MODEL)
    assert result.returncode != 0
    assert NONE_FOUND in result.stderr
    assert "Traceback" not in output(result)
    assert not any((project / "results").iterdir())


def test_what_needs_no_gpu_is_built_without_one(project, no_gpu):
    result = run_snakemake(project, *PROFILE, CARD)
    assert result.returncode == 0, output(result)
    assert (project / CARD).exists()


def test_a_plan_needs_no_gpu_and_keeps_the_default_profile(project, no_gpu):
    result = run_snakemake(project, "--dry-run", *PROFILE)
    assert result.returncode == 0, output(result)
    assert "python workflow_scripts/train_model.py" in output(result)  # printshellcmds is of profiles/default
    assert "--device cuda" in output(result)
    assert "--device cpu" not in output(result)
    asking = gpu_jobs(output(result))
    assert {"train_model", "train_backbone", "draw_samples", "embed_latents", "extract_reference"} <= asking[True]
    assert {"prepare_dataset", "build_metric", "render_table"} <= asking[False]
    assert not asking[True] & asking[False]


@pytest.mark.parametrize("device", ["cpu", "auto"])
def test_told_so_the_profile_goes_on_with_the_cpu(project, no_gpu, device):
    result = run_snakemake(project, "--dry-run", *PROFILE, MODEL, "--config", f"device={device}")
    assert result.returncode == 0, output(result)
    assert f"--device {device}" in output(result)
    assert not gpu_jobs(output(result))[True]


def test_auto_takes_the_gpus_that_are_there(project, two_gpus):
    result = run_snakemake(project, "--dry-run", MODEL)
    assert result.returncode == 0, output(result)
    assert "train_model" in gpu_jobs(output(result))[True]


WORKFLOW = """
import os
import sys
from types import SimpleNamespace

sys.path.insert(0, "workflow_scripts")
CONFIG = SimpleNamespace(device="cuda", gpu_share=int(config["share"]))

include: "rules/devices.smk"

rule all:
    input:
        expand("done/{job}", job=range(6)),

rule compute:
    output:
        "done/{job}",
    resources:
        gpu=GPUS,
    shell:
        "PYTHONPATH=workflow_scripts python compute.py {output} > {output}.log"
"""

COMPUTE = """
import sys, time
from reproduction.runtime import devices
name = devices.bind().identity
start = time.monotonic()
time.sleep(0.5)
with open(sys.argv[1], "w") as file:
    print(name, start, time.monotonic(), file=file)
"""


@pytest.mark.parametrize(
    ("share", "options", "a_device", "together"),
    [(1, (), 1, 2), (2, (), 2, 4), (2, ("--resources", "gpu=1"), 1, 1)],
)
def test_no_more_jobs_run_than_devices_have_places(project, two_gpus, share, options, a_device, together):
    (project / "toy.smk").write_text(WORKFLOW)
    (project / "compute.py").write_text(COMPUTE)
    command = ("snakemake", "--cores", "6", "--snakefile", "toy.smk", "--config", f"share={share}", *options)
    result = run_command(project, *command)
    assert result.returncode == 0, output(result)
    held = {"GPU-a": [], "GPU-b": []}
    for job in range(6):
        name, start, end = (project / f"done/{job}").read_text().split()
        held[name].append((float(start), float(end)))
        # Snakemake held the job back; a job that waits has a core that others could use.
        assert "waiting" not in (project / f"done/{job}.log").read_text()
    assert max(most_at_once(intervals) for intervals in held.values() if intervals) == a_device
    assert most_at_once([interval for intervals in held.values() for interval in intervals]) == together


def most_at_once(intervals):
    """The largest number of intervals that hold one moment."""
    return max(sum(start <= moment < end for start, end in intervals) for moment, _ in intervals)
