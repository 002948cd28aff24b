"""Hands a command `python SCRIPT …` to the server of forks, and is to its caller what the fork is.

It starts for every job, so that it imports little, and nothing from site-packages.
"""

import contextlib
import json
import os
import select
import signal
import socket
import sys

TYPE_CHECKING = False  # of `typing`, which takes a third of this program's start
if TYPE_CHECKING:
    from typing import BinaryIO

SOCKET = "GEOVAE_FORKS"  # the socket of the server
PYTHON = "GEOVAE_PYTHON"  # the Python of who started it
# Those that this process is sent in the place of the fork.
_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def main(arguments: list[str]) -> int:
    """The exit status of the command, which runs as a fork or, where there is no server, in this process's place."""
    asked = _ask(arguments) if arguments and arguments[0].endswith(".py") else None
    if asked is None:
        python = os.environ.get(PYTHON, sys.executable)
        os.execv(python, [python, *arguments])
    return _wait(*asked)


def _ask(arguments: list[str]) -> "tuple[BinaryIO, int, int] | None":
    """What the server says of a new fork, its number, and the shell around this process; None where it makes none."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        shell = os.pidfd_open(os.getppid())
        connection.connect(os.environ[SOCKET])
        _send(connection, arguments)
        answers = connection.makefile("rb")
        fork = int(answers.readline() or 0)
    except (KeyError, OSError):
        return None
    return (answers, fork, shell) if fork else None


def _send(connection: socket.socket, arguments: list[str]) -> None:
    request = {"arguments": arguments, "folder": os.getcwd(), "environment": dict(os.environ), "shell": os.getppid()}
    text = json.dumps(request).encode()  # bytes that are no text are escaped
    socket.send_fds(connection, [len(text).to_bytes(8, "big")], [0, 1, 2])
    connection.sendall(text)


def _wait(answers: "BinaryIO", fork: int, shell: int) -> int:
    """The exit status of the fork. The signals of this process are the fork's, as is its death by one."""
    for number in (*_PASSED_ON, signal.SIGTSTP):
        if signal.getsignal(number) is not signal.SIG_IGN:
            act = _pause if number == signal.SIGTSTP else _pass_on
            signal.signal(number, lambda received, frame, act=act: act(fork, received))
    ready, _, _ = select.select([answers, shell], [], [])
    if answers not in ready:  # nobody waits any more: the server ends the fork when this process has gone
        return 1
    line = answers.readline()
    if not line:
        print("error: the process that this job was a fork of has ended. Start the build again.", file=sys.stderr)
        return 1
    status = int(line)
    if status < 0:
        if -status != signal.SIGKILL:
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


def _pass_on(fork: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it has just ended; its status is on the way
        os.kill(fork, number)


def _pause(fork: int, number: int) -> None:
    """Stop with the fork, as Ctrl-Z asks for, and go on with it."""
    _pass_on(fork, signal.SIGSTOP)
    os.kill(os.getpid(), signal.SIGSTOP)
    _pass_on(fork, signal.SIGCONT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
