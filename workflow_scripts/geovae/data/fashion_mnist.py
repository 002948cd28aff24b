"""Fashion-MNIST (Xiao, Rasul, Vollgraf 2017), in MNIST's place: the same files, sizes, splits and padding."""

from pathlib import Path

from geovae.core.registry import take_options
from geovae.data import idx
from geovae.data.base import Images
from geovae.data.mnist import N_VALIDATION, PADDING
from geovae.data.raw_files.download import Store

SOURCE = "Fashion-MNIST (H. Xiao, K. Rasul, R. Vollgraf; Zalando SE), padded by 2 pixels on each side"
LICENSE = "MIT"

PAGE = "https://github.com/zalandoresearch/fashion-mnist"
HOSTS = ("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",)
FOLDER = "FashionMNIST/raw"  # torchvision's layout
# name: md5 of the compressed file, its bytes, md5 of the unpacked file
CHECKSUMS = {
    "train-images-idx3-ubyte": ("8d4fb7e6c68d591d4c3dfef9ec88bf0d", 26_421_880, "f4a8712d7a061bf5bd6d2ca38dc4d50a"),
    "train-labels-idx1-ubyte": ("25c81989df183df01b3e8a0aad5dffbe", 29_515, "9018921c3c673c538a1fc5bad174d6f9"),
    "t10k-images-idx3-ubyte": ("bef4ecab320f06d8554ea6380940ec79", 4_422_102, "8181f5470baa50b63fa0f6fddb340f0a"),
    "t10k-labels-idx1-ubyte": ("bb300cfdad3c16e7a12a480ee83cd310", 5_148, "15d484375f8d13e6eb1aabb0c3f46965"),
}
FILES = idx.compressed_files(FOLDER, CHECKSUMS, HOSTS, PAGE)
UNPACKED = idx.unpacked_files(FOLDER, CHECKSUMS, PAGE)
# The authors' names of the classes, without the characters that cannot stand in the name of a subset (`class-NAME`):
# theirs are "T-shirt/top" and "Ankle boot".
CLASS_NAMES = (
    *("T-shirt", "Trouser", "Pullover", "Dress", "Coat"),
    *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle-boot"),
)


def obtain(store: Store) -> None:
    """Make the four unpacked files be there, in torchvision's layout; compressed ones are unpacked, or downloaded.

    Raises:
        GeovaeError: a file cannot be had, or one that is there is not Fashion-MNIST's.
    """
    idx.obtain(store, UNPACKED, FILES)


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train (50,000), validation (10,000) and test (10,000), (N, 1, 32, 32).

    Args:
        options: none are taken.
        data_dir: the folder that holds `FashionMNIST/raw`.
        threads: not used, the images are in memory.

    Raises:
        GeovaeError: the files are not there.
    """
    take_options(options, {}, "data set 'fashion_mnist'")
    return idx.load_splits(
        "fashion_mnist",
        UNPACKED,
        data_dir,
        n_validation=N_VALIDATION,
        padding=PADDING,
        class_names=CLASS_NAMES,
    )
