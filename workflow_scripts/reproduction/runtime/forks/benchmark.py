"""Snakemake's benchmark files of jobs that are forks: of the fork, not of the client that waits for it.

Snakemake samples the processes under a job's shell. The fork is the server's child; what the server notes says which
shell it works for, and at its end the exact processor time, where samples miss up to their distance, 30 s.
"""

from pathlib import Path
from types import ModuleType
from typing import Any

_TIMER = "BenchmarkTimer"


def follow_forks(module: ModuleType, folder: Path) -> None:
    """Let Snakemake's benchmarks follow the forks.

    Args:
        module: `snakemake.benchmark`, changed once; a version without this class is left as it is.
        folder: where the server notes its forks.
    """
    original = getattr(module, _TIMER, None)
    if original is None or hasattr(original, "follows_forks"):
        return

    class Timer(original):
        follows_forks = True

        def __init__(self, pid: int, bench_record: Any, *arguments: Any) -> None:
            super().__init__(pid, bench_record, *arguments)
            self.main = _with_forks(self.main, folder)

        def cancel(self) -> None:
            super().cancel()
            seconds = [float(line.split()[1]) for line in _notes(folder, self.pid) if b" " in line]
            if seconds and self.bench_record.data_collected:
                self.bench_record.cpu_time = sum(seconds)
            (folder / str(self.pid)).unlink(missing_ok=True)

    setattr(module, _TIMER, Timer)


def _with_forks(process: Any, folder: Path) -> Any:
    """A process of psutil's that counts the forks that work for it among its children."""
    import psutil

    class WithForks(psutil.Process):
        def children(self, recursive: bool = False) -> list:
            found = super().children(recursive)
            for fork in {int(line.split()[0]) for line in _notes(folder, self.pid)}:
                if psutil.pid_exists(fork):
                    started = psutil.Process(fork)
                    found += [started, *started.children(recursive)]
            return found

    return WithForks(process.pid)


def _notes(folder: Path, process: int) -> list[bytes]:
    try:
        return (folder / str(process)).read_bytes().splitlines()
    except FileNotFoundError:
        return []
