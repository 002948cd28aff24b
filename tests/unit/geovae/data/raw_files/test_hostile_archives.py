"""Archives that want memory, time or names without end are refused early, by name, within little of each."""

import gzip
import tarfile
import time
import tracemalloc

import pytest

from geovae.core.errors import GeovaeError
from geovae.data.raw_files import archives
from geovae.data.raw_files.archives import unpack
from helpers.archive_checks import FORMATS, below, refused, tar_member, write, write_tar

LITTLE = 16 * 2**20  # bytes of memory


def header(kind: bytes, size: int, name: str = "x") -> bytes:
    """The header of a member that says it has so many bytes."""
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT)


def blocks(content: bytes) -> bytes:
    return content + bytes(-len(content) % 512)


def pax(records: bytes, kind: bytes = tarfile.XHDTYPE) -> bytes:
    return header(kind, len(records)) + blocks(records)


def record(key: str, value: str) -> bytes:
    """A record of a pax header, which begins with its own length."""
    rest = f" {key}={value}\n".encode()
    return next(b"%d" % n + rest for n in range(len(rest), len(rest) + 20) if len(b"%d" % n) + len(rest) == n)


KINDS = [
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
]
END = header(tarfile.REGTYPE, 0) + bytes(1024)


def refused_cheaply(folder, content: bytes, *matches: str) -> None:
    """Refused, as a tar and compressed, with little memory and in a few seconds."""
    for name, whole in (("x.tar", content), ("x.tgz", gzip.compress(content, 1))):
        (folder / name).write_bytes(whole)
        start = time.monotonic()
        tracemalloc.start()
        try:
            with pytest.raises(GeovaeError) as error:
                unpack(folder / name, folder / "out")
            assert tracemalloc.get_traced_memory()[1] < LITTLE
        finally:
            tracemalloc.stop()
        assert time.monotonic() - start < 10
        for match in (str(folder / name), *matches):
            assert match in str(error.value)
        assert not (folder / "out").exists()
        (folder / name).unlink()


@pytest.mark.parametrize("kind", KINDS)
def test_a_long_header_is_refused_before_it_is_read(tmp_path, kind):
    long = 32 * 2**20
    refused_cheaply(tmp_path, header(kind, long) + bytes(long) + END, "header of a member has more than 1,048,576")
    # It need not even be there.
    refused_cheaply(tmp_path, header(kind, 2**33) + END, "header of a member has more than 1,048,576")


@pytest.mark.parametrize("kind", KINDS)
def test_a_row_of_headers_counts_as_one(tmp_path, kind):
    body = record("comment", "x" * 200_000) if kind in KINDS[:3] else b"n" * 200_000
    one = header(kind, len(body)) + blocks(body)
    refused_cheaply(tmp_path, one * 12 + END, "header of a member has more than 1,048,576")


def test_headers_nested_without_end_are_refused(tmp_path):
    refused_cheaply(tmp_path, pax(b"") * 5000 + END, "not a readable archive")


def test_global_attributes_do_not_pile_up(tmp_path):
    many = b"".join(pax(record(f"k{i}", "x" * 1000), tarfile.XGLTYPE) + header(b"0", 0, f"f{i}") for i in range(500))
    refused_cheaply(tmp_path, many + END, "more than 100 global attributes")


def test_members_stored_with_holes_are_refused(tmp_path):
    sparse = record("GNU.sparse.major", "1") + record("GNU.sparse.minor", "0") + record("GNU.sparse.realsize", "9" * 15)
    member = pax(sparse) + header(b"0", 1024) + blocks(b"1\n0\n512\n") + bytes(512)
    refused_cheaply(tmp_path, member + bytes(1024), "stored with holes")
    map_of_holes = b"99999999\n" + (b"0" * 99 + b"\n") * 2**15
    refused_cheaply(tmp_path, pax(sparse) + header(b"0", 2**22) + map_of_holes + END, "more than 1,048,576")


@pytest.mark.parametrize("size", ["-1024", "-1", "-99999999999999999999"])
def test_a_size_below_zero_leads_to_no_loop(tmp_path, size):
    content = header(b"0", 0, "before") + pax(record("size", size)) + header(b"0", 0) + END
    refused_cheaply(tmp_path, content, "not a readable archive")


@pytest.mark.parametrize("name", FORMATS)
def test_more_members_than_any_data_set_has_are_refused(tmp_path, name, monkeypatch):
    monkeypatch.setattr(archives, "MOST_MEMBERS", 20)
    assert len(unpack(write(tmp_path / name, {f"f{i}": b"" for i in range(20)}), tmp_path / "all")) == 20
    archive = write(tmp_path / name, {f"f{i}": b"" for i in range(21)})
    refused(
        archive, tmp_path / "out", "one of more than 20", call=lambda *paths: unpack(*paths, wanted=lambda _: False)
    )


def test_members_passed_by_take_no_memory(tmp_path):
    (tmp_path / "x.tar").write_bytes(b"".join(header(b"0", 0, f"f{i}") for i in range(2000)) + bytes(1024))
    tracemalloc.start()
    try:
        assert unpack(tmp_path / "x.tar", tmp_path / "out", wanted=lambda _: False) == []
        assert (
            tracemalloc.get_traced_memory()[1] < archives.BLOCK_BYTES + 2000 * 200
        )  # a member that is kept takes a kilobyte
    finally:
        tracemalloc.stop()


LONG_NAMES = {
    "/".join(["d"] * 2000): "2,000 parts, more than 64",
    "set/" + "a" * 300: "part of its name has more than 255 bytes",
    "set/" + "ä" * 140: "part of its name has more than 255 bytes",
    "/".join(["b" * 200] * 8): "more than 1,024 bytes",
}


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", LONG_NAMES)
@pytest.mark.parametrize("is_wanted", [True, False])
def test_names_that_no_file_system_has_are_refused(tmp_path, format, name, is_wanted):
    archive = write(tmp_path / format, {"a": b"1", name: b"2"})

    def call(*paths):
        unpack(*paths, wanted=None if is_wanted else lambda member: member == "a")

    refused(archive, tmp_path / "out", "not unpacked, because of its member", LONG_NAMES[name], call=call)


@pytest.mark.parametrize("length", [255, 63])
def test_names_up_to_the_limits_are_unpacked(tmp_path, length):
    name = "a" * 255 if length == 255 else "/".join(["d"] * 63)
    assert unpack(write(tmp_path / "x.tgz", {name: b"1"}), tmp_path / "out") == [tmp_path / "out" / name]


def test_a_name_with_a_zero_byte_is_refused(tmp_path):
    content = pax(record("path", "a\0b")) + header(b"0", 0) + bytes(1024)
    refused_cheaply(tmp_path, content, "its name holds a zero byte")


def test_an_archive_of_the_usual_headers_is_unpacked(tmp_path):
    """Long names, attributes of a megabyte less a little, and a global comment, as git and GNU tar write them."""
    long_name = "set/" + "n" * 200
    member, data = tar_member(long_name, b"content")
    member.pax_headers = {"SCHILY.xattr.user.note": "x" * 900_000}
    with tarfile.open(
        tmp_path / "x.tar", "w", format=tarfile.PAX_FORMAT, pax_headers={"comment": "a commit"}
    ) as content:
        content.addfile(member, data)
    assert unpack(tmp_path / "x.tar", tmp_path / "out")[0].read_bytes() == b"content"
    write_tar(tmp_path / "y.tar", tar_member(long_name, b"content"))
    assert below(tmp_path / "out") == {"set": None, long_name: b"content"}
