"""Files that come from elsewhere: what a data set says of each, and how a file is compared with its checksum."""

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO
from urllib.parse import urlsplit

BLOCK_BYTES = 2**20
# "user:password" for the mirror, escaped as in an address: a command that holds them would be shown and recorded.
LOGIN_VARIABLE = "GEOVAE_MIRROR_LOGIN"
# Up to the last @, as a password may hold one, or a slash, that should have been escaped.
_CREDENTIALS = re.compile(r"(?<=://)[^\s'\"]*@")
_CHECKSUM = re.compile(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}")


@dataclass(frozen=True, kw_only=True)
class RemoteFile:
    """A file that a data set needs under `data_dir`, and where it comes from.

    Attributes:
        path: below `data_dir`, e.g. "MNIST/raw/train-images-idx3-ubyte.gz".
        urls: tried in turn; where there are none (a licence forbids it), the file is put there by hand.
        checksum: "md5:<hex>" or "sha256:<hex>"; None where none is published.
        size: in bytes, where known.
        page: the page where a person gets it.
        note: one short sentence for the error, e.g. "Needs a free account."

    Raises:
        ValueError: a path that leaves `data_dir`, or a checksum of another form.
    """

    path: str
    urls: tuple[str, ...] = ()
    checksum: str | None = None
    size: int | None = None
    page: str
    note: str = ""

    def __post_init__(self) -> None:
        path = PurePosixPath(self.path)
        if path.is_absolute() or ".." in path.parts or not path.name:
            raise ValueError(f"{self.path!r} is not the path of a file below a folder")
        if self.checksum is not None and not _CHECKSUM.fullmatch(self.checksum):
            raise ValueError(f"{self.path}: {self.checksum!r} is not md5:<32 digits> or sha256:<64 digits>")

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name


def login_of(address: str) -> str:
    """The user and password in an address, as they stand there; empty where there are none."""
    match = _CREDENTIALS.search(address)
    return match[0].removesuffix("@") if match else ""


def without_credentials(text: str) -> str:
    """An address, or a text with addresses in it, without the users and passwords in them."""
    return _CREDENTIALS.sub("", text)


def with_login(mirror: str) -> str:
    """A mirror's address, with the user and password of LOGIN_VARIABLE if it has none of its own."""
    login = os.environ.get(LOGIN_VARIABLE)
    return mirror.replace("://", f"://{login}@", 1) if login and mirror == without_credentials(mirror) else mirror


def host_of(address: str) -> str:
    """The host of an address, with its port, for messages."""
    return urlsplit(without_credentials(address)).netloc


class Checksum:
    """A checksum in the making, in the form that `like` has: "md5:…", or "sha256:…" (also where `like` is None)."""

    def __init__(self, like: str | None = None) -> None:
        self.algorithm = like.partition(":")[0] if like else "sha256"
        self._hash = hashlib.new(self.algorithm, usedforsecurity=False)

    def update(self, block: bytes) -> None:
        """Take the next bytes in."""
        self._hash.update(block)

    def update_from(self, path: Path) -> None:
        """Take a whole file in."""
        with path.open("rb") as file:
            for block in blocks(file):
                self.update(block)

    def __str__(self) -> str:
        return f"{self.algorithm}:{self._hash.hexdigest()}"


def file_checksum(path: Path, like: str | None = None) -> str:
    """The checksum of a whole file, in the form that `like` has."""
    checksum = Checksum(like)
    checksum.update_from(path)
    return str(checksum)


def blocks(file: BinaryIO) -> Iterator[bytes]:
    """What is left of a binary file, a block at a time."""
    while block := file.read(BLOCK_BYTES):
        yield block


def is_address(text: str) -> bool:
    """Whether a text begins with http:// or https:// and a host that can be asked, and has no blanks.

    Examples:
        >>> from geovae.data.raw_files.remote import is_address
        >>> [is_address(text) for text in ("https://host:8443/raw", "host/raw", "ftp://host", "http://host:99999")]
        [True, False, False, False]
    """
    try:
        parts = urlsplit(text)
        # Asked for, a port out of range is an error; 0 is none that a server can have.
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # of a port or of brackets
        return False
    return sound and not any(character.isspace() for character in text)
