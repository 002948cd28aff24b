"""Two checkouts of the project beside each other: the processor seconds of the same jobs, run in turn."""

import re
import resource
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import measuring

# Jobs of a script that are run, evenly from all that the build has: draws of several samplers, not one.
JOBS = 2
# How Snakemake prints what a job runs, up to where its output goes.
_COMMAND = re.compile(r"^Shell command: (python \S*workflow_scripts/(\w+)\.py .*?)(?= > results)", re.MULTILINE)


def processor_seconds(command: Sequence[str], folder: Path) -> float:
    """User and system seconds of a command and of all that it starts.

    Raises:
        SystemExit: it failed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        command, cwd=folder, env=measuring.environment(), capture_output=True, text=True, check=False
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode:
        sys.exit(f"error: {shlex.join(command)[:200]}: {(result.stderr or result.stdout)[-2000:]}")
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def commands(printed: str) -> dict[str, list[list[str]]]:
    """The commands in what `snakemake -p` prints, by script, each as words."""
    found: dict[str, list[list[str]]] = {}
    for match in _COMMAND.finditer(printed):
        found.setdefault(match[2], []).append(shlex.split(match[1]))
    return found


def spread(jobs: list[list[str]], most: int = JOBS) -> list[list[str]]:
    """At most so many of the jobs, evenly from the first to the last."""
    if len(jobs) <= most:
        return jobs
    return [jobs[index * (len(jobs) - 1) // (most - 1)] for index in range(most)]


def snakemake(folder: Path, *options: str) -> str:
    """What Snakemake prints, commands of jobs among it."""
    command = ["snakemake", "--cores", "1", "-p", *options]
    environment = measuring.environment()
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"error: the build failed.\n{result.stderr[-3000:]}")
    return result.stdout + result.stderr


def compare(other: Path, config: str, rounds: int) -> dict[str, measuring.Paired]:
    """Processor seconds a job of each script, here and in the checkout `other`, on the files of one build made here."""
    found = {}
    with tempfile.TemporaryDirectory() as name:
        ours = measuring.copy_project(Path(name) / "ours")
        theirs = measuring.copy_project(Path(name) / "other", other)
        todo = commands(snakemake(ours, "--configfile", config))
        shutil.copytree(ours / "results", theirs / "results", dirs_exist_ok=True)
        for script, jobs in todo.items():
            chosen = spread(jobs)
            seconds: dict[Path, list[float]] = {ours: [], theirs: []}
            for _ in range(rounds):
                for folder, taken in seconds.items():
                    taken.append(sum(processor_seconds(words, folder) for words in chosen) / len(chosen))
            found[script] = measuring.Paired(tuple(seconds[ours]), tuple(seconds[theirs]))
            print(f"{script}: {found[script].ratio_text(2)}", file=sys.stderr, flush=True)
    return found


def default_counts() -> Counter[str]:
    """Jobs of each script in a build of config.yaml from nothing."""
    with tempfile.TemporaryDirectory() as name:
        printed = snakemake(measuring.copy_project(Path(name) / "planned"), "-n")
    return Counter({script: len(jobs) for script, jobs in commands(printed).items()})


def rows(found: dict[str, measuring.Paired], counts: Counter[str]) -> list[tuple[object, ...]]:
    """A row a script: jobs of the default build, seconds a job here and there, their ratio; and the sum of all jobs."""
    table: list[tuple[object, ...]] = []
    total = [0.0, 0.0]
    for script, times in sorted(found.items(), key=lambda item: -counts[item[0]]):
        here, there = times.seconds
        table.append((script, counts[script], f"{here:.2f}", f"{there:.2f}", f"{here / there:.2f}"))
        total = [total[0] + counts[script] * here, total[1] + counts[script] * there]
    jobs = sum(counts[script] for script in found)
    table.append(("all of these", jobs, f"{total[0]:.0f}", f"{total[1]:.0f}", f"{total[0] / total[1]:.2f}"))
    return table
