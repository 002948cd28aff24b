"""Jobs end with the process that announced itself as their workflow, and with no other."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from helpers.paths import SCRIPTS
from reproduction.runtime import interruption

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a process has ended")
SOURCE = str(SCRIPTS)
# A job that works, reacts to Ctrl-C by tidying up, and says what became of it.
JOB = """
import sys, time
from pathlib import Path
from reproduction.runtime import interruption
interruption.follow_workflow()
Path(sys.argv[1] + ".started").touch()
try:
    time.sleep(60)
finally:
    Path(sys.argv[1] + ".tidied").touch()
"""
# A workflow that starts a job through a shell, which may stay, and waits for it on Ctrl-C as Snakemake does.
WORKFLOW = """
import subprocess, sys
from reproduction.runtime import interruption
interruption.announce()
job = subprocess.Popen(["bash", "-c", sys.argv[3], "bash", sys.executable, sys.argv[1], sys.argv[2]])
try:
    job.wait()
except KeyboardInterrupt:
    job.wait()
    raise
"""
SHELLS = ('exec "$@"', '"$@"; true')


def environment(**more: str) -> dict[str, str]:
    return {**{k: v for k, v in os.environ.items() if k != interruption.VARIABLE}, "PYTHONPATH": SOURCE, **more}


def heed_interrupts() -> None:
    """In a process to be: what a shell starts in the background ignores SIGINT, and so would its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def appears(path: Path, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not path.exists() and time.monotonic() < end:
        time.sleep(0.02)
    return path.exists()


def of_folder(folder: Path) -> list[int]:
    """The processes that were started with this folder in their command."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            found += [int(entry.name)] if str(folder).encode() in words else []
    return found


def none_left(folder: Path, seconds: float = 10) -> bool:
    end = time.monotonic() + seconds
    while of_folder(folder) and time.monotonic() < end:
        time.sleep(0.05)
    return not of_folder(folder)


@pytest.fixture
def workflow(tmp_path, request):
    (tmp_path / "job.py").write_text(JOB)
    words = [sys.executable, "-c", WORKFLOW, str(tmp_path / "job.py"), str(tmp_path / "job"), request.param]
    process = subprocess.Popen(words, env=environment(), stderr=subprocess.DEVNULL, preexec_fn=heed_interrupts)
    assert appears(tmp_path / "job.started")
    yield process
    process.kill()
    process.wait()


@pytest.mark.parametrize("workflow", SHELLS, indirect=True)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_job_ends_when_its_workflow_is_killed(workflow, number, tmp_path):
    workflow.send_signal(number)
    workflow.wait()
    assert appears(tmp_path / "job.tidied", 5)
    assert none_left(tmp_path)


@pytest.mark.parametrize("workflow", SHELLS, indirect=True)
def test_a_job_ends_on_an_interrupt_of_its_workflow_alone(workflow, tmp_path):
    workflow.send_signal(signal.SIGINT)
    assert none_left(tmp_path)
    assert workflow.wait() != 0


@pytest.mark.parametrize("workflow", SHELLS[1:], indirect=True)
def test_a_job_ends_with_the_shell_that_runs_it(workflow, tmp_path):
    (shell,) = [process for process in of_folder(tmp_path) if interruption._parent(process) == workflow.pid]
    os.kill(shell, signal.SIGKILL)
    assert appears(tmp_path / "job.tidied", 5)
    assert none_left(tmp_path) or of_folder(tmp_path) == [workflow.pid]


def blocks(process: int, thread: int, number: int) -> bool:
    status = Path(f"/proc/{process}/task/{thread}/status").read_text()
    return bool(int(status.partition("SigBlk:")[2].split()[0], 16) >> (number - 1) & 1)


@pytest.mark.parametrize("workflow", SHELLS[:1], indirect=True)
def test_only_the_main_thread_of_a_job_takes_signals(workflow, tmp_path):
    # A job that is paused, interrupted and woken gets the signal in any thread that takes it, and acts in the main one.
    (job,) = [process for process in of_folder(tmp_path) if interruption._parent(process) == workflow.pid]
    threads = [int(thread.name) for thread in Path(f"/proc/{job}/task").iterdir()]
    assert {thread: blocks(job, thread, signal.SIGINT) for thread in threads} == {t: t != job for t in threads}
    assert len(threads) == 2
    for number in (signal.SIGSTOP, signal.SIGINT, signal.SIGCONT):
        os.kill(job, number)
    assert none_left(tmp_path)
    assert (tmp_path / "job.tidied").exists()


def run_job(tmp_path, value: str) -> subprocess.Popen:
    (tmp_path / "job.py").write_text(JOB)
    words = [sys.executable, str(tmp_path / "job.py"), str(tmp_path / "job")]
    return subprocess.Popen(words, env=environment(**{interruption.VARIABLE: value}), stderr=subprocess.PIPE, text=True)


def test_a_job_whose_workflow_ended_before_it_looked_does_not_start(tmp_path):
    gone = subprocess.Popen(["true"])
    gone.wait()
    job = run_job(tmp_path, f"{gone.pid} {interruption._place()}")
    assert "the workflow that started this job has ended" in job.communicate(timeout=20)[1]
    assert job.returncode == 1
    # A number that another process has by now is no workflow either.
    with subprocess.Popen(["sleep", "30"]) as other:
        job = run_job(tmp_path, f"{other.pid} {interruption._place()}")
        assert "has ended" in job.communicate(timeout=20)[1]
        other.kill()
    assert not (tmp_path / "job.started").exists()


@pytest.mark.parametrize("value", ["", "1 another machine", f"{os.getpid()} "], ids=["none", "elsewhere", "no place"])
def test_a_job_of_no_workflow_or_of_one_elsewhere_is_left_alone(tmp_path, value):
    job = run_job(tmp_path, value)
    assert appears(tmp_path / "job.started")
    assert job.poll() is None
    job.kill()
    job.communicate()


def test_the_handler_of_sigterm_may_wait_for_what_it_interrupts(monkeypatch):
    lock, heard = threading.Lock(), threading.Event()

    def handler(number, frame):
        with lock:
            heard.set()

    before = signal.signal(signal.SIGTERM, handler)
    try:
        interruption.heed_sigterm()
        with lock:
            signal.raise_signal(signal.SIGTERM)
            assert not heard.wait(0.1)
        assert heard.wait(5)
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_default_of_sigterm_stays_as_it_is():
    before = signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        interruption.heed_sigterm()
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_ancestors_lead_from_a_process_to_the_first():
    code = "from reproduction.runtime import interruption; import os; print(interruption._ancestors(os.getpid()))"
    words = ["bash", "-c", f"{sys.executable} -c '{code}'; true"]
    shell = subprocess.Popen(words, env=environment(), stdout=subprocess.PIPE, text=True)
    found = eval(shell.communicate()[0])
    assert found[0] == shell.pid
    assert found[1] == os.getpid()


# Names itself by any bytes, as the kernel does when it cuts a long name inside a letter.
FOREIGN = """
import pathlib, sys, time
pathlib.Path("/proc/self/comm").write_bytes(bytes.fromhex(sys.argv[1]))
print("named", flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("name", [b"\xd0\xbf\xd1\x80\xd0", b"\xff\xfe", b") R 1 (", b" ) 7 7 7", b"\x01)"])
def test_what_other_processes_are_called_is_nobodys_business(tmp_path, name):
    with subprocess.Popen([sys.executable, "-c", FOREIGN, name.hex()], stdout=subprocess.PIPE) as foreign:
        try:
            assert foreign.stdout.readline() == b"named\n"
            assert interruption._ancestors(foreign.pid)[0] == os.getpid()
            assert foreign.pid in interruption._processes()
            code = "from reproduction.runtime import interruption; interruption.follow_workflow(); print('works')"
            own = {interruption.VARIABLE: f"{os.getpid()} {interruption._place()}"}
            job = subprocess.run([sys.executable, "-c", code], env=environment(**own), capture_output=True, text=True)
            assert (job.stdout, job.stderr) == ("works\n", "")
        finally:
            foreign.kill()


@pytest.mark.parametrize("content", [None, b"", b"7 (cut off", b"7 (a) R"])
def test_a_process_that_vanishes_or_hides_has_no_ancestors(tmp_path, monkeypatch, content):
    monkeypatch.setattr(interruption, "_PROC", tmp_path)
    (tmp_path / "7").mkdir()
    if content is not None:
        (tmp_path / "7/stat").write_bytes(content)
    assert interruption._processes() == [7]
    assert interruption._ancestors(7) == []
