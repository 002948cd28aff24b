"""A first look: `configs/demo.yaml` through Snakemake, then a small table and the picture's place.

PYTHONPATH=workflow_scripts python -m reproduction.runtime.demo --cores 2
"""

import argparse
import csv
import os
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

CONFIG = "configs/demo.yaml"
TABLE, PICTURE = Path("results/tables/table1.csv"), Path("results/figures/figure2.png")
READ_ON = (
    "FID: the lower, the closer to the test images. PRD: recall/precision, the higher the better. Novelty: near 0 for\n"
    "copies of training images, near 1 for images as new as real ones. Read `VAE - Ours`, the paper's sampler, beside\n"
    "the controls: one VAE decoded all of these images but the real ones and the noise. `make run` goes on from here."
)
CODE = Path(__file__).resolve().parents[2]  # where Snakemake finds the view of its progress


def build(cores: str, configfiles: Sequence[str]) -> None:
    """Run Snakemake, which shows how far it is; end the process if it fails."""
    command = ["snakemake", "--logger", "progress", "--cores", cores, "--configfile", *configfiles]
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(CODE)}) as process:
        try:
            process.wait()
        except KeyboardInterrupt:  # which Snakemake got too: it ends its jobs
            process.wait()
            sys.exit("stopped; the next call goes on from here")
    if process.returncode:
        sys.exit(f"error: the build ended with status {process.returncode}; what it said is above.")


def small_table(rows: Iterable[dict[str, str]]) -> str:
    """FID, PRD and novelty of each row of Table 1's CSV, in columns of equal width."""
    scores: dict[str, dict[str, float]] = {}
    for row in rows:
        scores.setdefault(row["row"], {})[row["metric"]] = float(row["mean"] or "nan")
    width = max(map(len, scores))
    lines = [f"{'':{width}}  {'FID':>7}  {'PRD':>9}  {'novelty':>7}"]
    for label, found in scores.items():
        prd = f"{found['prd_f8']:.2f}/{found['prd_f1_8']:.2f}"
        lines.append(f"{label:{width}}  {found['fid']:7.2f}  {prd:>9}  {found['novelty']:7.2f}")
    return "\n".join(lines)


def main(argv: Sequence[str] | None = None) -> None:
    """Build, and show what came out."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cores", default="all", help="as of snakemake (default: all)")
    parser.add_argument("--configfile", nargs="+", default=[CONFIG], help=f"config files (default: {CONFIG})")
    options = parser.parse_args(argv)
    build(options.cores, options.configfile)
    with TABLE.open(newline="", encoding="utf-8") as file:
        print(f"\n{small_table(csv.DictReader(file))}\n\n{READ_ON}\n\nThe images of each row: {PICTURE.resolve()}")


if __name__ == "__main__":
    main()
