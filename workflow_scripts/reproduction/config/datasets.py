"""The data sets: a section for each, with what is known of it before it is read, and their names and titles.

To add a data set, write its section here and name it in `Datasets`.
"""

from typing import Annotated, Literal

from pydantic import Field

from reproduction.config.base import DISTINCT, Closed, Seed, section_of
from reproduction.config.dataset import Dataset
from reproduction.config.folder import Folder

Downscale = Literal[1, 2, 4]


def _slice_shape(downscale: int) -> tuple[int, int, int]:
    """(C, H, W) of OASIS's slices, and of those drawn in their place."""
    return 1, 208 // downscale, 176 // downscale


class DigitsOptions(Closed):
    """scikit-learn's handwritten digits."""

    image_size: int = Field(32, ge=12, le=256, description="Side of the images after upscaling, in pixels.")


class Digits(Dataset):
    """1,797 real handwritten digits that scikit-learn ships: 1,000 to train, 297 to validate, 500 to test."""

    title = "Digits"

    options: DigitsOptions = Field(DigitsOptions(), description="How the images are prepared.")

    def train_size(self) -> int:
        """Images in the training split."""
        return 1000

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        return self.channels, self.options.image_size, self.options.image_size


class ShapesOptions(Closed):
    """The paper's disks and rings (Fig. 1)."""

    image_size: int = Field(32, ge=16, le=256, description="Side of the images in pixels.")
    n_train: int = Field(500, ge=2, le=1_000_000, description="Training images, half of them rings.")
    n_validation: int = Field(200, ge=2, le=1_000_000, description="Validation images.")
    n_test: int = Field(500, ge=2, le=1_000_000, description="Test images.")
    centred: bool = Field(True, description="All shapes in the middle, as in the paper, or anywhere in the image.")
    seed: Seed = Field(0, description="Seed of the radii and thicknesses.")


class Shapes(Dataset):
    """Binary disks and rings of random size and thickness, drawn by this project."""

    title = "Disks and rings"
    classes = ("disk", "ring")

    options: ShapesOptions = Field(ShapesOptions(), description="How the images are drawn.")

    def train_size(self) -> int:
        """Images in the training split."""
        return self.options.n_train

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        return self.channels, self.options.image_size, self.options.image_size


class PhantomsOptions(Closed):
    """Drawn head-like slices."""

    downscale: Downscale = Field(2, description="1, 2 or 4: slices of 208×176, 104×88 or 52×44 pixels.")
    n_cn: int = Field(316, ge=3, le=100_000, description="Images of the class CN.")
    n_ad: int = Field(100, ge=3, le=100_000, description="Images of the class AD.")
    seed: Seed = Field(0, description="Seed of the images and of the split.")


class Phantoms(Dataset):
    """Head-like slices of two classes drawn by this project, in the place of OASIS-1 and in its numbers."""

    title = "Brain phantoms"
    classes = ("AD", "CN")

    options: PhantomsOptions = Field(PhantomsOptions(), description="How the images are drawn.")

    def train_size(self) -> int:
        """Images in the training split: 70 %, of both classes."""
        total = self.options.n_cn + self.options.n_ad
        return total - round(total / 10) - -(-total // 5)

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        return _slice_shape(self.options.downscale)


class Mnist(Dataset):
    """MNIST, padded to 32×32: 50,000 to train, 10,000 to validate, 10,000 to test."""

    title = "MNIST"
    downloaded = True
    in_paper = True

    def train_size(self) -> int:
        """Images in the training split."""
        return 50_000


class Mnist28(Mnist):
    """MNIST at its own 28×28, as the authors of the two-stage VAE take it: 50,000 / 10,000 / 10,000."""

    title = "MNIST, 28×28"
    published_as = "mnist"
    in_paper = False

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        return self.channels, 28, 28


class FashionMnist(Mnist):
    """Fashion-MNIST, padded to 32×32: 50,000 to train, 10,000 to validate, 10,000 to test."""

    title = "Fashion-MNIST"
    in_paper = False


class SvhnOptions(Closed):
    """Street View House Numbers, cropped digits."""

    n_test: int = Field(10_000, ge=2, le=26_032, description="The first N of the test images are the test split.")


class Svhn(Dataset):
    """SVHN, 32×32 in colour: the first 63,257 to train, the last 10,000 to validate, 10,000 to test."""

    title = "SVHN"
    downloaded = True
    in_paper = True
    channels = 3

    options: SvhnOptions = Field(SvhnOptions(), description="How the images are prepared.")

    def train_size(self) -> int:
        """Images in the training split."""
        return 63_257


class Cifar10Options(Closed):
    """CIFAR10."""

    overlapping_validation: bool = Field(
        False,
        description="Validate on images 10,000 to 50,000 as the released code does; most are trained on.",
    )


class Cifar10(Dataset):
    """CIFAR10, 32×32 in colour: 40,000 to train, 10,000 to validate, 10,000 to test."""

    title = "CIFAR10"
    downloaded = True
    in_paper = True
    channels = 3

    options: Cifar10Options = Field(Cifar10Options(), description="How the images are prepared.")

    def train_size(self) -> int:
        """Images in the training split."""
        return 40_000


class CelebaOptions(Closed):
    """CelebA, aligned and cropped."""

    image_size: int = Field(64, ge=8, le=178, description="Side of the images after resizing, in pixels.")
    crop: int = Field(140, ge=8, le=178, description="Side of the square cut from the middle of 178×218 pixels.")


class Celeba(Dataset):
    """CelebA faces, 64×64 in colour: 162,770 to train, 19,867 to validate, 19,962 to test."""

    title = "CelebA"
    downloaded = True
    in_paper = True
    channels = 3

    options: CelebaOptions = Field(CelebaOptions(), description="How the images are prepared.")

    def train_size(self) -> int:
        """Images in the training split."""
        return 162_770

    def labelled(self) -> bool:
        """Whether its images have classes."""
        return False

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        return self.channels, self.options.image_size, self.options.image_size


class OasisOptions(Closed):
    """OASIS-1, one axial slice per subject."""

    slice: int = Field(90, ge=0, le=175, description="Which axial slice of the 176 of the atlas space.")
    downscale: Downscale = Field(1, description="1, 2 or 4: slices of 208×176, 104×88 or 52×44 pixels.")
    split_seed: Seed = Field(
        0, description="Seed of the split into 290, 42 and 84 subjects, of which 61 CN and 23 AD to test."
    )


class Oasis(Dataset):
    """OASIS-1 brain slices of 416 subjects, 100 with Alzheimer's disease: 290 to train, 42 to validate, 84 to test."""

    title = "OASIS"
    downloaded = True
    in_paper = True
    classes = ("AD", "CN")

    options: OasisOptions = Field(OasisOptions(), description="How the images are prepared.")

    def train_size(self) -> int:
        """Images in the training split."""
        return 290

    def image_shape(self) -> tuple[int, int, int]:
        """(C, H, W) of the prepared images."""
        return _slice_shape(self.options.downscale)


class Datasets(Closed):
    """The data sets in use, under their registry names."""

    digits: Digits | None = Field(None, description="Handwritten digits from scikit-learn.")
    shapes: Shapes | None = Field(None, description="Disks and rings.")
    phantoms: Phantoms | None = Field(None, description="Drawn head-like slices.")
    mnist: Mnist | None = Field(None, description="MNIST.")
    mnist28: Mnist28 | None = Field(None, description="MNIST at its own size.")
    fashion_mnist: FashionMnist | None = Field(None, description="Fashion-MNIST.")
    svhn: Svhn | None = Field(None, description="Street View House Numbers.")
    cifar10: Cifar10 | None = Field(None, description="CIFAR10.")
    celeba: Celeba | None = Field(None, description="CelebA.")
    oasis: Oasis | None = Field(None, description="OASIS-1 brain slices.")
    folder: Folder | None = Field(None, description="A folder of images.")

    def names(self) -> list[str]:
        """Names of the data sets that are configured."""
        return [name for name in type(self).model_fields if getattr(self, name) is not None]


# The sections by the data sets' names. What follows holds these names, in this order.
SECTIONS: dict[str, type[Dataset]] = {
    name: section_of(field.annotation) for name, field in Datasets.model_fields.items()
}
DatasetName = Literal[*SECTIONS]
DatasetNames = Annotated[list[DatasetName], Field(min_length=1), DISTINCT]
DOWNLOADED = tuple(name for name, section in SECTIONS.items() if section.downloaded)
PAPER_DATASETS = tuple(name for name, section in SECTIONS.items() if section.in_paper)
CLASSES = {name: section.classes for name, section in SECTIONS.items() if section.classes}
