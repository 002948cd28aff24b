"""Snakemake with the SLURM profile, in the background."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from helpers.slurm_daemons import processes_in, wait_for

SMALL = Path(__file__).with_name("small.yaml")
SCORES = "results/scores.csv"
# A real cluster is asked less often, and has more cores.
HERE = [
    *("--slurm-init-seconds-before-status-checks", "1"),
    *("--seconds-between-status-checks", "2"),
    *("--latency-wait", "5"),
    *("--cores", "2"),
]
CONFIGS = ("--configfile", "configs/smoke.yaml", SMALL.name)  # last: it takes every word that follows


class Build:
    """A running `snakemake --profile profiles/slurm`; a context manager that leaves no process behind.

    Args:
        folder: a copy of the project.
        targets: what to build.
        log: file that takes what Snakemake prints.
    """

    def __init__(self, folder: Path, *targets: str, log: Path) -> None:
        self.log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                ["snakemake", "--profile", "profiles/slurm", *HERE, *targets, *CONFIGS],
                cwd=folder,
                env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # so that a signal reaches it as Ctrl-C in a terminal would
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a background job is started without
            )

    def __enter__(self) -> "Build":
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def wait(self, seconds: float) -> int:
        """Wait for the end; the exit status."""
        return self.process.wait(seconds)

    def text(self) -> str:
        """What Snakemake has printed so far."""
        return self.log.read_text(errors="replace")

    def until(self, condition, what: str, seconds: float):
        """`wait_for`, but fail at once where Snakemake has ended."""

        def check():
            value = condition()
            assert value or self.process.poll() is None, f"Snakemake ended before {what}:\n{self.text()[-4000:]}"
            return value

        return wait_for(check, what, seconds, pause=0.02)


def assert_no_process(folder: Path, seconds: float = 10) -> None:
    """No process runs in a folder, or will after a few seconds of ending."""
    wait_for(lambda: not processes_in(folder), f"the end of {processes_in(folder)}", seconds)
