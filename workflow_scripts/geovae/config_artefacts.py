"""What of the paper is built, and from what: a section for each table and figure."""

from typing import Annotated, get_args

from pydantic import Field

from geovae.config_base import Closed, DatasetName, Seeds, Split, Subset, Table1Model, Variant

DatasetNames = Annotated[list[DatasetName], Field(min_length=1)]
RowModels = Annotated[list[Table1Model], Field(min_length=1)]
ALL_MODELS = list(get_args(Table1Model))


class Table1(Closed):
    """FID and PRD of every model and sampler, with controls."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, a group of columns each.")
    subset: Subset = Field("full", description="Training images of the models.")
    seeds: Seeds = Field([0], description="Trainings that mean and standard deviation are taken over.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are built.")
    variants: list[Variant] = Field([], description="More rows of the paper's sampler, with other options.")
    split: Split = Field("test", description="Reference images behind the printed scores.")


class Figure1(Closed):
    """Latent space, volume element, distances and interpolations."""

    dataset: DatasetName = Field("shapes", description="Data set; its latent space must have two dimensions.")
    seed: int = Field(0, ge=0, description="Training that is shown.")
    grid: int = Field(200, ge=50, le=1000, description="Points on a side of the grid of volumes and distances.")
    n_stops: int = Field(10, ge=2, le=30, description="Decoded images along each curve.")


class Figure2(Closed):
    """Generated samples, a row a method."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, a panel each.")
    subset: Subset = Field("full", description="Training images of the models.")
    seed: int = Field(0, ge=0, description="Training that is shown.")
    models: RowModels = Field(ALL_MODELS, description="Models whose rows are shown.")
    columns: int = Field(10, ge=1, le=40, description="Samples of each method.")


class Figure3(Closed):
    """Nearest training image and nearest reconstruction of generated images."""

    datasets: DatasetNames = Field(["digits"], description="Data sets, a panel each.")
    subset: Subset = Field("full", description="Training images of the models.")
    seed: int = Field(0, ge=0, description="Training that is shown.")
    n_examples: int = Field(8, ge=1, le=40, description="Generated images shown.")


class Figure5(Closed):
    """100 samples of the paper's method."""

    dataset: DatasetName = Field("digits", description="Data set.")
    subset: Subset = Field("full", description="Training images of the model.")
    seed: int = Field(0, ge=0, description="Training that is shown.")


class Artefacts(Closed):
    """The paper's tables and figures; `null` leaves one out."""

    table1: Table1 | None = Field(Table1(), description="Table 1.")
    figure1: Figure1 | None = Field(Figure1(), description="Figure 1.")
    figure2: Figure2 | None = Field(Figure2(), description="Figure 2.")
    figure3: Figure3 | None = Field(Figure3(), description="Figure 3.")
    figure5: Figure5 | None = Field(Figure5(), description="Figure 5.")
