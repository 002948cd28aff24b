"""Downloads that break off: when they go on with what they have, and when they start anew."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.data.raw_files import download
from helpers.download_checks import BODY, PATH, below, make_store, md5, refused, wanted
from helpers.download_checks import server as server  # a fixture
from helpers.download_checks import store as store  # a fixture
from helpers.file_server import file_server


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


def test_another_address_goes_on_with_the_part_if_there_is_a_checksum(server, store):
    urls = server.add("one", BODY, first_bytes=(9, 1000), ranges=False), server.add("two", BODY, etag='"two"')
    assert store.obtain(wanted(*urls)).read_bytes() == BODY
    assert server.ranges()[-1] == "bytes=1000-"
    assert store.obtain(wanted(*urls, path="b", checksum=None)).read_bytes() == BODY
    assert server.ranges()[-1] is None
