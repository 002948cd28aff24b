"""One list of a store in the place of requests for each file, with Snakemake's own cache."""

import asyncio

import pytest
from snakemake.exceptions import WorkflowError
from snakemake.io import IOCache

from helpers import fake_boto3
from reproduction.runtime.inventory import list_once
from reproduction.runtime.stores import Store


@pytest.fixture
def server(monkeypatch):
    server = fake_boto3.install(monkeypatch)
    server.objects = {("builds", "first/results/a"): b"12", ("builds", "first/results/b/c"): b"123"}
    return server


@pytest.fixture
def objects(server):
    """The plugin's class, as far as it is used, for a store whose files are listed once."""

    class Item:
        def __init__(self, key: str, bucket: str = "builds") -> None:
            self.key, self.bucket = key, bucket

        def cache_key(self, suffix: str | None = None) -> str:
            return f"local/{suffix or f'{self.bucket}/{self.key}'}"

        def get_inventory_parent(self) -> str:
            return self.cache_key(self.bucket)

        async def inventory(self, cache) -> None:
            Item.asked.append(self.key)

    Item.asked = []  # what the plugin's own method was called for
    list_once(Item, Store("s3://builds/first", {}))
    return Item


def look(item, cache) -> None:
    asyncio.run(item.inventory(cache))


def test_what_is_there_is_known_after_one_list_with_its_time_and_size(objects):
    cache = IOCache(0)
    look(objects("first/results/a"), cache)
    names = ("first", "first/results", "first/results/a", "first/results/b", "first/results/b/c")
    assert dict(cache.exists_in_storage) == {f"local/builds/{name}": True for name in names}
    assert cache.mtime["local/builds/first/results/b/c"].storage() == fake_boto3.WRITTEN.timestamp()
    assert cache.size == {"local/builds/first/results/a": 2, "local/builds/first/results/b/c": 3}
    assert objects.asked == []


def test_what_is_not_there_is_known_not_to_be(objects):
    """By the name of the folder that was listed, which Snakemake looks for."""
    cache = IOCache(0)
    missing = objects("first/results/missing")
    look(missing, cache)
    assert missing.get_inventory_parent() == "local/builds/first"
    assert cache.exists_in_storage.has_inventory == {"local/builds/first"}
    assert cache.exists_in_storage[missing.cache_key()] is False


def test_it_is_listed_once(objects, server):
    cache = IOCache(0)
    look(objects("first/results/a"), cache)
    server.error = fake_boto3.ClientError(500, "asked again")
    look(objects("first/results/b/c"), cache)


def test_others_files_are_asked_for_as_before(objects):
    cache = IOCache(0)
    for item in (objects("second/a"), objects("first/results/a", bucket="another")):
        look(item, cache)
        assert item.get_inventory_parent() == f"local/{item.bucket}"
    assert objects.asked == ["second/a", "first/results/a"]
    assert not cache.exists_in_storage.has_inventory


def test_a_snakemake_that_notes_no_folders_asks_as_before(objects):
    cache = IOCache(0)
    del cache.exists_in_storage.has_inventory
    look(objects("first/results/a"), cache)
    assert objects.asked == ["first/results/a"]


def test_a_store_that_does_not_list_is_named(objects, server):
    server.error = fake_boto3.ClientError(500, "An error occurred (InternalError)")
    with pytest.raises(WorkflowError, match=r"^s3://builds/first: the store cannot be read \(An error occurred"):
        look(objects("first/results/a"), IOCache(0))
