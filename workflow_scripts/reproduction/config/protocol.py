"""How models are trained and sampled on a data set: the sections that every data set has."""

from typing import Annotated, Literal

from pydantic import Field

from reproduction.config.base import Closed, NetName
from reproduction.config.models import Models
from reproduction.config.variants import NumberOfCentroids

ModelName = Literal[*Models.model_fields]
Epochs = Annotated[int, Field(ge=1)]
BatchSize = Annotated[int, Field(ge=2)]
Rate = Annotated[float, Field(gt=0)]
Patience = Annotated[int, Field(ge=0)]
Selection = Literal["validation", "train"]


class Training(Closed):
    """Optimisation of one run (Appendix D of the paper)."""

    epochs: Epochs = Field(100, description="Passes over the training images.")
    batch_size: BatchSize = Field(100, description="Images per gradient step.")
    lr: Rate = Field(1e-3, description="Learning rate of Adam at the start.")
    patience: Patience = Field(5, description="Epochs without a better validation loss before the rate is halved.")
    select_on: Selection = Field(
        "validation",
        description="Images whose loss chooses the epoch that is kept, and says when the rate is halved.",
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto", description="Type that the nets multiply in; `auto` is bfloat16 where the hardware has it."
    )
    compile: bool = Field(False, description="Compile the nets (`torch.compile`): minutes at the start, faster steps.")
    deterministic: bool = Field(
        True, description="On a GPU, give the same bytes from the same training, at some cost in speed."
    )


class TrainingException(Closed):
    """Runs whose optimisation differs, and in what; a key that is null or left out is as in `training`."""

    models: Annotated[list[ModelName], Field(min_length=1)] | None = Field(None, description="Of these models, or all.")
    subset: Literal["full", "sized", "class"] | None = Field(
        None, description="On all training images, on subsets nNUMBER, on those of a class, or on any."
    )
    epochs: Epochs | None = Field(None, description="As in `training`.")
    batch_size: BatchSize | None = Field(None, description="As in `training`.")
    lr: Rate | None = Field(None, description="As in `training`.")
    patience: Patience | None = Field(None, description="As in `training`.")
    select_on: Selection | None = Field(None, description="As in `training`.")

    def concerns(self, model: str, subset: str) -> bool:
        """Whether the runs of a model on a subset are among them."""
        kind = subset if subset == "full" else "class" if subset.startswith("class-") else "sized"
        return (self.models is None or model in self.models) and self.subset in (None, kind)

    def changes(self) -> dict[str, int | float | str]:
        """The settings that differ."""
        return self.model_dump(include=set(Training.model_fields), exclude_none=True)


class Metric(Closed):
    """The Riemannian metric of Eq. (7)."""

    k: NumberOfCentroids = Field(100, description="Number of centroids (k-medoids of the training means).")
    lam: float = Field(0.01, gt=0, description="λ: far from every centroid, the metric is λ times the identity.")
    tau: float = Field(0.0, ge=0, description="τ, the rate at which the λ term decays with ‖z‖².")


class HMC(Closed):
    """The Hamiltonian sampler of Algorithm 2."""

    n_steps: int = Field(100, ge=1, description="N, steps per chain.")
    n_lf: int = Field(10, ge=1, description="Leapfrog steps per step of the chain.")
    eps_lf: float = Field(0.01, gt=0, description="ε, size of a leapfrog step.")
    n_long: int = Field(100, ge=0, description="Chains that the diagnostics continue to ten times their length.")


class Mixture(Closed):
    """The Gaussian mixture fitted on the training means."""

    n_components: int = Field(10, ge=1, description="Number of Gaussians, each with a full covariance matrix.")


class Jitter(Closed):
    """The control that adds Gaussian noise to training means."""

    scale: Annotated[float, Field(gt=0)] | Literal["matched"] = Field(
        "matched",
        description="Standard deviation of the noise, or `matched`: the manifold sampler's displacement per dimension.",
    )


class Samplers(Closed):
    """Options of the samplers that have any."""

    gmm: Mixture = Field(Mixture(), description="Gaussian mixture on the training means.")
    manifold: HMC = Field(
        HMC(), description="The paper's sampler; the version that its authors released takes the same options."
    )
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
    training_exceptions: list[TrainingException] = Field(
        [], description="Where the optimisation differs; of several that concern a run the last decides."
    )
    models: Models = Field(Models(), description="Hyper-parameters of the models.")
    metric: Metric = Field(Metric(), description="The Riemannian metric.")
    samplers: Samplers = Field(Samplers(), description="Options of the samplers.")

    def training_of(self, model: str, subset: str) -> Training:
        """The optimisation of a model on a subset."""
        concerned = [exception for exception in self.training_exceptions if exception.concerns(model, subset)]
        return self.training.model_copy(
            update={name: value for exception in concerned for name, value in exception.changes().items()}
        )
