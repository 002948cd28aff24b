"""Unpacking archives: what is wanted comes out whole, and nothing is written outside of the folder."""

import gzip
import hashlib
import os
import stat
import tarfile
import tracemalloc

import pytest

from geovae.core.errors import GeovaeError
from geovae.data.raw_files.archives import gunzip, unpack
from helpers.archive_checks import CONTENTS, FORMATS, below, refused, tar_member, write, write_tar, write_zip


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


def test_an_empty_archive_has_nothing(tmp_path):
    assert unpack(write(tmp_path / "x.zip", {}), tmp_path / "out") == []
    assert unpack(write(tmp_path / "x.tar", {}), tmp_path / "out") == []


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
