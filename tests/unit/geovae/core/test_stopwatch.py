"""What is said of time and memory."""

import resource
import subprocess
import sys

import numpy as np
import pytest

from geovae.core import stopwatch
from geovae.core.stopwatch import Stopwatch
from helpers.paths import SCRIPTS


def test_the_peak_does_not_start_at_that_of_the_parent():
    held = np.ones(40_000_000)
    assert Stopwatch.peak_memory_mb() > held.nbytes / 1e6
    code = "from geovae.core.stopwatch import Stopwatch; print(Stopwatch.peak_memory_mb())"
    environment = {"PYTHONPATH": str(SCRIPTS)}
    # Of a fork the child would inherit what getrusage says of this process.
    child = subprocess.run(
        [sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True, close_fds=False
    )
    assert 1 < float(child.stdout) < 100


def test_the_peak_is_that_of_the_status_file(tmp_path, monkeypatch):
    status = tmp_path / "status"
    status.write_bytes(b"Name:\tpyth\xd0\nVmPeak:\t  9000 kB\nVmHWM:\t    2000 kB\n")
    monkeypatch.setattr(stopwatch, "_STATUS", status)
    assert Stopwatch.peak_memory_mb() == 2000 * 1024 / 1e6
    # Where the system has no such file, getrusage has to do.
    monkeypatch.setattr(stopwatch, "_STATUS", tmp_path / "none")
    expected = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    assert Stopwatch.peak_memory_mb() == pytest.approx(expected, rel=0.01)


def test_a_stopwatch_runs_and_weighs():
    watch = Stopwatch()
    held = np.ones(4_000_000)
    assert watch.seconds() > 0
    assert watch.peak_memory_mb() > held.nbytes / 1e6
