"""A job that is a fork of the server's is to everybody what a process of its own would be."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from helpers.paths import SCRIPTS
from helpers.script_imports import PACKAGES, packages_behind
from reproduction.runtime.forks import server
from reproduction.runtime.forks.client import PYTHON, SOCKET
from reproduction.runtime.forks.start import start

pytestmark = pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="only Linux tells when a process has ended")
# A workflow: starts the server, says where that notes its forks, then runs each line of its input in a shell.
WORKFLOW = """
import os, subprocess, sys
sys.path.insert(0, sys.argv[1])
from reproduction.runtime import interruption
from reproduction.runtime.forks.start import start
interruption.announce()
os.environ["OMP_NUM_THREADS"] = "1"
print(start(), flush=True)
for line in sys.stdin:
    shell = subprocess.Popen(["bash", "-c", line], stdin=subprocess.DEVNULL)
    print(shell.pid, flush=True)
    print(shell.wait(), flush=True)
"""
# Says all that it can see of itself.
MIRROR = """
import json, os, sys
seen = {name: value for name, value in os.environ.items() if name != "_"}
print(json.dumps([sys.argv, os.getcwd(), seen, sys.path[0], __name__, __file__, sys.stdin.read(), os.getpgrp() > 0]))
print("and here", file=sys.stderr)
"""


class Workflow:
    """A process that starts jobs in shells, one after the other."""

    def __init__(self, folder: Path, **variables: str) -> None:
        bin = str(Path(sys.executable).parent)
        environment = os.environ | {"PATH": f"{bin}{os.pathsep}{os.environ['PATH']}"} | variables
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-c", WORKFLOW, str(SCRIPTS)],
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        self.notes = Path(self.process.stdout.readline().strip())

    def begin(self, command: str) -> int:
        """Start a job; the number of its shell."""
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> int:
        """The exit status of the job's shell."""
        return int(self.process.stdout.readline())

    def run(self, command: str) -> int:
        self.begin(command)
        return self.end()

    def fork_of(self, shell: int) -> int:
        """The number of the fork that works for a shell."""
        note = self.notes / str(shell)
        assert appears(note)
        return int(note.read_text().split()[0])


@pytest.fixture
def workflow(tmp_path):
    found = Workflow(tmp_path)
    yield found
    found.process.kill()
    found.process.wait()


def within(check, seconds: float = 20) -> bool:
    end = time.monotonic() + seconds
    while not check() and time.monotonic() < end:
        time.sleep(0.02)
    return check()


def appears(path: Path) -> bool:
    return within(lambda: path.exists() and path.stat().st_size > 0)


def alive(process: int) -> bool:
    """Whether a process is there, and no zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def write(folder: Path, text: str, name: str = "job.py") -> str:
    (folder / name).write_text(text)
    return name


def was_forked(notes: Path) -> bool:
    return any(path.name.isdecimal() for path in notes.iterdir())


def test_a_fork_sees_what_a_process_of_its_own_would_see(tmp_path, workflow):
    script = write(tmp_path, MIRROR)
    (tmp_path / "elsewhere").mkdir()
    call = f"{script} --name 'two words' $'\\xff' '' > {{0}}.out 2> {{0}}.err < {script}"
    assert workflow.run(f"export MARK=$'\\xfe' LC_ALL=C; python {call.format('fork')}") == 0
    assert was_forked(workflow.notes)
    assert workflow.run(f"export MARK=$'\\xfe' LC_ALL=C; ${PYTHON} {call.format('plain')}") == 0
    fork, plain = (json.loads((tmp_path / f"{name}.out").read_text()) for name in ("fork", "plain"))
    assert fork[2].items() ^ plain[2].items() == set()
    assert fork[:2] + fork[3:] == plain[:2] + plain[3:]
    assert (tmp_path / "fork.err").read_text() == (tmp_path / "plain.err").read_text() == "and here\n"
    assert fork[:2] == [[script, "--name", "two words", "\udcff", ""], str(tmp_path)]
    assert workflow.run(f"cd elsewhere && python ../{script} > ../there.out 2>&1") == 0
    assert json.loads((tmp_path / "there.out").read_text().splitlines()[0])[1] == str(tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("end", "status", "said"),
    [
        ("", 0, ""),
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit(-1)", 255, ""),
        (
            "import threading, time; threading.Thread(target=lambda: (time.sleep(0.3), print('late'))).start()",
            0,
            "late\n",
        ),
        ("import sys; sys.exit('error: not so')", 1, "error: not so\n"),
        ("raise ValueError('why')", 1, "ValueError: why\n"),
        ("import os; os._exit(7)", 7, ""),
        ("import atexit; atexit.register(print, 'last'); print('first')", 0, "first\nlast\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGINT); import time; time.sleep(9)", 128 + signal.SIGINT, ""),
    ],
)
def test_a_fork_ends_as_a_process_of_its_own_would_end(tmp_path, workflow, end, status, said):
    script = write(tmp_path, end)
    # A shell dies of SIGINT itself where its program did; the line after it keeps the number.
    assert workflow.run(f"python {script} > out 2>&1; exit $?") in (status, 128 - status)
    assert was_forked(workflow.notes)
    printed = (tmp_path / "out").read_text()
    assert printed == said or (said and printed.startswith("Traceback") and printed.endswith(said))


def test_a_fork_finds_the_libraries_of_its_script_loaded_and_no_thread_beside_it(tmp_path, workflow):
    program = (
        "import os, sys; print('torch' in sys.modules, 'kmedoids' in sys.modules, len(os.listdir('/proc/self/task')))"
    )
    write(tmp_path, program, "draw_samples.py")
    write(tmp_path, program, "build_metric.py")
    write(tmp_path, program, "other.py")
    found = []
    for script in ("other.py", "draw_samples.py", "build_metric.py", "other.py"):
        assert workflow.run(f"python {script} > out") == 0
        found.append((tmp_path / "out").read_text().split())
    assert found == [["False", "False", "1"], ["True", "False", "1"], ["True", "True", "1"], ["True", "True", "1"]]


@pytest.mark.parametrize("call", ["OMP_NUM_THREADS=2 python {0}", f"{SOCKET}=/nowhere python {{0}}", "python -u {0}"])
def test_what_the_server_is_not_for_starts_by_itself(tmp_path, workflow, call):
    script = write(tmp_path, "import sys; print('ran'); sys.exit(5)")
    assert workflow.run(f"{call.format(script)} > out; exit $?") == 5
    assert (tmp_path / "out").read_text() == "ran\n"
    assert not was_forked(workflow.notes)


def test_a_job_that_comes_after_the_server_has_died_starts_by_itself(tmp_path, workflow):
    script = write(tmp_path, "import os, time; print(os.getppid(), flush=True); time.sleep(30)")
    workflow.begin(f"python {script} > out 2> err; exit $?")
    assert appears(tmp_path / "out")
    os.kill(int((tmp_path / "out").read_text()), signal.SIGKILL)
    assert workflow.end() == 1
    assert (tmp_path / "err").read_text().startswith("error: the process that this job was a fork of has ended.")
    assert workflow.run(f"python {write(tmp_path, 'print(1)')} > out") == 0
    assert (tmp_path / "out").read_text() == "1\n"


SLEEPER = """
import sys, time
sys.path.insert(0, {source!r})
from reproduction.runtime import interruption
interruption.follow_workflow()
try:
    print("on", flush=True)
    time.sleep(60)
finally:
    open("tidied", "w").write("yes")
"""


@pytest.fixture
def sleeping(tmp_path, workflow):
    """A workflow whose job sleeps: the workflow, the job's shell, its fork."""
    script = write(tmp_path, SLEEPER.format(source=str(SCRIPTS)))
    shell = workflow.begin(f"python {script} > out 2> err; exit $?")
    assert appears(tmp_path / "out")
    assert within(lambda: catches(client_of(shell), signal.SIGTSTP))  # the last signal that it prepares for
    return workflow, shell, workflow.fork_of(shell)


def catches(process: int, number: int) -> bool:
    caught = Path(f"/proc/{process}/status").read_text().partition("SigCgt:")[2].split()[0]
    return bool(int(caught, 16) >> (number - 1) & 1)


def client_of(shell: int) -> int:
    return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])


def test_a_fork_is_shown_by_the_name_of_its_script(sleeping):
    _, _, fork = sleeping
    assert Path(f"/proc/{fork}/comm").read_text() == "job\n"


def test_a_signal_to_the_client_is_the_forks(tmp_path, sleeping):
    workflow, shell, fork = sleeping
    os.kill(client_of(shell), signal.SIGINT)
    assert workflow.end() in (128 + signal.SIGINT, -signal.SIGINT)
    assert not alive(fork)
    assert (tmp_path / "tidied").exists()


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def test_ctrl_z_pauses_the_fork_too(sleeping):
    _, shell, fork = sleeping
    client = client_of(shell)
    os.kill(client, signal.SIGTSTP)
    assert within(lambda: state(client) == state(fork) == "T")
    os.kill(client, signal.SIGCONT)
    assert within(lambda: state(client) == state(fork) == "S")


@pytest.mark.parametrize("who", ["client", "workflow"])
def test_what_is_paused_ends_with_those_that_it_works_for(tmp_path, sleeping, who):
    workflow, shell, fork = sleeping
    client = client_of(shell)
    os.kill(client, signal.SIGTSTP)
    assert within(lambda: state(client) == state(fork) == "T")
    os.kill(client if who == "client" else workflow.process.pid, signal.SIGKILL)
    assert within(lambda: not alive(fork))
    assert (tmp_path / "tidied").exists()
    if who == "workflow":  # the client ends when it wakes, as the system wakes a stopped group that is left alone
        os.kill(client, signal.SIGCONT)
        assert within(lambda: not alive(client))


@pytest.mark.parametrize("said", [b"", b"12", b"\0" * 8, (9).to_bytes(8, "big") + b'{"a": 1} ', b"\xff" * 8 + b"x"])
def test_who_says_nothing_of_sense_ends_no_other_job(tmp_path, sleeping, said):
    workflow, _, fork = sleeping
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(str(workflow.notes / "socket"))
        connection.sendall(said)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(9) == b""
    assert alive(fork)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:  # the server still answers
        connection.connect(str(workflow.notes / "socket"))
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(9) == b""


@pytest.mark.parametrize("who", ["client", "shell", "workflow"])
def test_a_fork_ends_with_those_that_it_works_for(tmp_path, sleeping, who):
    workflow, shell, fork = sleeping
    killed = {"client": client_of(shell), "shell": shell, "workflow": workflow.process.pid}[who]
    os.kill(killed, signal.SIGKILL)
    assert within(lambda: not alive(fork))
    assert (tmp_path / "tidied").exists()


def test_the_server_ends_with_the_workflow_and_leaves_nothing(workflow):
    assert workflow.notes.stat().st_mode & 0o077 == 0
    workflow.process.stdin.close()
    assert workflow.process.wait(20) == 0
    assert not workflow.notes.exists()


def test_a_server_that_was_killed_leaves_nothing_either(workflow):
    server = int(Path(f"/proc/{workflow.process.pid}/task/{workflow.process.pid}/children").read_text().split()[0])
    os.kill(server, signal.SIGKILL)
    workflow.process.stdin.close()
    assert workflow.process.wait(20) == 0
    assert not workflow.notes.exists()


def test_a_job_leaves_one_note(tmp_path, workflow):
    shell = workflow.begin(f"python {write(tmp_path, 'pass')}; exit $?")
    assert workflow.end() == 0
    assert [path.name for path in workflow.notes.iterdir() if path.name != "socket"] == [str(shell)]


def test_nothing_is_started_where_the_system_cannot_tell_that_a_process_has_ended(monkeypatch):
    def refused(process):
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(os, "pidfd_open", refused)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    before = dict(os.environ)
    assert start() is None
    assert dict(os.environ) == before


def test_benchmarks_are_of_the_fork(tmp_path, workflow, monkeypatch):
    from types import SimpleNamespace

    from snakemake import benchmark

    from reproduction.runtime.forks.benchmark import follow_forks

    module = SimpleNamespace(BenchmarkTimer=benchmark.BenchmarkTimer)
    follow_forks(module, workflow.notes)
    follow_forks(module, workflow.notes)
    burn = "import time\nheld = bytearray(300_000_000)\nwhile time.process_time() < 1.5: pass"
    shell = workflow.begin(f"sleep 0.2; python {write(tmp_path, burn)}; exit $?")
    record = benchmark.BenchmarkRecord()
    timer = module.BenchmarkTimer(shell, record)
    timer.start()
    assert workflow.end() == 0
    timer.cancel()
    assert 1.5 <= record.cpu_time < 2.5
    assert record.max_rss > 300
    assert not (workflow.notes / str(shell)).exists()


def test_a_version_of_snakemake_without_the_timer_is_left_alone(tmp_path):
    from types import SimpleNamespace

    from reproduction.runtime.forks.benchmark import follow_forks

    module = SimpleNamespace()
    follow_forks(module, tmp_path)
    assert vars(module) == {}


def test_nothing_is_started_where_another_python_comes_first(tmp_path):
    other = tmp_path / "bin/python"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    found = Workflow(tmp_path, PATH=f"{other.parent}{os.pathsep}{os.environ['PATH']}")
    found.process.kill()
    assert str(found.notes) == "None"


def test_nor_where_the_path_of_a_socket_would_be_too_long(tmp_path):
    deep = tmp_path / ("d" * 90)
    deep.mkdir()
    found = Workflow(tmp_path, TMPDIR=str(deep))
    found.process.kill()
    assert str(found.notes) == "None"
    assert not list(deep.iterdir())


@pytest.mark.parametrize("script", sorted(path.name for path in SCRIPTS.glob("*.py")))
def test_what_is_loaded_for_a_script_is_what_it_may_import(script):
    libraries = {name.partition(".")[0] for name in server.LIBRARIES.get(script, ())}
    assert {PACKAGES.get(name, name) for name in libraries} <= packages_behind(script)
