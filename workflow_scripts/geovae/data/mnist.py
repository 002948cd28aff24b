"""MNIST (LeCun, Cortes, Burges 1998), with two rows and columns of zeros on each side (footnote 3 of the paper)."""

from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.registry import take_options
from geovae.data.array_files import ADVICE, check_labels, read_idx
from geovae.data.base import Images
from geovae.data.raw_files.archives import gunzip
from geovae.data.raw_files.download import Store
from geovae.data.raw_files.remote import RemoteFile

SOURCE = "MNIST (Y. LeCun, C. Cortes, C. Burges), padded by 2 pixels on each side"
LICENSE = "CC BY-SA 3.0"

PAGE = "http://yann.lecun.com/exdb/mnist/"
HOSTS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", PAGE)
FOLDER = "MNIST/raw"  # torchvision's layout
# name: md5 of the compressed and of the unpacked file
CHECKSUMS = {
    "train-images-idx3-ubyte": ("f68b3c2dcbeaaa9fbdd348bbdeb94873", "6bbc9ace898e44ae57da46a324031adb"),
    "train-labels-idx1-ubyte": ("d53e105ee54ea40749a09fcbcd1e9432", "a25bea736e30d166cdddb491f175f624"),
    "t10k-images-idx3-ubyte": ("9fb629c4189551a2d022fa330f9573f3", "2646ac647ad5339dbf082846283269ea"),
    "t10k-labels-idx1-ubyte": ("ec29112dd5afa0611ce80d1b7f02629c", "27ae3e4e09519cfbb04c329615203637"),
}
FILES = tuple(
    RemoteFile(
        path=f"{FOLDER}/{name}.gz",
        urls=tuple(f"{host}{name}.gz" for host in HOSTS),
        checksum=f"md5:{compressed}",
        page=PAGE,
        note=f"It also lies at {HOSTS[0]}{name}.gz; unpacked will do.",
    )
    for name, (compressed, _) in CHECKSUMS.items()
)
UNPACKED = tuple(
    RemoteFile(path=f"{FOLDER}/{name}", checksum=f"md5:{unpacked}", page=PAGE)
    for name, (_, unpacked) in CHECKSUMS.items()
)
PADDING = 2
N_VALIDATION = 10_000  # the last images of the training files (section 5 of the paper)


def obtain(store: Store) -> None:
    """Make the four unpacked files be there, in torchvision's layout; compressed ones are unpacked, or downloaded.

    Raises:
        GeovaeError: a file cannot be had, or one that is there is not MNIST's.
    """
    missing = [pair for pair in zip(UNPACKED, FILES, strict=True) if store.find(pair[0]) is None]
    archives = store.obtain_all(compressed for _, compressed in missing)
    for (unpacked, _), archive in zip(missing, archives, strict=True):
        gunzip(archive, store.data_dir / unpacked.path, unpacked.checksum)
        store.find(unpacked)  # for the record of what was used


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train (50,000), validation (10,000) and test (10,000), (N, 1, 32, 32).

    Args:
        options: none are taken.
        data_dir: the folder that holds `MNIST/raw`.
        threads: not used, the images are in memory.

    Raises:
        GeovaeError: the files are not there, or cannot be read.
    """
    take_options(options, {}, "data set 'mnist'")
    return splits(data_dir, PADDING)


def splits(data_dir: str | Path | None, padding: int) -> dict[str, Images]:
    """The splits with so many rows and columns of zeros on each side; GeovaeError without the files."""
    if data_dir is None or not all((Path(data_dir) / file.path).is_file() for file in UNPACKED):
        raise GeovaeError(f"data set 'mnist': its files are not in {data_dir}/{FOLDER}. Run download_dataset.py first.")
    (images, labels), test = (_read(Path(data_dir), *files) for files in (UNPACKED[:2], UNPACKED[2:]))
    cut = len(images) - N_VALIDATION
    if cut <= 0:
        path = Path(data_dir) / UNPACKED[0].path
        raise GeovaeError(f"{path}: {len(images):,} images, of which {N_VALIDATION:,} are to validate. {ADVICE}")
    return {
        "train": _images(images[:cut], labels[:cut], padding),
        "validation": _images(images[cut:], labels[cut:], padding),
        "test": _images(*test, padding),
    }


def _read(folder: Path, images: RemoteFile, labels: RemoteFile) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) and labels (N,), uint8."""
    values = read_idx(folder / images.path, (28, 28))
    classes = read_idx(folder / labels.path, ())
    check_labels(folder / labels.path, classes, len(values), 0, 9)
    return values, classes


def _images(images: np.ndarray, labels: np.ndarray, padding: int) -> Images:
    padded = np.pad(images, ((0, 0), *[(padding, padding)] * 2))[:, None]
    return Images.from_array(padded, labels, tuple(str(digit) for digit in range(10)))
