"""Starts of Snakemake whose jobs run in pods and share an object store."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from helpers.object_store import BUCKET
from helpers.pods import Cluster

SNAKEMAKE = (sys.executable, "-m", "snakemake")
CONFIGS = ("--configfile", "configs/smoke.yaml", "cloud.yaml")


class Build(NamedTuple):
    """A build in a prefix of its own.

    Attributes:
        project: the clone.
        url: of the store.
        variables: the environment, with the store's keys.
        prefix: in the bucket.
    """

    project: Path
    url: str
    variables: Mapping[str, str]
    prefix: str

    @contextmanager
    def start(self, *words: str) -> Iterator[subprocess.Popen]:
        """Snakemake with the profile and what a site puts into it, killed at the end if it still runs."""
        options = (
            # A stand-in answers faster than a cluster.
            *("--profile", "profiles/kubernetes", "--seconds-between-status-checks", "1"),
            *("--default-storage-prefix", f"s3://{BUCKET}/{self.prefix}", "--storage-s3-endpoint-url", self.url),
            *("--cores", "2", "--jobs", "2"),
        )
        command = (*SNAKEMAKE, *options, *words, *CONFIGS)
        streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "stdin": subprocess.DEVNULL}
        process = subprocess.Popen(command, cwd=self.project, env=self.variables, text=True, **streams)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


def ended(process: subprocess.Popen, status: int, cluster: Cluster | None = None, seconds: float = 900) -> str:
    """What it printed; an AssertionError with the end of it, and of failed pods' logs, where it ends otherwise."""
    text, _ = process.communicate(timeout=seconds)
    failed = [pod.log[-3000:] for pod in cluster.past if pod.status] if cluster else []
    assert process.returncode == status, "\n".join([text[-4000:], *failed])
    return text
