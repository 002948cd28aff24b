"""Which of the paper's tables and figures are built."""

from pydantic import Field

from reproduction.config.base import Closed
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
from reproduction.config.tables import Table1, Table2, Table3, Table4, Table5, Table6, Table7


class Artefacts(Closed):
    """The paper's tables and figures; `null` leaves one out."""

    table1: Table1 | None = Field(Table1(), description="FID and PRD of all models.")
    table2: Table2 | None = Field(Table2(), description="The augmentation task.")
    table3: Table3 | None = Field(Table3(), description="The search over hyper-parameters.")
    table4: Table4 | None = Field(Table4(), description="The nets.")
    table5: Table5 | None = Field(Table5(), description="The classifier of Table 2.")
    table6: Table6 | None = Field(Table6(), description="The prior and the paper's sampler compared for other models.")
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
    figure12: CentroidCount | None = Field(CentroidCount(), description="FID against the number of centroids.")
    figure13: TwoCentroids | None = Field(TwoCentroids(), description="Samples with two centroids.")
    figure14: Regularisation | None = Field(Regularisation(), description="FID against λ.")
    figure_controls: Controls | None = Field(Controls(), description="FID against novelty; diagnostics of the chains.")
    claims: bool = Field(True, description="Verdicts on the paper's claims, from whatever else is built.")
