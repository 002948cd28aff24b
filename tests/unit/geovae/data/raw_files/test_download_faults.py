"""Downloads from servers that fail or are silent, and onto disks that are full or cannot be written."""

import errno
import socket
import subprocess
import time
from pathlib import Path

import pytest

from geovae.core.errors import GeovaeError
from geovae.data.raw_files import download, transfer
from geovae.data.raw_files.transfer import Part
from helpers.download_checks import BODY, make_store, refused, wanted
from helpers.download_checks import server as server  # a fixture
from helpers.download_checks import store as store  # a fixture
from helpers.file_server import closed_port


@pytest.mark.parametrize("status", [404, 403, 410])
def test_a_file_that_is_not_there_is_not_asked_for_again(server, store, status):
    refused(store, wanted(server.add("x", BODY, status=status)), f"HTTP {status}")
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_server_in_trouble_is_asked_again(server, store, status):
    assert store.obtain(wanted(server.add("x", BODY, first_status=(3, status)))).read_bytes() == BODY
    assert len(server.requests) == 4
    refused(store, wanted(server.add("x", BODY, first_status=(4, status)), path="b"), f"HTTP {status}")


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
            server.stopped.wait(60)
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
    assert time.monotonic() - start < 20  # where one wait is 60


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


def test_a_file_system_without_locks_will_do(server, store, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    assert store.obtain(wanted(server.add("x", BODY))).read_bytes() == BODY
