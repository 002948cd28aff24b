"""Starts the server of forks for a build, and puts its `python` first where jobs look for one."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from reproduction.runtime.forks.client import PYTHON, SOCKET
from reproduction.runtime.job import THREAD_VARIABLES

_HERE = Path(__file__).absolute().parent
_NAME = "socket"
# Seconds that the server has to end.
_PATIENCE = 10.0


def start() -> Path | None:
    """Start the server and let this process's jobs find it; where it notes its forks.

    None, and nothing is started, where jobs would find another Python than this process's (a conda environment, a
    cluster's module) or the system cannot do it: they start by themselves then. It ends with this process.
    """
    found = shutil.which("python")
    if not found or not hasattr(os, "pidfd_open") or not os.access(_HERE / "python", os.X_OK):
        return None
    same = Path(found).parent.resolve() == Path(sys.executable).parent.resolve()
    if not same or not os.path.samefile(found, sys.executable) or os.pathsep in str(_HERE):
        return None
    folder = None
    try:
        os.close(os.pidfd_open(os.getpid()))  # which a kernel or a sandbox may refuse
        folder = Path(tempfile.mkdtemp(prefix="geovae-"))  # nobody else may enter it
        server = _serve(folder)
    except OSError:  # or there is no room, or the path is too long for a socket
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        return None
    atexit.register(_stop, server, folder)
    os.environ |= {SOCKET: str(folder / _NAME), PYTHON: sys.executable}
    os.environ["PATH"] = f"{_HERE}{os.pathsep}{os.environ['PATH']}"
    return folder


def _serve(folder: Path) -> subprocess.Popen:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(folder / _NAME))
        listener.listen()  # the first jobs wait here until the server is there
        return subprocess.Popen(
            [sys.executable, str(_HERE / "server.py"), str(listener.fileno()), str(folder)],
            stdin=subprocess.PIPE,  # by whose end it knows of this process's
            stdout=subprocess.DEVNULL,
            pass_fds=[listener.fileno()],
            env=os.environ | dict.fromkeys(THREAD_VARIABLES, "1"),  # forks have no threads but their first
            start_new_session=True,  # Ctrl-C reaches the clients, who pass it on
        )


def _stop(server: subprocess.Popen, folder: Path) -> None:
    server.stdin.close()
    try:
        server.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        server.kill()
    shutil.rmtree(folder, ignore_errors=True)
