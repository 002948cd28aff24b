"""What stands between a build and its object store, and can be told to refuse what is written, as a full store does."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FULL = 507  # of MinIO's XMinioStorageFull
_ANSWER = (
    b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>XMinioStorageFull</Code>'
    b"<Message>Storage backend has reached its minimum free drive threshold.</Message></Error>"
)


class StoreGate:
    """A server that hands on each request; a context manager.

    Args:
        port: of the store, on this machine.

    Attributes:
        url: where it listens.
        full: whether it refuses to write; set it at any time.
        asked: how many requests came.
    """

    def __init__(self, port: int) -> None:
        self.port = port
        self.full = False
        self.asked = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> "StoreGate":
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(gate: StoreGate) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Say nothing."""

        def hand_on(self) -> None:
            gate.asked += 1
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if gate.full and self.command in ("PUT", "POST"):
                self.reply(FULL, {"Content-Type": "application/xml", "Content-Length": str(len(_ANSWER))}, _ANSWER)
                return
            store = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=60)
            # With the headers as they came: their signature covers the name of the host.
            headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
            store.request(self.command, self.path, body, headers)
            answer = store.getresponse()
            content = answer.read()
            named = {name: value for name, value in answer.getheaders() if name.lower() != "transfer-encoding"}
            if self.command != "HEAD":
                named["Content-Length"] = str(len(content))
            self.reply(answer.status, named, content)
            store.close()

        def reply(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = hand_on  # noqa: N815 - names of the base class

    return Handler
