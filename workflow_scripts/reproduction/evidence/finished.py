"""What a build has so far, read back: whole files of the config that is kept, and nothing of another build."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.core.seals import places_below
from geovae.core.storage import load_arrays, load_json
from geovae.core.tables import load_table
from reproduction.config.config import Config, load_config
from reproduction.config.layers import merged
from reproduction.evidence.record import (
    IMAGES,
    MEASURED,
    METRIC_TABLE,
    artefacts_of,
    measured_files,
    pictured_figures,
)
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import SCORED, scored_generations
from reproduction.plan.comparisons import RECORDS
from reproduction.plan.figures import METRICS
from reproduction.plan.job_settings import config_sha256
from reproduction.plan.keys import SCORED_SPLITS, Generation
from reproduction.scores.classification import Source

RESULTS = "results"
_AGAIN = "Delete it and run the workflow again."


class Finished(NamedTuple):
    """What a build has so far: its score records and the trainings they are of, and what else is measured.

    Attributes:
        scores: the records, with the generations that they are of.
        classifiers: what each classifier of Table 2 was trained on, with its file.
        measured: the files behind the figures of comparisons, by their names in a record.
        shown: pictures and the table of metrics, by their names in a record.
    """

    scores: dict[Path, Generation]
    classifiers: list[tuple[Source, Path]]
    measured: dict[str, Path]
    shown: dict[str, Path]

    @property
    def runs(self) -> set[str]:
        """Keys of the trainings that there are scores of."""
        return {generation.run.key for generation in self.scores.values()}

    @property
    def paths(self) -> list[Path]:
        """The files that are results by themselves."""
        return [*self.scores, *(path for _, path in self.classifiers), *self.measured.values()]

    @property
    def copied(self) -> dict[str, Path]:
        """The files that a record has as they are."""
        return self.measured | self.shown


def finished(config: Config, root: Path, images: str | None = None) -> Finished:
    """What a build has so far of what a config asks for, each file read back.

    Args:
        config: the one that is kept.
        root: the folder that the build ran in.
        images: the path of the folder of images, as the build was told it; None for that of the config.

    Raises:
        GeovaeError: a file is damaged or of another place, or scores were made with other settings.
    """
    found = _found(config, root)
    with places_below(RESULTS):
        _check_settings(_told(config, images), {path: load_json(path) for path in found.scores}, found.scores)
        for path in found.copied.values():
            _read(path)
    return found


def _found(config: Config, root: Path) -> Finished:
    scores, backbone = {}, config.evaluation.backbone
    for generation in scored_generations(config) if set(SCORED) & set(artefacts_of(config)) else ():
        scores |= {root / generation.score(backbone, split): generation for split in SCORED_SPLITS}
    classifiers = classification_records(config) if config.artefacts.table2 else {}
    measured = {}
    for figure in set(RECORDS) & set(artefacts_of(config)):
        measured |= {f"{MEASURED}/{name}": root / path for name, path in measured_files(config, figure).items()}
    pictures = [f"{name}.png" for name in pictured_figures(config)]
    shown = {f"{IMAGES}/{name}": root / RESULTS / "figures" / name for name in pictures}
    shown |= {METRIC_TABLE: root / METRICS}
    return Finished(
        {path: generation for path, generation in scores.items() if path.is_file()},
        [(Source.parse(source), root / path) for source, path in classifiers.items() if (root / path).is_file()],
        {name: path for name, path in measured.items() if path.is_file()},
        {name: path for name, path in shown.items() if path.is_file()},
    )


def _told(config: Config, images: str | None) -> Config:
    """The config as the build had it, whose images may have lain elsewhere."""
    if images is None:
        return config
    content = config.model_dump(mode="json")
    if not content["datasets"].get("folder"):
        raise GeovaeError("--images (IMAGES of `make keep`): the config of this record has no data set `folder`.")
    return load_config(merged(content, {"datasets": {"folder": {"options": {"path": images}}}}))


def _check_settings(config: Config, rows: Mapping[Path, Mapping[str, Any]], generations: Mapping[Path, Generation]):
    """Refuse score records of other settings than the config's: what `results` holds is of whichever build ran last.

    All else that is kept says nothing of its settings: it is taken where no score speaks against it. The hash has
    the path of a folder of images in it as the build was told it, which no file of a build says.
    """
    expected = {generation: config_sha256(config, generation) for generation in set(generations.values())}
    other = [path for path, row in rows.items() if row.get("config_sha256") != expected[generations[path]]]
    if not other:
        return
    advice = "Name by --root (ROOT of `make keep`) the folder of the build of this config, or run that again."
    if any(generations[path].run.dataset == "folder" for path in other):
        advice += "\nWhere its images alone lay elsewhere, give their folder as the build had it: --images (IMAGES)."
    raise GeovaeError(
        f"{other[0]}: its settings (config_sha256) are not those of the config that is kept; so are {len(other):,} of "
        f"{len(rows):,} score records.\n{advice}"
    )


def _read(path: Path) -> None:
    """Read a file whole, as its kind is read."""
    if path.suffix == ".png":
        from PIL import Image

        with reading(path, "image", _AGAIN):
            Image.open(path, formats=["PNG"]).verify()  # checksums, after which it is closed
            Image.open(path, formats=["PNG"]).load()
    else:
        {".json": load_json, ".npz": load_arrays, ".csv": load_table}[path.suffix](path)
