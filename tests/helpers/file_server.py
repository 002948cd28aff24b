"""An HTTP server on this machine, with switches for what servers do wrong."""

import base64
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@dataclass
class Served:
    """One file, and how it is served."""

    body: bytes
    content_type: str = "application/octet-stream"
    content_encoding: str | None = None
    etag: str | None = '"one"'
    modified: str | None = None
    ranges: bool = True
    # How many requests get this first: a status; or so many bytes of the body, and the connection breaks off.
    first_status: tuple[int, int] = (0, 500)
    first_bytes: tuple[int, int] = (0, 0)
    status: int = 200
    length: int | None = None  # that is said, where it is not the truth
    chunked: bool = False
    ignores_condition: bool = False  # of If-Range
    silent: bool = False  # until the server stops
    # Until the server stops: the part of the reply that comes a byte at a time (see _creep), or a body without end.
    creeps: str = ""
    endless: bool = False
    location: bytes = b""  # of a redirect, as it stands in the header
    login: str = ""  # "user:password" that is asked for
    then: dict = field(default_factory=dict)  # switches from the second request on


@dataclass
class FileServer:
    """What is served, and what was asked for: the path and the headers of each request, and the bytes of bodies."""

    url: str
    files: dict[str, Served] = field(default_factory=dict)
    requests: list[tuple[str, dict]] = field(default_factory=list)
    sent: int = 0
    stopped: Event = field(default_factory=Event)

    def add(self, path: str, body: bytes, **switches) -> str:
        self.files[f"/{path}"] = Served(body, **switches)
        return f"{self.url}/{path}"

    def take(self, path: str) -> Served | None:
        """How a file is served now, which may change with each request."""
        served = self.files.get(path)
        if served is None:
            return None
        now = replace(served)
        for name, value in served.then.items():
            setattr(served, name, value)
        if now.first_status[0] > 0:
            served.first_status = (now.first_status[0] - 1, now.first_status[1])
        elif now.first_bytes[0] > 0:
            served.first_bytes = (now.first_bytes[0] - 1, now.first_bytes[1])
        return now

    def ranges(self) -> list[str | None]:
        """The Range header of each request."""
        return [headers.get("Range") for _, headers in self.requests]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        server: FileServer = self.server.files
        server.requests.append((self.path, dict(self.headers)))
        served = server.take(self.path)
        self.close_connection = True
        if served is None:
            self.send_error(404)
        elif served.silent:
            server.stopped.wait()
        elif served.first_status[0] > 0:
            self.send_error(served.first_status[1])
        elif served.status != 200:
            self.send_error(served.status)
        elif served.login and self.headers.get("Authorization") != _basic(served.login):
            self.send_error(401)
        elif served.location:
            self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: %b\r\nContent-Length: 0\r\n\r\n" % served.location)
        elif served.creeps:
            self._creep(server, served)
        else:
            self._send(server, served)

    def _send(self, server: FileServer, served: Served) -> None:
        start = self._start(served)
        if start >= len(served.body) and start:
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(served.body)}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        body = served.body[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(served.body) - 1}/{len(served.body)}")
        for name, value in (
            ("Content-Type", served.content_type),
            ("Content-Encoding", served.content_encoding),
            ("ETag", served.etag),
            ("Last-Modified", served.modified),
        ):
            if value is not None:
                self.send_header(name, value)
        if served.chunked:
            self.send_header("Transfer-Encoding", "chunked")
        else:
            self.send_header("Content-Length", str(len(body) if served.length is None else served.length))
        self.end_headers()
        if served.endless:
            self._send_without_end(server, served)
            return
        dies = served.first_bytes[0] > 0
        if dies:
            body = body[: served.first_bytes[1]]
        self.wfile.write(b"%x\r\n%b\r\n" % (len(body), body) if served.chunked and body else body)
        if served.chunked and not dies:
            self.wfile.write(b"0\r\n\r\n")
        server.sent += len(body)

    def _creep(self, server: FileServer, served: Served) -> None:
        """Send a part of the reply a byte at a time, faster than any time-out, and never end it."""
        start = {
            "header": b"HTTP/1.1 200 OK\r\nX-Header: ",
            "body": b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(served.body),
            "chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n5;extension=",
            "trailer": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n",
        }[served.creeps]
        piece = b"x: y\r\n" if served.creeps == "trailer" else b"x"
        with suppress(OSError):  # the other side has left
            self.wfile.write(start)
            while not server.stopped.wait(0.01):
                self.wfile.write(piece)

    def _send_without_end(self, server: FileServer, served: Served) -> None:
        block = bytes(2**16)
        with suppress(OSError):  # the other side has left
            while not server.stopped.is_set():
                self.wfile.write(b"%x\r\n%b\r\n" % (len(block), block) if served.chunked else block)
                server.sent += len(block)

    def _start(self, served: Served) -> int:
        match = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        condition = self.headers.get("If-Range")
        holds = condition in (None, served.etag, served.modified) or served.ignores_condition
        return int(match[1]) if match and served.ranges and holds else 0

    def log_message(self, *_) -> None:
        pass


def _basic(login: str) -> str:
    return f"Basic {base64.b64encode(login.encode()).decode()}"


@contextmanager
def file_server() -> Iterator[FileServer]:
    """A running server, and what it serves."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    http.daemon_threads = True
    http.files = FileServer(f"http://127.0.0.1:{http.server_port}")
    thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield http.files
    finally:
        http.files.stopped.set()
        http.shutdown()
        http.server_close()
        thread.join()


def closed_port() -> int:
    """A port of this machine where nothing listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]
