"""The workflow's configuration: typed, closed, and the one source of defaults, schema and documentation.

Nothing here imports torch. `load_config` turns what Snakemake read from `config.yaml` and its overlays into a `Config`,
or raises a `GeovaeError` with one line per mistake.
"""

from collections.abc import Iterator
from typing import Any, Literal, NamedTuple

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from geovae.augmentation.stages import choose_stages
from geovae.core.errors import GeovaeError
from geovae.nets.sizes import check_net
from reproduction.config.artefacts import Artefacts
from reproduction.config.base import Address, Closed, PathText, ResumeDir, Seeds
from reproduction.config.dataset import Dataset
from reproduction.config.datasets import CLASSES, Datasets
from reproduction.config.errors import explain
from reproduction.config.evaluation import Evaluation
from reproduction.config.layers import Base

# Tables and figures that a backbone's features are taken for.
JUDGED = (
    *("table1", "table3", "table6", "table7", "figure3", "figure4", "figure9", "figure11", "figure12", "figure13"),
    *("figure14", "figure_rho", "figure_controls", "figure_sharpness"),
)


class Config(Closed):
    """Everything that can be set."""

    base: Base | None = Field(
        None,
        description="What a `--configfile` is laid over: `default` is config.yaml, `paper` the defaults of this page.",
    )
    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where torch computes; `auto` takes a GPU if any."
    )
    gpu_share: int = Field(1, ge=1, le=64, description="Jobs that may compute on one GPU at a time.")
    threads: int = Field(
        1,
        ge=1,
        le=1024,
        description="Threads per computing job; another number changes the last digits of the results.",
    )
    data_dir: PathText = Field(
        "data",
        description="Folder of raw data (`~` is the home folder); files that lie there are used, the others are "
        "downloaded.",
    )
    mirror: Address | None = Field(
        None, description="URL of a copy of the raw files, named as in `data_dir`, that downloads try first."
    )
    machine: PathText | None = Field(
        None,
        description="File of the machine that `plan_costs` plans the build for, as those of `configs/machines`; "
        "without one, an A100 where `device` is `cuda`, else this machine's cores.",
    )
    resume_dir: ResumeDir | None = Field(
        None,
        description="Where unfinished trainings keep their state, if a machine may be lost with its disk: a folder on "
        "a volume, or `s3://BUCKET/PREFIX`, of one build alone. `null`: beside their results, or in the bucket of a "
        "build whose results are in S3.",
    )
    seeds: Seeds = Field(
        [0],
        description="Seeds of the trainings behind means and deviations, unless a table or figure has its own.",
    )
    datasets: Datasets = Field(Datasets(), description="Data sets and the protocol on each.")
    evaluation: Evaluation = Field(Evaluation(), description="Scores.")
    artefacts: Artefacts = Field(Artefacts(), description="Tables and figures.")

    def protocol(self, dataset: str) -> Dataset:
        """The section of a data set that is configured."""
        return getattr(self.datasets, dataset)

    @model_validator(mode="before")
    @classmethod
    def _seeds_reach_the_artefacts(cls, content: Any) -> Any:
        if not (isinstance(content, dict) and "seeds" in content and isinstance(content.get("artefacts", {}), dict)):
            return content
        try:
            seeds = _SEEDS.validate_python(content["seeds"], strict=True)
        except ValidationError:
            return content  # the field itself says what is wrong, once
        artefacts = content.get("artefacts", {})
        shared = {name: _with_seeds(artefacts.get(name, {}), seeds) for name in _seeded_artefacts()}
        return content | {"artefacts": artefacts | shared}

    @model_validator(mode="after")
    def _artefacts_fit_the_datasets(self) -> "Config":
        for use in _uses(self):
            if use.dataset not in self.datasets.names():
                configured = ", ".join(self.datasets.names()) or "none"
                raise ValueError(f"{use.where} asks for data set '{use.dataset}'; in `datasets`: {configured}")
            _check_use(self.protocol(use.dataset), use)
            if use.judged and self.evaluation.backbone == "classifier" and not self.protocol(use.dataset).labelled():
                raise ValueError(
                    f"{use.where}: the images of data set '{use.dataset}' have no labels, which evaluation.backbone = "
                    "'classifier' is trained on; 'efficientnet' needs none"
                )
        for name in self.datasets.names():
            if self.protocol(name).classifier is not None and self.evaluation.backbone != "classifier":
                raise ValueError(
                    f"datasets.{name}.classifier is set, but no score is on its features: evaluation.backbone = "
                    f"'{self.evaluation.backbone}'; set this to classifier, or the other to null"
                )
        shown = self.artefacts.figure1
        if shown is not None and self.protocol(shown.dataset).latent_dim != 2:
            d = self.protocol(shown.dataset).latent_dim
            raise ValueError(
                f"datasets.{shown.dataset}.latent_dim = {d}: Figure 1 draws a latent space of 2 dimensions"
            )
        if self.artefacts.figure10 is not None and self.artefacts.table2 is None:
            raise ValueError("artefacts.figure10 shows the images of artefacts.table2, which is null")
        if self.artefacts.table2 is not None:
            _check_classes(self)
        return self


_SEEDS = TypeAdapter(Seeds)


def _with_seeds(section: Any, seeds: list[int]) -> Any:
    return {"seeds": seeds} | section if isinstance(section, dict) else section


def _seeded_artefacts() -> Iterator[str]:
    """The tables and figures that are made of several trainings."""
    return (name for name, field in Artefacts.model_fields.items() if hasattr(field.default, "seeds"))


class _Use(NamedTuple):
    """A data set that an artefact is made on: with which training images and nets."""

    where: str
    subset_key: str
    dataset: str
    subset: str
    nets: tuple[str, ...]

    @property
    def judged(self) -> bool:
        """Whether features of its images are taken."""
        return self.where.split(".")[1] in JUDGED


def _uses(config: Config) -> Iterator[_Use]:
    """Everything that will be built."""
    for name in type(config.artefacts).model_fields:
        artefact = getattr(config.artefacts, name)
        datasets = [artefact.dataset] if hasattr(artefact, "dataset") else getattr(artefact, "datasets", [])
        for row in getattr(artefact, "rows", []):
            yield _Use(f"artefacts.{name}.rows", "", row.dataset, "full", (row.net,))
        for dataset in datasets:
            subsets = getattr(artefact, "subsets", [getattr(artefact, "subset", "full")])
            nets = [getattr(artefact, "net", None), *getattr(artefact, "nets", [])]
            if name == "figure_controls":  # its net is the two-stage model's alone
                nets.append(config.protocol(dataset).net if dataset in config.datasets.names() else None)
            key = f"artefacts.{name}.{'subsets' if hasattr(artefact, 'subsets') else 'subset'}"
            for subset in subsets:
                yield _Use(f"artefacts.{name}", key, dataset, subset, tuple(net for net in nets if net))


def _sized_by(protocol: Dataset) -> str | None:
    """The option that says how large the images are, with its value; None of a data set that has none."""
    options = getattr(protocol, "options", None)
    sized = next((name for name in ("image_size", "downscale") if hasattr(options, name)), None)
    return f"options.{sized} = {getattr(options, sized)}" if sized else None


def _check_use(protocol: Dataset, use: _Use) -> None:
    for net in use.nets or (protocol.net,):
        try:
            check_net(net, protocol.image_shape(), protocol.latent_dim, protocol.width)
        except GeovaeError as reason:
            given = _sized_by(protocol) or f"net = {net}"
            raise ValueError(f"datasets.{use.dataset}.{given}: {reason}") from None
    n_train = protocol.train_size()
    if n_train is None:
        if use.subset_key.endswith("subsets") and use.subset == "full":
            raise ValueError(f"{use.where}: the number of training images of data set '{use.dataset}' is not known")
        return
    if use.subset.startswith("n") and int(use.subset[1:]) > n_train:
        raise ValueError(f"{use.subset_key} = '{use.subset}': {use.dataset} has {n_train} training images, no more")


def _check_classes(config: Config) -> None:
    """That Table 2 has two classes, and images that its classifier takes."""
    table = config.artefacts.table2
    name, protocol = table.dataset, config.protocol(table.dataset)
    if not protocol.labelled():
        raise ValueError(f"artefacts.table2.dataset = '{name}': its images have no labels")
    if table.classes is None and name not in CLASSES:
        known = ", ".join(CLASSES)
        raise ValueError(
            f"artefacts.table2.dataset = '{name}': a data set of two classes is needed: {known}; of another, name two "
            "in artefacts.table2.classes"
        )
    try:
        choose_stages(protocol.image_shape()[1:])
    except GeovaeError as reason:
        sized = _sized_by(protocol)
        given = f"datasets.{name}.{sized}" if sized else f"artefacts.table2.dataset = '{name}'"
        raise ValueError(f"{given}: {reason}") from None


def _refuse_broken_text(content: Any, key: str) -> None:
    """A text that no command, path or file can hold; YAML's escapes can write it."""
    if isinstance(content, str):
        if "\0" in content or any("\ud800" <= character <= "\udfff" for character in content):
            raise GeovaeError(f"config: {key.strip('.')}: holds a zero byte or half of a character. Remove it.")
    elif isinstance(content, dict):
        for name, value in content.items():
            _refuse_broken_text(value, f"{key}.{name}")
    elif isinstance(content, list):
        for number, value in enumerate(content):
            _refuse_broken_text(value, f"{key}[{number}]")


def load_config(content: dict) -> Config:
    """Validate the merged YAML.

    Raises:
        GeovaeError: with a line for each mistake: the key, its value and what is allowed.
    """
    _refuse_broken_text(content, "")
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise GeovaeError(explain(error, Config)) from None
