"""Which generations and classifiers the augmentation task needs (Appendix C.3: Table 2 and Figure 10)."""

from dataclasses import dataclass

from reproduction.config.config import Config
from reproduction.config.datasets import CLASSES
from reproduction.plan.keys import Generation, run_of
from reproduction.plan.rows import CONTROL_ROWS, PAPER_ROWS, Row

SOURCE_PATTERN = r"raw|resampled|[a-z0-9_]+-[a-z_]+(-seed[0-9]+)?"


@dataclass(frozen=True)
class Source:
    """What a classifier is trained on: real images (`raw`, `resampled`) or a row's generated ones.

    Attributes:
        label: of the row in Table 2.
        name: in file names: `raw`, `resampled` or `MODEL-SAMPLER`.
        row: the generating model and sampler, None for real images.
        block: `paper` or `controls`.
    """

    label: str
    name: str
    row: Row | None
    block: str


@dataclass(frozen=True)
class TrainingSet:
    """What a classifier is trained on, to the training of the generator: `seed`, None for real images."""

    source: Source
    seed: int | None

    @property
    def name(self) -> str:
        """In file names: that of its source, for another seed than 0 with `-seedN` behind it."""
        return self.source.name + (f"-seed{self.seed}" if self.seed else "")

    @property
    def key(self) -> str:
        """What the table of classification scores calls it: `raw`, `resampled` or MODEL/SAMPLER/VARIANT/seedN."""
        row = self.source.row
        return self.source.name if row is None else f"{row.model}/{row.sampler}/{row.variant}/seed{self.seed}"


def sources(config: Config) -> list[Source]:
    """The rows of Table 2: real images, the paper's methods, controls."""
    rows = [row for row in PAPER_ROWS if row.model in config.artefacts.table2.models]
    rows += [row for row in CONTROL_ROWS if row.sampler in ("reconstruction", "jitter", "kde")]
    real = [Source("Original", "raw", None, "paper"), Source("Original (resampled)", "resampled", None, "paper")]
    # Table 2 prints N where Table 1 prints N(0, 1).
    return real + [
        Source(row.label.replace("N(0, 1)", "N"), f"{row.model}-{row.sampler}", row, row.block) for row in rows
    ]


def training_sets(config: Config) -> list[TrainingSet]:
    """What is behind the rows of Table 2: of a generator one for each of its trainings."""
    seeds = config.artefacts.table2.seeds
    return [
        TrainingSet(source, seed)
        for source in sources(config)
        for seed in (seeds if source.row is not None else [None])
    ]


def class_subsets(config: Config) -> dict[str, str]:
    """Class → its training images, a subset; in the order of Table 2's columns."""
    table = config.artefacts.table2
    names = table.classes or CLASSES[table.dataset]
    sizes = [f".n{n}" for n in table.n_train] if table.n_train else [""] * len(names)
    return {name: f"class-{name}{size}" for name, size in zip(names, sizes, strict=True)}


def takes_whole_splits(config: Config) -> bool:
    """Whether the classifiers see all images of the data set, which has two classes."""
    return config.artefacts.table2.classes is None and config.artefacts.table2.n_train is None


def class_folders(config: Config) -> dict[str, str]:
    """Class → the indices of its training and validation images; none where the classifiers see whole splits."""
    if takes_whole_splits(config):
        return {}
    folder = f"results/data/{config.artefacts.table2.dataset}/subsets"
    return {name: f"{folder}/{subset}" for name, subset in class_subsets(config).items()}


def class_generation(config: Config, row: Row, seed: int, name: str) -> Generation:
    """The images of one class that a row of Table 2 generates, by a model trained on that class alone."""
    run = run_of(config, config.artefacts.table2.dataset, row.model, seed, class_subsets(config)[name])
    return Generation(run, row.sampler)


def source_generations(config: Config, source: str) -> dict[str, Generation]:
    """Class -> generation that the classifier of the training set of this name sees; empty for real images."""
    found = next(entry for entry in training_sets(config) if entry.name == source)
    if found.source.row is None:
        return {}
    return {name: class_generation(config, found.source.row, found.seed, name) for name in class_subsets(config)}


def classification_records(config: Config) -> dict[str, str]:
    """Training set -> file with the records of its classifiers' runs."""
    folder = f"results/augmentation/{config.artefacts.table2.dataset}"
    return {entry.key: f"{folder}/{entry.name}.json" for entry in training_sets(config)}


def n_samples(config: Config, generation: Generation) -> int:
    """How many images a generation has: those of the augmentation task as many as Table 2 takes a class."""
    table, run = config.artefacts.table2, generation.run
    if table is not None and run.dataset == table.dataset and run.subset.startswith("class-"):
        return table.n_per_class
    return config.evaluation.n_samples
