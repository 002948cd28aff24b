"""The section of images of your own, in a folder."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from reproduction.config.base import Closed, PathText, Seed
from reproduction.config.dataset import Dataset

Side = Annotated[int, Field(ge=8, le=1024)]


def _title(value: str) -> str:
    if not value.strip() or not value.isprintable() or "$" in value:
        raise ValueError("should be words on one line, without $, which begins a formula in a figure")
    return value


TitleText = Annotated[str, Field(max_length=60), AfterValidator(_title)]


class FolderOptions(Closed):
    """A folder of images."""

    path: PathText = Field(description="The folder, relative to the working directory, absolute, or below `~`.")
    image_size: Side | Annotated[list[Side], Field(min_length=2, max_length=2)] = Field(
        64, description="Side of the images in pixels, or [height, width]."
    )
    channels: Literal[1, 3] = Field(3, description="1: grey, 3: colour.")
    labels: PathText = Field(
        "subfolders", description="`subfolders`, `none`, or the path of a CSV with the columns `file` and `label`."
    )
    group: str | None = Field(
        None, description="A further column of that CSV, a subject say, whose images are never split over two sides."
    )
    validation: float = Field(0.1, gt=0, lt=1, description="Share of the images to validate on, without split folders.")
    test: float = Field(0.1, gt=0, lt=1, description="Share of the images to test on, without split folders.")
    seed: Seed = Field(0, description="Seed of the split.")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> "FolderOptions":
        if self.validation + self.test >= 1:
            raise ValueError(f"validation + test = {self.validation + self.test:g} leaves no images to train on")
        if self.group is not None and (not self.group.strip() or self.labels in ("subfolders", "none")):
            raise ValueError(f"group = {self.group!r} names a column of the CSV file in labels = {self.labels!r}")
        return self


class Folder(Dataset):
    """Images of your own, in a folder: with the sub-folders train, validation and test, or split by share."""

    title: TitleText = Field("Folder", description="What tables and figures call the images.")
    part_of: Literal["mnist", "svhn", "cifar10", "celeba", "oasis"] | None = Field(
        None, description="The data set of the paper that the images are taken from. `null`: a stand-in for those."
    )
    options: FolderOptions = Field(description="Where the images lie and how they are prepared.")

    def taken_from(self) -> str | None:
        """The data set of the paper that a user's images are taken from."""
        return self.part_of

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        size = self.options.image_size
        height, width = size if isinstance(size, list) else (size, size)
        return self.options.channels, height, width

    def labelled(self) -> bool:
        """Whether its images have classes."""
        return self.options.labels != "none"
