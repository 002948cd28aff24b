"""Unpacking archives: what is right comes out whole, and what is wrong leaves nothing behind."""

import errno
import gzip
import hashlib
import io
import os
import shutil
import stat
import tarfile
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geovae.data import archives
from geovae.data.archives import gunzip, unpack
from geovae.errors import GeovaeError

CONTENTS = {"set/a.txt": b"a" * 1000, "set/deep/b.bin": bytes(range(256)) * 30, "c": b""}
FORMATS = ["x.tar", "x.tar.gz", "x.tgz", "x.zip"]


def tar_member(name, data=b"", **fields):
    member = tarfile.TarInfo(name)
    member.size = len(data)
    for field, value in fields.items():
        setattr(member, field, value)
    return member, io.BytesIO(data)


def write_tar(path, *members):
    with tarfile.open(path, "w" if path.suffix == ".tar" else "w:gz") as content:
        for member, data in members:
            content.addfile(member, data)
    return path


def write_zip(path, contents, method=zipfile.ZIP_DEFLATED, modes=()):
    with zipfile.ZipFile(path, "w", method) as content:
        for name, data in contents.items():
            member = zipfile.ZipInfo(name)
            member.compress_type = method
            member.external_attr = dict(modes).get(name, 0) << 16
            content.writestr(member, data)
    return path


def write(path, contents=CONTENTS):
    if path.suffix == ".zip":
        return write_zip(path, contents)
    return write_tar(path, *(tar_member(name, data) for name, data in contents.items()))


def below(folder):
    """Everything in a folder: the contents of files, None for folders."""
    return {str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def refused(archive, folder, *matches, call=unpack):
    before = below(folder.parent)
    with pytest.raises(GeovaeError) as error:
        call(archive, folder)
    for match in (str(archive), *matches):
        assert match in str(error.value)
    folder_made = {folder.name} if folder.is_dir() and not any(folder.iterdir()) else set()
    assert {name: data for name, data in below(folder.parent).items() if name not in folder_made} == before


@pytest.mark.parametrize("name", FORMATS)
def test_all_files_are_unpacked(tmp_path, name):
    folder = tmp_path / "new" / "out"
    paths = unpack(write(tmp_path / name), folder)
    assert paths == [folder / name for name in CONTENTS]
    assert below(folder) == CONTENTS | {"set": None, "set/deep": None}


@pytest.mark.parametrize("name", FORMATS)
def test_only_what_is_wanted_is_unpacked_and_the_rest_stays(tmp_path, name):
    folder = tmp_path / "out"
    (folder / "set/deep").mkdir(parents=True)
    (folder / "set/mine").write_bytes(b"mine")
    (folder / "set/deep/b.bin").write_bytes(b"old")
    paths = unpack(write(tmp_path / name), folder, wanted=lambda member: member.endswith(".bin"))
    assert paths == [folder / "set/deep/b.bin"]
    expected = {"set": None, "set/deep": None, "set/mine": b"mine", "set/deep/b.bin": CONTENTS["set/deep/b.bin"]}
    assert below(folder) == expected
    assert unpack(tmp_path / name, folder, wanted=lambda _: False) == []
    assert below(folder) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_names_are_simplified_folders_are_fine_and_of_two_the_last_counts(tmp_path, name):
    seen = []
    if name.endswith("zip"):
        write_zip(tmp_path / name, {"set/": b"", "set/a": b"first", "./set//a": b"second"})
    else:
        folder = tar_member("./set", type=tarfile.DIRTYPE)
        write_tar(
            tmp_path / name,
            tar_member(".", type=tarfile.DIRTYPE),
            folder,
            *(tar_member("./set//a", data) for data in (b"first", b"second")),
        )
    assert unpack(tmp_path / name, tmp_path / "out", lambda member: seen.append(member) or True) == [
        tmp_path / "out/set/a"
    ]
    assert set(seen) == {"set/a"}
    assert below(tmp_path / "out") == {"set": None, "set/a": b"second"}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("bad", ["../evil", "/evil", "set/../../evil", "..", "set/..", "a\\..\\..\\evil", "\\evil"])
@pytest.mark.parametrize("is_wanted", [True, False])
def test_names_that_lead_out_are_refused_before_anything_is_written(tmp_path, name, bad, is_wanted):
    archive = write(tmp_path / name, CONTENTS | {bad: b"evil"})
    (tmp_path / "in").mkdir()
    refused(
        archive,
        tmp_path / "in" / "out",
        repr(bad),
        "leads out",
        "not unpacked",
        call=lambda *paths: unpack(*paths, wanted=None if is_wanted else lambda member: member in CONTENTS),
    )


@pytest.mark.parametrize("name", FORMATS[:2])
@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"?"]
)
def test_links_and_devices_in_a_tar_are_refused_if_wanted(tmp_path, name, kind):
    members = [tar_member(key, data) for key, data in CONTENTS.items()]
    archive = write_tar(tmp_path / name, *members, tar_member("set/odd", type=kind, linkname="a.txt"))
    refused(archive, tmp_path / "out", "'set/odd'", "link or a device")
    assert len(unpack(archive, tmp_path / "out", lambda member: member != "set/odd")) == 3
    assert below(tmp_path / "out") == CONTENTS | {"set": None, "set/deep": None}


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFIFO])
def test_links_and_devices_in_a_zip_are_refused(tmp_path, kind):
    archive = write_zip(tmp_path / "x.zip", CONTENTS | {"odd": b"/etc"}, modes={"odd": kind | 0o777}.items())
    refused(archive, tmp_path / "out", "'odd'", "link or a device")


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_is_written_through_a_link_of_the_archive(tmp_path, name):
    outside = tmp_path / "outside"
    outside.mkdir()
    if name.endswith("zip"):
        contents = {"link": str(outside).encode(), "link/evil": b"evil"}
        archive = write_zip(tmp_path / name, contents, modes={"link": stat.S_IFLNK | 0o777}.items())
    else:
        link = tar_member("link", type=tarfile.SYMTYPE, linkname=str(outside))
        archive = write_tar(tmp_path / name, link, tar_member("link/evil", b"evil"))
    refused(archive, tmp_path / "out", "'link'")
    unpack(archive, tmp_path / "out", lambda member: member == "link/evil")
    assert below(tmp_path / "out") == {"link": None, "link/evil": b"evil"}
    assert below(outside) == {}


@pytest.mark.parametrize("name", FORMATS)
def test_a_file_that_is_a_folder_too_is_refused(tmp_path, name):
    refused(write(tmp_path / name, {"a": b"1", "a/b": b"2"}), tmp_path / "out", "'a'", "a file and a folder at once")


@pytest.mark.parametrize("name", FORMATS)
def test_files_have_the_usual_permissions(tmp_path, name):
    mode = stat.S_IFREG | 0o4777
    if name.endswith("zip"):
        archive = write_zip(tmp_path / name, {"a/b": b"x"}, modes={"a/b": mode}.items())
    else:
        archive = write_tar(tmp_path / name, tar_member("a/b", b"x", mode=mode, uid=12345, gid=12345))
    old = os.umask(0o027)
    try:
        (path,) = unpack(archive, tmp_path / "out")
    finally:
        os.umask(old)
    assert [stat.S_IMODE(p.stat().st_mode) for p in (path, path.parent)] == [0o640, 0o750]
    assert path.stat().st_uid == os.getuid()


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


def test_an_empty_archive_has_nothing(tmp_path):
    assert unpack(write(tmp_path / "x.zip", {}), tmp_path / "out") == []
    assert unpack(write(tmp_path / "x.tar", {}), tmp_path / "out") == []


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


@pytest.mark.parametrize("name", ["x.tgz", "x.tar", "x.gz"])
def test_files_are_not_read_into_memory_whole(tmp_path, name):
    big = bytes(64 * 2**20)
    if name == "x.gz":
        archive = tmp_path / name
        archive.write_bytes(gzip.compress(big, 1, mtime=0))
    else:
        archive = write(tmp_path / name, {"big": big})
    del big
    tracemalloc.start()
    try:
        unpacked = gunzip(archive, tmp_path / "big") if name == "x.gz" else unpack(archive, tmp_path / "out")[0]
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
    assert unpacked.stat().st_size == 64 * 2**20


def md5(data):
    return f"md5:{hashlib.md5(data).hexdigest()}"


@pytest.mark.parametrize(
    "checksum", [None, md5(b"hello" * 999), f"sha256:{hashlib.sha256(b'hello' * 999).hexdigest()}"]
)
def test_gunzip(tmp_path, checksum):
    archive = tmp_path / "x.gz"
    # Two members one after the other are one file.
    archive.write_bytes(gzip.compress(b"hello" * 500, mtime=0) + gzip.compress(b"hello" * 499, mtime=0))
    target = tmp_path / "new" / "x"
    assert gunzip(archive, target, checksum) == target
    assert below(tmp_path / "new") == {"x": b"hello" * 999}
    assert archive.exists()


def test_gunzip_compares_the_checksum_and_leaves_what_was_there(tmp_path):
    archive, target = tmp_path / "x.gz", tmp_path / "x"
    archive.write_bytes(gzip.compress(b"hello", mtime=0))
    target.write_bytes(b"old")
    with pytest.raises(GeovaeError, match=rf"x\.gz: unpacked, its checksum is {md5(b'hello')}, not {md5(b'bye')}"):
        gunzip(archive, target, md5(b"bye"))
    assert below(tmp_path) == {"x.gz": archive.read_bytes(), "x": b"old"}


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
