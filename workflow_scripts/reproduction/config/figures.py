"""What of the paper's figures is built, and from what: a section for each."""

from typing import Annotated

from pydantic import Field, model_validator

from reproduction.config.base import (
    ALL_MODELS,
    DISTINCT,
    Closed,
    NetName,
    RowModels,
    Seed,
    Seeds,
    SizedSubset,
    Subset,
)
from reproduction.config.datasets import DatasetName, DatasetNames
from reproduction.config.variants import (
    Baseline,
    NumberOfCentroids,
    NumberOfGaussians,
    NumberOfNeighbours,
    NumberOfSteps,
    PositiveDecimal,
)

CentroidNumbers = Annotated[list[NumberOfCentroids], Field(min_length=1), DISTINCT]
ChainLengths = Annotated[list[NumberOfSteps], Field(min_length=1), DISTINCT]
PositiveDecimals = Annotated[list[PositiveDecimal], Field(min_length=1), DISTINCT]


class LatentSpace(Closed):
    """Figure 1: latent space, volume element, distances and interpolations."""

    dataset: DatasetName = Field("shapes", description="Data set; its latent space must have two dimensions.")
    seed: Seed = Field(0, description="Seed of the training that is shown.")
    grid: int = Field(200, ge=50, le=1000, description="Points per side of the grid of volumes and distances.")
    n_stops: int = Field(10, ge=2, le=30, description="Decoded images along each curve.")


class SampleGrid(Closed):
    """Figures 2, 7, 8: generated samples, one row per method."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, one panel each.")
    subset: Subset = Field("full", description="Training images of the models.")
    seed: Seed = Field(0, description="Seed of the training that is shown.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are shown.")
    columns: int = Field(10, ge=1, le=40, description="Samples per method.")


class ClassGrid(Closed):
    """Figure 10: generated samples of each class of Table 2's data set, one row per method."""

    columns: int = Field(6, ge=1, le=40, description="Samples per method and class.")


class Neighbours(Closed):
    """Figures 3, 9: nearest training image and nearest reconstruction of generated images."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, one panel each.")
    subset: Subset = Field("full", description="Training images of the models.")
    seed: Seed = Field(0, description="Seed of the training that is shown.")
    n_examples: int = Field(8, ge=1, le=40, description="Generated images shown.")


class Samples(Closed):
    """Figures 5, 6: 100 samples of the paper's method."""

    dataset: DatasetName = Field("digits", description="Data set.")
    subset: Subset = Field("full", description="Training images of the model.")
    seed: Seed = Field(0, description="Seed of the training that is shown.")


class TrainingSize(Closed):
    """Figures 4, 11: FID against the number of training images."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, one panel each.")
    subsets: Annotated[list[SizedSubset], Field(min_length=2), DISTINCT] = Field(
        ["full", "n10000", "n5000", "n1000"], description="Subsets of the training images to train on."
    )
    models: RowModels = Field(ALL_MODELS, description="Models whose curves are drawn.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")


class CentroidCount(Closed):
    """Figure 12: FID against the number of centroids, and over random choices of them, for two starts of the chains."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, one panel each.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")
    ks: CentroidNumbers = Field([100, 500, 1000, 2000, 5000, 10_000], description="Numbers of centroids.")
    k_draws: NumberOfCentroids = Field(1000, description="Centroids per random choice.")
    n_draws: int = Field(10, ge=2, le=100, description="Number of random choices of centroids.")


class TwoCentroids(Closed):
    """Figure 13: samples of a metric with two centroids, for two starts of the chains."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, one panel each.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that its claim is judged by; the first is shown.")
    columns: int = Field(8, ge=1, le=40, description="Samples shown per centroid.")


class Regularisation(Closed):
    """Figure 14: FID against λ."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, one curve each.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")
    lams: PositiveDecimals = Field([1e-6, 1e-4, 1e-2, 0.1, 1.0], description="Values of λ.")
    k: NumberOfCentroids = Field(1000, description="Centroids of the metric.")


class RadiusChoice(Closed):
    """Figure of ρ (Appendix F.3): scores, chains and the metric itself against ρ, for two starts of the chains.

    Beside the factors stands ρ by the Mahalanobis distance between centroids.
    """

    datasets: DatasetNames = Field(["digits"], description="Data sets, a block of panels each.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")
    factors: PositiveDecimals = Field([0.25, 0.5, 1.0, 2.0, 4.0], description="Values of ρ in units of the paper's.")


class BaselineCurves(Closed):
    """The baselines over a range of an option; an empty list leaves the curve out."""

    posterior_kde: Annotated[list[PositiveDecimal], DISTINCT] = Field(
        [], description="Scales s of the posteriors' covariances."
    )
    parzen: Annotated[list[PositiveDecimal], DISTINCT] = Field(
        [], description="Scales s of the windows; their number of neighbours is chosen by held-out likelihood at each."
    )
    neighbours: Annotated[list[NumberOfNeighbours], DISTINCT] = Field(
        [], description="Numbers K of means that are mixed."
    )
    gmm: Annotated[list[NumberOfGaussians], DISTINCT] = Field([], description="Numbers of Gaussians.")
    volume: Annotated[list[NumberOfCentroids], DISTINCT] = Field([], description="Numbers k of centroids.")


class Controls(Closed):
    """Figure of controls: scores against novelty, and diagnostics of the chains."""

    dataset: DatasetName = Field("digits", description="Data set.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")
    scales: PositiveDecimals = Field(
        [0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0], description="Standard deviations of the noise around training means."
    )
    baselines: Annotated[list[Baseline], DISTINCT] = Field(
        [], description="Other samplers on the VAE that are points of the figure, as in `table1.baselines`."
    )
    baseline_curves: BaselineCurves = Field(BaselineCurves(), description="Those that are curves.")
    lengths: ChainLengths = Field(
        [10, 30, 100, 300, 1000], description="Lengths of the chains, in steps; the paper's is 100."
    )
    n_betas: int = Field(
        4, ge=1, le=4, description="How many of the values 1, 0.1, 0.01 and 0.001 of β are trained, in this order."
    )
    ks: CentroidNumbers = Field([10, 30, 100, 300, 1000], description="Numbers of centroids.")
    net: NetName | None = Field(None, description="Net of the two-stage model; null takes the data set's.")


class PullBack(Closed):
    """Figure of the pull-back metric: the metric compared with that of the decoder, at training means."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, each at its own β and latent dimension.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")
    n_points: int = Field(
        1000, ge=10, le=1_000_000, description="Training means, drawn at random, at which the two are compared."
    )
    beta_datasets: Annotated[list[DatasetName], DISTINCT] = Field(
        ["digits"], description="Those of the data sets on which other values of β are trained too."
    )
    n_betas: int = Field(
        4, ge=1, le=4, description="How many of the values 1, 0.1, 0.01 and 0.001 of β these are, in this order."
    )

    @model_validator(mode="after")
    def _betas_are_of_the_datasets(self) -> "PullBack":
        for name in self.beta_datasets:
            if name not in self.datasets:
                raise ValueError(f"beta_datasets names '{name}', which is not in datasets ({', '.join(self.datasets)})")
        return self


class Interpolation(Closed):
    """Figure of interpolations: images along curves between random pairs of training means."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, each in its own latent dimension.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")
    n_pairs: int = Field(
        200, ge=2, le=100_000, description="Pairs of training means, drawn at random, that are joined."
    )
    n_stops: int = Field(10, ge=1, le=100, description="Images decoded between the two ends.")
    quantile: float = Field(
        0.95, gt=0, lt=1, description="An image is far if it is farther from its nearest training image than this"
        " share of the test images are from theirs.",
    )  # fmt: skip


class Sharpness(Closed):
    """Figure of sharpness: variance of the Laplacian of samples, reconstructions and test images."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, one panel each.")
    subset: Subset = Field("full", description="Training images of the models.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are shown.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")


class Figures(Closed):
    """The figures by name; what the report lists beside a number is its description."""

    figure1: LatentSpace | None = Field(
        LatentSpace(), description="A latent space of two dimensions: volumes, distances, interpolations."
    )
    figure2: SampleGrid | None = Field(SampleGrid(), description="Samples of all methods.")
    figure3: Neighbours | None = Field(Neighbours(), description="Nearest training images and reconstructions.")
    figure4: TrainingSize | None = Field(TrainingSize(), description="FID against the number of training images.")
    figure5: Samples | None = Field(Samples(), description="100 samples of the paper's method.")
    figure6: Samples | None = Field(Samples(), description="100 samples of the paper's method on another data set.")
    figure7: SampleGrid | None = Field(SampleGrid(), description="Samples of all methods, with all RAEs.")
    figure8: SampleGrid | None = Field(SampleGrid(), description="Samples of all methods on more data sets.")
    figure9: Neighbours | None = Field(
        Neighbours(), description="Nearest training images and reconstructions on more data sets."
    )
    figure10: ClassGrid | None = Field(ClassGrid(), description="Samples of each class of Table 2's data set.")
    figure11: TrainingSize | None = Field(
        TrainingSize(), description="FID against the number of training images on more data sets."
    )
    figure12: CentroidCount | None = Field(
        CentroidCount(), description="FID against the number and the choice of centroids."
    )
    figure13: TwoCentroids | None = Field(TwoCentroids(), description="Samples of a metric with two centroids.")
    figure14: Regularisation | None = Field(Regularisation(), description="FID against λ.")
    figure_rho: RadiusChoice | None = Field(
        RadiusChoice(), description="Scores, chains and the metric itself against ρ."
    )
    figure_controls: Controls | None = Field(Controls(), description="Scores against novelty; what the chains did.")
    figure_pullback: PullBack | None = Field(
        PullBack(), description="The metric beside the pull-back metric of the decoder."
    )
    figure_interpolation: Interpolation | None = Field(
        Interpolation(), description="Images along curves between random training means."
    )
    figure_sharpness: Sharpness | None = Field(
        Sharpness(), description="How sharp generated images, reconstructions and test images are."
    )
