"""A stand-in for boto3 that keeps objects in memory, for tests where the package is not installed."""

import io
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from types import ModuleType, SimpleNamespace

import pytest

WRITTEN = datetime(2026, 1, 2, tzinfo=UTC)


class BotoCoreError(Exception):
    """What boto3 raises where no answer came."""


class ClientError(Exception):
    """What boto3 raises where the answer is an error."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.response = {"ResponseMetadata": {"HTTPStatusCode": status}}


class FakeS3:
    """The client of one server.

    Attributes:
        objects: content by bucket and name.
        buckets: those that are there.
        error: what every request raises, if anything.
        refuses_writes: what every request that writes raises, if anything.
        given: the arguments that it was opened with.
    """

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}
        self.buckets = {"builds"}
        self.error: Exception | None = None
        self.refuses_writes: Exception | None = None
        self.given: dict = {}
        self.n_puts = 0

    def put_object(self, *, Bucket: str, Key: str, Body: bytes | io.BufferedReader) -> None:
        self._fail(self.error or self.refuses_writes)
        self.n_puts += 1
        self.objects[Bucket, Key] = Body if isinstance(Body, bytes) else Body.read()

    def get_object(self, *, Bucket: str, Key: str) -> dict:
        self._fail(self.error)
        if (Bucket, Key) not in self.objects:
            raise ClientError(404, "An error occurred (NoSuchKey) when calling the GetObject operation: gone.")
        content = self.objects[Bucket, Key]
        parts = [content[start : start + 10] for start in range(0, len(content), 10)]
        return {"Body": SimpleNamespace(iter_chunks=lambda size: iter(parts))}

    def delete_object(self, *, Bucket: str, Key: str) -> None:
        self._fail(self.error)
        self.objects.pop((Bucket, Key), None)

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int) -> None:
        self._fail(self.error)
        if Bucket not in self.buckets:
            raise ClientError(404, "An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: none.")

    def get_paginator(self, operation: str) -> SimpleNamespace:
        assert operation == "list_objects_v2"
        return SimpleNamespace(paginate=self._pages)

    def _pages(self, *, Bucket: str, Prefix: str) -> Iterator[dict]:
        """A page for each object, all written at the same time, and one without any."""
        self.list_objects_v2(Bucket=Bucket, Prefix=Prefix, MaxKeys=1000)
        for (bucket, name), content in self.objects.items():
            if bucket == Bucket and name.startswith(Prefix):
                yield {"Contents": [{"Key": name, "LastModified": WRITTEN, "Size": len(content)}]}
        yield {}

    @staticmethod
    def _fail(error: Exception | None) -> None:
        if error:
            raise error


def install(monkeypatch: pytest.MonkeyPatch) -> FakeS3:
    """Let `import boto3` find the stand-in; its only server."""
    server = FakeS3()

    def client(service: str, **given) -> FakeS3:
        assert service == "s3"
        server.given = given
        return server

    modules = {name: ModuleType(name) for name in ("boto3", "botocore", "botocore.config", "botocore.exceptions")}
    modules["boto3"].client = client
    modules["botocore.config"].Config = lambda **given: given
    modules["botocore.exceptions"].BotoCoreError = BotoCoreError
    modules["botocore.exceptions"].ClientError = ClientError
    for name, module in modules.items():
        monkeypatch.setitem(sys.modules, name, module)
    return server
