"""Servers that creep, never end, lead astray or want a password: a download ends soon, and tells no secret."""

import itertools
import json
import time
from types import SimpleNamespace

import pytest

from geovae.data.raw_files import download, remote, transfer
from helpers.download_checks import BODY, PATH, below, make_store, refused, wanted
from helpers.download_checks import server as server  # a fixture
from helpers.download_checks import store as store  # a fixture
from helpers.file_server import closed_port

SECRET = "SECRET"


@pytest.fixture
def impatient(monkeypatch):
    """Windows of a third of a second, in which a body has to bring a kilobyte."""
    monkeypatch.setattr(transfer, "WINDOW", 0.3)
    monkeypatch.setattr(transfer, "LEAST_BYTES", 1024)
    monkeypatch.setattr(transfer, "REPLY_SECONDS", 0.3)


@pytest.mark.parametrize("part", ["body", "chunk", "trailer"])
def test_a_body_that_creeps_is_left_for_the_next_source(server, store, impatient, part):
    urls = server.add("slow", BODY, creeps=part), server.add("good", BODY)
    start = time.monotonic()
    assert store.obtain(wanted(*urls)).read_bytes() == BODY
    assert time.monotonic() - start < 20  # where the window that stands is 60
    paths = [path for path, _ in server.requests]
    assert (paths[0], paths.count("/slow"), paths[-1]) == ("/slow", 1, "/good")
    assert store.used[PATH]["origin"] == urls[1]
    refused(store, wanted(urls[0], path="b"), "too slow: ", " bytes in 0 s, where 1,024 are the least")


def test_a_header_that_creeps_is_no_answer(server, tmp_path, impatient):
    store = make_store(tmp_path, attempts=1)
    store.obtain(wanted(server.add("first", BODY), path="a"))  # from now on its patience has no end
    start = time.monotonic()
    refused(store, wanted(server.add("slow", BODY, creeps="header")), "no answer in time")
    assert time.monotonic() - start < 20  # where the window that stands is 60


def test_a_body_that_comes_steadily_may_take_many_windows(server, store, monkeypatch):
    clock = itertools.count(step=0.4 * transfer.WINDOW)  # each block is waited for that long
    monkeypatch.setattr(transfer, "time", SimpleNamespace(monotonic=clock.__next__))
    monkeypatch.setattr(transfer, "REPLY_BLOCK_BYTES", 100)
    monkeypatch.setattr(transfer, "LEAST_BYTES", 1)
    assert store.obtain(wanted(server.add("x", BODY))).read_bytes() == BODY
    assert next(clock) > 40 * transfer.WINDOW


def test_the_least_speed_is_that_of_a_modem():
    assert transfer.LEAST_BYTES / transfer.WINDOW == 4096


@pytest.mark.parametrize("chunked", [True, False])
@pytest.mark.parametrize("known", ["size", "nothing"])
def test_a_body_without_end_is_stopped_at_the_known_size_or_the_limit(server, store, monkeypatch, chunked, known):
    monkeypatch.setattr(download, "LARGEST", 300_000)
    limit = len(BODY) if known == "size" else 300_000
    url = server.add("x", BODY, endless=True, chunked=chunked, length=10**15)
    file = wanted(url, size=len(BODY) if known == "size" else None)
    expected = f"it does not end after {limit:,} bytes" if chunked else f"the reply has {10**15:,} bytes"
    refused(store, file, expected)
    assert below(store.data_dir) == []
    assert server.sent < 20 * 2**20  # what lay in the buffers of the connections


def test_a_known_size_is_what_stops_a_body_whose_length_is_a_lie(server, store):
    url = server.add("x", BODY + BODY, chunked=True)
    refused(store, wanted(url, size=len(BODY)), f"it does not end after {len(BODY):,} bytes")
    assert len(server.requests) == 2
    assert below(store.data_dir) == []


def test_the_limit_is_above_every_file_that_is_known():
    from geovae.data import celeba, cifar10, mnist, svhn

    files = [*mnist.FILES, *svhn.FILES, cifar10.ARCHIVE, *celeba.FILES]
    assert all(file.size < download.LARGEST for file in files)
    assert len(files) == 9


@pytest.mark.parametrize("location", [b"/\xff\xfe", b"file:///etc/passwd", b"http://", b"http://[::1", b"/x"])
def test_a_redirect_to_nowhere_is_a_refusal(server, tmp_path, location):
    url = server.add("x", BODY, location=location)
    refused(make_store(tmp_path, attempts=1), wanted(url), "missing, and it could not be downloaded")


def with_login(url: str) -> str:
    return url.replace("http://", f"http://bob:{SECRET}@")


def told(folder, capsys) -> str:
    """All that a download leaves in the files beside what it downloaded, and on the screen."""
    left = [path.read_bytes().decode(errors="replace") for path in folder.rglob("*") if path.is_file()]
    return "".join([*left, *capsys.readouterr()])


@pytest.mark.parametrize(
    "mirror",
    [
        f"http://bob:{SECRET}@127.0.0.1:{{closed}}",
        f"http://{SECRET}@127.0.0.1:{{closed}}/a/b",
        f"http://bob:{SECRET}/with-a-slash@127.0.0.1:{{closed}}",
        f"http://bob:{SECRET}@and-an-at@127.0.0.1:{{closed}}",
        f"http://bob:{SECRET}@127.0.0.1:99999",
        f"http://bob:{SECRET}@[::1",
        f"http://bob:{SECRET}@" + "a" * 70,
        f"ftp://bob:{SECRET}@127.0.0.1",
    ],
)
def test_credentials_are_in_no_error(tmp_path, mirror, capsys):
    try:
        store = make_store(tmp_path, mirror=mirror.format(closed=closed_port()), attempts=1)
    except download.GeovaeError as error:
        message = str(error)
    else:
        message = refused(store, wanted(f"http://127.0.0.1:{closed_port()}/x"))
    assert SECRET not in message
    assert "bob" not in message
    assert SECRET not in told(tmp_path, capsys)


def test_credentials_reach_the_mirror_and_nothing_else(server, tmp_path, capsys):
    server.add(f"m/{PATH}", BODY, login=f"bob:{SECRET}")
    store = make_store(tmp_path, mirror=with_login(f"{server.url}/m"), progress=True)
    assert store.obtain(wanted("http://nobody.invalid/x")).read_bytes() == BODY
    assert store.used[PATH]["origin"] == f"{server.url}/m/{PATH}"
    assert SECRET not in told(tmp_path, capsys)


def test_credentials_are_not_in_what_is_kept_of_a_part_that_goes_on(server, tmp_path, capsys):
    server.add(f"m/{PATH}", BODY, login=f"bob:{SECRET}", first_bytes=(1, 3000))
    mirror = with_login(f"{server.url}/m")
    refused(make_store(tmp_path, mirror=mirror, attempts=1), wanted(f"http://127.0.0.1:{closed_port()}/x"))
    (origin,) = tmp_path.rglob("*.part.json")
    assert json.loads(origin.read_text())["url"] == f"{server.url}/m/{PATH}"
    assert SECRET not in told(tmp_path, capsys)
    file = wanted("http://nobody.invalid/x", checksum=None)
    assert make_store(tmp_path, mirror=mirror).obtain(file).read_bytes() == BODY
    assert server.ranges() == [None, "bytes=3000-"]


def test_a_mirror_without_credentials_gets_those_of_the_environment(server, tmp_path, monkeypatch):
    server.add(f"m/{PATH}", BODY, login=f"bob:{SECRET}")
    file, mirror = wanted(f"http://127.0.0.1:{closed_port()}/x"), f"{server.url}/m"
    refused(make_store(tmp_path, mirror=mirror, attempts=1), file, "HTTP 401")
    monkeypatch.setenv(remote.LOGIN_VARIABLE, f"bob:{SECRET}")
    assert make_store(tmp_path, mirror=mirror).obtain(file).read_bytes() == BODY
