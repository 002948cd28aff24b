"""How generated images are scored."""

from typing import Literal

from pydantic import Field

from geovae.evaluation.table import BACKBONES
from reproduction.config.base import Closed


class PRD(Closed):
    """Precision and recall of distributions (Sajjadi et al. 2018)."""

    n_clusters: int = Field(20, ge=2, le=10_000, description="Number of clusters of the pooled features.")
    n_runs: int = Field(10, ge=1, le=1000, description="Number of clusterings whose curves are averaged.")


class Classifier(Closed):
    """The feature extractor that the workflow trains on a data set's own labels."""

    epochs: int = Field(20, ge=1, le=100_000, description="Passes over the training images.")
    batch_size: int = Field(100, ge=2, le=100_000, description="Images per gradient step.")
    lr: float = Field(1e-3, ge=1e-12, le=1000, description="Learning rate of Adam.")
    width: float = Field(1.0, ge=1e-3, le=8, description="Factor on the channel counts.")


Extra = Literal["kid", "precision_recall", "density_coverage", "fid_bootstrap"]


class Evaluation(Closed):
    """Scores of generated images."""

    backbone: Literal[*BACKBONES] = Field(
        "classifier",
        description="Feature extractor behind FID and PRD: trained on the data set's own labels, the paper's, which is "
        "downloaded, or one that needs neither labels nor a download.",
    )
    resize: Literal[*BACKBONES["inception"].resizings] = Field(
        "tf_legacy",
        description="How images are enlarged for Inception: as the paper's tool, or as pytorch-fid does it.",
    )
    extra: list[Extra] = Field([], description="More scores, as columns of their own in scores.csv.")
    n_samples: int = Field(
        10_000,
        ge=2,
        le=1_000_000,
        description="Images to generate, and the most reference images to compare them with.",
    )
    classifier: Classifier = Field(Classifier(), description="Training of the classifier backbone.")
    prd: PRD = Field(PRD(), description="Precision and recall of distributions.")
