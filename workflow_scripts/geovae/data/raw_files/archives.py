"""Unpacking archives that came from elsewhere.

Nothing is trusted: all names are checked before anything is written, nothing but regular files and folders is made, and
a file gets its final name when it is whole.
"""

import errno
import gzip
import io
import math
import os
import shutil
import stat
import struct
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial
from pathlib import Path, PurePosixPath
from typing import BinaryIO, NamedTuple

from geovae.core.errors import GeovaeError
from geovae.core.storage import atomic, require_file
from geovae.data.raw_files.remote import BLOCK_BYTES, Checksum, blocks

_FULL = {errno.ENOSPC, errno.EDQUOT}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_BROKEN = (
    *(tarfile.TarError, zipfile.BadZipFile, zlib.error, struct.error),
    *(EOFError, ValueError, NotImplementedError, RecursionError),
)
_TAR_BLOCK = 512
_ZIP_END_BYTES = 22 + 0xFFFF  # the record that ends a zip file, with the longest comment
# Archives of data sets stay far below (CelebA has 202,599 files), what takes memory or time without end does not.
MOST_MEMBERS = 2_000_000
MOST_HEADER_BYTES = 2**20  # of one member's header in a tar: names and attributes may be of any length
MOST_GLOBAL_HEADERS = 100  # attributes that hold for all members of a tar
# Of names: bytes of a part, as most file systems have it; bytes in all, and parts.
LONGEST_PART, LONGEST_NAME, MOST_PARTS = 255, 1024, 64
SHOWN_OF_NAME = 100  # characters


class _Member(NamedTuple):
    """What an archive says of one of its members; `open` is None of a link or a device."""

    name: str
    size: int
    is_folder: bool
    open: Callable[[], BinaryIO] | None


def unpack(archive: Path, folder: Path, wanted: Callable[[str], bool] | None = None) -> list[Path]:
    """Unpack a .tar, .tar.gz, .tgz or .zip archive into `folder`, over files of the same names.

    The files are unpacked under other names beside, and renamed once all of them are whole. They belong to who unpacks
    them, with the usual permissions. Folders are made for the files that go into them.

    Args:
        archive: told apart by its first bytes, not by its name.
        folder: made if it is not there.
        wanted: which members, by their names ("a/b.txt"), to unpack; all if None.

    Returns:
        The unpacked files, in the archive's order.

    Raises:
        GeovaeError: no archive, or one that is truncated or corrupt; any member whose name is absolute, has `..` in
            it, or is too long for a file system; more members, or longer headers, than any data set has; a wanted
            member that is a link or a device; a full disk; a folder that cannot be written.
    """
    archive, folder = require_file(archive), Path(folder)
    with _reading(archive):
        needed = _checked_size(archive, wanted)
    with writing(folder, needed, archive.name):
        folder.mkdir(parents=True, exist_ok=True)
        # Numbers for names, so that nothing takes what an interruption leaves for what it looks for.
        beside = Path(tempfile.mkdtemp(prefix=f".{archive.name}.", dir=folder))
        try:
            unpacked: dict[Path, Path] = {}
            with _reading(archive):
                for number, member in enumerate(_wanted_files(archive, wanted)):
                    temporary = unpacked[folder / member.name] = beside / str(number)
                    with member.open() as source, temporary.open("wb") as target:
                        shutil.copyfileobj(source, target, BLOCK_BYTES)
            for path, temporary in unpacked.items():
                path.parent.mkdir(parents=True, exist_ok=True)
                temporary.replace(path)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    return list(unpacked)


def gunzip(archive: Path, target: Path, checksum: str | None = None) -> Path:
    """Unpack a .gz file of one file into `target`, and return that.

    Args:
        archive: the compressed file.
        target: the file to write, which is there whole or not at all.
        checksum: of the unpacked file, "md5:<hex>" or "sha256:<hex>"; not compared if None.

    Raises:
        GeovaeError: no archive, one that is not gzip's or is truncated or corrupt, another checksum, a full disk, or a
            folder that cannot be written.
    """
    archive, target = require_file(archive), Path(target)
    found = Checksum(checksum)
    with (
        writing(target.parent, None, target.name),
        atomic(target) as temporary,
        _reading(archive),
        gzip.open(archive) as source,
    ):
        if archive.stat().st_size == 0:  # which gzip takes for the contents
            raise EOFError("it is empty")
        with temporary.open("wb") as file:
            for block in blocks(source):
                found.update(block)
                file.write(block)
        if checksum is not None and str(found) != checksum:
            raise GeovaeError(
                f"{archive}: unpacked, its checksum is {found}, not {checksum}.\n"
                "Delete it and run again, or replace it by the original."
            )
    return target


@contextmanager
def writing(folder: Path, needed: int | None, what: str) -> Iterator[None]:
    """Turn a full disk and a folder that cannot be written into a `GeovaeError` that names the folder.

    Args:
        folder: where is written.
        needed: bytes that have to fit there, where known.
        what: is written, for the message.
    """
    try:
        yield
    except OSError as reason:
        if reason.errno in _FULL:
            amount = "more" if needed is None else f"{needed:,} bytes of"
            raise GeovaeError(f"{folder}: {reason.strerror}. Make {amount} room for {what}, and run again.") from reason
        if reason.errno in _FORBIDDEN:
            raise GeovaeError(
                f"{folder}: not writable ({reason.strerror}), so {what} cannot be put there.\n"
                "Change its permissions, or set `data_dir` to another folder."
            ) from reason
        raise


@contextmanager
def _reading(archive: Path) -> Iterator[None]:
    """Turn what a truncated or corrupt archive raises into a `GeovaeError` that names it."""
    try:
        yield
    except (*_BROKEN, OSError) as reason:
        # Complaints about the contents have no number, or that of a seek to before the beginning.
        if isinstance(reason, OSError) and reason.errno not in (None, errno.EINVAL):
            raise
        text = str(reason) or type(reason).__name__
        raise GeovaeError(
            f"{archive}: not a readable archive; it is truncated or corrupt ({text}).\n"
            "Delete it and run again, or put a good copy there."
        ) from reason


def _checked_size(archive: Path, wanted: Callable[[str], bool] | None) -> int:
    """The bytes of the wanted files of an archive, all of which is safe to unpack."""
    files, folders, size = set(), set(), 0
    for member in _wanted_files(archive, wanted):
        if member.open is None:
            raise _refusal(archive, member.name, "it is a link or a device")
        files.add(member.name)
        folders.update(map(str, PurePosixPath(member.name).parents))
        size += member.size
    for name in sorted(files & folders):
        raise _refusal(archive, name, "it is a file and a folder at once")
    return size


def _wanted_files(archive: Path, wanted: Callable[[str], bool] | None) -> Iterator[_Member]:
    """The wanted members but folders, in the archive's order; one is opened before the next is asked for.

    The names of all members are checked on the way.
    """
    with archive.open("rb") as file:
        members = _zip_members(file) if file.peek(2).startswith(b"PK") else _tar_members(file)
        for number, member in enumerate(members, start=1):
            if number > MOST_MEMBERS:
                raise _refusal(archive, member.name, f"it is one of more than {MOST_MEMBERS:,}")
            if fault := _fault_of_name(member.name):
                raise _refusal(archive, member.name, fault)
            name = "/".join(part for part in member.name.split("/") if part not in ("", "."))
            if not member.is_folder and (wanted is None or wanted(name)):
                yield member._replace(name=name)


def _fault_of_name(name: str) -> str:
    """Why no file is made under a member's name, or nothing."""
    parts = name.replace("\\", "/").split("/")
    if parts[0] == "" or ".." in parts:
        return "its name leads out of the folder"
    if "\0" in name:
        return "its name holds a zero byte"
    if len(parts) > MOST_PARTS:
        return f"its name has {len(parts):,} parts, more than {MOST_PARTS}"
    if len(os.fsencode(name)) > LONGEST_NAME:
        return f"its name has more than {LONGEST_NAME:,} bytes"
    if any(len(os.fsencode(part)) > LONGEST_PART for part in parts):
        return f"a part of its name has more than {LONGEST_PART} bytes"
    return ""


def _refusal(archive: Path, member: str, reason: str) -> GeovaeError:
    shown = member if len(member) <= SHOWN_OF_NAME else f"{member[:SHOWN_OF_NAME]}…"
    return GeovaeError(f"{archive}: not unpacked, because of its member {shown!r}: {reason}.\nGet the original.")


def _check_zip_count(file: BinaryIO, n_members: int) -> None:
    """Compare the number of members with what the end of the file says, which zipfile does not do."""
    file.seek(max(0, file.seek(0, io.SEEK_END) - _ZIP_END_BYTES))
    end = file.read()
    place = end.rfind(b"PK\5\6")
    (announced,) = struct.unpack_from("<H", end, place + 10)
    # Of more members than the field holds, it says all ones (zip64) or the rest.
    if announced not in (0xFFFF, n_members % 0x10000):
        raise zipfile.BadZipFile(f"{n_members} members where {announced} are announced")


def _zip_members(file: BinaryIO) -> Iterator[_Member]:
    with zipfile.ZipFile(file) as content:
        _check_zip_count(file, len(content.infolist()))
        for member in content.infolist():
            if member.flag_bits & 1:
                raise zipfile.BadZipFile(f"{member.filename} is encrypted")
            if member.is_dir() and member.file_size > 0:
                raise zipfile.BadZipFile(f"the folder {member.filename} has content")
            # Archives made elsewhere than on Unix have no kind.
            regular = stat.S_IFMT(member.external_attr >> 16) in (0, stat.S_IFREG)
            opens = partial(content.open, member) if regular else None
            yield _Member(member.filename, member.file_size, member.is_dir(), opens)


class _HeaderMeter:
    """A stream that refuses to read more than MOST_HEADER_BYTES of one header; outside of headers it reads on.

    A header of a tar may say that it is as long as it likes, or lead to further ones, and is read into memory whole.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.left: float = MOST_HEADER_BYTES

    def read(self, size: int) -> bytes:
        if not 0 <= size <= self.left:
            raise tarfile.ReadError(f"the header of a member has more than {MOST_HEADER_BYTES:,} bytes")
        self.left -= size
        return self._stream.read(size)

    def seek(self, place: int) -> int:
        return self._stream.seek(place)

    def tell(self) -> int:
        return self._stream.tell()


def _tar_members(file: BinaryIO) -> Iterator[_Member]:
    compressed = file.peek(2).startswith(b"\x1f\x8b")
    with gzip.open(file) if compressed else nullcontext(file) as stream:
        meter = _HeaderMeter(stream)
        with tarfile.open(fileobj=meter, mode="r:") as content:
            place = -1
            while (member := content.next()) is not None:
                meter.left = math.inf
                if member.size < 0 or member.offset <= place:
                    raise tarfile.ReadError(f"the member at byte {member.offset:,} has a size below zero")
                if member.issparse():  # its size is what it says, not what it has
                    raise tarfile.ReadError(f"the member at byte {member.offset:,} is stored with holes")
                if len(content.pax_headers) > MOST_GLOBAL_HEADERS:
                    raise tarfile.ReadError(f"it has more than {MOST_GLOBAL_HEADERS} global attributes")
                place = member.offset
                opens = partial(content.extractfile, member) if member.isreg() else None
                yield _Member(member.name, member.size, member.isdir(), opens)
                content.members.clear()  # which tarfile keeps for those who ask for them again
                meter.left = MOST_HEADER_BYTES
            # tarfile takes a broken header for the end, which is a block of zeros, and leaves gzip's checksum unread.
            stream.seek(content.offset)
            if stream.read(_TAR_BLOCK) != bytes(_TAR_BLOCK):
                raise tarfile.ReadError(f"no header and no end at byte {content.offset:,}")
            for _ in blocks(stream):
                pass
