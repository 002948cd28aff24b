"""Finding and downloading files, against a server on this machine that does what servers do wrong."""

import errno
import gzip
import hashlib
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from file_server import closed_port, file_server
from geovae.data import download, transfer
from geovae.data.download import Store
from geovae.data.remote import RemoteFile
from geovae.data.transfer import Part
from geovae.errors import GeovaeError

PAGE = "http://example.org/page"
BODY = bytes(range(256)) * 40
PATH = "set/raw/data.bin"


@pytest.fixture
def server():
    with file_server() as running:
        yield running


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path)


def make_store(folder, **options):
    defaults = {"pause": 0.001, "connect_timeout": 0.5, "read_timeout": 5.0, "progress": False}
    return Store(folder / "data", **defaults | options)


def md5(body):
    return f"md5:{hashlib.md5(body).hexdigest()}"


def sha256(body):
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def wanted(*urls, body=BODY, path=PATH, **fields):
    return RemoteFile(**{"path": path, "urls": urls, "checksum": md5(body), "page": PAGE} | fields)


def below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def refused(store, file, *matches):
    """The message, after a check that there is nothing under the final name."""
    with pytest.raises(GeovaeError) as error:
        store.obtain(file)
    assert not (store.data_dir / file.path).exists()
    for match in matches:
        assert match in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("checksum", [md5(BODY), sha256(BODY), None])
@pytest.mark.parametrize("size", [len(BODY), None])
def test_a_good_file_is_downloaded_once(server, store, checksum, size):
    file = wanted(server.add("a/data.bin", BODY), checksum=checksum, size=size)
    path = store.obtain(file)
    assert path == store.data_dir / PATH
    assert path.read_bytes() == BODY
    assert store.obtain(file) == path
    assert len(server.requests) == 1
    assert below(store.data_dir) == [PATH]
    assert store.used == {PATH: {"checksum": checksum or sha256(BODY), "origin": file.urls[0]}}
    assert server.requests[0][1]["Accept-Encoding"] == "identity"


def test_a_file_that_is_there_and_right_needs_no_request(server, store):
    path = store.data_dir / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    for file in (wanted(server.add("x", b"other")), wanted(path=PATH), wanted(checksum=None)):
        assert store.find(file) == store.obtain(file) == path
    assert store.used == {PATH: {"checksum": sha256(BODY), "origin": "found"}}
    assert server.requests == []


def test_a_file_that_is_there_and_wrong_is_named_and_kept(server, store):
    path = store.data_dir / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    for call in (store.find, store.obtain):
        with pytest.raises(
            GeovaeError, match=rf"data\.bin: .*{md5(b'mine')}, not {md5(BODY)}\.\nDelete it, or replace"
        ):
            call(wanted(server.add("x", BODY)))
    with pytest.raises(GeovaeError, match="its size is 4 bytes, not 5"):
        store.find(wanted(checksum=None, size=5))
    assert path.read_bytes() == b"mine"
    assert server.requests == []


def test_a_file_is_compared_again_after_it_changed(store):
    path = store.data_dir / PATH
    path.parent.mkdir(parents=True)
    path.write_bytes(BODY)
    assert store.find(wanted()) == path
    path.write_bytes(b"changed")
    with pytest.raises(GeovaeError, match="checksum"):
        store.find(wanted())


def test_an_absent_file_is_not_found(store):
    assert store.find(wanted()) is None
    assert store.used == {}
    assert not store.data_dir.exists()


def test_wrong_content_is_refused_after_one_more_attempt(server, store):
    url = server.add("x", b"another file")
    refused(store, wanted(url), f"its checksum is {md5(b'another file')}, not {md5(BODY)})", PAGE)
    assert len(server.requests) == 2
    assert below(store.data_dir) == []


def test_a_web_page_is_called_one(server, store):
    url = server.add("x", b"<html>", content_type="text/html; charset=utf-8")
    message = refused(store, wanted(url), md5(b"<html>"), md5(BODY), "web page, such as the notice of a quota")
    assert message.startswith(f"{store.data_dir / PATH}: missing, and it could not be downloaded (127.0.0.1:")
    refused(store, wanted(url, checksum=None), "web page")
    assert below(store.data_dir) == []


def test_a_web_page_does_not_cost_the_part(server, store):
    url = server.add("x", BODY, first_bytes=(4, 1000))
    server.files["/x"].ranges = False
    refused(store, wanted(url), "more expected")
    part = store.data_dir / "set/raw/.data.bin.part"
    assert part.read_bytes() == BODY[:1000]
    server.add("x", b"<html>", content_type="text/html")
    refused(store, wanted(url), "the reply is a web page")
    assert part.read_bytes() == BODY[:1000]
    server.add("x", BODY)
    assert store.obtain(wanted(url)).read_bytes() == BODY
    assert server.ranges()[-1] == "bytes=1000-"


def test_a_reply_of_another_size_is_not_read(server, store):
    refused(store, wanted(server.add("x", BODY[:-1]), size=len(BODY)), "10,239 bytes, not 10,240")
    refused(store, wanted(server.add("x", BODY[:-1], chunked=True), size=len(BODY), checksum=None), "10,239 bytes")
    assert below(store.data_dir) == []


@pytest.mark.parametrize("chunked", [False, True])
def test_a_truncated_body_is_asked_for_again(server, store, chunked):
    url = server.add("x", BODY, first_bytes=(1, 3000), chunked=chunked)
    assert store.obtain(wanted(url, checksum=None)).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=3000-"]
    assert server.requests[1][1]["If-Range"] == '"one"'


def test_a_body_that_is_always_shorter_than_it_says_is_refused(server, store):
    url = server.add("x", BODY[:100], length=200, ranges=False)
    for checksum in (md5(BODY), None):
        server.requests.clear()
        refused(store, wanted(url, checksum=checksum), "could not be downloaded")
        assert len(server.requests) == 4


def test_a_server_that_dies_half_way_is_resumed(server, store):
    url = server.add("x", BODY, first_bytes=(3, 2500))
    assert store.obtain(wanted(url)).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=2500-", "bytes=5000-", "bytes=7500-"]
    assert server.sent == len(BODY)
    assert below(store.data_dir) == [PATH]


def test_another_run_resumes(server, tmp_path):
    url = server.add("x", BODY, first_bytes=(1, 4000), modified="Mon, 01 Jan 2024 00:00:00 GMT", etag=None)
    refused(make_store(tmp_path, attempts=1), wanted(url, checksum=None))
    assert make_store(tmp_path).obtain(wanted(url, checksum=None)).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=4000-"]
    assert server.requests[1][1]["If-Range"] == "Mon, 01 Jan 2024 00:00:00 GMT"


def test_a_server_without_ranges_starts_anew(server, store):
    url = server.add("x", BODY, first_bytes=(1, 4000), ranges=False)
    assert store.obtain(wanted(url)).read_bytes() == BODY
    assert server.sent == len(BODY) + 4000


@pytest.mark.parametrize("ignores_condition", [False, True])
@pytest.mark.parametrize("is_checked", [False, True])
def test_a_file_that_changed_between_parts_starts_anew(server, store, ignores_condition, is_checked):
    url = server.add("x", bytes(len(BODY)), first_bytes=(1, 4000), then={"body": BODY, "etag": '"two"'})
    server.files["/x"].ignores_condition = ignores_condition
    file = wanted(url, checksum=md5(BODY) if is_checked else None)
    assert store.obtain(file).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=4000-", *[None] * ignores_condition]


@pytest.mark.parametrize("etag", ['W/"weak"', None])
def test_without_a_validator_or_checksum_nothing_is_resumed(server, store, etag):
    url = server.add("x", BODY, first_bytes=(1, 4000), etag=etag)
    assert store.obtain(wanted(url, checksum=None)).read_bytes() == BODY
    assert server.ranges() == [None, None]


@pytest.mark.parametrize("etag", ['W/"weak"', None])
def test_with_a_checksum_it_is(server, store, etag):
    url = server.add("x", BODY, first_bytes=(1, 4000), etag=etag)
    assert store.obtain(wanted(url)).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=4000-"]


@pytest.mark.parametrize(
    ("left", "ranges"),
    [
        (BODY, []),  # whole, but not yet renamed
        (BODY[:999], ["bytes=999-"]),
        (b"x" * 999, ["bytes=999-", None]),  # wrong from the beginning
        (BODY + b"more", [f"bytes={len(BODY) + 4}-", None]),  # 416
        (b"", [None]),
    ],
)
def test_what_an_earlier_run_left_is_used_or_not(server, store, left, ranges):
    part = store.data_dir / "set/raw/.data.bin.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(left)
    part.with_suffix(".part.json").write_text("{broken")
    assert store.obtain(wanted(server.add("x", BODY))).read_bytes() == BODY
    assert server.ranges() == ranges
    assert below(store.data_dir) == [PATH]


@settings(derandomize=True, deadline=None, max_examples=40)
@given(cut=st.integers(0, len(BODY)), checksum=st.sampled_from([md5(BODY), None]), ranges=st.booleans())
def test_a_download_cut_anywhere_gives_the_same_bytes(tmp_path_factory, cut, checksum, ranges):
    with file_server() as server:
        store = make_store(tmp_path_factory.mktemp("cut"))
        url = server.add("x", BODY, first_bytes=(1, cut), ranges=ranges)
        assert store.obtain(wanted(url, checksum=checksum)).read_bytes() == BODY
        assert below(store.data_dir) == [PATH]
        assert server.sent <= len(BODY) + (0 if ranges else cut)


def test_attempts_count_anew_after_progress(server, store, monkeypatch):
    monkeypatch.setattr(download, "PROGRESS_BYTES", 1000)
    url = server.add("x", BODY, first_bytes=(10, 1000))
    assert store.obtain(wanted(url)).read_bytes() == BODY
    server.add("x", BODY, first_bytes=(10, 249))
    refused(store, wanted(url, path="b"), "more expected")


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_file_that_is_not_there_is_not_asked_for_again(server, store, status):
    refused(store, wanted(server.add("x", BODY, status=status)), f"HTTP {status}")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_asked_again(server, store, status):
    assert store.obtain(wanted(server.add("x", BODY, first_status=(3, status)))).read_bytes() == BODY
    assert len(server.requests) == 4
    refused(store, wanted(server.add("x", BODY, first_status=(4, status)), path="b"), f"HTTP {status}")


def test_the_mirror_is_first_and_the_other_addresses_follow_in_turn(server, tmp_path):
    first, second = server.add("first", BODY, status=404), server.add("second", BODY)
    store = make_store(tmp_path, mirror=f"{server.url}/m/")
    file = wanted(first, second, path="a b/x.bin")
    assert store.obtain(file).read_bytes() == BODY
    assert [path for path, _ in server.requests] == ["/m/a%20b/x.bin", "/first", "/second"]
    assert store.used["a b/x.bin"]["origin"] == second
    server.requests.clear()
    url = server.add("m/c.bin", BODY)
    assert store.obtain(wanted(first, path="c.bin")).read_bytes() == BODY
    assert [path for path, _ in server.requests] == ["/m/c.bin"]
    assert store.used["c.bin"]["origin"] == url


def test_wrong_content_at_one_address_leads_to_the_next(server, store):
    urls = server.add("wrong", b"wrong"), server.add("right", BODY)
    assert store.obtain(wanted(*urls)).read_bytes() == BODY
    assert [path for path, _ in server.requests] == ["/wrong", "/right"]


def test_another_address_goes_on_with_the_part_if_there_is_a_checksum(server, store):
    urls = server.add("one", BODY, first_bytes=(9, 1000), ranges=False), server.add("two", BODY, etag='"two"')
    assert store.obtain(wanted(*urls)).read_bytes() == BODY
    assert server.ranges()[-1] == "bytes=1000-"
    assert store.obtain(wanted(*urls, path="b", checksum=None)).read_bytes() == BODY
    assert server.ranges()[-1] is None


@pytest.mark.parametrize("encoding", [None, "gzip"])
def test_a_compressed_file_arrives_as_it_is(server, store, encoding):
    body = gzip.compress(BODY)
    url = server.add("x.gz", body, content_encoding=encoding, content_type="application/x-gzip")
    assert store.obtain(wanted(url, body=body)).read_bytes() == body


def test_an_empty_file_arrives(server, store):
    assert store.obtain(wanted(server.add("x", b""), body=b"")).read_bytes() == b""
    assert below(store.data_dir) == [PATH]


def test_a_bad_mirror_is_named(tmp_path):
    for mirror in ("ftp://host/x", "host/x", "", "http:///x"):
        with pytest.raises(GeovaeError, match=r"^mirror: "):
            Store(tmp_path, mirror=mirror)


@pytest.mark.parametrize("fields", [{"path": "../x"}, {"path": "/x"}, {"path": ""}, {"checksum": "md5:12"}])
def test_a_file_outside_or_an_odd_checksum_is_a_defect(fields):
    with pytest.raises(ValueError, match=r"path of a file|md5:<32"):
        wanted(**fields)


def test_the_message_says_how_to_get_a_file_by_hand(server, store):
    url = server.add("x", BODY, status=404)
    file = wanted(url, size=1443490838, note="Needs a free account.")
    host = server.url.removeprefix("http://")
    assert refused(store, file) == (
        f"{store.data_dir}/{PATH}: missing, and it could not be downloaded ({host}: HTTP 404 Not Found).\n"
        f"Get it from {PAGE} and put it into {store.data_dir}/set/raw/ "
        f"({md5(BODY).replace(':', ' ')}, 1,443,490,838 bytes). Needs a free account."
    )


def test_a_file_under_a_licence_is_asked_of_nobody(server, tmp_path):
    store = make_store(tmp_path, mirror=server.url)
    server.add(PATH, BODY)
    assert refused(store, wanted(checksum=None)) == (
        f"{store.data_dir}/{PATH}: missing, and it has to be put there by hand.\n"
        f"Get it from {PAGE} and put it into {store.data_dir}/set/raw/."
    )
    assert server.requests == []
    assert not store.data_dir.exists()


def test_several_missing_files_are_listed_up_to_four(server, store):
    good = wanted(server.add("good", BODY), path="good")
    files = [wanted(path=f"file{i}", note="Ask.") for i in range(6)]
    with pytest.raises(GeovaeError) as error:
        store.obtain_all([*files[:3], good, *files[3:]])
    lines = str(error.value).splitlines()
    assert [line.split(":")[0] for line in lines[:4]] == [f"{store.data_dir}/file{i}" for i in range(4)]
    assert all(line.endswith("Ask.") for line in lines[:4])
    assert lines[4:] == ["… and 2 more of 6 files."]
    assert (store.data_dir / "good").read_bytes() == BODY
    assert str(store.missing(files[:2])).splitlines() == lines[:2]
    assert str(store.missing([wanted("http://untried/x")])).startswith(f"{store.data_dir}/{PATH}: missing.\n")


def test_all_paths_come_in_order(server, store):
    files = [wanted(server.add(f"x{i}", BODY), path=f"x{i}") for i in range(3)]
    assert store.obtain_all(iter(files)) == [store.data_dir / f"x{i}" for i in range(3)]


def test_a_closed_port_is_tried_a_few_times_and_then_once(store, monkeypatch):
    tries = []
    reply = transfer.Reply.__init__
    monkeypatch.setattr(transfer.Reply, "__init__", lambda self, *a: (tries.append(a[0]), reply(self, *a))[1])
    url = f"http://127.0.0.1:{closed_port()}/x"
    refused(store, wanted(url), "Connection refused")
    assert len(tries) == 4
    refused(store, wanted(url, path="b"), "Connection refused")
    assert len(tries) == 5


def test_a_closed_port_at_one_address_leads_to_the_next(server, store):
    urls = f"http://127.0.0.1:{closed_port()}/x", server.add("x", BODY)
    assert store.obtain(wanted(*urls)).read_bytes() == BODY


def test_a_server_that_never_answers_is_left(server, tmp_path):
    store = make_store(tmp_path, read_timeout=0.05, attempts=2)
    refused(store, wanted(server.add("x", BODY, silent=True)), "no answer in time")
    assert len(server.requests) == 2


def test_a_server_that_answers_too_late_is_asked_again(server, tmp_path):
    store = make_store(tmp_path, read_timeout=0.1)
    assert store.obtain(wanted(server.add("x", BODY, silent=True, then={"silent": False}))).read_bytes() == BODY


@pytest.mark.parametrize("stuck", ["name", "reply"])
def test_without_a_network_many_files_and_addresses_fail_soon(server, tmp_path, monkeypatch, stuck):
    monkeypatch.setattr(download, "SILENCE", 0.5)
    if stuck == "name":
        # The search for a host's address, which has no time-out.
        def search(*_, **__):
            server.stopped.wait(10)
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

        monkeypatch.setattr("socket.getaddrinfo", search)
    store = make_store(tmp_path, mirror=server.url, connect_timeout=60.0, read_timeout=60.0)
    files = []
    for i in range(5):
        server.add(f"f{i}", BODY, silent=True)
        files.append(wanted(*(server.add(f"x{i}{j}", BODY, silent=True) for j in range(3)), path=f"f{i}"))
    start = time.monotonic()
    with pytest.raises(GeovaeError, match="no answer in time"):
        store.obtain_all(files)
    assert time.monotonic() - start < 2.5


def test_once_a_byte_came_patience_is_endless(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "SILENCE", 0.2)
    store = make_store(tmp_path, read_timeout=0.3, attempts=2)
    store.obtain(wanted(server.add("x", BODY)))
    server.requests.clear()
    for name in ("a", "b"):
        refused(store, wanted(server.add(name, BODY, silent=True), path=name), "no answer in time")
    assert [path for path, _ in server.requests] == ["/a", "/a", "/b"]


def test_the_default_wait_is_under_a_minute():
    assert download.SILENCE < 60


class _Full:
    """A file on a disk with room for so many bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def write(self, block):
        if self.room == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self.file.write(bytes(block[: self.room]))
        self.room -= written
        return written

    def __getattr__(self, name):
        return getattr(self.file, name)


def test_a_full_disk_is_named_and_the_part_stays(server, store, monkeypatch):
    enter = Part.__enter__

    def enter_full(part):
        enter(part)
        part._file = _Full(part._file, 3000)
        return part

    file = wanted(server.add("x", BODY))
    with monkeypatch.context() as patch:
        patch.setattr(Part, "__enter__", enter_full)
        patch.setattr("fcntl.flock", lambda *_: None)
        refused(
            store, file, f"{store.data_dir}/set/raw: No space left", "10,240 bytes of room for the rest of data.bin"
        )
    assert (store.data_dir / "set/raw/.data.bin.part").stat().st_size == 3000
    assert len(server.requests) == 1
    assert store.obtain(file).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=3000-"]


def test_a_disk_that_really_fills(server, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here")
    try:
        body = BODY * 20
        store = make_store(disk)
        refused(store, wanted(server.add("x", body), body=body), "No space left on device", "204,800 bytes of room")
        assert 0 < (store.data_dir / "set/raw/.data.bin.part").stat().st_size <= 65536
        assert len(server.requests) == 1
    finally:
        subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS])
def test_a_folder_that_cannot_be_written_is_named(server, store, monkeypatch, number):
    def fail(path, *_, **__):
        raise OSError(number, "not allowed", str(path))

    monkeypatch.setattr(Path, "mkdir", fail)
    refused(store, wanted(server.add("x", BODY)), f"{store.data_dir}/set/raw: not writable", "data_dir")
    assert server.requests == []


def test_two_downloads_of_one_file_at_once_make_one_request(server, tmp_path, capsys):
    url = server.add("x", BODY, silent=True, then={"silent": False})
    stores = [make_store(tmp_path, read_timeout=0.4) for _ in range(3)]
    results = []
    threads = [threading.Thread(target=lambda s=s: results.append(s.obtain(wanted(url)).read_bytes())) for s in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [BODY] * 3
    assert len(server.requests) == 2
    assert sorted(s.used[PATH]["origin"] for s in stores) == ["found", "found", url]
    assert below(tmp_path) == [f"data/{PATH}"]
    assert "another process is downloading it" in capsys.readouterr().err


def refused_late(store, file, messages):
    with pytest.raises(GeovaeError) as error:
        store.obtain(file)
    messages.append(str(error.value))


def test_who_waits_for_a_download_that_fails_goes_on_with_a_part_of_its_own(server, tmp_path):
    url = server.add("x", BODY, silent=True, then={"silent": False})
    first, second = make_store(tmp_path, read_timeout=0.5, attempts=1), make_store(tmp_path)
    failing = threading.Thread(target=refused_late, args=(first, wanted(url), messages := []))
    failing.start()
    while not server.requests:
        time.sleep(0.001)
    assert second.obtain(wanted(url)).read_bytes() == BODY
    failing.join()
    assert "no answer in time" in messages[0]
    assert below(second.data_dir) == [PATH]


def test_two_processes_at_once_make_one_good_file(server, tmp_path):
    body = BODY * 100
    url = server.add("x", body, first_bytes=(2, 300_000))
    code = (
        "from geovae.data.download import Store; from geovae.data.remote import RemoteFile\n"
        f"file = RemoteFile(path='x', urls=({url!r},), checksum={md5(body)!r}, page='p')\n"
        f"Store({str(tmp_path)!r}, pause=0.01, progress=False).obtain(file)"
    )
    source = str(Path(download.__file__).parents[2])
    runs = [subprocess.Popen([sys.executable, "-c", code], env={"PYTHONPATH": source}) for _ in range(2)]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert (tmp_path / "x").read_bytes() == body
    assert below(tmp_path) == ["x"]
    assert server.sent == len(body)


def test_a_file_system_without_locks_will_do(server, store, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    assert store.obtain(wanted(server.add("x", BODY))).read_bytes() == BODY


def test_progress_is_shown_in_few_lines(server, tmp_path, capsys):
    body = BODY * 400
    make_store(tmp_path, progress=True).obtain(wanted(server.add("x", body), body=body))
    shown = capsys.readouterr().err
    assert "data.bin: 100%" in shown
    assert shown.count("data.bin") <= 3
