"""Keep what a build has so far as a record: `python -m reproduction.evidence.keep NAME`.

The build may go on meanwhile: what is finished is kept, and the pages say of the rest how far it is.
"""

import argparse
import csv
import datetime
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.core.registry import look_up
from geovae.core.storage import save_json
from geovae.core.tables import finite
from reproduction.config.config import Config, load_config
from reproduction.evidence.builds import BUILDS, ROOT, Build, config_content, said_of
from reproduction.evidence.record import (
    ABOUT,
    CLASSIFICATION,
    CONFIG,
    IMAGES,
    LARGEST,
    MEASURED,
    METRIC_TABLE,
    SCORES,
    artefacts_of,
    measured_files,
    pictured_figures,
)
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import scored_generations
from reproduction.plan.comparisons import RECORDS
from reproduction.plan.figures import METRICS
from reproduction.plan.targets import score_records
from reproduction.runtime.provenance import machine_class
from reproduction.scores.classification import Source, collect_classification
from reproduction.scores.score_table import collect

RESULTS = "results"
ADVICE = "Delete it: it tells the time of a job, and nothing else is made of it."


def keep(content: dict[str, Any], root: Path, folder: Path, command: str, said: Sequence[str] = ()) -> None:
    """Copy what is finished of a build into a record.

    Args:
        content: the build's config, as `config_content` gives it.
        root: the folder that the build ran in.
        folder: the record's; what it holds already is replaced.
        command: the one that built it, for the page.
        said: paragraphs on what is built and what was cut, for the page.

    Raises:
        GeovaeError: nothing is finished yet, or a file is damaged.
    """
    config = load_config(content)
    asked = score_records(config) if scored_generations(config) else []
    scored = [root / path for path in asked if (root / path).is_file()]
    if not scored:
        raise GeovaeError(f"{root / RESULTS}: no score of this config. Build it first.")
    folder.mkdir(parents=True, exist_ok=True)
    collect(scored, folder / SCORES)
    _keep_classification(config, root, folder)
    _keep_measured(config, root, folder)
    _copy([(root / METRICS, folder / METRIC_TABLE)])
    pictures = [f"{name}.png" for name in pictured_figures(config)]
    _copy((root / RESULTS / "figures" / name, folder / IMAGES / name) for name in pictures)
    save_json(folder / CONFIG, content)
    save_json(folder / ABOUT, {"said": list(said), **about(root, scored, command)})


def _keep_classification(config: Config, root: Path, folder: Path) -> None:
    if config.artefacts.table2 is None:
        return
    records = {source: root / path for source, path in classification_records(config).items()}
    if all(path.is_file() for path in records.values()):
        files = [(Source.parse(source), path) for source, path in records.items()]
        collect_classification(files, folder / CLASSIFICATION)


def _keep_measured(config: Config, root: Path, folder: Path) -> None:
    for figure in RECORDS:
        if figure in artefacts_of(config):
            _copy((root / path, folder / MEASURED / name) for name, path in measured_files(config, figure).items())


def _copy(pairs: Iterable[tuple[Path, Path]]) -> None:
    """Copy the files that are there, byte by byte, so that their seals stay."""
    for source, target in pairs:
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def about(root: Path, scored: Iterable[Path], command: str) -> dict[str, Any]:
    """Where and when a build was made, and the processor time of its jobs by rule, in seconds."""
    last = max(path.stat().st_mtime for path in scored)
    seconds = processor_seconds(root / RESULTS / "benchmarks")
    return {
        "command": command,
        "machine": machine_class(),
        "date": datetime.datetime.fromtimestamp(last, datetime.UTC).date().isoformat(),
        "jobs": {rule: len(times) for rule, times in seconds.items()},
        "processor_seconds": {rule: round(sum(times), 1) for rule, times in seconds.items()},
    }


def processor_seconds(folder: Path) -> dict[str, list[float]]:
    """Rule → processor seconds of each of its finished jobs, from Snakemake's benchmarks.

    A job that ends between two looks at it is written down with none: its wall-clock time counts in their place.
    """
    found: dict[str, list[float]] = {}
    for path in sorted(folder.rglob("*.tsv")):
        rule = path.relative_to(folder).parts[0].removesuffix(".tsv")
        with reading(path, "benchmark of Snakemake", ADVICE), path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file, delimiter="\t"):
                told = [row[name] for name in ("cpu_time", "s") if row[name] not in ("NA", "")]
                times = [finite(text) for text in told]
                if not all(0 <= time <= LARGEST for time in times):
                    raise ValueError(f"it says that a job took {' or '.join(told)} seconds")
                found.setdefault(rule, []).append(next((time for time in times if time > 0), 0.0))
    return found


def command_of(build: Build) -> str:
    """The command that builds it, as a reader would type it."""
    return f"snakemake --cores 1 --configfile {build.config_file}"


def main(argv: list[str] | None = None) -> None:
    """Keep one build."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("name", help="the build: the name of its config in configs/evidence")
    parser.add_argument(
        "--root", type=os.path.expanduser, default=ROOT, help="folder it was built in (default: this clone)"
    )
    options = parser.parse_args(argv)
    try:
        build = look_up({build.name: build for build in BUILDS}, "build", options.name)
        said = said_of(build.config_file)
        keep(config_content(build.config_file), Path(options.root), build.folder, command_of(build), said)
    except GeovaeError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
