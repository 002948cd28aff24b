"""A small build that faults are put to: starting it, finding its processes, and comparing what it ends with."""

import os
import re
import secrets
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from helpers import repeatable
from helpers.paths import SCRIPTS
from helpers.snakemake_runs import copy_project, output, run_command

RUN = "results/runs/digits/n200/conv/vae/base/seed0"
TARGET = f"{RUN}/generations/manifold/base/classifier/score_test.json"
_OPTIONS = ("--cores", "2", "--configfile", "configs/smoke.yaml", "faults.yaml")
# Faults at random moments, unless an option says how many.
ROUNDS = 20
# Seconds that anything may take before it counts as hanging.
PATIENCE = 300
_MARK = "GEOVAE_FAULTS"


class Build:
    """A copy of the project, and all processes that were started in it.

    Args:
        folder: where to copy it to.
        target: what is built.
        namespace: a process in whose view of the file system Snakemake is started.

    Attributes:
        folder: the copy.
        root: the copy as Snakemake sees it.
        finished: outputs of the jobs that Snakemake has called finished, with what tells a file from its successor.
    """

    def __init__(self, folder: Path, target: str = TARGET, namespace: int | None = None) -> None:
        self.folder = copy_project(folder)
        self.root = Path(f"/proc/{namespace}/root{folder}") if namespace else folder
        shutil.copy2(Path(__file__).with_name("faults.yaml"), folder)
        self.finished: dict[Path, tuple[int, int]] = {}
        # env goes to the folder as it is seen there, which nsenter's own option does not.
        enter = ("nsenter", f"--target={namespace}", "--mount", "env", f"--chdir={folder}") if namespace else ()
        self._command = (*enter, "snakemake", target, *_OPTIONS)
        self._mark = secrets.token_hex(8)
        self._log = folder / "snakemake.log"
        self._snakemake: subprocess.Popen | None = None

    def start(self) -> subprocess.Popen:
        """Start Snakemake in a process group of its own, after what a user does where it was killed."""
        if any((self.folder / ".snakemake/locks").glob("*")):
            unlocked = run_command(self.folder, *self._command, "--unlock")
            assert unlocked.returncode == 0, output(unlocked)
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", _MARK: self._mark}
        with self._log.open("wb") as log:
            self._snakemake = subprocess.Popen(
                self._command,
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                # What a shell starts in the background ignores SIGINT, and so would Snakemake.
                preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
            )
        return self._snakemake

    @property
    def results(self) -> Path:
        """What has been built."""
        return self.root / "results"

    @property
    def pid(self) -> int:
        """Snakemake's process number, which is also that of its group."""
        return self._snakemake.pid

    def running(self) -> bool:
        """Whether Snakemake has not ended."""
        return self._snakemake.poll() is None

    def wait(self) -> int:
        """Wait for Snakemake and for the end of all its processes; check what it rebuilt; return its exit status."""
        try:
            status = self._snakemake.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"Snakemake does not end.\n{self.log()}") from None
        if not wait_for(lambda: not self.processes(), 10):
            left = [_words(process) for process in self.processes()]
            self.kill()
            raise AssertionError(f"still alive: {left}")
        for path, identity in self.finished.items():
            assert _identity(path) == identity, f"{path} was built again"
        self.finished |= {path: _identity(path) for path in self._outputs_of_finished_jobs()}
        return status

    def finish(self) -> None:
        """Let the build go to its end."""
        self.start()
        assert self.wait() == 0, self.log()

    def kill(self) -> None:
        """End everything at once."""
        for process in self.processes():
            os.kill(process, signal.SIGKILL)

    def log(self) -> str:
        """What Snakemake printed since its last start."""
        return self._log.read_text(encoding="utf-8", errors="replace")

    def processes(self) -> list[int]:
        """The process numbers of everything that descends from a start of this build."""
        mark = f"{_MARK}={self._mark}".encode()
        return [process for process in _all_processes() if mark in _read(process, "environ")]

    def jobs(self) -> list[int]:
        """The process numbers of jobs that run, without the shells around them."""
        return [process for process in self.parts_of_jobs() if _script(process)]

    def parts_of_jobs(self) -> list[int]:
        """The process numbers of jobs that run and of the shells around them."""
        return [process for process in self.processes() if "workflow_scripts/" in _words(process)]

    @staticmethod
    def name(process: int) -> str:
        """The script that a process runs, itself or as the shell around it."""
        if script := _script(process):
            return script
        script = next((Path(word).name for word in reversed(_words(process).split()) if word.endswith(".py")), "a job")
        return f"what stands before {script}"

    def _outputs_of_finished_jobs(self) -> list[Path]:
        outputs, found, listed = {}, [], ""
        for line in self.log().splitlines():
            if match := re.fullmatch(r"    output: (.*)", line):
                listed = match[1]
            elif match := re.fullmatch(r"    jobid: (\d+)", line):
                outputs[match[1]] = listed.split(", ")
            elif match := re.match(r"Finished jobid: (\d+) ", line):
                found += outputs[match[1]]
        return [self.root / path for path in found]


def assert_same(results: Path, reference: Path) -> None:
    """Compare all files of two builds, without times and memory."""
    found, wanted = repeatable.contents(results), repeatable.contents(reference)
    other = sorted(found.keys() ^ wanted.keys())
    assert not other, f"in one build only: {other}"
    other = [path for path in wanted if found[path] != wanted[path]]
    assert not other, f"not the same: {other}"


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE) -> bool:
    """Look twenty times a second whether a condition holds; False if it does not in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


def _identity(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_ino


def mount_disk(namespace: int, folder: Path, size: int, again: bool = False) -> None:
    """Put a disk in memory of so many bytes over a folder, or change the size of the one that is there."""
    result = _mount(namespace, folder, f"{'remount,' if again else ''}size={size}")
    assert result.returncode == 0, output(result)


def fill_disk(namespace: int, folder: Path, room: int) -> int:
    """Leave so many bytes of room, in whole pages, on a disk of `mount_disk`; return how many are taken."""
    for _ in range(100):  # a disk does not shrink below what has been written since it was looked at
        disk = os.statvfs(f"/proc/{namespace}/root{folder}")
        used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize
        result = _mount(namespace, folder, f"remount,size={max(used + room, disk.f_frsize)}")
        if result.returncode == 0:
            return used
    raise AssertionError(output(result))


def _mount(namespace: int, folder: Path, options: str) -> subprocess.CompletedProcess:
    command = ("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    return run_command(folder.parent, "nsenter", f"--target={namespace}", "--mount", *command)


def virtual_bytes(process: int) -> int:
    """The address space that a process has taken, which `ulimit -v` limits; 0 where it has gone."""
    match = re.search(rb"VmSize:\s+(\d+) kB", _read(process, "status"))
    return int(match[1]) * 1024 if match else 0


def _all_processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _read(process: int, name: str) -> bytes:
    """A file of a process; empty where the process has gone, or is not ours."""
    try:
        return Path(f"/proc/{process}/{name}").read_bytes()
    except OSError:
        return b""


def _words(process: int) -> str:
    return _read(process, "cmdline").replace(b"\0", b" ").decode(errors="replace")


def _script(process: int) -> str:
    """The name of the script that a process is a job of: one of its own, or a fork; empty where it is none."""
    words = _words(process).split()
    if words[:1] == ["python"]:
        return next((Path(word).name for word in words if word.endswith(".py")), "")
    # A fork has the command line of the server, and shows its script's name, as far as there is room.
    shown = _read(process, "comm").decode().strip()
    return next((path.name for path in SCRIPTS.glob("*.py") if path.stem[:15] == shown), "")
