"""Processor seconds that Snakemake takes to plan builds of the paper's config, small and large, as a Markdown table.

    python benchmarks/planning_speed.py

Larger builds than the paper's are its own with more seeds in Table 1. Each plan is a dry run in an empty copy of the
project, from the start of the process to its end. Beside it stands the floor: a Snakefile of two rules, without
functions, of as many jobs with as many inputs each. Linear growth has the exponent 1.
"""

import json
import math
import re
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from reproduction.runtime import job

# Target, seeds of Table 1, and options: about 650, 1,600, 8,400 (the paper's own) and 10,000 jobs.
CASES = (
    ("table1", 2, ()),
    ("table1", 5, ()),
    ("all", 5, ()),
    ("all", 5, ("--profile", "profiles/slurm")),
    ("all", 10, ()),
)
BARE = """
rule all:
    input: expand("jobs/{{n}}", n=range({n_jobs}))

rule source:
    output: "sources/{{n}}"
    log: "logs/sources/{{n}}.log"
    shell: "touch {{output}}"

rule job:
    input: expand("sources/{{n}}", n=range({n_inputs}))
    output: "jobs/{{n}}"
    log: "logs/jobs/{{n}}.log"
    benchmark: "benchmarks/{{n}}.tsv"
    resources: mem_mb=1000, runtime=10
    params: name="{{n}}"
    shell: "touch {{output}}"
"""


def snakemake(folder: Path, *words: str) -> tuple[str, float]:
    """What Snakemake prints of a dry run in a folder, and the processor seconds that it took."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = subprocess.run(
        ["snakemake", "--dry-run", "--cores", "2", *words],
        cwd=folder,
        env=measuring.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if result.returncode:
        sys.exit(f"error: the plan of {words[0]} failed.\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return result.stdout + result.stderr, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def plan(folder: Path, target: str, n_seeds: int, options: tuple[str, ...] = ()) -> tuple[int, float]:
    """Plan a target; how many jobs it takes, and the processor seconds."""
    overlay = folder / "seeds.yaml"
    overlay.write_text(json.dumps({"artefacts": {"table1": {"seeds": list(range(n_seeds))}}}))
    said, seconds = snakemake(folder, target, *options, "--configfile", "configs/paper.yaml", overlay.name)
    return int(re.search(r"^total +(\d+)$", said, re.MULTILINE)[1]), seconds


def inputs_per_job(folder: Path) -> int:
    """How many files a job of Table 1 reads, on average."""
    said, _ = snakemake(folder, "table1", "--quiet", "host", "--configfile", "configs/paper.yaml")
    read = [len(line.split(", ")) for line in re.findall(r"^    input: (.*)$", said, re.MULTILINE)]
    return round(sum(read) / int(re.search(r"^total +(\d+)$", said, re.MULTILINE)[1]))


def plan_bare(folder: Path, n_jobs: int, n_inputs: int) -> float:
    """Processor seconds of Snakemake alone for as many jobs with as many inputs, none of them printed."""
    folder.mkdir(exist_ok=True)
    (folder / "Snakefile").write_text(BARE.format(n_jobs=n_jobs - n_inputs - 1, n_inputs=n_inputs))
    return snakemake(folder, "all", "--quiet", "rules", "progress")[1]


def main(options) -> None:
    """Plan each case several times and print the table."""
    print(f"{measuring.circumstances(1, 'snakemake')}; the least of {options.rounds} plans\n")
    rows, points = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = measuring.copy_project(Path(name) / "project")
        n_inputs = inputs_per_job(folder)
        for target, n_seeds, more in CASES:
            taken, bare = [], []
            for _ in range(options.rounds):  # in turn
                jobs, seconds = plan(folder, target, n_seeds, more)
                taken.append(seconds)
                bare.append(plan_bare(Path(name) / "bare", jobs, n_inputs))
            least, floor = min(taken), min(bare)
            times = (f"{least:.1f}", f"{floor:.1f}", f"{least / floor:.2f}")
            rows.append((" ".join([target, *more]), n_seeds, f"{jobs:,}", *times))
            points += [] if more else [(jobs, least)]
    columns = ("planned", "seeds of Table 1", "jobs", "processor seconds", "bare Snakefile", "ratio")
    print(measuring.table(columns, rows))
    (fewest, first), (most, last) = points[0], points[-1]
    print(f"\n{n_inputs} inputs a job in the bare Snakefile.")
    print(f"Growth from {fewest:,} to {most:,} jobs: exponent {math.log(last / first) / math.log(most / fewest):.2f}")


def quick(threads: int) -> dict[str, float]:
    """How many times as many jobs as seconds a plan takes, from a small one to one four times as large."""
    with tempfile.TemporaryDirectory() as name:
        folder = measuring.copy_project(Path(name) / "project")
        jobs: dict[int, int] = {}
        times = measuring.paired(
            lambda: jobs.update({1: plan(folder, "table1", 1)[0]}),
            lambda: jobs.update({4: plan(folder, "table1", 4)[0]}),
            rounds=2,
            warm_up=False,
        )
    return {"planning: growth of jobs / growth of seconds": jobs[4] / jobs[1] / times.ratio}


if __name__ == "__main__":
    arguments = job.parser(__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3, help="plans of each case")
    job.run(main, arguments)
