"""One transfer by HTTP: the part of a file that has arrived, which later attempts go on with, and a server's reply."""

import errno
import json
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from pathlib import Path
from threading import Thread

from geovae import __version__

REPLY_BLOCK_BYTES = 2**18
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")
# Some file systems of clusters have no locks. Two downloads at once then spoil the part, which its checksum shows.
_NO_LOCKS = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP}


class Part:
    """The part of a file that has arrived: `.name.part` beside its place, and `.name.part.json` on its origin.

    As a context manager it keeps other processes from the same part, which wait; an empty part is not left behind.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f".{target.name}.part")
        self._origin_path = target.with_name(f".{target.name}.part.json")

    def __enter__(self) -> "Part":
        while True:
            # Unbuffered, so that what was written is in the file whatever happens next.
            self._file = self.path.open("ab", buffering=0)
            self._lock()
            # Who held the lock before may have renamed or deleted this file.
            if self._is_in_place():
                return self
            self._file.close()

    def __exit__(self, *_) -> None:
        if self.size == 0 and self._is_in_place():
            self._origin_path.unlink(missing_ok=True)
            self.path.unlink()
        self._file.close()

    def _is_in_place(self) -> bool:
        try:
            return os.path.samestat(os.fstat(self._file.fileno()), self.path.stat())
        except FileNotFoundError:
            return False

    def _lock(self) -> None:
        from filelock import lock_descriptor

        try:
            # The system releases it when the file is closed, also by the end of the process.
            if not lock_descriptor(self._file.fileno(), blocking=False):
                print(f"{self.target}: another process is downloading it; waiting", file=sys.stderr)
                lock_descriptor(self._file.fileno())
        except OSError as reason:
            if reason.errno not in _NO_LOCKS:
                raise

    @property
    def size(self) -> int:
        """In bytes."""
        return os.fstat(self._file.fileno()).st_size

    def begin(self, url: str, headers: Mapping[str, str], total: int | None) -> None:
        """Start anew, for a reply from `url` with these headers that has `total` bytes, where known."""
        self.clear()
        origin = {"url": url, "etag": headers.get("ETag"), "modified": headers.get("Last-Modified"), "total": total}
        self._origin_path.write_text(json.dumps(origin), encoding="utf-8")

    def append(self, block: bytes) -> None:
        """Write the next bytes."""
        view = memoryview(block)
        while view:
            view = view[self._file.write(view) :]

    def clear(self) -> None:
        """Delete what arrived."""
        self._file.truncate(0)

    def finish(self) -> None:
        """Give the whole file its final name."""
        self.path.replace(self.target)
        self._origin_path.unlink(missing_ok=True)

    def range_headers(self, url: str, is_checked: bool) -> dict[str, str]:
        """The headers that ask `url` for the rest; none where that could not be told from the rest of another file.

        Args:
            url: the address.
            is_checked: the whole file will be compared with a checksum, so that another address will do too.
        """
        origin = self._origin()
        etag = origin.get("etag") or ""
        validator = etag if etag.startswith('"') else origin.get("modified")
        is_same = origin.get("url") == url and bool(validator)
        if self.size == 0 or not (is_same or is_checked):
            return {}
        return {"Range": f"bytes={self.size}-"} | ({"If-Range": validator} if is_same else {})

    def goes_on_with(self, url: str, headers: Mapping[str, str]) -> bool:
        """Whether the body of a reply from `url` with these headers, of status 206, is the rest of this part."""
        origin, match = self._origin(), _RANGE.fullmatch(headers.get("Content-Range", ""))
        same_etag = origin.get("url") != url or origin.get("etag") == headers.get("ETag")
        same_total = match is not None and origin.get("total") in (None, int(match[2]))
        return match is not None and int(match[1]) == self.size and same_total and same_etag

    def _origin(self) -> dict:
        try:
            return json.loads(self._origin_path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}


class TransferError(Exception):
    """Why a file did not come from an address."""


class PassingError(TransferError):
    """It may come if it is tried again."""


class SilenceError(PassingError):
    """There was no answer at all."""


class WrongError(TransferError):
    """It came whole, but is another file."""


class Reply:
    """The reply to a request by HTTP, its body yet to be read. As a context manager it is closed at the end.

    Attributes:
        status, reason, headers: of the reply.
        total: the bytes of the whole file, where the reply says them.
        first_block: the first bytes of the body; empty where it has no file.
        is_page: whether the body is said to be HTML.
    """

    def __init__(self, url: str, headers: dict[str, str], timeouts: tuple[float, float], seconds: float) -> None:
        """Ask `url` and wait for the first bytes.

        Args:
            url: the address.
            headers: of the request, with others that are always the same.
            timeouts: seconds to wait for a connection, and for the next bytes.
            seconds: to wait in all.

        Raises:
            SilenceError: nothing came.
        """
        from urllib3.exceptions import HTTPError

        # `identity`: a .gz file has to arrive as it is.
        headers = {"User-Agent": f"geovae/{__version__}", "Accept-Encoding": "identity", **headers}
        future: Future = Future()

        def ask() -> None:
            import requests

            try:
                response = requests.get(url, headers=headers, stream=True, timeout=timeouts)
                has_file = response.status_code in (200, 206)
                future.set_result((response, _read_block(response) if has_file else b""))
            except (OSError, HTTPError) as reason:
                future.set_exception(reason)
            finally:
                future.cancel()  # of no effect unless another error is on its way

        # In a thread, which is left alone when time is over: a search for a host's address cannot be ended.
        Thread(target=ask, daemon=True).start()
        try:
            self._response, self.first_block = future.result(None if math.isinf(seconds) else seconds)
        except (OSError, HTTPError) as reason:
            raise SilenceError(_in_short(reason)) from reason
        self.status, self.reason = self._response.status_code, self._response.reason
        self.headers: Mapping[str, str] = self._response.headers
        said = self.headers.get("Content-Range" if self.status == 206 else "Content-Length", "").rpartition("/")[2]
        self.total = int(said) if said.isdecimal() else None
        self.is_page = self.headers.get("Content-Type", "").startswith("text/html")

    def __enter__(self) -> "Reply":
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Leave the rest of the body."""
        self._response.close()

    def blocks(self) -> Iterator[bytes]:
        """The body, as it was sent.

        Raises:
            PassingError: it breaks off.
        """
        from urllib3.exceptions import HTTPError

        block = self.first_block
        while block:
            yield block
            try:
                block = _read_block(self._response)
            except (OSError, HTTPError) as reason:
                raise PassingError(_in_short(reason)) from reason


def _read_block(response) -> bytes:
    return response.raw.read1(REPLY_BLOCK_BYTES, decode_content=False)


def _in_short(reason: BaseException) -> str:
    """The innermost cause of an error of the network, such as "Connection refused"."""
    while reason.__cause__ or reason.__context__:
        reason = reason.__cause__ or reason.__context__
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
