"""SVHN, the cropped digits (Netzer et al. 2011)."""

from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.registry import take_options
from geovae.data.array_files import ADVICE, check_labels, read_mat
from geovae.data.base import Images
from geovae.data.raw_files.download import Store
from geovae.data.raw_files.remote import RemoteFile

SOURCE = "Street View House Numbers, cropped digits (Y. Netzer et al., 2011)"
LICENSE = "for non-commercial use only"

PAGE = "http://ufldl.stanford.edu/housenumbers/"
FILES = tuple(
    RemoteFile(path=name, urls=(f"{PAGE}{name}",), checksum=f"md5:{checksum}", size=size, page=PAGE)
    for name, size, checksum in (
        ("train_32x32.mat", 182_040_794, "e26dedcc434d2e4c54c9b2d4a06d8373"),
        ("test_32x32.mat", 64_275_384, "eb5a983be6a315427106f1b164d9cef3"),
    )
)
DEFAULTS = {"n_test": 10_000}
N_VALIDATION = 10_000  # the last images of the training file (Appendix D of the paper)


def obtain(store: Store) -> None:
    """Make the two files be there, in torchvision's layout.

    Raises:
        GeovaeError: a file cannot be had, or one that is there is not SVHN's.
    """
    store.obtain_all(FILES)


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train (63,257), validation (10,000) and test (10,000), (N, 3, 32, 32).

    Args:
        options: `n_test` (10,000), how many of the 26,032 test images are used: the first.
        data_dir: the folder that holds the two files.
        threads: not used, the images are in memory.

    Raises:
        GeovaeError: an unknown option, the files are not there or are not SVHN's, or there are fewer test images.
    """
    n_test = take_options(options, DEFAULTS, "data set 'svhn'")["n_test"]
    if data_dir is None or not all((Path(data_dir) / file.path).is_file() for file in FILES):
        raise GeovaeError(f"data set 'svhn': its files are not in {data_dir}. Run download_dataset.py first.")
    (images, labels), test = (_read(Path(data_dir), file) for file in FILES)
    if n_test > len(test[0]):
        raise GeovaeError(f"data set 'svhn': n_test is {n_test:,}, but there are {len(test[0]):,} test images.")
    cut = len(images) - N_VALIDATION
    if cut <= 0:
        path = Path(data_dir) / FILES[0].path
        raise GeovaeError(f"{path}: {len(images):,} images, of which {N_VALIDATION:,} are to validate. {ADVICE}")
    return {
        "train": _images(images[:cut], labels[:cut]),
        "validation": _images(images[cut:], labels[cut:]),
        "test": _images(test[0][:n_test], test[1][:n_test]),
    }


def _read(folder: Path, file: RemoteFile) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) and labels (N,) of digits, uint8."""
    path = folder / file.path
    content = read_mat(path, file.checksum, {"X": (32, 32, 3, None), "y": (None, 1)})
    images, labels = content["X"].transpose(3, 2, 0, 1), content["y"][:, 0]
    check_labels(path, labels, len(images), 1, 10)
    return images, labels % 10  # 10 stands for the digit 0


def _images(images: np.ndarray, labels: np.ndarray) -> Images:
    return Images.from_array(images, labels, tuple(str(digit) for digit in range(10)))
