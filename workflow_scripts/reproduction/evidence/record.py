"""The record of a build: the small files behind its tables, figures and verdicts, and which of these are whole.

A record's folder holds

    config.json          the build's config, as it was loaded
    about.json           what was built and cut, the command; of each build that it is of, the class of machine, the
                         date, jobs and processor time; the names of all other files here, so that none goes unnoticed
    scores.csv           all score records so far
    classification.csv   the classifiers of Table 2 so far
    metrics.csv          the metrics of the figure of ρ
    measured/            arrays and numbers behind the figures of the pull-back metric and of interpolations
    images/              pictures of the figures that show images

Each file is sealed as it was in its build (`geovae.core.seals`). Read outside a job, as here, it is held to its content
and not to a place.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from geovae.core.errors import GeovaeError
from geovae.core.sealed_json import is_of_kind
from geovae.core.storage import advising, load_json, load_numbers, unreadable
from reproduction.config.artefacts import Artefacts
from reproduction.config.config import Config, load_config
from reproduction.evidence.exchange import left_of
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import SCORED, scored_generations
from reproduction.plan.comparisons import (
    RECORDS,
    claimed_records,
    compared_runs,
    comparison_inputs,
    record_name,
    record_paths,
)
from reproduction.plan.figures import METRICS, OF_SCORES
from reproduction.plan.keys import SCORED_SPLITS, Generation, Run
from reproduction.plan.targets import shown_runs
from reproduction.scores.classification import Source, read_classification
from reproduction.scores.lookup import record_key
from reproduction.scores.score_table import read_scores

CONFIG, ABOUT, SCORES, CLASSIFICATION = "config.json", "about.json", "scores.csv", "classification.csv"
METRIC_TABLE = Path(METRICS).name
LARGEST = 1e15  # of counts and seconds in a record
MEASURED, IMAGES = "measured", "images"
ADVICE = "Restore it with `git restore`, or delete the record's folder and keep its build again."
# What is known of each build that a record is of. `began`: when the first of its jobs ended, "" where that is unknown.
OF_A_BUILD = {"began": str, "machine": str, "date": str, "jobs": dict, "processor_seconds": dict}
# The tables that are rendered of a record; those of nets need no build.
TABLES = ("table1", "table2", "table3", "table6", "table7")


class Kept(NamedTuple):
    """What was read of a record's folder: rows of its two tables."""

    folder: Path
    scores: list[dict[str, object]]
    classification: list[dict[str, object]]


class Record(NamedTuple):
    """A record as it was read, with all that is asked for and, of this, what is whole.

    Attributes:
        folder: where it lies.
        asked: the config of its build.
        config: the same with the seeds that are done, without the artefacts of which something else is missing.
        about: what was built, by which command, and the builds that it is of.
        scores, classification: rows of the two tables.
    """

    folder: Path
    asked: Config
    config: Config
    about: Mapping[str, Any]
    scores: list[dict[str, object]]
    classification: list[dict[str, object]]

    @property
    def kept(self) -> Kept:
        """What of it says what is whole."""
        return Kept(self.folder, self.scores, self.classification)

    @property
    def measurements(self) -> dict[str, Mapping]:
        """What was measured of trained VAEs, by the names that the claims have for it."""
        paths = {name: self.folder / MEASURED / f"{name}.json" for name in claimed_records(self.config)}
        with advising(ADVICE):
            return {name: load_numbers(path) for name, path in paths.items()}


def read_record(folder: Path) -> Record | None:
    """The record in a folder; None where there is none.

    Raises:
        GeovaeError: a file of it is damaged or missing, or is not what the others go with.
    """
    if left := left_of(folder):
        raise GeovaeError(
            f"{left}: the record, as a `make keep` left it that was killed. Keep the build again, or rename it to "
            f"{folder.name}."
        )
    if not any(os.path.lexists(folder / name) for name in (CONFIG, ABOUT, SCORES)):
        return None
    with advising(ADVICE):
        asked = read_config(folder / CONFIG)
        about = read_about(folder / ABOUT)
        kept = read_kept(folder)
    done = with_done_seeds(asked, kept)
    return Record(folder, asked, without(done, missing(done, kept)), about, kept.scores, kept.classification)


def read_config(path: Path) -> Config:
    """The config of a record.

    Raises:
        GeovaeError: the file is damaged or missing, or holds what no config does, a key of a later version for example.
    """
    content = load_json(path)
    try:
        return load_config(content)
    except GeovaeError as error:
        raise GeovaeError(f"{path}: {error}") from None


def read_kept(folder: Path) -> Kept:
    """The two tables of a record.

    Raises:
        GeovaeError: one is damaged, or that of scores is missing.
    """
    classified = folder / CLASSIFICATION
    classification = read_classification(classified) if classified.is_file() else []
    return Kept(folder, read_scores(folder / SCORES), classification)


def read_about(path: Path) -> dict[str, Any]:
    """What was built, by which command, and where and when, as `reproduction.evidence.keep` wrote it.

    Raises:
        GeovaeError: it is damaged or missing, or says other things; or a file that it names is gone.
    """
    about = load_json(path, said=list, command=str, builds=list, files=list)
    for key in ("said", "files"):
        if not all(isinstance(text, str) for text in about[key]):
            raise unreadable(path, f"{key} is no list of texts")
    if not about["builds"]:
        raise unreadable(path, "builds is empty")
    for build in about["builds"]:
        if not isinstance(build, dict) or any(not is_of_kind(build.get(key), kind) for key, kind in OF_A_BUILD.items()):
            raise unreadable(path, f"a build is {build!r:.60}, an object with {', '.join(OF_A_BUILD)} is expected")
        for key, kind, words in (("jobs", int, "whole numbers"), ("processor_seconds", float, "numbers")):
            if not all(is_of_kind(value, kind) and 0 <= value <= LARGEST for value in build[key].values()):
                raise unreadable(path, f"{key} has other values than {words} from 0 to {LARGEST:g}")
    if gone := [name for name in about["files"] if not (path.parent / name).is_file()]:
        more = f", and {len(gone) - 1:,} more that {path.name} names" if len(gone) > 1 else f"; {path.name} names it"
        raise GeovaeError(f"{path.parent / gone[0]}: no such file{more}. {ADVICE}")
    return about


def files_of(folder: Path) -> list[str]:
    """The names of a record's files but `about.json`, which has this list; of its page there are others beside them."""
    found = [folder / name for name in (CONFIG, SCORES, CLASSIFICATION, METRIC_TABLE)]
    found += [*(folder / MEASURED).glob("*"), *(folder / IMAGES).glob("*")]
    return sorted(path.relative_to(folder).as_posix() for path in found if path.is_file())


def artefacts_of(config: Config) -> list[str]:
    """The tables and figures of a config, in the order of the config."""
    return [name for name in Artefacts.model_fields if name != "claims" and getattr(config.artefacts, name) is not None]


def without(config: Config, names: Mapping[str, str] | set[str]) -> Config:
    """The config without some of its artefacts."""
    return config.model_copy(update={"artefacts": config.artefacts.model_copy(update=dict.fromkeys(names))})


def with_done_seeds(config: Config, kept: Kept) -> Config:
    """The config with those seeds of each table and figure that a record is whole for; with all, where it is for none.

    So a build that is not at its end says what the trainings that are finished in all rows say.
    """
    done = {}
    for name in missing(config, kept):
        asked = getattr(getattr(config.artefacts, name), "seeds", ())
        seeds = [seed for seed in asked if not missing(_with_seeds(config, {name: [seed]}), kept, [name])]
        done |= {name: seeds} if seeds else {}
    return _with_seeds(config, done)


def _with_seeds(config: Config, seeds: Mapping[str, list[int]]) -> Config:
    sections = {
        name: getattr(config.artefacts, name).model_copy(update={"seeds": values}) for name, values in seeds.items()
    }
    return config.model_copy(update={"artefacts": config.artefacts.model_copy(update=sections)})


def missing(config: Config, kept: Kept, names: Sequence[str] | None = None) -> dict[str, str]:
    """The tables and figures, of `names` or all, that a record is not whole for, each with what is missing."""
    found = {(record_key(record), record["backbone"], record["split"]) for record in kept.scores}
    sources = {Source.of(row) for row in kept.classification}
    lacking = {}
    for name in artefacts_of(config) if names is None else names:
        if name in SCORED:
            of_one = scored_generations(config, name)
            done = [_is_scored(generation, config.evaluation.backbone, found) for generation in of_one]
            lacking |= _lacking(name, done, "generations are scored")
        elif name == "table2":
            done = [Source.parse(source) in sources for source in classification_records(config)]
            lacking |= _lacking(name, done, "training sets have their classifiers")
        elif name in RECORDS:
            files = [_files_of(run, name) for run in compared_runs(config, name)]
            done = [all((kept.folder / MEASURED / file).is_file() for file in of_one) for of_one in files]
            lacking |= _lacking(name, done, "trainings are measured")
        if name == "figure_rho" and name not in lacking and not (kept.folder / METRIC_TABLE).is_file():
            lacking[name] = "the metrics are not described"
        if name == "figure10" and (of_table := missing(config, kept, ["table2"])):  # of which it shows the images
            lacking[name] = of_table["table2"]
    return lacking


def _lacking(name: str, done: Sequence[bool], words: str) -> dict[str, str]:
    return {} if all(done) else {name: f"{sum(done):,} of {len(done):,} {words}"}


def _is_scored(generation: Generation, backbone: str, found: set[tuple]) -> bool:
    return all((generation.key, backbone, split) in found for split in SCORED_SPLITS)


def measured_files(config: Config, figure: str) -> dict[str, str]:
    """Name in `measured/` of each file that a figure of comparisons is drawn from, and its path in the build."""
    return {file: path for run in compared_runs(config, figure) for file, path in _files_of(run, figure).items()}


def _files_of(run: Run, figure: str) -> dict[str, str]:
    paths = record_paths(run, figure)
    return {f"{RECORDS[figure]}_{record_name(run, kind)}{Path(path).suffix}": path for kind, path in paths.items()}


def figure_inputs(record: Record, figure: str) -> dict[str, Path]:
    """What a figure that is rendered of a record is drawn from, by the renderer's names."""
    if figure in RECORDS:
        names = comparison_inputs(record.config, figure)
        kept = measured_files(record.config, figure)
        return {name: record.folder / MEASURED / file for name, file in zip(names, kept, strict=True)}
    inputs = {"scores": record.folder / SCORES}
    return inputs | ({"metrics": record.folder / METRIC_TABLE} if figure == "figure_rho" else {})


def rendered_figures(config: Config) -> list[str]:
    """The figures that are rendered of a record, in the order of the config."""
    return [name for name in artefacts_of(config) if name in OF_SCORES or name in RECORDS]


def pictured_figures(config: Config) -> list[str]:
    """The figures that show images: a record has them as pictures."""
    rendered = rendered_figures(config)
    return [name for name in artefacts_of(config) if name.startswith("figure") and name not in rendered]


def n_trainings(config: Config) -> int:
    """How many models a config's artefacts need."""
    return len(shown_runs(config))
