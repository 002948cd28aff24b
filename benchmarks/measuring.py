"""What the benchmarks share: timing in pairs, the machine and the versions it was done with, Markdown tables.

Machines are noisy, and their pace drifts: two procedures that are compared run in turn, round by round, and their ratio
is taken within a round.
"""

import datetime
import importlib.metadata
import os
import platform
import shutil
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from geovae.core.processor import cpu_facts, cpu_flags

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Paired:
    """Seconds of two procedures, a pair a round."""

    ours: tuple[float, ...]
    other: tuple[float, ...]

    @property
    def seconds(self) -> tuple[float, float]:
        """Medians of ours and of the other."""
        return statistics.median(self.ours), statistics.median(self.other)

    @property
    def ratios(self) -> list[float]:
        """How many times as long the other takes, round by round, from the lowest."""
        return sorted(other / ours for ours, other in zip(self.ours, self.other, strict=True))

    @property
    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(self.ratios)

    def ratio_text(self, digits: int = 1) -> str:
        """The ratio with its lowest and highest round."""
        low, high = self.ratios[0], self.ratios[-1]
        return f"{self.ratio:,.{digits}f} ({low:,.{digits}f}–{high:,.{digits}f})"


def seconds(function: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def paired(ours: Callable[[], object], other: Callable[[], object], rounds: int, warm_up: bool = True) -> Paired:
    """Time both in turn; `warm_up` calls each once before, uncounted."""
    if warm_up:
        ours()
        other()
    pairs = [(seconds(ours), seconds(other)) for _ in range(rounds)]
    return Paired(*zip(*pairs, strict=True))


def circumstances(threads: int, *packages: str) -> str:
    """One line: date, processor, memory, threads, and the versions of Python and of `packages`."""
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in packages)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{datetime.date.today()}: {processor()}, {os.cpu_count()} processors, {memory:.0f} GB, {threads} "
        f"thread{'s' if threads > 1 else ''}; Python {platform.python_version()}, {versions}"
    )


def processor() -> str:
    """The processor's name and its widest instructions for products of matrices."""
    flags = cpu_flags()
    widest = next((name for name in ("amx_bf16", "avx512_bf16", "avx512f", "avx2") if name in flags), "")
    name = cpu_facts().get("model name", platform.machine())
    return f"{name} ({widest})" if widest else name


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is text, the others are numbers."""
    lines = [columns, ["--", *["--:"] * (len(columns) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)


def copy_project(folder: Path, root: Path = ROOT) -> Path:
    """What the workflow of the checkout `root` runs from, in a new `folder`, with no results."""
    folder.mkdir(parents=True)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy2(root / name, folder / name)
    for name in ("configs", "envs", "profiles", "rules", "workflow_scripts"):
        shutil.copytree(root / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "results").mkdir()
    return folder


def environment() -> dict[str, str]:
    """The environment of a command of the project: the programs of its .venv come first."""
    return os.environ | {"PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"}
