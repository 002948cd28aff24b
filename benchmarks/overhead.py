"""What the workflow costs beside its jobs, and what each script costs before it computes; prints Markdown tables.

    python benchmarks/overhead.py [--build] [--config configs/smoke.yaml]
    python benchmarks/overhead.py --against PATH [--config configs/demo.yaml] [--their-config configs/demo.yaml]

Overhead: wall-clock seconds of a whole build in an empty copy of the project, against the sum of its jobs' own seconds
(`benchmark:` files) over the cores: 1 is the least that the jobs allow. Imports: each script's own import statements,
those of its functions among them, in a fresh Python; scripts that compute nothing with torch must not load it.

Against another checkout: the same build from nothing in both, in turn: processor seconds of the whole, and seconds of
the clock for a job of each rule. Other programs on the machine disturb the first less than the second. Where the two
make different things by default, each has an overlay of its own: `benchmarks/as_before.yaml` has the default build make
what it made before samplers and trainings were added (`--their-config none`).
"""

import ast
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import checkouts
import measuring
from reproduction.runtime import job

_TIMED = """
import sys, time
start = time.perf_counter()
{statements}
print(time.perf_counter() - start, *sorted({{"torch", "sklearn", "pandas", "matplotlib"}} & set(sys.modules)))
"""


def script_imports(script: Path) -> str:
    """All import statements of a script, as a program."""
    nodes = [node for node in ast.walk(ast.parse(script.read_text())) if isinstance(node, ast.Import | ast.ImportFrom)]
    return "\n".join(ast.unparse(node) for node in nodes)


def import_seconds(script: Path) -> tuple[float, list[str]]:
    """Seconds that a script's imports take, and the large libraries among what is loaded then."""
    code = _TIMED.format(statements=script_imports(script))
    words = [sys.executable, "-c", code]
    result = subprocess.run(words, cwd=script.parent, capture_output=True, text=True, check=True)
    taken, *libraries = result.stdout.split()
    return float(taken), libraries


def import_rows(rounds: int) -> list[tuple[str, str, str]]:
    """A row a script: its name, median seconds, large libraries."""
    rows = []
    for script in sorted((measuring.ROOT / "workflow_scripts").glob("*.py")):
        found = [import_seconds(script) for _ in range(rounds)]
        rows.append((script.stem, f"{statistics.median(taken for taken, _ in found):.2f}", ", ".join(found[0][1])))
    return rows


def main(options) -> None:
    """Time the imports and, where it is asked for, a whole build; or compare two checkouts."""
    print(f"{measuring.circumstances(options.cores, 'snakemake', 'torch')}\n")
    if options.against:
        config = options.config or "configs/demo.yaml"
        theirs = {"": config, "none": ""}.get(options.their_config, options.their_config)
        found = checkouts.compare(options.against.resolve(), (config, theirs), options.cores, options.rounds)
        columns = ("rule", "jobs", "seconds a job", "there", "ratio")
        print(measuring.table(columns, checkouts.rows(found)))
        return
    print(measuring.table(("script", "seconds to import", "libraries"), import_rows(options.rounds)), flush=True)
    if options.build:
        built = checkouts.build(measuring.ROOT, options.config, options.cores)
        jobs = [seconds for rule in built.jobs.values() for seconds in rule]
        least = sum(jobs) / options.cores
        row = (
            options.config or "config.yaml",
            len(jobs),
            f"{built.wall:.0f}",
            f"{least:.0f}",
            f"{built.wall / least:.3f}",
        )
        columns = ("config", "jobs", "wall-clock seconds", "jobs' seconds ÷ cores", "ratio")
        print("\n" + measuring.table(columns, [row]))


def quick(threads: int) -> dict[str, float]:
    """How many times as long a script that computes takes to import as one that renders."""
    scripts = measuring.ROOT / "workflow_scripts"
    times = measuring.paired(
        lambda: import_seconds(scripts / "collect_scores.py"),
        lambda: import_seconds(scripts / "draw_samples.py"),
        rounds=3,
    )
    return {"imports: draw_samples / collect_scores": times.ratio}


if __name__ == "__main__":
    arguments = job.parser(__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3, help="imports of each script, or builds of both")
    arguments.add_argument("--cores", type=int, default=2, help="cores of the build")
    arguments.add_argument("--build", action="store_true", help="also time a whole build")
    arguments.add_argument(
        "--config", default="", help="overlay of the build (default: config.yaml alone, demo.yaml against)"
    )
    arguments.add_argument("--against", type=Path, help="another checkout of the project, to compare with")
    arguments.add_argument(
        "--their-config", default="", help="overlay of that one's build; `none`: its config.yaml alone (default: ours)"
    )
    job.run(main, arguments)
