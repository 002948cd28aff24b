"""Finding the raw files of a data set in a folder, or downloading them to it by HTTP.

What arrives goes to a part beside the file's place, which a later attempt or run adds to; it gets its final name when
the checksum is right.
"""

import math
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from geovae.core.errors import GeovaeError
from geovae.data.raw_files.archives import writing
from geovae.data.raw_files.remote import (
    Checksum,
    RemoteFile,
    file_checksum,
    host_of,
    is_address,
    with_login,
    without_credentials,
)
from geovae.data.raw_files.transfer import Part, PassingError, Reply, SilenceError, TransferError, WrongError

# A store waits no longer than this for a first byte of any file, over all files and addresses: there may be no network.
# Looking a name up and trying each address of a host have no time-out of their own.
SILENCE = 45.0  # seconds
# A download that breaks off after so much more has its attempts anew.
PROGRESS_BYTES = 2**20
LOG_INTERVAL, TERMINAL_INTERVAL = 10.0, 0.5  # seconds between two states of the progress bar
N_LISTED = 4
# A file whose size is not known is no larger; the largest here that is known has 1.4 GB.
LARGEST = 8 * 2**30  # bytes
RETRIED = {408, 425, 429}  # and all from 500


class Store:
    """A `data_dir`: finds files there, or downloads them, and records what it used.

    Attributes:
        data_dir: the folder.
        used: by path below it, the `checksum` of each file ("md5:…" or "sha256:…") and its `origin`, "found" or a URL.
    """

    def __init__(
        self,
        data_dir: str | Path,
        *,
        mirror: str | None = None,
        attempts: int = 4,
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        pause: float = 1.0,
        progress: bool = True,
    ) -> None:
        """A store in `data_dir`, which is made when something is downloaded.

        Args:
            data_dir: the folder.
            mirror: an address below which each file that has addresses is tried first, under its path. A user and
                password in it are sent there and shown nowhere; where it has none, those of LOGIN_VARIABLE are sent.
            attempts: at each address, where trying again may help.
            connect_timeout: seconds to wait for a connection.
            read_timeout: seconds to wait for the next bytes.
            pause: seconds before the second attempt, twice as many before each further one.
            progress: whether to show a progress bar on standard error.

        Raises:
            GeovaeError: a mirror that is not an address.
        """
        if mirror is not None and not is_address(mirror):
            raise GeovaeError(
                f"mirror: {without_credentials(mirror)!r} does not begin with http:// or https:// and a host."
                " Correct it; in a password / is %2F and @ is %40."
            )
        self.data_dir = Path(data_dir)
        self.mirror = with_login(mirror.rstrip("/")) if mirror else None
        self.attempts, self.pause, self.progress = attempts, pause, progress
        self.connect_timeout, self.read_timeout = connect_timeout, read_timeout
        self.used: dict[str, dict] = {}
        self._signatures: dict[str, tuple] = {}
        self._reasons: dict[str, str] = {}
        self._patience = SILENCE  # what is left of it; infinite once a byte arrived
        self._silent_hosts: set[str] = set()

    def find(self, file: RemoteFile) -> Path | None:
        """The path of a file that is there and right; None if it is not there.

        Raises:
            GeovaeError: it is there, but is not the original; it is left as it is.
        """
        path = self.data_dir / file.path
        if not path.is_file():
            return None
        if self._signatures.get(file.path) != _signature(file, path):
            found = file_checksum(path, file.checksum)
            fault = _fault(file, found, path.stat().st_size)
            if fault:
                raise GeovaeError(f"{path}: {fault}.\nDelete it, or replace it by the original from {file.page}")
            self._record(file, found, "found")
        return path

    def obtain(self, file: RemoteFile) -> Path:
        """The path of a file that is there and right, now if not before.

        Raises:
            GeovaeError: as of `find`; it is not there and cannot be downloaded; the disk is full, or the folder cannot
                be written.
        """
        return self.obtain_all([file])[0]

    def obtain_all(self, files: Iterable[RemoteFile]) -> list[Path]:
        """The paths of several files, as of `obtain`; the error names all that are missing, after the rest is there."""
        files = list(files)
        paths = [self.find(file) or self._download(file) for file in files]
        if None in paths:
            raise self.missing(file for file, path in zip(files, paths, strict=True) if path is None)
        return paths

    def missing(self, files: Iterable[RemoteFile]) -> GeovaeError:
        """The error of one or more absent files: which they are, and how to get them by hand."""
        files = list(files)
        listed = [self._by_hand(file) for file in files[:N_LISTED]]
        if len(files) == 1:
            return GeovaeError("\n".join(listed[0]))
        more = [f"… and {len(files) - N_LISTED} more of {len(files)} files."] if len(files) > N_LISTED else []
        return GeovaeError("\n".join([*map(" ".join, listed), *more]))

    def _by_hand(self, file: RemoteFile) -> tuple[str, str]:
        """What is wrong with an absent file, and what to do."""
        path = self.data_dir / file.path
        wrong = "missing"
        if not file.urls:
            wrong = "missing, and it has to be put there by hand"
        elif file.path in self._reasons:
            wrong = f"missing, and it could not be downloaded ({self._reasons[file.path]})"
        marks = [file.checksum.replace(":", " ")] if file.checksum else []
        marks += [f"{file.size:,} bytes"] if file.size is not None else []
        known = f" ({', '.join(marks)})" if marks else ""
        advice = f"Get it from {file.page} and put it into {path.parent}/{known}. {file.note}"
        return f"{path}: {wrong}.", advice.rstrip()

    def _download(self, file: RemoteFile) -> Path | None:
        """The path of the downloaded file, or None, for a reason that is kept for the error."""
        if not file.urls:
            return None
        mirrored = [f"{self.mirror}/{quote(file.path)}"] if self.mirror else []
        urls = [*mirrored, *file.urls]
        target = self.data_dir / file.path
        reasons = []
        with writing(target.parent, file.size, file.name):
            target.parent.mkdir(parents=True, exist_ok=True)
            with Part(target) as part:
                if self.find(file):  # another process downloaded it while this one waited
                    return target
                for n_left, url in zip(range(len(urls), 0, -1), urls, strict=True):
                    try:
                        checksum = self._download_from(url, file, part, n_left)
                    except TransferError as reason:
                        reasons.append(f"{host_of(url)}: {reason}")
                        continue
                    part.finish()
                    self._record(file, checksum, url)
                    return target
        self._reasons[file.path] = "; ".join(dict.fromkeys(reasons))
        return None

    def _record(self, file: RemoteFile, checksum: str, origin: str) -> None:
        self._signatures[file.path] = _signature(file, self.data_dir / file.path)
        self.used[file.path] = {"checksum": checksum, "origin": without_credentials(origin)}

    def _download_from(self, url: str, file: RemoteFile, part: Part, n_left: int) -> str:
        """Make the part whole and right from one address, of `n_left` that are left; its checksum."""
        if self._patience == 0:
            raise TransferError("not tried, since nothing answered before")
        host = host_of(url)
        n_attempts = 1 if host in self._silent_hosts else self.attempts
        failures, reached = 0, part.size
        # Another address comes next, or else this one again. What was resumed may have been wrong from the beginning.
        once_more = n_left == 1 or part.size > 0
        with self._waiting(n_left) as seconds_left:
            while True:
                try:
                    return self._transfer(url, file, part, max(seconds_left(), 0.1))
                except WrongError:
                    if not once_more:
                        raise
                    once_more = False
                except PassingError as reason:
                    if part.size >= reached + PROGRESS_BYTES:
                        failures, reached = 0, part.size
                    pause = self.pause * 2**failures
                    failures += 1
                    if failures >= n_attempts or pause >= seconds_left():
                        if isinstance(reason, SilenceError):
                            self._silent_hosts.add(host)
                        raise
                    time.sleep(pause)

    @contextmanager
    def _waiting(self, n_left: int) -> Iterator[Callable[[], float]]:
        """Yield how many seconds may yet pass at one address of `n_left`: a share of the patience."""
        start, share = time.monotonic(), self._patience / n_left
        try:
            yield lambda: share - (time.monotonic() - start) if self._patience < math.inf else math.inf
        finally:
            self._patience = max(0.0, self._patience - (time.monotonic() - start))

    def _transfer(self, url: str, file: RemoteFile, part: Part, seconds: float) -> str:
        """Make the part whole and right by one request; its checksum."""
        checksum = Checksum(file.checksum)
        checksum.update_from(part.path)
        if part.size and str(checksum) == file.checksum:
            return file.checksum
        with self._request(url, file, part, seconds) as reply:
            hint = "; it may be a web page, such as the notice of a quota" if reply.is_page else ""
            if reply.total is not None and file.size not in (None, reply.total):
                raise TransferError(f"the reply has {reply.total:,} bytes, not {file.size:,}{hint}")
            if (reply.total or 0) > LARGEST:
                raise TransferError(f"the reply has {reply.total:,} bytes, more than any file here{hint}")
            # A page costs the part its bytes, or what cannot be compared its name, where it is taken for the file.
            if reply.is_page and reply.status == 200 and (part.size or file.checksum is None):
                raise TransferError("the reply is a web page, such as the notice of a quota")
            if reply.status == 200:
                part.begin(url, reply.headers, reply.total)
                checksum = Checksum(file.checksum)
            self._receive(reply, file, part, checksum)
        if reply.total is not None and part.size < reply.total:
            raise PassingError(f"broke off after {part.size:,} of {reply.total:,} bytes")
        fault = _fault(file, str(checksum), part.size)
        if fault or reply.total not in (None, part.size):
            fault = fault or f"its size is {part.size:,} bytes, not {reply.total:,}"
            part.clear()
            raise WrongError(f"{fault}{hint}")
        return str(checksum)

    def _request(self, url: str, file: RemoteFile, part: Part, seconds: float) -> Reply:
        """A reply that is the rest of the part (206) or the whole file (200)."""
        timeouts = (min(self.connect_timeout, seconds), min(self.read_timeout, seconds))
        headers = part.range_headers(url, file.checksum is not None)
        reply = Reply(url, headers, timeouts, seconds)
        if headers and (reply.status == 416 or (reply.status == 206 and not part.goes_on_with(url, reply.headers))):
            reply.close()
            headers = {}
            reply = Reply(url, headers, timeouts, seconds)
        if reply.first_block:
            self._patience = math.inf
        if reply.status == 200 or (reply.status == 206 and headers):
            return reply
        reply.close()
        kind = PassingError if reply.status in RETRIED or reply.status >= 500 else TransferError
        raise kind(f"HTTP {reply.status} {reply.reason}".rstrip())

    def _receive(self, reply: Reply, file: RemoteFile, part: Part, checksum: Checksum) -> None:
        """Add the body of a reply to the part and to its checksum."""
        from tqdm import tqdm

        interval = TERMINAL_INTERVAL if sys.stderr.isatty() else LOG_INTERVAL
        needed = None if reply.total is None else reply.total - part.size
        limit = next(size for size in (file.size, reply.total, LARGEST) if size is not None)
        with (
            tqdm(
                total=reply.total,
                initial=part.size,
                desc=file.name,
                unit="B",
                unit_scale=True,
                mininterval=interval,
                maxinterval=interval,
                disable=not self.progress,
            ) as bar,
            writing(part.path.parent, needed, f"the rest of {file.name}"),
        ):
            for block in reply.blocks():
                if part.size + len(block) > limit:
                    part.clear()
                    raise WrongError(f"it does not end after {limit:,} bytes")
                part.append(block)
                checksum.update(block)
                bar.update(len(block))


def _signature(file: RemoteFile, path: Path) -> tuple:
    """What stays the same while a file does, without reading it."""
    status = path.stat()
    return file, status.st_size, status.st_mtime_ns, status.st_ino


def _fault(file: RemoteFile, checksum: str, size: int) -> str:
    """What tells a file from the original, or nothing."""
    if file.checksum not in (None, checksum):
        return f"its checksum is {checksum}, not {file.checksum}"
    return f"its size is {size:,} bytes, not {file.size:,}" if file.size not in (None, size) else ""
