"""CIFAR10 (Krizhevsky 2009)."""

from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.core.registry import take_options
from geovae.data.base import Images
from geovae.data.raw_files.archives import unpack
from geovae.data.raw_files.download import Store
from geovae.data.raw_files.remote import RemoteFile

SOURCE = "CIFAR10 (A. Krizhevsky, 2009)"
LICENSE = "none stated by its authors"

PAGE = "https://www.cs.toronto.edu/~kriz/cifar.html"
ARCHIVE = RemoteFile(
    path="cifar-10-python.tar.gz",
    urls=("https://www.cs.toronto.edu/~kriz/cifar-10-python.tar.gz",),
    checksum="md5:c58f30108f718f92721af3b95e74349a",
    size=170_498_071,
    page=PAGE,
)
FILES = (ARCHIVE,)
# The files are pickles. Their sums are checked before they are read, here and by torchvision.
UNPACKED = tuple(
    RemoteFile(path=f"cifar-10-batches-py/{name}", checksum=f"md5:{checksum}", page=PAGE)
    for name, checksum in (
        ("data_batch_1", "c99cafc152244af753f735de768cd75f"),
        ("data_batch_2", "d4bba439e000b95fd0a9bffe97cbabec"),
        ("data_batch_3", "54ebc095f3ab1f0389bbae665268c751"),
        ("data_batch_4", "634d18415352ddfa80567beed471001a"),
        ("data_batch_5", "482c414d41f54cd18b22e5b47cb7c3cb"),
        ("test_batch", "40351d587109b95175f43aff81a1287e"),
        ("batches.meta", "5ff9c542aee3614f3951f8cda6e48888"),
    )
)
ADVICE = "Run download_dataset.py, which says which."
DEFAULTS = {"overlapping_validation": False}
N_VALIDATION = 10_000  # the last images of the training files; where the overlapping ones begin


def obtain(store: Store) -> None:
    """Make the seven unpacked files be there, in torchvision's layout; the archive is unpacked, or downloaded.

    Raises:
        GeovaeError: a file cannot be had, or one that is there is not CIFAR10's.
    """
    missing = {file.path for file in UNPACKED if store.find(file) is None}
    if missing:
        unpack(store.obtain(ARCHIVE), store.data_dir, wanted=lambda member: member in missing)
        store.obtain_all(tuple(file for file in UNPACKED if file.path in missing))


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train (40,000), validation (10,000) and test (10,000), (N, 3, 32, 32).

    Args:
        options: `overlapping_validation` (false): validate on training images 10,000 to 50,000, as the released code
            does, of which 30,000 are trained on.
        data_dir: the folder that holds `cifar-10-batches-py`.
        threads: not used, the images are in memory.

    Raises:
        GeovaeError: an unknown option, or the files are not there or are not CIFAR10's.
    """
    from torchvision.datasets import CIFAR10

    overlapping = take_options(options, DEFAULTS, "data set 'cifar10'")["overlapping_validation"]
    if data_dir is None or not all((Path(data_dir) / file.path).is_file() for file in UNPACKED):
        raise GeovaeError(
            f"data set 'cifar10': its files are not in {data_dir}/cifar-10-batches-py. Run download_dataset.py first."
        )
    folder = Path(data_dir) / "cifar-10-batches-py"
    with reading(folder, "copy of CIFAR10", ADVICE):
        try:  # it compares the sums before it unpickles anything
            train, test = (CIFAR10(data_dir, train=train, download=False) for train in (True, False))
        except RuntimeError as reason:
            raise GeovaeError(f"data set 'cifar10': a file in {folder} is not the original.\n{ADVICE}") from reason
    cut = len(train) - N_VALIDATION
    parts = {
        "train": (train, slice(cut)),
        "validation": (train, slice(N_VALIDATION, None) if overlapping else slice(cut, None)),
        "test": (test, slice(None)),
    }
    return {
        split: Images.from_array(
            files.data[rows].transpose(0, 3, 1, 2), np.array(files.targets[rows]), tuple(files.classes)
        )
        for split, (files, rows) in parts.items()
    }
