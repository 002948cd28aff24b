"""S3 as far as this project asks it itself: is it there, does it take more, and where unfinished trainings are kept.

Results travel by Snakemake's storage plugin, which brings boto3; nothing here needs it before a store is opened. Keys
come from the plugin's settings and the environment alone, and stand in no message and no command.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from geovae.core.errors import GeovaeError

ADDRESS = re.compile(r"s3://([^/\s]+)(?:/(\S*))?")
PROVIDER = "s3"  # as Snakemake calls the plugin
# The plugin's settings, with the variables that it reads them from, and boto3's words for them.
_VARIABLE = "SNAKEMAKE_STORAGE_S3_{}"
_BOTO3_NAMES = {
    "endpoint_url": "endpoint_url",
    "region": "region_name",
    "access_key": "aws_access_key_id",
    "secret_key": "aws_secret_access_key",
    "token": "aws_session_token",
}
# A store that does not answer is given up within a minute.
_LIMITS = {"connect_timeout": 10, "read_timeout": 30, "retries": {"total_max_attempts": 2, "mode": "standard"}}
_PROBE = ".room"


class Store:
    """The objects below one prefix of a bucket.

    Args:
        address: `s3://BUCKET` or `s3://BUCKET/PREFIX`.
        settings: the plugin's, by its names (`endpoint_url`, `region`, `access_key`, …), as far as they are given; what
            is not is found as boto3 does it, in its own variables, files, or the rights of the machine.

    Raises:
        GeovaeError: boto3 is not installed, or cannot do with the address of the server.
    """

    def __init__(self, address: str, settings: Mapping[str, str | None]) -> None:
        self.address = address.rstrip("/")
        self.bucket, prefix = ADDRESS.fullmatch(self.address).groups()
        self.prefix = f"{prefix}/" if prefix else ""
        try:
            import boto3
            from botocore.config import Config
        except ModuleNotFoundError:
            raise GeovaeError(
                f"{self.address}: boto3 is not installed here. Run `pip install snakemake-storage-plugin-s3`, or name a"
                " folder."
            ) from None
        # Servers that are not Amazon's may not know the checksums that boto3 adds by default.
        checksums = dict.fromkeys(("request_checksum_calculation", "response_checksum_validation"), "when_required")
        given = {_BOTO3_NAMES[name]: settings[name] for name in _BOTO3_NAMES if settings.get(name)}
        with self._errors("opened"):
            self._client = boto3.client("s3", config=Config(**_LIMITS, **checksums), **given)

    def check(self) -> None:
        """Return if the store answers.

        Raises:
            GeovaeError: it does not, or it does not know the keys. A bucket that is not there is no mistake: Snakemake
                makes it.
        """
        self._missing(lambda: self._client.list_objects_v2(Bucket=self.bucket, Prefix=self.prefix, MaxKeys=1))

    def shortage(self, mebibytes: int) -> str | None:
        """Why so many MiB more cannot be written, in a line; None where they can."""
        try:
            with self._errors("written"):
                self._client.put_object(Bucket=self.bucket, Key=self.prefix + _PROBE, Body=bytes(mebibytes * 2**20))
            self.delete(_PROBE)
        except GeovaeError as error:
            return str(error)
        return None

    def listing(self) -> Iterator[tuple[str, float, int]]:
        """All objects: name in the bucket, when it was written (seconds since 1970), bytes.

        Raises:
            GeovaeError: the store does not list them.
        """
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.prefix)
        found: list[dict] = []
        self._missing(lambda: found.extend(entry for page in pages for entry in page.get("Contents", [])))
        for entry in found:
            yield entry["Key"], entry["LastModified"].timestamp(), entry["Size"]

    def put(self, path: Path, name: str) -> None:
        """Store a file of at most 5 GB as an object, at once or not at all.

        Raises:
            GeovaeError: the store does not take it.
        """
        with path.open("rb") as file, self._errors("written"):
            self._client.put_object(Bucket=self.bucket, Key=self.prefix + name, Body=file)

    def get(self, name: str, path: Path) -> bool:
        """Write an object to a file, at once or not at all; False if there is no such object.

        Raises:
            GeovaeError: the store does not give it.
        """
        from geovae.core.storage import atomic

        def fetch() -> None:
            with atomic(path) as temporary, temporary.open("wb") as file:
                body = self._client.get_object(Bucket=self.bucket, Key=self.prefix + name)["Body"]
                for part in body.iter_chunks(2**20):
                    file.write(part)

        return not self._missing(fetch)

    def delete(self, name: str) -> None:
        """Delete an object, if it is there.

        Raises:
            GeovaeError: the store does not delete it.
        """
        with self._errors("changed"):
            self._client.delete_object(Bucket=self.bucket, Key=self.prefix + name)

    def _missing(self, ask) -> bool:
        """Whether the store says that what `ask` asks for is not there."""
        from botocore.exceptions import ClientError

        with self._errors("read"):
            try:
                ask()
            except ClientError as error:
                if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                    return True
                raise
        return False

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        """Make a `GeovaeError` of one line of whatever boto3 raises."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except (BotoCoreError, ClientError, ValueError) as error:
            reason = " ".join(str(error).split()).rstrip(".")
            raise GeovaeError(
                f"{self.address}: the store cannot be {done} ({reason}). Check its address, its keys and its free"
                " space."
            ) from None


def of_build(provider: str | None, prefix: str | None, settings: object) -> Store | None:
    """The store that a build keeps its results in; None where that is a disk, or a store of another kind.

    Args:
        provider, prefix: Snakemake's `--default-storage-provider` and `--default-storage-prefix`.
        settings: those of its plugin for S3.

    Raises:
        GeovaeError: as `Store`.
    """
    if provider != PROVIDER or not ADDRESS.fullmatch(prefix or ""):
        return None
    return Store(prefix, {name: getattr(settings, name, None) for name in _BOTO3_NAMES})


def variables(settings: object) -> dict[str, str]:
    """The plugin's settings as environment variables, by which a job opens the same store (`opened`)."""
    given = {name: getattr(settings, name, None) for name in _BOTO3_NAMES}
    return {_VARIABLE.format(name.upper()): value for name, value in given.items() if value}


def opened(address: str) -> Store:
    """A store, with the settings of the environment.

    Raises:
        GeovaeError: as `Store`.
    """
    return Store(address, {name: os.environ.get(_VARIABLE.format(name.upper())) for name in _BOTO3_NAMES})
