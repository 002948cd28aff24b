"""Keep what a build has so far as a record: `python -m reproduction.evidence.keep NAME`.

The build may go on meanwhile: what is finished is kept, and the pages say of the rest how far it is.
"""

import argparse
import csv
import datetime
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.core.registry import look_up
from geovae.core.storage import save_json
from geovae.core.tables import finite
from reproduction.config.config import Config, load_config
from reproduction.evidence.builds import BUILDS, ROOT, Build, config_content, said_of
from reproduction.evidence.earlier import Earlier, earlier, other_judges
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
from reproduction.plan.cells import SCORED, scored_generations
from reproduction.plan.comparisons import RECORDS
from reproduction.plan.figures import METRICS
from reproduction.plan.keys import SCORED_SPLITS
from reproduction.runtime.provenance import machine_class
from reproduction.scores.classification import Source, collect_classification
from reproduction.scores.score_table import collect

RESULTS = "results"
ADVICE = "Delete it: it tells the time of a job, and nothing else is made of it."


def keep(content: dict[str, Any], root: Path, folder: Path, command: str, said: Sequence[str] = ()) -> None:
    """Copy what is finished of a build into a record, beside what that has of earlier builds of the same settings.

    Args:
        content: the build's config, as `config_content` gives it.
        root: the folder that the build ran in.
        folder: the record's; of what it holds already that stays which is asked for, was made with the same settings,
            and is not in this build. Of a training that the build has, too, nothing stays where the other was made on
            another class of machines.
        command: the one that built it, for the page.
        said: paragraphs on what is built and what was cut, for the page.

    Raises:
        GeovaeError: nothing is finished yet, a file is damaged, or the scores of both are on the features of two
            classifiers.
    """
    config = load_config(content)
    done = _finished(config, root)
    if not any((done.scores, done.classifiers, done.measured)):
        raise GeovaeError(f"{root / RESULTS}: no result of this config. Build it first.")
    before = earlier(folder, content, config, done.runs, machine_class())
    if not done.scores and not before.scores:
        raise GeovaeError(f"{root / RESULTS}: no score of this config. Build one of them, too.")
    others = other_judges(config, before.scores, before.builds, machine_class()) if done.scores else set()
    if others:
        raise GeovaeError(
            f"{folder}: its scores are on the features of a classifier of {', '.join(sorted(others))}; this is "
            f"{machine_class()}, whose classifier is another.\nScore all with one: datasets.NAME.classifier takes it."
        )
    folder.mkdir(parents=True, exist_ok=True)
    collect(done.scores, folder / SCORES, before.scores)
    for path in before.stale:
        path.unlink()
    if done.classifiers or before.classification:
        collect_classification(done.classifiers, folder / CLASSIFICATION, before.classification)
    _copy((path, folder / MEASURED / name) for name, path in done.measured.items())
    _copy([(root / METRICS, folder / METRIC_TABLE)])
    pictures = [f"{name}.png" for name in pictured_figures(config)]
    _copy((root / RESULTS / "figures" / name, folder / IMAGES / name) for name in pictures)
    save_json(folder / CONFIG, content)
    builds = _builds(before, build_of(root, done))
    save_json(folder / ABOUT, {"said": list(said), "command": command, "builds": builds})


class Finished(NamedTuple):
    """What a build has so far: its score records and the trainings they are of, and what else is measured.

    Attributes:
        scores: the records.
        runs: keys of the trainings that these are of.
        classifiers: what each classifier of Table 2 was trained on, with its file.
        measured: the files behind the figures of comparisons, by their names in a record.
    """

    scores: list[Path]
    runs: set[str]
    classifiers: list[tuple[Source, Path]]
    measured: dict[str, Path]

    @property
    def paths(self) -> list[Path]:
        """All of these files."""
        return [*self.scores, *(path for _, path in self.classifiers), *self.measured.values()]


def _finished(config: Config, root: Path) -> Finished:
    scores, backbone = {}, config.evaluation.backbone
    for generation in scored_generations(config) if set(SCORED) & set(artefacts_of(config)) else ():
        scores |= {root / generation.score(backbone, split): generation.run.key for split in SCORED_SPLITS}
    scores = {path: run for path, run in scores.items() if path.is_file()}
    classifiers = classification_records(config) if config.artefacts.table2 else {}
    measured = {}
    for figure in set(RECORDS) & set(artefacts_of(config)):
        measured |= {name: root / path for name, path in measured_files(config, figure).items()}
    return Finished(
        list(scores),
        set(scores.values()),
        [(Source.parse(source), root / path) for source, path in classifiers.items() if (root / path).is_file()],
        {name: path for name, path in measured.items() if path.is_file()},
    )


def _copy(pairs: Iterable[tuple[Path, Path]]) -> None:
    """Copy the files that are there, byte by byte, so that their seals stay."""
    for source, target in pairs:
        if source.is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def build_of(root: Path, done: Finished) -> dict[str, Any]:
    """Where and when a build was made, and the processor time of its jobs by rule, in seconds: `record.OF_A_BUILD`."""
    benchmarks = root / RESULTS / "benchmarks"
    first = min((path.stat().st_mtime for path in benchmarks.rglob("*.tsv")), default=None)
    seconds = processor_seconds(benchmarks)
    return {
        "began": "" if first is None else _utc(first).isoformat(timespec="seconds"),
        "machine": machine_class(),
        "date": _utc(max(path.stat().st_mtime for path in done.paths)).date().isoformat(),
        "jobs": {rule: len(times) for rule, times in seconds.items()},
        "processor_seconds": {rule: round(sum(times), 1) for rule, times in seconds.items()},
    }


def _utc(seconds: float) -> datetime.datetime:
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC)


def _builds(before: Earlier, build: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The builds that a record is of now: the earlier ones where something of them stays, and this one, once."""
    stays = before.scores or before.classification
    return [other for other in before.builds if stays and other["began"] != build["began"]] + [build]


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
