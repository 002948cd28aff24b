"""An S3 server of one bucket on the loopback interface: SeaweedFS, whose program comes from PyPI."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

BUCKET = "builds"
KEY, SECRET = "the-key-of-the-tests", "the-secret-of-the-tests"


class ObjectStore:
    """The server; a context manager.

    Args:
        folder: for its files.

    Attributes:
        url: where it listens.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "ObjectStore":
        self.folder.mkdir()
        keys = self.folder / "keys.json"
        user = {"name": "tests", "credentials": [{"accessKey": KEY, "secretKey": SECRET}], "actions": ["Admin"]}
        keys.write_text(json.dumps({"identities": [user]}))
        ports = [f"-{name}={_free_port()}" for name in ("master.port", "volume.port", "filer.port")]
        ports += [f"-{name}={_free_port()}" for name in ("master.port.grpc", "volume.port.grpc", "filer.port.grpc")]
        words = ["server", "-s3", "-ip=127.0.0.1", f"-dir={self.folder}", f"-s3.port={self.port}", *ports]
        words += [
            f"-s3.port.grpc={_free_port()}",
            f"-s3.config={keys}",
            # Catalogues that nothing here asks, each at a port that is the same for all servers of a machine.
            *("-s3.port.iceberg=0", "-s3.port.lance=0"),
            "-master.telemetry=false",
            "-volume.max=20",
            "-master.volumeSizeLimitMB=64",
        ]
        with (self.folder / "log").open("wb") as log:
            self._server = subprocess.Popen([_program(), *words], stdout=log, stderr=log, start_new_session=True)
        try:
            self._wait()
            self.client().create_bucket(Bucket=BUCKET)
        except BaseException:
            self._server.kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._server.kill()
        self._server.wait()

    def client(self):
        """A client with the right keys."""
        import boto3

        keys = {"aws_access_key_id": KEY, "aws_secret_access_key": SECRET, "region_name": "us-east-1"}
        return boto3.client("s3", endpoint_url=self.url, **keys)

    def names(self, prefix: str = "") -> list[str]:
        """The names of all objects below a prefix."""
        pages = self.client().get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    def tag(self, name: str) -> str | None:
        """What is another for another content of an object; None if there is no such object."""
        found = self.client().list_objects_v2(Bucket=BUCKET, Prefix=name, MaxKeys=1).get("Contents", [])
        return found[0]["ETag"] if found and found[0]["Key"] == name else None

    def text(self, name: str) -> str:
        """The content of an object."""
        return self.client().get_object(Bucket=BUCKET, Key=name)["Body"].read().decode()

    def download(self, prefix: str, folder: Path) -> None:
        """Write the objects below a prefix to a folder."""
        client = self.client()
        for name in self.names(prefix):
            path = folder / name.removeprefix(prefix).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            client.download_file(BUCKET, name, str(path))

    def _wait(self, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/status", timeout=5).close()
                return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                if self._server.poll() is not None or time.monotonic() > end:
                    raise AssertionError((self.folder / "log").read_text(errors="replace")[-2000:]) from None
            time.sleep(0.2)


def _program() -> str:
    beside = Path(sys.executable).with_name("weed")
    return str(beside) if os.access(beside, os.X_OK) else str(shutil.which("weed"))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
