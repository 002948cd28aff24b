"""The workflow's configuration: typed, closed, and the one source of defaults, schema and documentation.

Nothing here imports torch. `load_config` turns what Snakemake read from `config.yaml` and its overlays into a `Config`,
or raises a `GeovaeError` of one line a mistake.
"""

from typing import Literal

from pydantic import Field, ValidationError, model_validator

from geovae.config_artefacts import Artefacts
from geovae.config_base import Closed
from geovae.config_datasets import Datasets
from geovae.config_errors import explain
from geovae.config_protocol import Protocol
from geovae.errors import GeovaeError

# Sides of the square images that these nets take; the others adapt.
SQUARE_SIZES = {"conv": (32, 64), "resnet": (32, 64)}


class PRD(Closed):
    """Precision and recall of distributions (Sajjadi et al. 2018)."""

    n_clusters: int = Field(20, ge=2, description="Clusters of the pooled features.")
    n_runs: int = Field(10, ge=1, description="Clusterings whose curves are averaged.")


class Classifier(Closed):
    """The feature extractor that the workflow trains on a data set's own labels."""

    epochs: int = Field(20, ge=1, description="Passes over the training images.")
    batch_size: int = Field(100, ge=2, description="Images a gradient step.")
    lr: float = Field(1e-3, gt=0, description="Learning rate of Adam.")
    width: float = Field(1.0, gt=0, le=8, description="Factor on the channel counts.")


Extra = Literal["kid", "precision_recall", "density_coverage", "fid_bootstrap"]


class Evaluation(Closed):
    """Scores of generated images."""

    backbone: Literal["classifier", "inception"] = Field(
        "classifier",
        description="Feature extractor behind FID and PRD: trained on the data set's own labels, or the paper's.",
    )
    resize: Literal["tf_legacy", "pytorch_fid"] = Field(
        "tf_legacy",
        description="How images are enlarged for Inception: as the paper's tool, or as pytorch-fid does it.",
    )
    extra: list[Extra] = Field([], description="More scores, as columns of their own in scores.csv.")
    n_samples: int = Field(10_000, ge=2, description="Images generated, and reference images compared with, at most.")
    classifier: Classifier = Field(Classifier(), description="Training of the classifier backbone.")
    prd: PRD = Field(PRD(), description="Precision and recall of distributions.")


class Config(Closed):
    """Everything that can be set."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where torch computes; `auto` takes a GPU if any."
    )
    threads: int = Field(1, ge=1, description="Threads of every computing job; another number changes the last digits.")
    data_dir: str = Field("data", description="Folder of raw data: what lies there is used, the rest downloaded.")
    mirror: str | None = Field(
        None, description="Address below which the raw files are tried first, under their names in `data_dir`."
    )
    datasets: Datasets = Field(Datasets(), description="Data sets and the protocol on each.")
    evaluation: Evaluation = Field(Evaluation(), description="Scores.")
    artefacts: Artefacts = Field(Artefacts(), description="Tables and figures.")

    def protocol(self, dataset: str) -> Protocol:
        """The settings of a data set that is configured."""
        return getattr(self.datasets, dataset)

    @model_validator(mode="after")
    def _artefacts_fit_the_datasets(self) -> "Config":
        for name, dataset, subset in _datasets_in_use(self.artefacts):
            if dataset not in self.datasets.names():
                configured = ", ".join(self.datasets.names()) or "none"
                raise ValueError(f"artefacts.{name} asks for data set '{dataset}'; in `datasets`: {configured}")
            _check_sizes(self.protocol(dataset), dataset, subset, f"artefacts.{name}")
        shown = self.artefacts.figure1
        if shown is not None and self.protocol(shown.dataset).latent_dim != 2:
            d = self.protocol(shown.dataset).latent_dim
            raise ValueError(
                f"datasets.{shown.dataset}.latent_dim = {d}: Figure 1 draws a latent space of 2 dimensions"
            )
        return self


def _datasets_in_use(artefacts: Artefacts) -> list[tuple[str, str, str]]:
    """(artefact, data set, subset) for everything that will be built."""
    found = []
    for name in type(artefacts).model_fields:
        artefact = getattr(artefacts, name)
        if artefact is None:
            continue
        datasets = [artefact.dataset] if hasattr(artefact, "dataset") else artefact.datasets
        found += [(name, dataset, getattr(artefact, "subset", "full")) for dataset in datasets]
    return found


def _check_sizes(protocol: Protocol, dataset: str, subset: str, where: str) -> None:
    size = getattr(getattr(protocol, "options", None), "image_size", 32)
    if protocol.net in SQUARE_SIZES and size not in SQUARE_SIZES[protocol.net]:
        sizes = " or ".join(map(str, SQUARE_SIZES[protocol.net]))
        raise ValueError(f"datasets.{dataset}.options.image_size = {size}: the {protocol.net} net takes {sizes}")
    n_train = protocol.train_size()
    if n_train is None:
        return
    if subset.startswith("n") and int(subset[1:]) > n_train:
        raise ValueError(f"{where}.subset = '{subset}': {dataset} has {n_train} training images, no more")
    available = min(n_train, int(subset[1:])) if subset.startswith("n") else n_train
    if protocol.metric.k > available:
        raise ValueError(f"datasets.{dataset}.metric.k = {protocol.metric.k}: there are {available} training images")


def load_config(content: dict) -> Config:
    """Validate the merged YAML.

    Raises
    ------
    GeovaeError
        With a line for each mistake: the key, its value and what is allowed.
    """
    try:
        return Config.model_validate(content)
    except ValidationError as error:
        raise GeovaeError(explain(error, Config)) from None
