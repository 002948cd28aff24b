"""One transfer by HTTP: the part of a file that has arrived, which later attempts go on with, and a server's reply."""

import errno
import json
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import TypeVar

from geovae import __version__
from geovae.data.raw_files.remote import without_credentials

REPLY_BLOCK_BYTES = 2**18
# A body that brings less in so many seconds of waiting is left: 4 KiB a second, slower than a modem.
WINDOW, LEAST_BYTES = 60.0, 60 * 2**12
# Seconds until the first bytes of a body at most, with all redirects, however lively the headers come.
REPLY_SECONDS = 120.0
_Value = TypeVar("_Value")
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
        origin = {
            "url": without_credentials(url),
            "etag": headers.get("ETag"),
            "modified": headers.get("Last-Modified"),
            "total": total,
        }
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
        is_same = origin.get("url") == without_credentials(url) and bool(validator)
        if self.size == 0 or not (is_same or is_checked):
            return {}
        return {"Range": f"bytes={self.size}-"} | ({"If-Range": validator} if is_same else {})

    def goes_on_with(self, url: str, headers: Mapping[str, str]) -> bool:
        """Whether the body of a reply from `url` with these headers, of status 206, is the rest of this part."""
        origin, match = self._origin(), _RANGE.fullmatch(headers.get("Content-Range", ""))
        same_etag = origin.get("url") != without_credentials(url) or origin.get("etag") == headers.get("ETag")
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


class SlowError(TransferError):
    """It comes so slowly that another address is better."""


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
            seconds: to wait in all; REPLY_SECONDS at most.

        Raises:
            SilenceError: nothing came.
        """
        from urllib3.exceptions import HTTPError

        # `identity`: a .gz file has to arrive as it is.
        self._is_being_read = False
        headers = {"User-Agent": f"geovae/{__version__}", "Accept-Encoding": "identity", **headers}

        def ask() -> tuple:
            import requests

            response = requests.get(url, headers=headers, stream=True, timeout=timeouts)
            return response, _read_block(response) if response.status_code in (200, 206) else b""

        try:
            self._response, self.first_block = _in_time(ask, min(seconds, REPLY_SECONDS))
        except (OSError, HTTPError, ValueError) as reason:
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
        if not self._is_being_read:
            self._response.close()
            return
        # The thread that reads it would be disturbed, or waited for; it ends when nothing more arrives.
        with suppress(ValueError, RuntimeError, OSError):  # it has come to the end of the body meanwhile
            self._response.raw.shutdown()

    def blocks(self) -> Iterator[bytes]:
        """The body, as it was sent.

        Raises:
            PassingError: it breaks off.
            SlowError: it brings fewer than LEAST_BYTES in WINDOW seconds of waiting.
        """
        from urllib3.exceptions import HTTPError

        block, waited, came = self.first_block, 0.0, 0
        while block:
            yield block
            start = time.monotonic()
            self._is_being_read = True
            try:
                block = _in_time(lambda: _read_block(self._response), WINDOW - waited)
                self._is_being_read = False
            except (OSError, HTTPError, ValueError) as reason:
                if waited + time.monotonic() - start >= WINDOW:
                    raise SlowError(_too_slow(came)) from reason
                self._is_being_read = False
                raise PassingError(_in_short(reason)) from reason
            waited, came = waited + time.monotonic() - start, came + len(block)
            if waited >= WINDOW:
                if came < LEAST_BYTES:
                    raise SlowError(_too_slow(came))
                waited, came = 0.0, 0


def _read_block(response) -> bytes:
    return response.raw.read1(REPLY_BLOCK_BYTES, decode_content=False)


def _too_slow(came: int) -> str:
    return f"too slow: {came:,} bytes in {WINDOW:.0f} s, where {LEAST_BYTES:,} are the least"


def _in_time(call: Callable[[], _Value], seconds: float) -> _Value:
    """What `call` gives or raises; TimeoutError after so many seconds.

    It runs in a thread, which is left alone when time is over. A time-out of a connection is one of each wait for
    bytes: a server that sends a byte of a header now and then would never exceed it. Looking a host's address up has
    none at all.
    """
    from urllib3.exceptions import HTTPError

    future: Future = Future()

    def run() -> None:
        try:
            future.set_result(call())
        except (OSError, HTTPError, ValueError) as reason:  # ValueError: of a redirect to no address
            future.set_exception(reason)
        finally:
            future.cancel()  # of no effect unless another error is on its way

    Thread(target=run, daemon=True).start()
    return future.result(max(0.0, seconds))


def _in_short(reason: BaseException) -> str:
    """The innermost cause of an error of the network, such as "Connection refused"."""
    while reason.__cause__ or reason.__context__:
        reason = reason.__cause__ or reason.__context__
    if isinstance(reason, TimeoutError):
        return "no answer in time"
    return without_credentials(getattr(reason, "strerror", None) or str(reason) or type(reason).__name__)
