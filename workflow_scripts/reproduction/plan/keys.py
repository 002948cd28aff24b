"""What is trained, generated and scored, by its key, and where its files lie."""

from dataclasses import dataclass
from typing import Protocol

from geovae.data.splits import UNSEEN_SPLITS
from geovae.evaluation.table import BACKBONES
from geovae.sampling import table
from reproduction.config.base import SUBSET_PATTERN
from reproduction.config.config import Config
from reproduction.config.dataset import Dataset
from reproduction.config.models import Models

MODELS = tuple(Models.model_fields)
SAMPLERS = tuple(table.SAMPLERS)
SCORED_SPLITS = UNSEEN_SPLITS
RUN_PATTERN = rf"[a-z0-9_]+/(?:{SUBSET_PATTERN})/[a-z]+/(?:{'|'.join(MODELS)})/(?:base|t[0-9]{{2}})/seed[0-9]+"


class Wildcards(Protocol):
    """The wildcards of a job, as attributes."""

    def __getattr__(self, name: str) -> str: ...


@dataclass(frozen=True, order=True)
class Run:
    """One trained model."""

    dataset: str
    subset: str
    net: str
    model: str
    trial: str
    seed: int

    @property
    def key(self) -> str:
        """The run's place under `results/runs/`, which also seeds its random draws."""
        return f"{self.dataset}/{self.subset}/{self.net}/{self.model}/{self.trial}/seed{self.seed}"

    @property
    def folder(self) -> str:
        """Where the run's files lie."""
        return f"results/runs/{self.key}"

    @classmethod
    def parse(cls, key: str) -> "Run":
        """The run with this key."""
        dataset, subset, net, model, trial, seed = key.split("/")
        return cls(dataset, subset, net, model, trial, int(seed.removeprefix("seed")))


@dataclass(frozen=True, order=True)
class Generation:
    """One set of generated images."""

    run: Run
    sampler: str
    variant: str = "base"

    @property
    def key(self) -> str:
        """The run's key, the sampler and its variant."""
        return f"{self.run.key}/{self.sampler}/{self.variant}"

    @property
    def folder(self) -> str:
        """Where the samples lie."""
        return f"{self.run.folder}/generations/{self.sampler}/{self.variant}"

    def score(self, backbone: str, split: str) -> str:
        """The score record against one split."""
        return f"{self.folder}/{backbone}/score_{split}.json"


def generation_of(wildcards: Wildcards) -> Generation:
    """The generation that a job is about."""
    return Generation(Run.parse(wildcards.run), wildcards.sampler, wildcards.variant)


# -- backbones --------------------------------------------------------------------------------------------------------


def backbone_folder(dataset: str, backbone: str) -> str:
    """Where a feature extractor lies: one that is trained belongs to a data set, another is one for all."""
    trained = BACKBONES[backbone].train is not None
    return f"results/backbones/{dataset}/{backbone}" if trained else f"results/backbones/{backbone}"


# -- runs of a config ----------------------------------------------------------------------------------------------


def run_of(
    config: Config,
    dataset: str,
    model: str,
    seed: int,
    subset: str = "full",
    trial: str = "base",
    net: str | None = None,
) -> Run:
    """The run of a model, on the net that the data set's protocol names unless another is given."""
    return Run(dataset, subset, net or config.protocol(dataset).net, model, trial, seed)


def protocol_of(config: Config, run: Run) -> Dataset:
    """The protocol of a run: the data set's, with the exceptions that concern it."""
    return config.protocol(run.dataset).of(run.model, run.net, run.subset)
