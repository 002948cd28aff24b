"""How models are trained and sampled on a data set: the sections that every data set has."""

from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from geovae.nets.sizes import MOST_LATENT_DIMENSIONS
from reproduction.config.base import Closed, NetName, SubsetOfSize
from reproduction.config.models import Models
from reproduction.config.variants import NumberOfCentroids

ModelName = Literal[*Models.model_fields]
Epochs = Annotated[int, Field(ge=1, le=1_000_000)]
BatchSize = Annotated[int, Field(ge=2, le=1_000_000)]
Rate = Annotated[float, Field(ge=1e-12, le=1000)]
Patience = Annotated[int, Field(ge=0, le=1_000_000)]
Selection = Literal["validation", "train", "last"]
Halving = Annotated[int, Field(ge=1, le=1_000_000)]
LatentDimension = Annotated[int, Field(ge=1, le=MOST_LATENT_DIMENSIONS)]


class Training(Closed):
    """Optimisation of one run (Appendix D of the paper)."""

    epochs: Epochs = Field(100, description="Passes over the training images.")
    batch_size: BatchSize = Field(100, description="Images per gradient step.")
    lr: Rate = Field(1e-3, description="Learning rate of Adam at the start.")
    patience: Patience = Field(5, description="Epochs without a better validation loss before the rate is halved.")
    select_on: Selection = Field(
        "validation",
        description="Images whose loss chooses the epoch that is kept and says when the rate is halved, or the `last`.",
    )
    halve_every: Halving | None = Field(
        None, description="Epochs after which the rate is halved, whatever the loss, in the place of `patience`."
    )
    precision: Literal["auto", "float32", "bfloat16"] = Field(
        "auto",
        description="Type that the nets multiply in; `auto` is bfloat16 where nets of this width train faster in it.",
    )
    compile: bool = Field(False, description="Compile the nets (`torch.compile`): minutes at the start, faster steps.")
    deterministic: bool = Field(
        True, description="On a GPU, give the same bytes from the same training, at some cost in speed."
    )


class ProtocolException(Closed):
    """Runs whose protocol differs, and in what; a key that is null or left out is as for the others."""

    models: Annotated[list[ModelName], Field(min_length=1)] | None = Field(None, description="Of these models, or all.")
    nets: Annotated[list[NetName], Field(min_length=1)] | None = Field(None, description="With these nets, or any.")
    subset: Literal["full", "sized", "class"] | SubsetOfSize | None = Field(
        None, description="On all training images, on subsets nNUMBER or one of them, on those of a class, or on any."
    )
    epochs: Epochs | None = Field(None, description="As in `training`.")
    batch_size: BatchSize | None = Field(None, description="As in `training`.")
    lr: Rate | None = Field(None, description="As in `training`.")
    patience: Patience | None = Field(None, description="As in `training`.")
    select_on: Selection | None = Field(None, description="As in `training`.")
    halve_every: Halving | None = Field(None, description="As in `training`.")
    latent_dim: LatentDimension | None = Field(None, description="d, dimensions of the latent space.")
    settings: dict[Annotated[str, Field(max_length=100)], float | int | Annotated[str, Field(max_length=100)]] = Field(
        {}, description="Hyper-parameters of `models` that differ, by their keys there."
    )

    def concerns(self, model: str, net: str, subset: str) -> bool:
        """Whether the runs of a model with a net on a subset are among them."""
        kind = subset if subset == "full" else "class" if subset.startswith("class-") else "sized"
        return all(asked is None or found in asked for asked, found in ((self.models, model), (self.nets, net))) and (
            self.subset in (None, kind, subset)
        )

    def changes(self) -> dict[str, int | float | str]:
        """The settings that differ."""
        return self.model_dump(exclude={"models", "nets", "subset", "settings"}, exclude_none=True)


class Metric(Closed):
    """The Riemannian metric of Eq. (7)."""

    k: NumberOfCentroids = Field(100, description="Number of centroids (k-medoids of the training means).")
    lam: float = Field(
        0.01, ge=1e-12, le=1e6, description="λ: far from every centroid, the metric is λ times the identity."
    )
    tau: float = Field(0.0, ge=0, le=1e6, description="τ, the rate at which the λ term decays with ‖z‖².")
    rho: float = Field(
        1.0,
        ge=1e-12,
        le=1e6,
        description="ρ in units of the paper's, the largest distance from a centroid to its nearest other one; the "
        "released sampler has its own.",
    )


class HMC(Closed):
    """The Hamiltonian sampler of Algorithm 2."""

    n_steps: int = Field(100, ge=1, le=1_000_000, description="N, steps per chain.")
    n_lf: int = Field(10, ge=1, le=10_000, description="Leapfrog steps per step of the chain.")
    eps_lf: float = Field(0.01, ge=1e-12, le=1000, description="ε, size of a leapfrog step.")
    n_long: int = Field(
        100, ge=0, le=1_000_000, description="Chains that the diagnostics continue to ten times their length."
    )


class ReleasedPipeline(Closed):
    """What the authors' released code does around its chain (docs/reproduction.md)."""

    batch_statistics: bool = Field(
        False,
        description="Encode and decode in training mode, where batches are normalised by their own moments.",
    )
    centroids: Literal["medoids", "first"] = Field(
        "medoids", description="Centroids: those of the metric, or the first k training means (its CelebA and OASIS)."
    )


class Mixture(Closed):
    """The Gaussian mixture fitted on the training means."""

    n_components: int = Field(
        10, ge=1, le=10_000, description="Number of Gaussians, each with a full covariance matrix."
    )


class Jitter(Closed):
    """The control that adds Gaussian noise to training means."""

    scale: Annotated[float, Field(ge=1e-12, lt=1e6)] | Literal["matched"] = Field(
        "matched",
        description="Standard deviation of the noise, or `matched`: the manifold sampler's displacement per dimension.",
    )


class Samplers(Closed):
    """Options of the samplers that have any."""

    gmm: Mixture = Field(Mixture(), description="Gaussian mixture on the training means.")
    manifold: HMC = Field(
        HMC(), description="The paper's sampler; the version that its authors released takes the same options."
    )
    manifold_released: ReleasedPipeline = Field(
        ReleasedPipeline(), description="Options of the released version alone."
    )
    jitter: Jitter = Field(Jitter(), description="Training means plus Gaussian noise.")


class Protocol(Closed):
    """How models are trained and sampled on one data set."""

    net: NetName = Field(
        "conv",
        description="Encoder and decoder: `conv` and `mlp` are Table 4's; the others are in docs/reproduction.md.",
    )
    width: float = Field(1.0, ge=1e-3, le=4, description="Factor on the net's layer widths; 1 is the paper's.")
    latent_dim: LatentDimension = Field(16, description="d, dimensions of the latent space.")
    training: Training = Field(Training(), description="Optimisation.")
    exceptions: list[ProtocolException] = Field(
        [], description="Runs whose protocol differs; of several exceptions that concern a run the last decides."
    )
    models: Models = Field(Models(), description="Hyper-parameters of the models.")
    metric: Metric = Field(Metric(), description="The Riemannian metric.")
    samplers: Samplers = Field(Samplers(), description="Options of the samplers.")

    def of(self, model: str, net: str, subset: str) -> Self:
        """The protocol of one run: with its net, and changed by the exceptions that concern it."""
        changes: dict[str, Any] = {}
        settings: dict[str, Any] = {}
        for exception in self.exceptions:
            if exception.concerns(model, net, subset):
                changes |= exception.changes()
                settings |= exception.settings
        latent_dim = changes.pop("latent_dim", self.latent_dim)
        training = self.training.model_copy(update=changes)
        changed = {model: getattr(self.models, model).model_copy(update=settings)}
        models = self.models.model_copy(update=changed)
        return self.model_copy(update={"net": net, "latent_dim": latent_dim, "training": training, "models": models})

    @model_validator(mode="after")
    def _exceptions_fit_the_models(self) -> Self:
        for index, exception in enumerate(self.exceptions):
            if exception.settings and not exception.models:
                raise ValueError(f"exceptions.{index}.settings: name the models that they are of in `models`")
            for model in exception.models or ():
                section = getattr(self.models, model)
                try:
                    type(section).model_validate(section.model_dump() | exception.settings)
                except ValidationError as error:
                    problem = error.errors()[0]
                    key = ".".join(map(str, problem["loc"]))
                    raise ValueError(f"exceptions.{index}.settings.{key}, of {model}: {problem['msg']}") from None
        return self
