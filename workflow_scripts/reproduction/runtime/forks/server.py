"""The process that has the libraries loaded, and forks for each job.

`python server.py DESCRIPTOR FOLDER` listens at an open socket and lives as long as its standard input is open. It has
one thread, and so have the pools of what it loads: jobs of more threads are refused, and start by themselves.
"""

import atexit
import contextlib
import json
import os
import resource  # noqa: F401 - wait4 loads it, which may fail later on
import selectors
import shutil
import signal
import socket
import struct
import sys
import threading
import time
from dataclasses import dataclass
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import NoReturn

_TORCH = ("torch",)
_FIGURES = ("matplotlib.pyplot",)
# What a script loads in any case. The first request for one waits until it is loaded, the others find it.
LIBRARIES = {
    **dict.fromkeys(("train_backbone.py", "train_classifier.py", "train_model.py", "embed_latents.py"), _TORCH),
    **dict.fromkeys(("extract_reference.py", "extract_training_features.py", "measure_unseen.py"), _TORCH),
    **dict.fromkeys(("draw_samples.py", "find_neighbours.py", "show_centroids.py", "trace_geodesics.py"), _TORCH),
    **dict.fromkeys(("compare_interpolation.py", "compare_pullback.py", "describe_metrics.py"), _TORCH),
    "score_samples.py": (*_TORCH, "sklearn.cluster"),
    "build_metric.py": (*_TORCH, "kmedoids"),
    **dict.fromkeys(("render_figure.py", "render_history.py"), _FIGURES),
}
# Seconds that a client has to say what it wants, and a fork to end after its client is gone.
PATIENCE = 2.0
GRACE = 2.0


@dataclass
class Request:
    """A command: its script and arguments, where it runs, and its standard files."""

    arguments: list[str]
    folder: str
    environment: dict[str, str]
    shell: int
    files: list[int]


@dataclass
class Job:
    """A fork and who waits for it."""

    fork: int
    connection: socket.socket
    client: int  # the process that Snakemake knows it by
    killed_at: float | None = None


class Server:
    """Forks for who connects to a socket, until standard input ends."""

    def __init__(self, listener: socket.socket, folder: Path) -> None:
        self.listener, self.folder = listener, folder
        self.jobs: dict[int, Job] = {}
        self.ended, self.end = os.pipe()
        os.set_blocking(self.end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # only to write to the pipe
        signal.set_wakeup_fd(self.end, warn_on_full_buffer=False)
        self.events = selectors.DefaultSelector()
        for source in (self.listener, self.ended, sys.stdin):
            self.events.register(source, selectors.EVENT_READ)

    def serve(self) -> Request | None:
        """What a fork has to do, in the fork; None in the server, when nobody needs it any more."""
        while True:
            dying = any(job.killed_at for job in self.jobs.values())
            for key, _ in self.events.select(timeout=GRACE if dying else None):
                if key.fileobj is sys.stdin:
                    for fork in self.jobs:
                        os.kill(fork, signal.SIGCONT)  # a stopped one would not see that the workflow has ended
                    return None
                if key.fileobj is self.listener:
                    if request := self._accept():
                        return request
                elif key.fileobj == self.ended:
                    os.read(self.ended, 4096)
                    self._report()
                elif key.data in self.jobs:
                    self._end(self.jobs[key.data])
            for job in self.jobs.values():
                if job.killed_at and time.monotonic() > job.killed_at:
                    os.kill(job.fork, signal.SIGKILL)

    def _accept(self) -> Request | None:
        """Fork for a client; its request in the fork."""
        try:
            connection, _ = self.listener.accept()
        except OSError:
            return None
        connection.settimeout(PATIENCE)
        request, fork = None, None
        try:
            request = _receive(connection)
            client = self._client(connection, request)
            _load(LIBRARIES.get(os.path.basename(request.arguments[0]), ()))
            fork = os.fork()
        except (OSError, ValueError, ImportError, SyntaxError, AttributeError, RuntimeError):
            connection.close()  # the client runs the command itself
        if fork == 0:
            self._leave(connection)
            return request
        for descriptor in request.files if request else ():
            os.close(descriptor)
        if fork:
            job = self.jobs[fork] = Job(fork, connection, client)
            self.events.register(connection, selectors.EVENT_READ, fork)
            self._note(job, f"{fork}")
            self._tell(job, fork)
        return None

    @staticmethod
    def _client(connection: socket.socket, request: Request) -> int:
        """The process that Snakemake knows the job by: the shell around the client, or the client itself.

        Raises:
            ValueError: another user's, or a job of several threads.
        """
        process, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        if user != os.getuid() or request.environment.get("OMP_NUM_THREADS") != "1":
            raise ValueError("not for this server")
        return process if request.shell == os.getppid() else request.shell

    def _leave(self, connection: socket.socket) -> None:
        """In a fork: let go of all that is the server's."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.events.close()
        for open_file in (self.listener, connection, *(job.connection for job in self.jobs.values())):
            open_file.close()
        for descriptor in (self.ended, self.end):
            os.close(descriptor)

    def _report(self) -> None:
        """Tell the clients of the forks that have ended."""
        while self.jobs:
            fork, status, usage = os.wait4(-1, os.WNOHANG)
            if not fork:
                return
            job = self.jobs.pop(fork)
            self._note(job, f"{fork} {usage.ru_utime + usage.ru_stime:.3f}")
            self._tell(job, os.waitstatus_to_exitcode(status))
            if job.killed_at is None:
                self.events.unregister(job.connection)
            job.connection.close()

    def _end(self, job: Job) -> None:
        """A client is gone, since it says nothing more: end its fork, first as Ctrl-C does."""
        self.events.unregister(job.connection)
        job.killed_at = time.monotonic() + GRACE
        os.kill(job.fork, signal.SIGINT)
        os.kill(job.fork, signal.SIGCONT)

    def _tell(self, job: Job, number: int) -> None:
        with contextlib.suppress(OSError):  # the client is gone, which `serve` sees
            job.connection.sendall(b"%d\n" % number)

    def _note(self, job: Job, line: str) -> None:
        """For the workflow's benchmarks: which fork works for which process, and in the end for how many seconds."""
        with contextlib.suppress(OSError), open(self.folder / str(job.client), "a") as file:
            file.write(f"{line}\n")  # a benchmark that is lost is no reason to end a job


def _receive(connection: socket.socket) -> Request:
    """What a client asks for.

    Raises:
        OSError, ValueError: it went away, says nothing, or asks for something else.
    """
    head, files, _, _ = socket.recv_fds(connection, 8, 3)
    try:
        size, text = int.from_bytes(head, "big"), b""
        while len(text) < size:
            part = connection.recv(min(size - len(text), 1 << 20))
            if not part:
                raise ValueError("the client went away")
            text += part
        asked = json.loads(text or "0")
        if len(files) != 3 or not isinstance(asked, dict) or asked.keys() | {"files"} != {*Request.__annotations__}:
            raise ValueError("not what a client asks for")
    except (OSError, ValueError):
        for descriptor in files:
            os.close(descriptor)
        raise
    return Request(**asked, files=list(files))


def _load(libraries: tuple[str, ...]) -> None:
    from reproduction.runtime import collector

    if not all(name in sys.modules for name in libraries):
        collector.spare_loading()
        for name in libraries:
            import_module(name)
        collector.resume()


def become(request: Request) -> int:
    """In a fork: be what `python SCRIPT …` would be; its exit status. Its exceptions end the interpreter as ever."""
    for number, descriptor in enumerate(request.files):
        os.dup2(descriptor, number)
        os.close(descriptor)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)
    script = request.arguments[0]
    with contextlib.suppress(OSError), open("/proc/self/comm", "w") as shown:  # by `top` and `ps`, 15 bytes of it
        shown.write(Path(script).stem)
    sys.argv[:] = request.arguments
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    try:
        specification = spec_from_file_location("__main__", os.path.abspath(script))
        module = sys.modules["__main__"] = module_from_spec(specification)
        module.__spec__ = None  # as of a script
        specification.loader.exec_module(module)
    except SystemExit as end:
        if end.code is None or isinstance(end.code, int):
            return (end.code or 0) & 0xFF
        print(end.code, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return -signal.SIGINT
    return 0


def leave(status: int) -> NoReturn:
    """End a fork as the interpreter ends, but for taking apart what the server loaded: that would copy its memory."""
    threading._shutdown()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    socket_file, notes = int(sys.argv[1]), Path(sys.argv[2])
    sys.path[0] = str(Path(__file__).resolve().parents[3])
    asked = Server(socket.socket(fileno=socket_file), notes).serve()
    if asked:
        leave(become(asked))
    else:
        shutil.rmtree(notes, ignore_errors=True)
