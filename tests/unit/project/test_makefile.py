"""The Makefile, with stand-ins for what it starts: what it inherits, where caches lie, and a clone that was moved."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from helpers.paths import ROOT

# Says what it was called with, and with which environment.
PROGRAM = '#!/bin/sh\necho "{name} $@"\nenv | sort\n'


@pytest.fixture(params=["clone", 'a clone\'s "place"'])
def clone(tmp_path, request) -> Path:
    """The Makefile and an environment of stand-ins, set up as it would be."""
    folder = tmp_path / request.param
    (folder / "envs").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    (folder / "envs/requirements.txt").touch()
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("snakemake", "python"):
        (programs / name).write_text(PROGRAM.format(name=name))
        (programs / name).chmod(0o755)
    (programs / "pip").write_text(f"#!/bin/sh\n'''exec' \"{programs}/python\" \"$0\" \"$@\"\n' '''\n")
    (folder / ".venv/.ready").touch()
    return folder


def make(folder: Path, *words: str, **variables: str) -> str:
    result = subprocess.run(["make", *words], cwd=folder, env=os.environ | variables, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""
    return result.stdout


def test_a_build_unlocks_what_is_dead_and_inherits_nothing_foreign(clone, tmp_path):
    foreign = dict.fromkeys(("PYTHONHOME", "PYTHONSAFEPATH", "PYTHONWARNINGS", "PYTHONPATH", "GIT_DIR"), "/another's")
    said = make(clone, "run", MPLBACKEND="nonsense", XDG_CACHE_HOME=str(tmp_path / "cache"), **foreign)
    assert "/another's" not in said
    assert "MPLBACKEND=agg\n" in said
    assert f"XDG_CACHE_HOME={tmp_path}/cache\n" in said
    started = [line for line in said.splitlines() if line.startswith(("python ", "snakemake --"))]
    assert started[0] == "python -m reproduction.runtime.liveness --quiet"
    report = "--report results/report.html --report-after-run"
    assert set(started[1:]) == {f"snakemake --cores all --logger progress {report}"}
    assert "PYTHONPATH=workflow_scripts\n" in said  # where Snakemake finds that logger


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_caches_lie_in_the_clone_where_the_users_cannot_be_written(clone, tmp_path, variable):
    (tmp_path / "file").touch()
    variables = {"HOME": str(tmp_path), "XDG_CACHE_HOME": "", variable: str(tmp_path / "file")}
    assert f"XDG_CACHE_HOME={clone}/.cache\n" in make(clone, "unlock", **variables)


def test_a_clone_that_stays_or_is_reached_by_a_link_is_not_set_up_again(clone, tmp_path):
    assert "Setting up" not in make(clone, "--dry-run", "run")
    (tmp_path / "link").symlink_to(clone)
    assert "Setting up" not in make(tmp_path / "link", "--dry-run", "run")
    shutil.copytree(clone, tmp_path / "other", ignore=shutil.ignore_patterns(".venv"))
    (tmp_path / "other/.venv").symlink_to(clone / ".venv")
    assert "Setting up" not in make(tmp_path / "other", "--dry-run", "run")


def test_a_clone_that_was_moved_or_copied_says_so_and_is_set_up_again(clone, tmp_path):
    shutil.copytree(clone, tmp_path / "copy")
    clone.rename(tmp_path / "moved")
    for name in ("copy", "moved"):
        said = make(tmp_path / name, "--dry-run", "run")
        assert ".venv was moved or its Python is gone: setting it up again." in said
        assert "-m venv --clear .venv" in said


def test_an_environment_whose_python_is_gone_is_set_up_again(clone):
    (clone / ".venv/bin/python").unlink()
    (clone / ".venv/bin/python").symlink_to("/nowhere/python3.11")
    assert "-m venv --clear .venv" in make(clone, "--dry-run", "run")


def test_the_first_start_sets_up_without_a_word_of_moving(clone):
    shutil.rmtree(clone / ".venv")
    said = make(clone, "--dry-run", "run", f"PYTHON={sys.executable}")
    assert "Setting up .venv" in said
    assert "was moved" not in said
    assert "--clear" not in said
