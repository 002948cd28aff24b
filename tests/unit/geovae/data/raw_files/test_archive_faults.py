"""Archives that are damaged or missing, full disks and interruptions: each is named and leaves nothing behind."""

import errno
import gzip
import hashlib
import shutil
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.data.raw_files import archives
from geovae.data.raw_files.archives import gunzip, unpack
from helpers.archive_checks import CONTENTS, FORMATS, below, refused, tar_member, write, write_tar


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.9, 0.999])
def test_truncated_archives_are_named(tmp_path, name, share):
    generator = hashlib.shake_128(b"noise")
    archive = write(tmp_path / name, {f"f{i}": generator.digest(20_000 + i) for i in range(5)})
    # A tar file ends with blocks of zeros up to 10,240 bytes, of which one is needed.
    whole = archive.read_bytes().rstrip(b"\0") if name.endswith(".tar") else archive.read_bytes()
    archive.write_bytes(whole[: int(share * len(whole))])
    refused(archive, tmp_path / "out", "not a readable archive", "Delete it")


def test_a_tar_that_ends_between_two_members_or_in_a_broken_header_is_truncated(tmp_path):
    archive = write_tar(tmp_path / "x.tar", *(tar_member(f"f{i}", bytes([i]) * 512) for i in range(4)))
    whole = archive.read_bytes()
    archive.write_bytes(whole[: 2 * 1024])
    refused(archive, tmp_path / "out", "no header and no end at byte 2,048")
    archive.write_bytes(whole[: 2 * 1024] + b"\xff" * 512 + whole[2 * 1024 + 512 :])
    refused(archive, tmp_path / "out", "no header and no end at byte 2,048")
    (tmp_path / "y.tgz").write_bytes(gzip.compress(archive.read_bytes()))
    refused(tmp_path / "y.tgz", tmp_path / "out", "no header and no end at byte 2,048")


def test_a_folder_of_a_zip_file_that_has_content_is_damage(tmp_path):
    archive = tmp_path / "x.zip"
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("set/ax", "1")
    archive.write_bytes(archive.read_bytes().replace(b"set/ax", b"set/a/"))
    refused(archive, tmp_path / "out", "the folder set/a/ has content", "Delete it")


@settings(derandomize=True, deadline=None, max_examples=60)
@example(name="x.zip", place=0.8515625, flip=47)
@given(name=st.sampled_from(FORMATS[1:]), place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_byte_that_changed_gives_an_error_or_the_same_contents(tmp_path_factory, name, place, flip):
    folder = tmp_path_factory.mktemp("flip")
    archive = write(folder / name)
    data = bytearray(archive.read_bytes())
    data[int(place * len(data))] ^= flip
    archive.write_bytes(data)
    # Names in a zip file have no checksum.
    with suppress(GeovaeError):
        unpack(archive, folder / "out")
    files = [content for content in below(folder).values() if content is not None]
    assert sorted(files) in (sorted([bytes(data)]), sorted([bytes(data), *CONTENTS.values()]))


@pytest.mark.parametrize("content", [b"", b"hello", b"<html>" * 500, b"PK", b"\x1f\x8b"])
def test_other_files_are_named(tmp_path, content):
    archive = tmp_path / "x.tar.gz"
    archive.write_bytes(content)
    refused(archive, tmp_path / "out", "not a readable archive")


def test_an_archive_that_is_not_there_is_named(tmp_path):
    refused(tmp_path / "x.zip", tmp_path / "out", "no such file")
    refused(tmp_path / "x.gz", tmp_path / "out", "no such file", call=gunzip)


def test_an_encrypted_archive_is_named(tmp_path):
    archive = write(tmp_path / "x.zip")
    data = archive.read_bytes().replace(b"PK\x01\x02\x14\x03\x14\x00\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01\x00")
    archive.write_bytes(data)
    refused(archive, tmp_path / "out", "set/a.txt is encrypted")


@pytest.mark.parametrize("name", FORMATS)
def test_an_interruption_leaves_nothing_under_a_final_name(tmp_path, name, monkeypatch):
    archive = write(tmp_path / name)
    copy, copied = shutil.copyfileobj, []

    def interrupted(source, target, length):
        if copied:
            target.write(source.read(100))
            raise KeyboardInterrupt
        copied.append(copy(source, target, length))

    monkeypatch.setattr("shutil.copyfileobj", interrupted)
    with pytest.raises(KeyboardInterrupt):
        unpack(archive, tmp_path / "out")
    assert below(tmp_path / "out") == {}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("name", FORMATS)
def test_a_full_disk_is_named_with_what_is_needed(tmp_path, name, number, monkeypatch):
    def full(source, target, length):
        target.write(source.read(10))
        raise OSError(number, "No space left on device")

    monkeypatch.setattr("shutil.copyfileobj", full)
    with pytest.raises(GeovaeError, match=rf"out: No space left .* 8,680 bytes of room for {name}"):
        unpack(write(tmp_path / name), tmp_path / "out")
    assert below(tmp_path / "out") == {}


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied", "somewhere")

    archive = write(tmp_path / "x.zip")
    monkeypatch.setattr("tempfile.mkdtemp", fail)
    with pytest.raises(GeovaeError, match=r"out: not writable \(Permission denied\), so x.zip cannot be put there"):
        unpack(archive, tmp_path / "out")
    compressed = tmp_path / "x.gz"
    compressed.write_bytes(gzip.compress(b"x", mtime=0))
    monkeypatch.setattr(Path, "mkdir", fail)
    with pytest.raises(GeovaeError, match=r"new: not writable"):
        gunzip(compressed, tmp_path / "new" / "x")


def test_other_errors_of_the_system_stay_what_they_are(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr("shutil.copyfileobj", fail)
    with pytest.raises(OSError, match="Input/output"):
        unpack(write(tmp_path / "x.zip"), tmp_path / "out")


@pytest.mark.parametrize("cut", [0, 5, 30, -9, -1])
def test_gunzip_names_truncated_files(tmp_path, cut):
    archive = tmp_path / "x.gz"
    archive.write_bytes(gzip.compress(hashlib.shake_128(b"noise").digest(5000))[:cut])
    refused(archive, tmp_path / "x", "truncated or corrupt", call=gunzip)


@pytest.mark.parametrize(
    "content", [b"hello", gzip.compress(b"hello", mtime=0) + b"rubbish", gzip.compress(b"x" * 99, mtime=0)[:10]]
)
def test_gunzip_names_other_files(tmp_path, content):
    archive = tmp_path / "x.gz"
    archive.write_bytes(content)
    refused(archive, tmp_path / "x", "truncated or corrupt", call=gunzip)


def test_gunzip_names_a_full_disk(tmp_path, monkeypatch):
    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    archive = tmp_path / "x.gz"
    archive.write_bytes(gzip.compress(b"hello", mtime=0))
    monkeypatch.setattr(archives, "blocks", full)
    with pytest.raises(GeovaeError, match=r"x: cannot be written \(No space left on device\)"):
        gunzip(archive, tmp_path / "x")
    assert below(tmp_path) == {"x.gz": archive.read_bytes()}
