"""What Snakemake says of its jobs, in a dry run and in its records of those that ran."""

import ast
import base64
import json
import re
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

CODE = "workflow_scripts/"


class Job(NamedTuple):
    """A job that a dry run plans.

    Attributes:
        arguments: its command without the interpreter; none for a job without a command.
    """

    rule: str
    inputs: frozenset[str]
    outputs: frozenset[str]
    arguments: tuple[str, ...]

    @property
    def script(self) -> str:
        """The script that it runs, below `workflow_scripts/`."""
        return self.arguments[0].removeprefix(CODE)


def jobs_of(text: str) -> list[Job]:
    """The jobs in what `snakemake --dry-run --printshellcmds` printed."""
    _, *parts = re.split(r"^\s*(?:local)?rule (\S+):$", text, flags=re.MULTILINE)
    return [_job(rule, said) for rule, said in zip(parts[::2], parts[1::2], strict=True)]


def recorded_code(project: Path) -> dict[str, frozenset[str]]:
    """For each file that a build in `project` wrote, the modules among the parameters of its job."""
    found = {}
    for path in (project / ".snakemake/metadata").rglob("*"):
        if path.is_file():
            lists = [ast.literal_eval(value) for value in json.loads(path.read_text())["params"] if value[0] == "["]
            output = base64.b64decode(path.name).decode()
            found[output] = frozenset(entry.split()[0] for entries in lists for entry in entries)
    return found


def downstream(jobs: Iterable[Job], first: Iterable[Job]) -> set[Job]:
    """These jobs, and those that read what they write, also through others."""
    found, jobs = set(first), list(jobs)
    before = -1
    while before != (before := len(found)):
        written = frozenset().union(*(job.outputs for job in found))
        found.update(job for job in jobs if job.inputs & written)
    return found


def _job(rule: str, text: str) -> Job:
    command = re.search(r"^Shell command: python (.*?) (?:> |\| tee )", text, re.MULTILINE | re.DOTALL)
    arguments = tuple(shlex.split(command[1])) if command else ()
    return Job(rule, _files(text, "input"), _files(text, "output"), arguments)


def _files(text: str, title: str) -> frozenset[str]:
    line = re.search(rf"^\s*{title}: (.*)$", text, re.MULTILINE)
    return frozenset(line[1].split(", ")) if line else frozenset()
