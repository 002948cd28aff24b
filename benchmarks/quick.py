"""A subset of the benchmarks in two minutes: their ratios beside the recorded ones; non-zero exit where one is worse.

    python benchmarks/quick.py [--record]

Ratios alone are compared, never times. Both sides of a ratio run in turn on the same machine, so that one of a noisy
machine moves little; the record, one per class of machines, holds the lowest and highest of several runs. A ratio
counts as worse below the lowest by more than the spread between them, and by more than a tenth; and if so twice, as
noise seldom comes again.
"""

import importlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow_scripts"))

import measuring
from reproduction.runtime import job

SCRIPTS = (
    "sampler_speed",
    "medoids_speed",
    "training_speed",
    "evaluation_speed",
    "fid_speed",
    "overhead",
    "planning_speed",
)
RECORDS = Path(__file__).parent / "records"
RECORDED_RUNS = 3
LEAST_LOSS = 0.1


def measure(threads: int, record: dict[str, list[float]]) -> dict[str, float]:
    """The ratios of all scripts by name; higher is better. A script with one worse than its record is asked again."""
    found: dict[str, float] = {}
    for name in SCRIPTS:
        quick = importlib.import_module(name).quick
        ratios = quick(threads)
        if worse(ratios, record):
            print(f"measured again: {'; '.join(worse(ratios, record))}", flush=True)
            ratios = {key: max(ratios[key], value) for key, value in quick(threads).items()}
        found |= ratios
    return found


def least(low: float, high: float) -> float:
    """The lowest ratio that noise explains, of a record's lowest and highest."""
    return min(low - (high - low), low * (1 - LEAST_LOSS))


def worse(measured: dict[str, float], record: dict[str, list[float]]) -> list[str]:
    """Names of the ratios that are lower than noise explains."""
    return [name for name, value in measured.items() if name in record and value < least(*record[name])]


def main(options) -> None:
    """Measure, and compare or record."""
    from reproduction.runtime.provenance import machine_class

    job.torch_device("cpu", options.threads)
    path = RECORDS / f"{machine_class()}.json"
    print(measuring.circumstances(options.threads, "torch", "numpy", "scikit-learn") + "\n", flush=True)
    if options.record:
        runs = [measure(options.threads, {}) for _ in range(RECORDED_RUNS)]
        record = {name: [round(function(run[name] for run in runs), 4) for function in (min, max)] for name in runs[0]}
        RECORDS.mkdir(exist_ok=True)
        path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n")
        print(measuring.table(("ratio", "lowest", "highest"), [(name, *value) for name, value in record.items()]))
        return
    record = json.loads(path.read_text()) if path.is_file() else {}
    measured = measure(options.threads, record)
    rows = [(name, f"{value:.2f}", *record.get(name, ("–", "–"))) for name, value in measured.items()]
    print(measuring.table(("ratio", "now", "recorded, lowest", "highest"), rows), flush=True)
    if not record:
        sys.exit(
            f"error: no record of this class of machines ({path.name}). Make one from a commit that is trusted:"
            " make bench-quick RECORD=1"
        )
    if found := worse(measured, record):
        sys.exit(f"error: worse than recorded: {'; '.join(found)}.")


if __name__ == "__main__":
    arguments = job.parser(__doc__.splitlines()[0])
    arguments.add_argument("--record", action="store_true", help="write the record of this class of machines")
    job.run(main, arguments)
