"""What a record holds of earlier builds, perhaps on machines that are gone, and what of it a build of today goes with.

A record that takes many hours is made in parts. What two builds have of the same settings can stand in one table: other
seeds, rows and figures. The same training comes out to the byte on one class of machines alone (`make verify`); on
another it is another training, so that all that is said of a training is of one of the two.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

from geovae.core.storage import load_json
from geovae.evaluation.table import BACKBONES
from reproduction.config.config import Config, load_config
from reproduction.evidence.record import (
    ABOUT,
    CLASSIFICATION,
    CONFIG,
    IMAGES,
    MEASURED,
    METRIC_TABLE,
    measured_files,
    pictured_figures,
    read_about,
    read_kept,
)
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import scored_generations
from reproduction.plan.comparisons import RECORDS
from reproduction.plan.job_settings import trained_backbone
from reproduction.scores.classification import Source
from reproduction.scores.lookup import record_key


class Earlier(NamedTuple):
    """What stays of a record: rows of its two tables, and its builds; `stale` are its files of other settings."""

    scores: list[dict[str, object]]
    classification: list[dict[str, object]]
    builds: list[dict[str, Any]]
    stale: list[Path]


def earlier(folder: Path, content: Mapping[str, Any], config: Config, runs: Set[str], machine: str) -> Earlier:
    """What a record has that is asked for, of the settings of a build, and goes with it.

    Args:
        folder: the record's; it may be none yet.
        content: the build's config, as it will stand in the record.
        config: the same, loaded.
        runs: keys of the trainings that the build has scores of.
        machine: the class of machines that it runs on.

    Raises:
        GeovaeError: a file of the record is damaged or missing.
    """
    if not (folder / CONFIG).is_file():
        return Earlier([], [], [], [])
    told = load_config(load_json(folder / CONFIG)).model_dump(mode="json")  # with the keys that it is older than
    about, kept = read_about(folder / ABOUT), read_kept(folder)
    again = runs if {build["machine"] for build in about["builds"]} != {machine} else set()
    asked = {generation.key for generation in scored_generations(config) if generation.run.key not in again}
    scores = [row for row in kept.scores if record_key(row) in asked and _same(told, content, row["dataset"])]
    classification = []
    if _is_of(told, content, "table2"):
        sources = set(map(Source.parse, classification_records(config)))
        classification = [row for row in kept.classification if Source.of(row) in sources]
    fitting = {folder / name for name in _fitting(told, content, config)}
    tables = [folder / name for name in (CLASSIFICATION, METRIC_TABLE) if (folder / name).is_file()]
    found = [*(folder / MEASURED).glob("*"), *(folder / IMAGES).glob("*"), *tables]
    return Earlier(scores, classification, about["builds"], [path for path in found if path not in fitting])


def other_judges(
    config: Config, scores: Iterable[Mapping[str, object]], builds: Iterable[Mapping], machine: str
) -> set[str]:
    """The classes of machines whose classifiers judged rows of a record, where this one's is another.

    Args:
        config: of the build that adds to the record.
        scores: the rows that stay.
        builds: those that the record is of.
        machine: the class of this one.
    """
    backbone = config.evaluation.backbone
    datasets = {str(row["dataset"]) for row in scores}
    if BACKBONES[backbone].train is None or all(trained_backbone(config, backbone, name) for name in datasets):
        return set()
    return {build["machine"] for build in builds if build["jobs"].get("score_samples")} - {machine}


def _same(told: Mapping[str, Any], content: Mapping[str, Any], dataset: str) -> bool:
    """Whether a data set, its trainings and its scores have the same settings in both, whatever it is called."""
    before, now = ((_unnamed(each["datasets"].get(dataset)), each["evaluation"]) for each in (told, content))
    return before == now


def _titles(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the pictures call data sets that have no name of their own."""
    return {name: section["title"] for name, section in content["datasets"].items() if section and "title" in section}


def _unnamed(section: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A data set's settings without those that say what it is called and taken from."""
    return section and {key: value for key, value in section.items() if key not in ("title", "part_of")}


def _is_of(told: Mapping[str, Any], content: Mapping[str, Any], name: str) -> bool:
    """Whether a table or figure is asked for, with the same settings in both but for its seeds."""
    sections = [each["artefacts"].get(name) for each in (told, content)]
    if not all(sections):
        return False
    before, now = ({**section, "seeds": None} for section in sections)
    if before != now:
        return False
    if name == "figure10":  # of the data set, the classes and the generators of Table 2
        return _is_of(told, content, "table2")
    return all(_same(told, content, dataset) for dataset in now.get("datasets") or [now["dataset"]])


def _fitting(told: Mapping[str, Any], content: Mapping[str, Any], config: Config) -> Iterator[str]:
    """The files of a record beside its tables that the build goes with."""
    for figure in (figure for figure in RECORDS if _is_of(told, content, figure)):
        yield from (f"{MEASURED}/{file}" for file in measured_files(config, figure))
    if _titles(told) == _titles(content):
        yield from (f"{IMAGES}/{name}.png" for name in pictured_figures(config) if _is_of(told, content, name))
    yield from (
        table for table, of in ((CLASSIFICATION, "table2"), (METRIC_TABLE, "figure_rho")) if _is_of(told, content, of)
    )
