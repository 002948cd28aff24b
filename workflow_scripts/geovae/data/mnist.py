"""MNIST (LeCun, Cortes, Burges 1998), with two rows and columns of zeros on each side (footnote 3 of the paper)."""

from pathlib import Path

from geovae.core.registry import take_options
from geovae.data import idx
from geovae.data.base import Images
from geovae.data.raw_files.download import Store

SOURCE = "MNIST (Y. LeCun, C. Cortes, C. Burges), padded by 2 pixels on each side"
LICENSE = "CC BY-SA 3.0"

PAGE = "http://yann.lecun.com/exdb/mnist/"
HOSTS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", PAGE)
FOLDER = "MNIST/raw"  # torchvision's layout
# name: md5 of the compressed file, its bytes, md5 of the unpacked file
CHECKSUMS = {
    "train-images-idx3-ubyte": ("f68b3c2dcbeaaa9fbdd348bbdeb94873", 9_912_422, "6bbc9ace898e44ae57da46a324031adb"),
    "train-labels-idx1-ubyte": ("d53e105ee54ea40749a09fcbcd1e9432", 28_881, "a25bea736e30d166cdddb491f175f624"),
    "t10k-images-idx3-ubyte": ("9fb629c4189551a2d022fa330f9573f3", 1_648_877, "2646ac647ad5339dbf082846283269ea"),
    "t10k-labels-idx1-ubyte": ("ec29112dd5afa0611ce80d1b7f02629c", 4_542, "27ae3e4e09519cfbb04c329615203637"),
}
FILES = idx.compressed_files(FOLDER, CHECKSUMS, HOSTS, PAGE)
UNPACKED = idx.unpacked_files(FOLDER, CHECKSUMS, PAGE)
PADDING = 2
N_VALIDATION = 10_000  # the last images of the training files (section 5 of the paper)
CLASS_NAMES = tuple(str(digit) for digit in range(10))


def obtain(store: Store) -> None:
    """Make the four unpacked files be there, in torchvision's layout; compressed ones are unpacked, or downloaded.

    Raises:
        GeovaeError: a file cannot be had, or one that is there is not MNIST's.
    """
    idx.obtain(store, UNPACKED, FILES)


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train (50,000), validation (10,000) and test (10,000), (N, 1, 32, 32).

    Args:
        options: none are taken.
        data_dir: the folder that holds `MNIST/raw`.
        threads: not used, the images are in memory.

    Raises:
        GeovaeError: the files are not there.
    """
    take_options(options, {}, "data set 'mnist'")
    return splits(data_dir, PADDING)


def splits(data_dir: str | Path | None, padding: int) -> dict[str, Images]:
    """The splits with so many rows and columns of zeros on each side; GeovaeError if the files are not there."""
    return idx.load_splits(
        "mnist", UNPACKED, data_dir, n_validation=N_VALIDATION, padding=padding, class_names=CLASS_NAMES
    )
