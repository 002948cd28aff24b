"""What the project asks an object store itself, against a stand-in for its client."""

import sys
from types import SimpleNamespace

import pytest

from geovae.core.errors import GeovaeError
from helpers import fake_boto3
from reproduction.runtime import stores

SETTINGS = SimpleNamespace(
    endpoint_url="http://store:8333", region="us-east-1", access_key="a-key", secret_key="a-secret", token=None
)
FULL = fake_boto3.ClientError(507, "An error occurred (XMinioStorageFull) when calling PutObject: too little\nspace.")


@pytest.fixture
def server(monkeypatch):
    return fake_boto3.install(monkeypatch)


@pytest.fixture
def store(server):
    return stores.of_build("s3", "s3://builds/first/", SETTINGS)


def test_a_build_on_a_disk_or_in_another_store_has_none():
    assert stores.of_build(None, None, None) is None
    assert stores.of_build("gcs", "gs://builds/first", SETTINGS) is None


def test_it_is_opened_with_the_settings_of_the_plugin(store, server):
    given = {name: value for name, value in server.given.items() if name != "config"}
    assert given == {
        "endpoint_url": "http://store:8333",
        "region_name": "us-east-1",
        "aws_access_key_id": "a-key",
        "aws_secret_access_key": "a-secret",
    }
    assert server.given["config"]["connect_timeout"] == 10
    assert server.given["config"]["request_checksum_calculation"] == "when_required"


def test_a_job_opens_it_by_the_environment(server, monkeypatch):
    for name, value in stores.variables(SETTINGS).items():
        monkeypatch.setenv(name, value)
    assert stores.opened("s3://builds/first").address == "s3://builds/first"
    assert server.given["aws_secret_access_key"] == "a-secret"
    assert server.given["endpoint_url"] == "http://store:8333"
    assert "aws_session_token" not in server.given


@pytest.mark.parametrize(("address", "key"), [("s3://builds", "a"), ("s3://builds/x/y/", "x/y/a")])
def test_objects_lie_below_its_prefix(server, tmp_path, address, key):
    (tmp_path / "a").write_bytes(b"content of a file")
    store = stores.Store(address, {})
    store.put(tmp_path / "a", "a")
    assert server.objects == {("builds", key): b"content of a file"}
    assert store.get("a", tmp_path / "new/b")
    assert (tmp_path / "new/b").read_bytes() == b"content of a file"
    store.delete("a")
    store.delete("a")
    assert server.objects == {}


def test_an_object_that_is_not_there_leaves_no_file(store, tmp_path):
    assert not store.get("a", tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_answers_passes_with_and_without_its_bucket(store, server):
    store.check()
    server.buckets.clear()
    store.check()


@pytest.mark.parametrize(
    "error",
    [
        fake_boto3.BotoCoreError('Could not connect to the endpoint URL: "http://store:8333/builds"'),
        fake_boto3.ClientError(403, "An error occurred (403) when calling the ListObjectsV2 operation: Forbidden"),
    ],
)
def test_a_store_that_cannot_be_reached_or_refuses_is_one_line(store, server, error):
    server.error = error
    with pytest.raises(GeovaeError) as caught:
        store.check()
    assert str(caught.value) == (
        f"s3://builds/first: the store cannot be read ({error}). Check its address, its keys and its free space."
    )


def test_a_full_store_is_one_line(store, server):
    assert store.shortage(1) is None
    assert server.n_puts == 1
    assert server.objects == {}
    server.refuses_writes = FULL
    assert store.shortage(1) == (
        "s3://builds/first: the store cannot be written (An error occurred (XMinioStorageFull) when calling PutObject: "
        "too little space). Check its address, its keys and its free space."
    )


def test_without_boto3_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(GeovaeError, match=r"^s3://builds/x: boto3 is not installed here\. Run `pip install "):
        stores.opened("s3://builds/x")


def test_all_objects_of_the_build_are_listed(store, server):
    server.objects = {("builds", "first/a"): b"12", ("builds", "first/b/c"): b"", ("builds", "second/a"): b"1"}
    written = fake_boto3.WRITTEN.timestamp()
    assert list(store.listing()) == [("first/a", written, 2), ("first/b/c", written, 0)]
    server.buckets = set()
    assert list(store.listing()) == []
