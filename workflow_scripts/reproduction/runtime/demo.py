"""A first look: `configs/demo.yaml` through Snakemake with a progress bar, then a small table and the picture's place.

PYTHONPATH=workflow_scripts python -m reproduction.runtime.demo --cores 2
"""

import argparse
import csv
import re
import subprocess
import sys
from collections import deque
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TextIO

CONFIG = "configs/demo.yaml"
TABLE, PICTURE = Path("results/tables/table1.csv"), Path("results/figures/figure2.png")
READ_ON = (
    "FID: the lower, the closer to the test images. PRD: recall/precision, the higher the better. Novelty: near 0 for\n"
    "copies of training images, near 1 for images as new as real ones. Read `VAE - Ours`, the paper's sampler, beside\n"
    "the controls: one VAE decoded all of these images but the real ones and the noise. `make run` goes on from here."
)
LOG_LINES = 20  # of the progress where there is no terminal
KEPT_LINES = 60  # of Snakemake's output, which are shown if it fails
_TOTAL = re.compile(r"total\s+(\d+)$")
_STARTED = re.compile(r"(?:local)?rule (\w+):$")
_DONE = re.compile(r"(\d+) of (\d+) steps \(\d+%\) done$")


class BuildProgress:
    """How far a build is, from the lines of Snakemake's output: a bar on a terminal, some twenty plain lines elsewhere.

    Args:
        stream: where to show it.
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.done, self.total, self.told = 0, 0, 0
        self.bar = None
        if stream.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=0, file=stream, bar_format="{l_bar}{bar}| {n}/{total} [{elapsed}{postfix}]")

    def read(self, line: str) -> None:
        """Take in a line of the output."""
        if match := _TOTAL.match(line):
            self.total = int(match[1])
        elif match := _DONE.match(line):
            self.done, self.total = int(match[1]), int(match[2])
        elif match := _STARTED.match(line):
            if self.bar is not None:
                self.bar.set_postfix_str(match[1], refresh=False)
        else:
            return
        self._show()

    def _show(self) -> None:
        if self.bar is not None:
            self.bar.total, self.bar.n = self.total, self.done
            self.bar.refresh()
        elif self.done == self.total > 0 or self.done >= self.told + max(1, self.total // LOG_LINES):
            self.told = self.done
            print(f"{self.done} of {self.total} jobs done", file=self.stream, flush=True)

    def close(self) -> None:
        """Leave the terminal to what comes next."""
        if self.bar is not None:
            self.bar.close()


def build(cores: str, configfiles: Sequence[str], stream: TextIO) -> None:
    """Run Snakemake and show how far it is; end the process with the end of its output if it fails."""
    command = ["snakemake", "--cores", cores, "--configfile", *configfiles]
    progress, kept = BuildProgress(stream), deque(maxlen=KEPT_LINES)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            for line in process.stdout:
                kept.append(line)
                progress.read(line.rstrip())
        except KeyboardInterrupt:  # which Snakemake got too: it ends its jobs
            process.wait()
            sys.exit("stopped; the next call goes on from here")
        finally:
            progress.close()
    if process.returncode:
        sys.exit("".join([*kept, f"error: the build ended with status {process.returncode}; its output is above."]))


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
    build(options.cores, options.configfile, sys.stderr)
    with TABLE.open(newline="", encoding="utf-8") as file:
        print(f"\n{small_table(csv.DictReader(file))}\n\n{READ_ON}\n\nThe images of each row: {PICTURE.resolve()}")


if __name__ == "__main__":
    main()
