"""A SLURM of one node on this machine: Debian's packages, a private configuration, three daemons."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PACKAGES = ("slurmctld", "slurmd", "slurm-client", "munge")
PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged")
CONF = Path("/etc/slurm/slurm.conf")  # the plugin strips SLURM_CONF from the jobs it starts
SAVED = CONF.with_name("slurm.conf.before-the-tests")
MARK = "# Written by tests/cluster, and removed at their end.\n"
NODE = "n1"

# Memory is asked for but not enforced: trainings of the smoke config use a tenth of what the rules ask for.
# Processes are tracked by their group, as cgroups need a system that starts them: by parent, the other way there is, a
# process outlives its cancelled job where the shell that began it ended first.
TEMPLATE = """\
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
StateSaveLocation={root}/controller
SlurmdSpoolDir={root}/node
SlurmctldPidFile={root}/slurmctld.pid
SlurmdPidFile={root}/slurmd.pid
SlurmctldLogFile={root}/slurmctld.log
SlurmdLogFile={root}/slurmd.log
MailProg=/bin/true
ProctrackType=proctrack/pgid
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
KillWait=5
JobRequeue=1
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=2
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
SlurmdParameters=config_overrides
NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={node_port} CPUs={cpus} RealMemory=64000 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


class UnavailableError(Exception):
    """No SLURM can be started here; the message says why."""


@dataclass(frozen=True)
class QueuedJob:
    """One line of `squeue`."""

    number: str
    state: str
    comment: str


class Slurm:
    """The daemons; a context manager that leaves the machine as it was found.

    Args:
        root: folder for state and logs.
        cpus: how many jobs of one thread run at a time.
    """

    def __init__(self, root: Path, cpus: int) -> None:
        self.root = root
        self.cpus = cpus
        self.daemons: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> "Slurm":
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Cancel what is queued, stop the daemons that were started here, put the old configuration back."""
        try:
            if self.daemons and self._answers():
                subprocess.run(["scancel", "--user=root"], capture_output=True, timeout=30, check=False)
                wait_for(lambda: not self.queue(), "an empty queue", 60)
        finally:
            self._stop_daemons()
            if CONF.is_file() and CONF.read_text().startswith(MARK):
                CONF.unlink()
            if SAVED.is_file():
                SAVED.rename(CONF)

    def _stop_daemons(self) -> None:
        for daemon in reversed(self.daemons):
            daemon.terminate()
        for daemon in self.daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
        self.daemons.clear()

    def queue(self) -> list[QueuedJob]:
        """The jobs that wait, run or end."""
        listed = command("squeue", "--noheader", "--format=%A|%T|%k")
        return [QueuedJob(*line.split("|", 2)) for line in listed.splitlines()]

    def running(self, comment: str) -> QueuedJob | None:
        """A running job whose comment, made of the rule and the wildcards, contains `comment`."""
        return next((job for job in self.queue() if job.state == "RUNNING" and comment in job.comment), None)

    def _start(self) -> None:
        install()
        if self._answers():
            raise UnavailableError("a SLURM runs on this machine already, and it is left alone")
        self.root.mkdir(parents=True, exist_ok=True)
        if not munge_answers():
            command("install", "-d", "-o", "munge", "-g", "munge", "-m", "0755", "/run/munge")
            as_munge = ("--reuid", "munge", "--regid", "munge", "--clear-groups")
            self._start_daemon(munge_answers, [*as_munge, "munged", "--foreground"])
        self._configure()
        self._start_daemon(self._answers, ["slurmctld", "-D", "-c"])
        self._start_daemon(self._is_idle, ["slurmd", "-D", "-N", NODE])

    def _start_daemon(self, ready: Callable[[], bool], words: list[str]) -> None:
        """Start a daemon that ends with this process, even where it is killed, and wait until it is `ready`."""
        log = self.root / f"daemon{len(self.daemons)}.out"
        with log.open("wb") as file:
            start = ["setpriv", "--pdeathsig", "KILL", *words]
            self.daemons.append(subprocess.Popen(start, stdout=file, stderr=file))
        wait_for(ready, f"{' '.join(words)} (see {self.root})", 30)

    def _configure(self) -> None:
        (self.root / "controller").mkdir()
        (self.root / "node").mkdir()
        if CONF.is_file() and not CONF.read_text().startswith(MARK):
            CONF.rename(SAVED)
        CONF.parent.mkdir(parents=True, exist_ok=True)
        controller_port, node_port = free_ports(2)
        CONF.write_text(
            MARK
            + TEMPLATE.format(
                host=socket.gethostname(),
                root=self.root,
                node=NODE,
                cpus=self.cpus,
                controller_port=controller_port,
                node_port=node_port,
            )
        )

    def _answers(self) -> bool:
        return subprocess.run(["scontrol", "ping"], capture_output=True, check=False).returncode == 0

    def _is_idle(self) -> bool:
        return command("sinfo", "--noheader", "--format=%t").strip() == "idle"


def install() -> None:
    """Install what is missing.

    Raises:
        UnavailableError: this is not root, or the packages cannot be had.
    """
    if os.geteuid() != 0:
        raise UnavailableError("the daemons need the rights of root")
    if all(shutil.which(name) for name in PROGRAMS):
        return
    if shutil.which("apt-get") is None:
        raise UnavailableError("SLURM is not installed, and there is no apt-get to install it with")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", *PACKAGES]):
        result = subprocess.run(["apt-get", *arguments], env=environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or ["no message"])[-1]
            raise UnavailableError(f"SLURM is not installed, and apt-get {arguments[0]} failed: {reason}")


def munge_answers() -> bool:
    """Whether a munged runs."""
    return subprocess.run("munge -n | unmunge", shell=True, capture_output=True, check=False).returncode == 0


def command(*words: str) -> str:
    """What a command prints.

    Raises:
        AssertionError: it failed; with what it said.
    """
    result = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert result.returncode == 0, f"{' '.join(words)}: {result.stdout}{result.stderr}"
    return result.stdout


def wait_for(condition, what: str, seconds: float, pause: float = 0.2):
    """The first true value of `condition()`.

    Raises:
        AssertionError: there was none within `seconds`.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError(f"waited {seconds:.0f} s in vain for {what}")


def free_ports(n: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(n)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def processes_in(folder: Path) -> list[tuple[int, str]]:
    """Process ids and commands of all that run in a folder or below it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            place = Path(os.readlink(entry / "cwd"))
            words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
        except OSError:  # it ended meanwhile
            continue
        if words and place.is_relative_to(folder):
            found.append((int(entry.name), words))
    return found
