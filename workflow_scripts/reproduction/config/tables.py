"""What of the paper's tables is built, and from what: a section for each."""

from typing import Annotated, get_args

from pydantic import Field

from reproduction.config.base import (
    ALL_MODELS,
    DISTINCT,
    ClassName,
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
from reproduction.config.variants import Baseline, PaperSamplerVariant

TwoClasses = Annotated[list[ClassName], Field(min_length=2, max_length=2), DISTINCT]
TwoSizes = Annotated[list[Annotated[int, Field(ge=2, le=999_999_999)]], Field(min_length=2, max_length=2)]
Nets = Annotated[list[NetName], Field(min_length=1), DISTINCT]


class Table1(Closed):
    """FID and PRD of every model and sampler, with controls."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, each with its own group of columns.")
    subset: Subset = Field("full", description="Training images of the models.")
    seeds: Seeds = Field([0], description="Seeds of the trainings that mean and standard deviation are taken over.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are built.")
    variants: Annotated[list[PaperSamplerVariant], DISTINCT] = Field(
        [],
        description="More rows of the paper's sampler: options (`k…`, `lam…`, `steps…`, `start…`, …) joined by `_`.",
    )
    baselines: Annotated[list[Baseline], DISTINCT] = Field(
        [],
        description="Rows of other samplers on the VAE (docs/which_sampler.md), in a block of their own: "
        "`posterior_kde`, `parzen`, `neighbours`, `volume`, or one with options, as `parzen/nn10`, `volume/k1000`, "
        "`gmm/componentsheldout`.",
    )
    split: Split = Field("test", description="Split of the reference images behind the printed scores.")


class AugmentationClassifier(Closed):
    """The classifier of the augmentation task (Table 5, Appendix D)."""

    epochs: int = Field(50, ge=1, le=1_000_000, description="Passes over the training images.")
    batch_size: int = Field(200, ge=2, le=1_000_000, description="Images per gradient step.")
    lr: float = Field(1e-4, ge=1e-12, le=1000, description="Learning rate of Adam at the start.")
    patience: int = Field(
        5, ge=0, le=1_000_000, description="Epochs without a better validation loss before the rate is halved."
    )
    width: float = Field(1.0, ge=1e-3, le=8, description="Factor on the layer widths; 1 is the paper's.")


class Table2(Closed):
    """The augmentation task: a classifier trained on real or on generated images (Appendix C.3)."""

    dataset: DatasetName = Field("phantoms", description="Data set with labels.")
    classes: TwoClasses | None = Field(
        None, description="Two of its classes, in the order of the columns; null where it has two."
    )
    n_train: TwoSizes | None = Field(
        None,
        description="Training images of each class, [100, 316] for the paper's diseased and healthy subjects; those to "
        "validate are a fifth, those to test as many as there are in the same proportion. Null takes all.",
    )
    seeds: Seeds = Field([0], description="Seeds of the generative models' trainings; Figure 10 shows the first.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are built.")
    n_per_class: int = Field(2000, ge=2, le=1_000_000, description="Images generated per class.")
    n_runs: int = Field(20, ge=2, le=10_000, description="Trainings per classifier.")
    classifier: AugmentationClassifier = Field(AugmentationClassifier(), description="Its training.")


class Table3(Closed):
    """The search over hyper-parameters (Appendix C.4)."""

    datasets: DatasetNames = Field(["digits"], description="Data sets.")
    nets: Nets = Field(["conv", "resnet"], description="Nets, each with its own search.")
    models: Annotated[list[SearchedModel], Field(min_length=1), DISTINCT] = Field(
        list(get_args(SearchedModel)), description="Models of the rows."
    )
    n_trials: int = Field(10, ge=1, le=10, description="Configurations per model that has hyper-parameters to search.")
    seeds: Seeds = Field([0], description="Seeds of the trainings of each configuration.")


class Table4(Closed):
    """The encoders and decoders, read off the modules."""


class Table5(Closed):
    """The classifier of the augmentation task, read off the module."""


class Table6(Closed):
    """The prior and the paper's sampler compared for other models with a Gaussian posterior (Appendix G)."""

    datasets: DatasetNames = Field(["digits"], description="Data sets.")
    net: NetName = Field("conv", description="Net of all models.")
    models: Annotated[list[PluggedModel], Field(min_length=1), DISTINCT] = Field(
        list(get_args(PluggedModel)), description="Models."
    )
    n_trials: int = Field(10, ge=1, le=10, description="Configurations per model.")
    seeds: Seeds = Field([0], description="Seeds of the trainings of each configuration.")


class TwoStageRow(Closed):
    """A row of Table 7; `exceptions` of its data set say what its training differs in."""

    dataset: DatasetName = Field(description="Data set.")
    net: NetName = Field(description="Net of the first stage.")


class Table7(Closed):
    """The two-stage VAE (Appendix G)."""

    rows: Annotated[list[TwoStageRow], Field(min_length=1), DISTINCT] = Field(
        [TwoStageRow(dataset="digits", net="infogan"), TwoStageRow(dataset="digits", net="wae")], description="Rows."
    )
    seeds: Seeds = Field([0], description="Seeds of the trainings.")


class Tables(Closed):
    """The tables by name; what the report lists beside a number is its description."""

    table1: Table1 | None = Field(Table1(), description="FID and PRD of every model and sampler.")
    table2: Table2 | None = Field(
        Table2(), description="Augmentation: classifiers trained on real and on generated images."
    )
    table3: Table3 | None = Field(Table3(), description="The best of several configurations of each model.")
    table4: Table4 | None = Field(Table4(), description="Encoders and decoders, read off the modules.")
    table5: Table5 | None = Field(Table5(), description="The classifier of Table 2, read off the module.")
    table6: Table6 | None = Field(Table6(), description="The prior against the paper's sampler for other models.")
    table7: Table7 | None = Field(Table7(), description="The two-stage VAE.")
