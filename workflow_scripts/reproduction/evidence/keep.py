"""Keep what a build has so far as a record: `python -m reproduction.evidence.keep NAME`.

The build may go on meanwhile: what is finished is kept, and the pages say of the rest how far it is.
"""

import argparse
import csv
import datetime
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.core.registry import look_up
from geovae.core.storage import save_json
from geovae.core.tables import finite
from reproduction.config.config import load_config
from reproduction.evidence.builds import BUILDS, ROOT, Build, config_content, said_of
from reproduction.evidence.earlier import Earlier, earlier, other_judges
from reproduction.evidence.exchange import copy, exchanged, settle
from reproduction.evidence.finished import RESULTS, Finished, finished
from reproduction.evidence.record import ABOUT, CLASSIFICATION, CONFIG, LARGEST, SCORES, files_of
from reproduction.runtime.ending import ending_in_words
from reproduction.runtime.provenance import machine_class
from reproduction.scores.classification import gathered_runs, save_runs
from reproduction.scores.score_table import gathered, save_rows

ADVICE = "Delete it: it tells the time of a job, and nothing else is made of it."


def keep(
    content: dict[str, Any],
    root: Path,
    folder: Path,
    command: str,
    said: Sequence[str] = (),
    images: str | None = None,
) -> list[str]:
    """Copy what is finished of a build into a record, beside what that has of earlier builds of the same settings.

    All is read before anything is written, and the record's folder is exchanged as a whole: whatever ends this midway
    leaves the record that there was.

    Args:
        content: the build's config, as `config_content` gives it.
        root: the folder that the build ran in.
        folder: the record's; of what it holds already that stays which is asked for, was made with the same settings,
            and is not in this build. Of a training that the build has, too, nothing stays where the other was made on
            another class of machines.
        command: the one that built it, for the page.
        said: paragraphs on what is built and what was cut, for the page.
        images: where the folder of images lay, if elsewhere than the config says, as the build was told it.

    Returns:
        What the record no longer has, and why: a line each.

    Raises:
        GeovaeError: nothing is finished yet, a file is damaged or of other settings, or the scores of both are on the
            features of two classifiers.
    """
    config = load_config(content)
    done = finished(config, root, images)
    if not any((done.scores, done.classifiers, done.measured)):
        raise GeovaeError(f"{root / RESULTS}: no result of this config. Build it first.")
    settle(folder)
    before = earlier(folder, content, config, done.runs, machine_class())
    if not done.scores and not before.scores:
        raise GeovaeError(f"{root / RESULTS}: no score of this config. Build one of them, too.")
    others = other_judges(config, before.scores, before.builds, machine_class()) if done.scores else set()
    if others:
        raise GeovaeError(
            f"{folder}: its scores are on the features of a classifier of {', '.join(sorted(others))}; this is "
            f"{machine_class()}, whose classifier is another.\nScore all with one: datasets.NAME.classifier takes it."
        )
    scores = gathered(done.scores, folder / SCORES, before.scores)
    runs = []
    if done.classifiers or before.classification:
        runs = gathered_runs(done.classifiers, folder / CLASSIFICATION, before.classification)
    about = {"said": list(said), "command": command, "builds": _builds(before, build_of(root, done))}
    with exchanged(folder) as fresh:
        _carry_over(folder, fresh, before.stale)
        for name, path in done.copied.items():
            copy(path, fresh / name)
        save_rows(fresh / SCORES, scores)
        if runs:
            save_runs(fresh / CLASSIFICATION, runs)
        save_json(fresh / CONFIG, content)
        save_json(fresh / ABOUT, about | {"files": files_of(fresh)})
    return before.dropped


def _carry_over(folder: Path, fresh: Path, stale: Sequence[Path]) -> None:
    """Copy what stays of a record, and the page that was rendered of it; its tables are written anew."""
    again = {*stale, folder / SCORES, folder / CLASSIFICATION, folder / CONFIG, folder / ABOUT}
    for path in folder.rglob("*"):
        if path.is_file() and path not in again:
            copy(path, fresh / path.relative_to(folder))


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
    parser.add_argument(
        "--images", help="where the build had the folder of images, as it was told it (default: as the config says)"
    )
    options = parser.parse_args(argv)
    with ending_in_words():
        build = look_up({build.name: build for build in BUILDS}, "build", options.name)
        said = said_of(build.config_file)
        content, root = config_content(build.config_file), Path(options.root)
        for line in keep(content, root, build.folder, command_of(build), said, options.images):
            print(f"{build.folder.relative_to(ROOT)}: {line}.")


if __name__ == "__main__":
    main()
