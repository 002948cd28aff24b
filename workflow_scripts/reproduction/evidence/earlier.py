"""What a record holds of earlier builds, perhaps on machines that are gone, and what of it a build of today goes with.

A record that takes many hours is made in parts. What two builds have of the same settings can stand in one table: other
seeds, rows and figures. The same training comes out to the byte on one class of machines alone (`make verify`); on
another it is another training, so that all that is said of a training is of one of the two.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Set
from pathlib import Path
from typing import Any, NamedTuple

from geovae.core.storage import advising
from geovae.evaluation.table import BACKBONES
from reproduction.config.config import Config
from reproduction.evidence.record import (
    ABOUT,
    ADVICE,
    CLASSIFICATION,
    CONFIG,
    IMAGES,
    MEASURED,
    METRIC_TABLE,
    SCORES,
    files_of,
    measured_files,
    pictured_figures,
    read_about,
    read_config,
    read_kept,
)
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import scored_generations
from reproduction.plan.comparisons import RECORDS
from reproduction.plan.job_settings import trained_backbone
from reproduction.scores.classification import Source
from reproduction.scores.lookup import record_key

_NOT_ASKED = "asked for no more"
_NAMED = 3  # of the files that go


class Earlier(NamedTuple):
    """What stays of a record, and what goes.

    Attributes:
        scores, classification: rows of its two tables that stay.
        builds: what it says of its builds.
        stale: its files of other settings, or that are asked for no more.
        dropped: what goes and why, a line each.
    """

    scores: list[dict[str, object]]
    classification: list[dict[str, object]]
    builds: list[dict[str, Any]]
    stale: list[Path]
    dropped: list[str]


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
        return Earlier([], [], [], [], [])
    with advising(ADVICE):
        told = read_config(folder / CONFIG).model_dump(mode="json")  # with the keys that it is older than
        about, kept = read_about(folder / ABOUT), read_kept(folder)
    again = runs if {build["machine"] for build in about["builds"]} != {machine} else set()
    asked = {generation.key: generation.run.key for generation in scored_generations(config)}
    reasons = [_score_goes(row, told, content, asked, again) for row in kept.scores]
    scores = [row for row, reason in zip(kept.scores, reasons, strict=True) if not reason]
    other = _other(told, content, "table2")
    sources = set() if other else set(map(Source.parse, classification_records(config)))
    classification = [row for row in kept.classification if Source.of(row) in sources]
    fitting = {folder / name for name in _fitting(told, content, config)}
    stale = [folder / name for name in files_of(folder) if name not in (CONFIG, SCORES)]
    stale = [path for path in stale if path not in fitting]
    dropped = [f"{n:,} score rows go: {reason}" for reason, n in Counter(filter(None, reasons)).items()]
    if n := len(kept.classification) - len(classification):
        dropped.append(f"{n:,} rows of classifiers go: {other or _NOT_ASKED}")
    if stale:
        names = ", ".join(path.relative_to(folder).as_posix() for path in stale[:_NAMED])
        more = f" and {len(stale) - _NAMED:,} more" if len(stale) > _NAMED else ""
        dropped.append(f"{len(stale):,} files go, of other settings or {_NOT_ASKED}: {names}{more}")
    return Earlier(scores, classification, about["builds"], stale, dropped)


def _score_goes(
    row: Mapping[str, object], told: Mapping, content: Mapping, asked: Mapping[str, str], again: Set[str]
) -> str:
    """Why a score of a record does not stay beside a build; "" where it does."""
    if key := _differing(told, content, str(row["dataset"])):
        return f"the build has another {key}"
    if record_key(row) not in asked:
        return _NOT_ASKED
    return "their trainings were made again, on another class of machines" if asked[record_key(row)] in again else ""


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


def _differing(told: Mapping[str, Any], content: Mapping[str, Any], dataset: str) -> str:
    """The first setting of a data set, its trainings or its scores that differs, whatever it is called; else ""."""
    before, now = (
        {f"datasets.{dataset}": _unnamed(each["datasets"].get(dataset)), "evaluation": each["evaluation"]}
        for each in (told, content)
    )
    return next((key for name in before if (key := _first_other(before[name], now[name], name))), "")


def _first_other(before: Any, now: Any, key: str) -> str:
    """The first key, from `key` on, whose values are not the same; "" where they are."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        names = sorted({*before, *now})
        return next(
            (
                found
                for name in names
                if (found := _first_other(*(each.get(name) for each in (before, now)), f"{key}.{name}"))
            ),
            "",
        )
    return "" if before == now else key


def _titles(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the pictures call data sets that have no name of their own."""
    return {name: section["title"] for name, section in content["datasets"].items() if section and "title" in section}


def _unnamed(section: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A data set's settings without those that say what it is called and taken from, and where its images lie."""
    if not section:
        return section
    kept = {key: value for key, value in section.items() if key not in ("title", "part_of")}
    if kept.get("options"):
        kept["options"] = {key: value for key, value in kept["options"].items() if key != "path"}
    return kept


def _other(told: Mapping[str, Any], content: Mapping[str, Any], name: str) -> str:
    """Why what a record has of a table or figure is not of this build; "" where it is, if with other seeds."""
    before, now = (each["artefacts"].get(name) for each in (told, content))
    if not (before and now):
        return _NOT_ASKED
    if key := _first_other({**before, "seeds": None}, {**now, "seeds": None}, f"artefacts.{name}"):
        return f"the build has another {key}"
    if name == "figure10":  # of the data set, the classes and the generators of Table 2
        return _other(told, content, "table2")
    datasets = now.get("datasets") or [now["dataset"]]
    key = next((key for dataset in datasets if (key := _differing(told, content, dataset))), "")
    return f"the build has another {key}" if key else ""


def _fitting(told: Mapping[str, Any], content: Mapping[str, Any], config: Config) -> Iterator[str]:
    """The files of a record beside its tables that the build goes with."""
    for figure in (figure for figure in RECORDS if not _other(told, content, figure)):
        yield from (f"{MEASURED}/{file}" for file in measured_files(config, figure))
    if _titles(told) == _titles(content):
        yield from (f"{IMAGES}/{name}.png" for name in pictured_figures(config) if not _other(told, content, name))
    yield from (
        table
        for table, of in ((CLASSIFICATION, "table2"), (METRIC_TABLE, "figure_rho"))
        if not _other(told, content, of)
    )
