"""Seconds that Snakemake takes to plan builds of the paper's config, small and large; prints a Markdown table.

    python benchmarks/planning_speed.py

Larger builds than the paper's are its own with more seeds in Table 1. Each plan is a dry run in an empty copy of the
project, from the start of the process to its end. Linear growth has the exponent 1.
"""

import json
import math
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from reproduction.runtime import job

# Target, seeds of Table 1, and options: about 500, 2,000, 3,500 (the paper's own) and 8,000 jobs.
CASES = (
    ("table1", 2, ()),
    ("table1", 7, ()),
    ("all", 5, ()),
    ("all", 5, ("--profile", "profiles/slurm")),
    ("all", 19, ()),
)


def plan(folder: Path, target: str, n_seeds: int, options: tuple[str, ...] = ()) -> int:
    """Plan a target; how many jobs it takes."""
    overlay = folder / "seeds.yaml"
    overlay.write_text(json.dumps({"artefacts": {"table1": {"seeds": list(range(n_seeds))}}}))
    words = ["snakemake", target, "-n", "--cores", "2", *options, "--quiet", "rules"]
    result = subprocess.run(
        [*words, "--configfile", "configs/paper.yaml", overlay.name],
        cwd=folder,
        env=measuring.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    total = re.search(r"^total +(\d+)$", result.stdout + result.stderr, re.MULTILINE)
    if result.returncode or not total:
        sys.exit(f"error: the plan of {target} failed.\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return int(total[1])


def main(options) -> None:
    """Plan each case several times and print the table."""
    print(f"{measuring.circumstances(1, 'snakemake')}; medians of {options.rounds} plans\n")
    rows, points = [], []
    with tempfile.TemporaryDirectory() as name:
        folder = measuring.copy_project(Path(name) / "project")
        for target, n_seeds, more in CASES:
            taken = []
            for _ in range(options.rounds):
                start = time.perf_counter()
                jobs = plan(folder, target, n_seeds, more)
                taken.append(time.perf_counter() - start)
            median = statistics.median(taken)
            rows.append((" ".join([target, *more]), n_seeds, f"{jobs:,}", f"{median:.1f}"))
            points += [] if more else [(jobs, median)]
    print(measuring.table(("planned", "seeds of Table 1", "jobs", "seconds"), rows))
    (fewest, first), (most, last) = points[0], points[-1]
    print(f"\nGrowth from {fewest:,} to {most:,} jobs: exponent {math.log(last / first) / math.log(most / fewest):.2f}")


def quick(threads: int) -> dict[str, float]:
    """How many times as many jobs as seconds a plan takes, from a small one to one four times as large."""
    with tempfile.TemporaryDirectory() as name:
        folder = measuring.copy_project(Path(name) / "project")
        jobs: dict[int, int] = {}
        times = measuring.paired(
            lambda: jobs.update({1: plan(folder, "table1", 1)}),
            lambda: jobs.update({4: plan(folder, "table1", 4)}),
            rounds=2,
            warm_up=False,
        )
    return {"planning: growth of jobs / growth of seconds": jobs[4] / jobs[1] / times.ratio}


if __name__ == "__main__":
    arguments = job.parser(__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3, help="plans of each case")
    job.run(main, arguments)
