"""The workflow's configuration: typed, closed, and the one source of defaults, schema and documentation.

Nothing here imports torch. `load_config` turns what Snakemake read from `config.yaml` and its overlays into a `Config`,
or raises a `GeovaeError` of one line a mistake.
"""

from typing import Annotated, Literal

from pydantic import Field, ValidationError, model_validator

from geovae.config_artefacts import Artefacts
from geovae.config_base import Closed
from geovae.config_errors import explain
from geovae.config_models import Models
from geovae.errors import GeovaeError

NetName = Literal["conv", "mlp", "resnet", "infogan", "wae"]

# Sides of the square images that these nets take; the others adapt.
SQUARE_SIZES = {"conv": (32, 64), "resnet": (32, 64)}

# -- what a data set is trained and sampled with ----------------------------------------------------------------------


class Training(Closed):
    """Optimisation of one run (Appendix D of the paper)."""

    epochs: int = Field(100, ge=1, description="Passes over the training images.")
    batch_size: int = Field(100, ge=2, description="Images a gradient step.")
    lr: float = Field(1e-3, gt=0, description="Learning rate of Adam at the start.")
    patience: int = Field(5, ge=0, description="Epochs without a better validation loss before the rate is halved.")
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Type that the nets multiply in; `auto` is bfloat16 where the hardware has it."
    )
    compile: bool = Field(False, description="Compile the nets (`torch.compile`): minutes at the start, faster steps.")
    deterministic: bool = Field(True, description="On a GPU: the same bytes from the same training, at some cost.")


class Metric(Closed):
    """The Riemannian metric of Eq. (7)."""

    k: int = Field(100, ge=2, description="Number of centroids (k-medoids of the training means).")
    lam: float = Field(0.01, gt=0, description="λ, the metric far from every centroid.")
    tau: float = Field(0.0, ge=0, description="τ, the decay of the λ term with ‖z‖².")


class HMC(Closed):
    """The Hamiltonian sampler of Algorithm 2."""

    n_steps: int = Field(100, ge=1, description="N, steps of a chain.")
    n_lf: int = Field(10, ge=1, description="Leapfrog steps in each step of the chain.")
    eps_lf: float = Field(0.01, gt=0, description="ε, size of a leapfrog step.")
    n_long: int = Field(100, ge=0, description="Chains that are continued to ten times the length for the diagnostics.")


class Mixture(Closed):
    """The Gaussian mixture fitted on the training means."""

    n_components: int = Field(10, ge=1, description="Gaussians, each with a full covariance.")


class Jitter(Closed):
    """The control that adds Gaussian noise to training means."""

    scale: Annotated[float, Field(gt=0)] | Literal["matched"] = Field(
        "matched", description="Standard deviation, or `matched`: the manifold sampler's displacement per dimension."
    )


class Samplers(Closed):
    """Options of the samplers that have any."""

    gmm: Mixture = Field(Mixture(), description="Gaussian mixture on the training means.")
    manifold: HMC = Field(HMC(), description="The paper's sampler; the released variant of it takes the same options.")
    jitter: Jitter = Field(Jitter(), description="Training means plus Gaussian noise.")


class Protocol(Closed):
    """How models are trained and sampled on one data set."""

    net: NetName = Field(
        "conv",
        description="Encoder and decoder: `conv` and `mlp` are Table 4's; the others are in docs/reproduction.md.",
    )
    width: float = Field(1.0, gt=0, le=4, description="Factor on the net's layer widths; 1 is the paper's.")
    latent_dim: int = Field(16, ge=1, description="d, dimensions of the latent space.")
    training: Training = Field(Training(), description="Optimisation.")
    models: Models = Field(Models(), description="Hyper-parameters of the models.")
    metric: Metric = Field(Metric(), description="The Riemannian metric.")
    samplers: Samplers = Field(Samplers(), description="Options of the samplers.")

    def train_size(self) -> int | None:
        """Images in the training split where that is known before the data are read."""
        return None


class DigitsOptions(Closed):
    """scikit-learn's handwritten digits."""

    image_size: int = Field(32, ge=8, le=256, description="Side of the images after upscaling, in pixels.")


class Digits(Protocol):
    """1,797 real handwritten digits that scikit-learn ships: 1,000 to train, 297 to validate, 500 to test."""

    options: DigitsOptions = Field(DigitsOptions(), description="How the images are prepared.")

    def train_size(self) -> int:
        """Images in the training split."""
        return 1000


class ShapesOptions(Closed):
    """The paper's disks and rings (Fig. 1)."""

    image_size: int = Field(32, ge=16, le=256, description="Side of the images in pixels.")
    n_train: int = Field(500, ge=2, description="Training images, half of them rings.")
    n_validation: int = Field(200, ge=2, description="Validation images.")
    n_test: int = Field(500, ge=2, description="Test images.")
    centred: bool = Field(True, description="All shapes in the middle, as in the paper, or anywhere in the image.")
    seed: int = Field(0, ge=0, description="Seed of the radii and thicknesses.")


class Shapes(Protocol):
    """Binary disks and rings of random size and thickness, drawn by this project."""

    options: ShapesOptions = Field(ShapesOptions(), description="How the images are drawn.")

    def train_size(self) -> int:
        """Images in the training split."""
        return self.options.n_train


class Datasets(Closed):
    """The data sets in use, under their registry names."""

    digits: Digits | None = Field(None, description="Handwritten digits from scikit-learn.")
    shapes: Shapes | None = Field(None, description="Disks and rings.")

    def names(self) -> list[str]:
        """Names of the data sets that are configured."""
        return [name for name in type(self).model_fields if getattr(self, name) is not None]


# -- how generations are scored ---------------------------------------------------------------------------------------


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


class Evaluation(Closed):
    """Scores of generated images."""

    backbone: Literal["classifier"] = Field("classifier", description="Feature extractor behind FID and PRD.")
    n_samples: int = Field(10_000, ge=2, description="Images generated, and reference images compared with, at most.")
    classifier: Classifier = Field(Classifier(), description="Training of the classifier backbone.")
    prd: PRD = Field(PRD(), description="Precision and recall of distributions.")


class Config(Closed):
    """Everything that can be set."""

    device: Literal["auto", "cpu", "cuda"] = Field(
        "auto", description="Where torch computes; `auto` takes a GPU if any."
    )
    threads: int = Field(1, ge=1, description="Threads of every computing job; another number changes the last digits.")
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
