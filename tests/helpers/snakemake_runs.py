"""Copying the project and running commands in the copy."""

import fcntl
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.paths import ROOT

LOADED = "loaded"
"""The folder of a recorded build that says what each of its jobs loaded of our modules."""

PARTS = ("Snakefile", "config.yaml", "configs", "envs", "profiles", "rules", "workflow", "workflow_scripts")

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


def build_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], None]) -> Path:
    """The folder that `build` fills, by the first worker of a test session that comes for it; the others wait."""
    shared = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    folder, done = shared / name / "project", shared / name / "done"
    with (shared / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not done.exists():
            shutil.rmtree(folder.parent, ignore_errors=True)
            build(folder)
            done.touch()
    return folder


def run_command(folder: Path, *command: str, **variables: str) -> Result:
    """Run a command in a copy of the project, with this Python's environment first on the path.

    Args:
        folder: where to run it.
        command: its words.
        variables: of the environment, besides.
    """
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"} | variables
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def run_snakemake(folder: Path, *arguments: str, cores: int = 2, **variables: str) -> Result:
    """`snakemake --cores N --configfile configs/smoke.yaml` with more arguments."""
    words = ("snakemake", "--cores", str(cores), *arguments, "--configfile", "configs/smoke.yaml")
    return run_command(folder, *words, **variables)  # --configfile comes last: it takes every word that follows


def recording(folder: Path) -> dict[str, str]:
    """The environment variables with which the jobs of a build write to `folder` what they load of our modules."""
    # A `python` that comes first on the path, since jobs do not inherit PYTHONPATH.
    programs = folder.with_name(f"{folder.name}-programs")
    for path in (folder, programs):
        path.mkdir(parents=True)
    hook = shlex.quote(str(Path(__file__).with_name("loaded_modules")))
    program = programs / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={hook} exec {shlex.quote(sys.executable)} "$@"\n')
    program.chmod(0o755)
    path = os.pathsep.join([str(programs), str(Path(sys.executable).parent), os.environ["PATH"]])
    return {"PATH": path, "LOADED_MODULES": str(folder)}


def output(result: Result) -> str:
    """What a command printed on both streams."""
    return result.stdout + result.stderr
