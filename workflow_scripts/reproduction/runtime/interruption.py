"""No job outlives the workflow that started it, however that ends.

Left to itself, Snakemake's jobs go on when it is killed, and would write beside those of the next start; on a SIGINT to
it alone (not by Ctrl-C, which reaches the jobs too) it waits for them and then forgets that they are done. Here the
workflow leaves its process number in the environment, and each job ends when that process does. Linux only: elsewhere
the functions do nothing.
"""

import os
import select
import signal
import sys
import threading
import time
from pathlib import Path

VARIABLE = "GEOVAE_WORKFLOW"
# Seconds that a job has after the first, polite signal to remove its temporary files.
GRACE = 2.0
_PROC = Path("/proc")


def announce() -> None:
    """For the Snakefile: name this process to the jobs, and end them on a SIGINT to it."""
    if not _PROC.is_dir() or not hasattr(os, "pidfd_open"):
        return
    os.environ[VARIABLE] = f"{os.getpid()} {_place()}"
    in_main_thread = threading.current_thread() is threading.main_thread()  # which alone may set handlers
    if in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _interrupt)


def heed_sigterm() -> None:
    """For the Snakefile's `onstart`: call Snakemake's handler of SIGTERM in a thread of its own.

    It takes a lock. Called in the main thread while that holds it, it would wait for itself for ever.
    """
    handler = signal.getsignal(signal.SIGTERM)
    if callable(handler):
        signal.signal(signal.SIGTERM, lambda *given: threading.Thread(target=handler, args=given, daemon=True).start())


def follow_workflow() -> None:
    """For a job: end this process when the workflow that started it, or the shell between them, has ended.

    It ends at once where that is so already. A script that was started by hand, in another container or on another
    machine than the workflow follows none.
    """
    number, _, place = os.environ.get(VARIABLE, "").partition(" ")
    if not number or place != _place() or not hasattr(os, "pidfd_open"):
        return
    try:
        followed = [os.pidfd_open(process) for process in {int(number), os.getppid()}]
    except ProcessLookupError:
        followed = []
    except OSError:  # a kernel without this call
        return
    if not followed or int(number) not in _ancestors(os.getpid()):
        sys.exit("error: the workflow that started this job has ended.")
    # Python acts on a signal in its main thread, which sleeps on where the system hands the signal to another.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    threading.Thread(target=_end_with_any, args=(followed,), daemon=True).start()
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)


def _end_with_any(processes: list[int]) -> None:
    select.select(processes, [], [])
    os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C: temporary files are removed
    time.sleep(GRACE)
    os._exit(1)  # code in C has not looked at the signal


def _interrupt(number: int, frame: object) -> None:
    threading.Thread(target=_terminate_jobs, daemon=True).start()
    signal.default_int_handler(number, frame)


def _terminate_jobs() -> None:
    """End the jobs that are still there after the grace; one that Ctrl-C has reached is gone by then."""
    time.sleep(GRACE)
    own = os.getpid()
    for process in _processes():
        if own in _ancestors(process):
            try:
                os.kill(process, signal.SIGTERM)
            except (ProcessLookupError, PermissionError):  # it has ended meanwhile, or is another user's by now
                continue


def _place() -> str:
    """Where a process number means the same process: this boot of this machine, this namespace of processes."""
    boot = _PROC / "sys/kernel/random/boot_id"
    namespace = _PROC / "self/ns/pid"
    return f"{boot.read_text().strip()} {os.readlink(namespace)}" if boot.is_file() else ""


def _processes() -> list[int]:
    """The numbers of all processes that this one may see."""
    return [int(name) for name in os.listdir(_PROC) if name.isdecimal()]


def _parent(process: int) -> int:
    """The number of a process's parent; 0 for the first of all, and for one that has ended or is hidden."""
    try:
        status = (_PROC / str(process) / "stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return 0
    _, bracket, rest = status.rpartition(b")")  # the name before it may hold any bytes, brackets too
    fields = rest.split()
    return int(fields[1]) if bracket and len(fields) > 1 else 0  # nothing is there of one that ends just now


def _ancestors(process: int) -> list[int]:
    """The parent of a process, its parent and so on."""
    found = []
    while (process := _parent(process)) > 0:
        found.append(process)
    return found
