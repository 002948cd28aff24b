"""Build configs/smoke.yaml in a fresh clone and compare it with what was recorded on this class of machines.

`make verify` compares, `make verify RECORD=1` writes the record. The last digits depend on the processor and on the
versions of the libraries, hence a record per class of machines.
"""

import argparse
import csv
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from geovae.evaluation.record import KEY_COLUMNS, PROVENANCE_COLUMNS
from helpers import repeatable
from helpers.paths import ROOT
from reproduction.runtime.provenance import machine_class

RECORDS = Path(__file__).parent / "records"
SCORES = "scores.csv"
# Beside times: where and by which commit it was built, which the name of the record says or which always differs.
VARYING = repeatable.VARYING | set(PROVENANCE_COLUMNS)
# Stages in the order in which one causes the next, and the files that each writes.
STAGES = {
    "data": r"(data|downloads)/.*",
    "feature extractors": r"backbones/.*",
    "references": r"references/.*",
    "trained models": r"runs/.*/seed\d+/(model|history)\..*",
    "latent codes and metrics": r"runs/.*/seed\d+/(latents|unseen|geodesics|metric|pullback|interpolation).*",
    "samples": r"runs/.*/(samples|latents|diagnostics|centroids|neighbours)\..*",
    "classifiers of Table 2": r"augmentation/.*|classification\.csv",
    "scores": r".*score.*",
    "tables, figures and claims": r".*",
}
SHOWN = 5  # files or records named of each stage


def _uncommitted() -> bool:
    return bool(subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, check=True).stdout)


def build(cores: str) -> tuple[dict[str, str], str]:
    """Clone HEAD, build it, and return the hashes of its files and the text of its scores."""
    with tempfile.TemporaryDirectory(prefix="geovae-verify-") as folder:
        clone = Path(folder) / "clone"
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
        command = ["snakemake", "--cores", cores, "--quiet", "--configfile", "configs/smoke.yaml"]
        print(f"Building {clone}, which takes some minutes.", flush=True)
        result = subprocess.run(command, cwd=clone, env=environment, capture_output=True, text=True, check=False)
        if result.returncode != 0:
            sys.exit(f"{result.stdout}{result.stderr}verify: the build failed.")
        contents = repeatable.contents(clone / "results", VARYING)
    return {path: hashlib.sha256(content).hexdigest() for path, content in contents.items()}, contents[SCORES].decode()


def differences(found: Mapping[str, str], recorded: Mapping[str, str]) -> list[str]:
    """Lines that say which files differ, by stage; the first stage is the cause of the others."""
    lines, left = [], sorted(found.keys() | recorded.keys())
    for stage, pattern in STAGES.items():
        own = [path for path in left if re.fullmatch(pattern, path)]
        left = [path for path in left if path not in own]
        other = [path for path in own if found.get(path) != recorded.get(path)]
        if other:
            lines.append(f"{stage}: {len(other)} of {len(own)} files differ")
            lines += [f"  results/{path}{_how(path, found, recorded)}" for path in other[:SHOWN]]
            lines += [f"  … and {len(other) - SHOWN} more"] if len(other) > SHOWN else []
    return lines


def _how(path: str, found: Mapping[str, str], recorded: Mapping[str, str]) -> str:
    if path not in found:
        return ", which was not built"
    return ", which is not in the record" if path not in recorded else ""


def score_differences(found: str, recorded: str) -> list[str]:
    """Lines that say which columns of which score records differ."""
    tables = [_by_key(text) for text in (found, recorded)]
    shared = [key for key in tables[0] if key in tables[1]]
    lines = [f"score records: {len(tables[0])}, recorded: {len(tables[1])}"] if len(tables[0]) != len(tables[1]) else []
    other = [key for key in shared if tables[0][key] != tables[1][key]]
    for key in other[:SHOWN]:
        new, old = (table[key] for table in tables)
        columns = [name for name in {**old, **new} if new.get(name) != old.get(name)]
        values = (f"{name} {new.get(name, 'nothing')} (recorded: {old.get(name, 'nothing')})" for name in columns)
        lines.append(f"  {' '.join(key)}: {', '.join(values)}")
    return lines + ([f"  … and {len(other) - SHOWN} more records"] if len(other) > SHOWN else [])


def _by_key(text: str) -> dict[tuple[str, ...], dict[str, str]]:
    rows = csv.DictReader(io.StringIO(text))
    return {tuple(row[name] for name in (*KEY_COLUMNS, "backbone", "split")): row for row in rows}


def main(argv: Sequence[str] | None = None) -> None:
    """Build, and compare or record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cores", default="all", help="cores of the build (default: all)")
    parser.add_argument("--record", action="store_true", help="write the record of this class of machines")
    options = parser.parse_args(argv)
    name = machine_class()
    folder = RECORDS / name
    if not options.record and not folder.is_dir():
        known = ", ".join(sorted(path.name for path in RECORDS.glob("*"))) or "none"
        sys.exit(f"verify: no record of {name} (recorded: {known}).\n`make verify RECORD=1` writes one.")
    if _uncommitted():
        print("Changes that are not committed are not built.")
    files, scores = build(options.cores)
    if options.record:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "files.json").write_text(json.dumps(files, indent=0) + "\n", encoding="utf-8")
        (folder / SCORES).write_text(scores, encoding="utf-8", newline="")
        print(f"{folder.relative_to(ROOT)}: {len(files)} files recorded.")
        return
    recorded = json.loads((folder / "files.json").read_text(encoding="utf-8"))
    lines = differences(files, recorded)
    if lines:
        with (folder / SCORES).open(encoding="utf-8", newline="") as file:
            lines += score_differences(scores, file.read())
        sys.exit("\n".join(lines) + f"\nverify: not what was recorded for {name}.")
    print(f"All {len(files)} files are as recorded for {name}.")


if __name__ == "__main__":
    main()
