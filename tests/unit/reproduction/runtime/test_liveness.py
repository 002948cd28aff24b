"""A folder is unlocked when nobody is alive in it, and never before."""

import os
import signal
import subprocess
import sys

import pytest

from geovae.core.errors import GeovaeError
from helpers.paths import SCRIPTS
from reproduction.runtime import liveness

ALIVE = """
import time
from reproduction.runtime import liveness
liveness.hold()
print("held", flush=True)
time.sleep(60)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    """A folder that Snakemake has locked."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(liveness, "_held", [])
    liveness.LOCKS.mkdir(parents=True)
    (liveness.LOCKS / "0.input.lock").write_text("a\n")
    yield
    for descriptor in liveness._held:
        os.close(descriptor)


def alive() -> subprocess.Popen:
    words = [sys.executable, "-c", ALIVE]
    process = subprocess.Popen(words, env=os.environ | {"PYTHONPATH": str(SCRIPTS)}, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"held\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_lock_of_the_living_stays_and_that_of_the_dead_goes(number):
    first, second = alive(), alive()  # any number, such as a build and a dry run
    with first, second:
        for process in (first, second):
            with pytest.raises(GeovaeError, match=r"Snakemake runs in this folder\.\nWait for its end"):
                liveness.unlock_the_dead()
            assert liveness.LOCKS.exists()
            process.send_signal(number)
            process.wait()
    assert liveness.unlock_the_dead()
    assert not liveness.LOCKS.exists()
    assert not liveness.unlock_the_dead()


def test_a_job_that_was_started_does_not_keep_the_lock():
    liveness.hold()
    with subprocess.Popen(["sleep", "60"], close_fds=False) as job:
        os.close(liveness._held.pop())
        assert liveness.unlock_the_dead()
        job.kill()


def test_the_command_says_what_it_did(capsys):
    liveness.main([])
    assert capsys.readouterr().out.startswith("Unlocked: ")
    liveness.main([])
    assert capsys.readouterr().out == "Nothing is locked here.\n"
    liveness.main(["--quiet"])
    assert capsys.readouterr().out == ""


def test_where_nothing_can_be_told_nothing_is_unlocked(monkeypatch, capsys):
    def no_locks(*_):
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    liveness.hold()
    with pytest.raises(SystemExit) as caught:
        liveness.main([])
    assert "cannot be told (No locks available).\nIf none does on any machine, run:" in str(caught.value)
    assert liveness.LOCKS.exists()
