"""Two checkouts of the project beside each other: the same build from nothing in each, in turn."""

import csv
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import measuring

# The whole build among its rules.
ALL = "the build"


class Build(NamedTuple):
    """What a build took: seconds of the clock, of processors, and of the clock for each job of each rule."""

    wall: float
    processor: float
    jobs: dict[str, list[float]]


def build(root: Path, config: str, cores: int) -> Build:
    """Build in an empty copy of the checkout `root`, with the overlay `config` or, where that is empty, none.

    Raises:
        SystemExit: it failed.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = measuring.copy_project(Path(name) / "project", root)
        overlay = config if (folder / config).is_file() else str(Path(config).resolve())  # one that only we have
        command = ["snakemake", "--cores", str(cores), "--quiet", "all", *(["--configfile", overlay] if config else [])]
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        result = subprocess.run(
            command, cwd=folder, env=measuring.environment(), capture_output=True, text=True, check=False
        )
        wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        if result.returncode:
            sys.exit(f"error: the build of {root} failed.\n{result.stderr[-3000:]}")
        processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Build(wall, processor, job_seconds(folder / "results/benchmarks"))


def job_seconds(folder: Path) -> dict[str, list[float]]:
    """Seconds of the clock of each job of each rule, from Snakemake's benchmark files."""
    found = defaultdict(list)
    for path in folder.rglob("*.tsv"):
        with path.open() as file:
            found[Path(path.relative_to(folder).parts[0]).stem] += [
                float(row["s"]) for row in csv.DictReader(file, delimiter="\t")
            ]
    return dict(found)


def compare(other: Path, configs: tuple[str, str], cores: int, rounds: int) -> list[tuple[Build, Build]]:
    """Builds of this checkout and of another, in turn; `configs`: the overlay of each."""
    found = []
    for number in range(rounds):
        found.append((build(measuring.ROOT, configs[0], cores), build(other, configs[1], cores)))
        here, there = found[-1]
        print(f"round {number + 1}: {here.processor:.0f} and {there.processor:.0f} s", file=sys.stderr, flush=True)
    return found


def rows(found: Sequence[tuple[Build, Build]]) -> list[tuple[object, ...]]:
    """A row a rule: jobs, seconds a job here and there, their ratio; then the processor seconds of the whole."""
    table: list[tuple[object, ...]] = []
    here, there = found[0]
    shared = [rule for rule in here.jobs if rule in there.jobs]
    for rule in sorted(shared, key=lambda rule: -sum(there.jobs[rule])):
        table.append(
            (
                rule,
                *_row([[statistics.mean(build.jobs[rule]) for build in pair] for pair in found], len(here.jobs[rule])),
            )
        )
    processor = [[build.processor for build in pair] for pair in found]
    return [*table, (ALL, *_row(processor, sum(map(len, here.jobs.values())), digits=0))]


def _row(pairs: Sequence[Sequence[float]], jobs: int, digits: int = 2) -> tuple[object, ...]:
    times = measuring.Paired(*zip(*pairs, strict=True))
    ratio = statistics.median(ours / other for ours, other in pairs)
    return jobs, *(f"{seconds:,.{digits}f}" for seconds in times.seconds), f"{ratio:.2f}"
