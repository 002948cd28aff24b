"""Finding and downloading files: checks, addresses in turn, what is said of missing files, and several runs at once."""

import gzip
import hashlib
import subprocess
import sys
import threading
import time

import pytest

from geovae.core.errors import GeovaeError
from geovae.data.raw_files.download import Store
from helpers.download_checks import BODY, PAGE, PATH, below, make_store, md5, refused, wanted
from helpers.download_checks import server as server  # a fixture
from helpers.download_checks import store as store  # a fixture
from helpers.paths import SCRIPTS


def sha256(body):
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


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


def test_a_reply_of_another_size_is_not_read(server, store):
    refused(store, wanted(server.add("x", BODY[:-1]), size=len(BODY)), "10,239 bytes, not 10,240")
    refused(store, wanted(server.add("x", BODY[:-1], chunked=True), size=len(BODY), checksum=None), "10,239 bytes")
    assert below(store.data_dir) == []


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
        "from geovae.data.raw_files.download import Store; from geovae.data.raw_files.remote import RemoteFile\n"
        f"file = RemoteFile(path='x', urls=({url!r},), checksum={md5(body)!r}, page='p')\n"
        f"Store({str(tmp_path)!r}, pause=0.01, progress=False).obtain(file)"
    )
    source = str(SCRIPTS)
    runs = [subprocess.Popen([sys.executable, "-c", code], env={"PYTHONPATH": source}) for _ in range(2)]
    assert [run.wait(60) for run in runs] == [0, 0]
    assert (tmp_path / "x").read_bytes() == body
    assert below(tmp_path) == ["x"]
    assert server.sent == len(body)


def test_progress_is_shown_in_few_lines(server, tmp_path, capsys):
    body = BODY * 400
    make_store(tmp_path, progress=True).obtain(wanted(server.add("x", body), body=body))
    shown = capsys.readouterr().err
    assert "data.bin: 100%" in shown
    assert shown.count("data.bin") <= 3
