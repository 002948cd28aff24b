"""What of the paper is built, and from what: a section for each table; those of the figures are in `config_figures`."""

from typing import Annotated, get_args

from pydantic import Field

from reproduction.config.base import (
    ALL_MODELS,
    Closed,
    NetName,
    PluggedModel,
    RowModels,
    SearchedModel,
    Seeds,
    Split,
    Subset,
)
from reproduction.config.datasets import DatasetName, DatasetNames
from reproduction.config.figures import (
    CentroidCount,
    ClassGrid,
    Controls,
    LatentSpace,
    Neighbours,
    Regularisation,
    SampleGrid,
    Samples,
    TrainingSize,
    TwoCentroids,
)
from reproduction.config.variants import PaperSamplerVariant

Nets = Annotated[list[NetName], Field(min_length=1)]


class Table1(Closed):
    """FID and PRD of every model and sampler, with controls."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, a group of columns each.")
    subset: Subset = Field("full", description="Training images of the models.")
    seeds: Seeds = Field([0], description="Trainings that mean and standard deviation are taken over.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are built.")
    variants: list[PaperSamplerVariant] = Field([], description="More rows of the paper's sampler, with other options.")
    split: Split = Field("test", description="Reference images behind the printed scores.")


class AugmentationClassifier(Closed):
    """The classifier of the augmentation task (Table 5, Appendix D)."""

    epochs: int = Field(50, ge=1, description="Passes over the training images.")
    batch_size: int = Field(200, ge=2, description="Images a gradient step.")
    lr: float = Field(1e-4, gt=0, description="Learning rate of Adam at the start.")
    patience: int = Field(5, ge=0, description="Epochs without a better validation loss before the rate is halved.")
    width: float = Field(1.0, gt=0, le=8, description="Factor on the layer widths; 1 is the paper's.")


class Table2(Closed):
    """The augmentation task: a classifier trained on real or on generated images (Appendix C.3)."""

    dataset: DatasetName = Field("phantoms", description="Data set with two classes.")
    seed: int = Field(0, ge=0, description="Training of the generative models.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are built.")
    n_per_class: int = Field(2000, ge=2, description="Images generated of each class.")
    n_runs: int = Field(20, ge=2, description="Trainings of each classifier.")
    classifier: AugmentationClassifier = Field(AugmentationClassifier(), description="Its training.")


class Table3(Closed):
    """The search over hyper-parameters (Appendix C.4)."""

    datasets: DatasetNames = Field(["digits"], description="Data sets.")
    nets: Nets = Field(["conv", "resnet"], description="Nets, each searched on its own.")
    models: Annotated[list[SearchedModel], Field(min_length=1)] = Field(
        list(get_args(SearchedModel)), description="Models of the rows."
    )
    n_trials: int = Field(10, ge=1, le=10, description="Configurations of each model that has any to choose from.")
    seeds: Seeds = Field([0], description="Trainings of each configuration.")


class Table4(Closed):
    """The encoders and decoders, read off the modules."""


class Table5(Closed):
    """The classifier of the augmentation task, read off the module."""


class Table6(Closed):
    """Prior against the paper's sampler for other models with a Gaussian posterior (Appendix G)."""

    datasets: DatasetNames = Field(["digits"], description="Data sets.")
    net: NetName = Field("conv", description="Net of all models.")
    models: Annotated[list[PluggedModel], Field(min_length=1)] = Field(
        list(get_args(PluggedModel)), description="Models."
    )
    n_trials: int = Field(10, ge=1, le=10, description="Configurations of each model.")
    seeds: Seeds = Field([0], description="Trainings of each configuration.")


class Table7(Closed):
    """The two-stage VAE (Appendix G)."""

    datasets: DatasetNames = Field(["digits"], description="Data sets.")
    nets: Nets = Field(["infogan", "wae"], description="Nets.")
    seeds: Seeds = Field([0], description="Trainings.")


class Artefacts(Closed):
    """The paper's tables and figures; `null` leaves one out."""

    table1: Table1 | None = Field(Table1(), description="FID and PRD of all models.")
    table2: Table2 | None = Field(Table2(), description="The augmentation task.")
    table3: Table3 | None = Field(Table3(), description="The search over hyper-parameters.")
    table4: Table4 | None = Field(Table4(), description="The nets.")
    table5: Table5 | None = Field(Table5(), description="The classifier of Table 2.")
    table6: Table6 | None = Field(Table6(), description="Prior against ours for other models.")
    table7: Table7 | None = Field(Table7(), description="The two-stage VAE.")
    figure1: LatentSpace | None = Field(LatentSpace(), description="A latent space of two dimensions.")
    figure2: SampleGrid | None = Field(SampleGrid(), description="Samples of all methods.")
    figure3: Neighbours | None = Field(Neighbours(), description="Nearest training images and reconstructions.")
    figure4: TrainingSize | None = Field(TrainingSize(), description="FID against the size of the training set.")
    figure5: Samples | None = Field(Samples(), description="100 samples.")
    figure6: Samples | None = Field(Samples(), description="100 samples of another data set.")
    figure7: SampleGrid | None = Field(SampleGrid(), description="Samples of all methods, with all RAEs.")
    figure8: SampleGrid | None = Field(SampleGrid(), description="Samples of all methods on more data sets.")
    figure9: Neighbours | None = Field(Neighbours(), description="Nearest images on more data sets.")
    figure10: ClassGrid | None = Field(ClassGrid(), description="Samples of each class of Table 2's data set.")
    figure11: TrainingSize | None = Field(TrainingSize(), description="Figure 4 on more data sets.")
    figure12: CentroidCount | None = Field(CentroidCount(), description="FID against centroids.")
    figure13: TwoCentroids | None = Field(TwoCentroids(), description="Samples with two centroids.")
    figure14: Regularisation | None = Field(Regularisation(), description="FID against λ.")
    figure_controls: Controls | None = Field(Controls(), description="FID against novelty, and the chains.")
    claims: bool = Field(True, description="Verdicts on the paper's claims, from whatever else is built.")
