"""What the section of every data set has: the protocol on it, and what is known of it before it is read."""

from typing import ClassVar

from pydantic import Field

from reproduction.config.base import PathText
from reproduction.config.protocol import Protocol


class Dataset(Protocol):
    """A data set: the protocol on it, and what is known of it before it is read."""

    title: ClassVar[str]
    # Its raw files lie in `data_dir`, by hand or by a download.
    downloaded: ClassVar[bool] = False
    # The paper has results on it; others are stand-ins.
    in_paper: ClassVar[bool] = False
    # The name under which the paper's numbers are listed, where it is another.
    published_as: ClassVar[str] = ""
    channels: ClassVar[int] = 1
    # Of a data set that Table 2 can be made on: its two classes, in the order of the table's columns.
    classes: ClassVar[tuple[str, ...]] = ()

    classifier: PathText | None = Field(
        None,
        description="`model.json` of a classifier that another build trained, to take scores on the same features as "
        "there; without it one is trained.",
    )

    def train_size(self) -> int | None:
        """Images in the training split where that is known before the data are read."""
        return None

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        return self.channels, 32, 32

    def taken_from(self) -> str | None:
        """The data set of the paper that a user's images are taken from."""
        return None

    def labelled(self) -> bool:
        """Whether its images have classes."""
        return True
