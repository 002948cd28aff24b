"""Data sets in MNIST's files: images of 28×28 pixels to train and to test, and their labels, in the IDX format.

Torchvision's layout of the files and its classes are used; `geovae.data.mnist` and `.fashion_mnist` name them.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.data.array_files import ADVICE, check_labels, read_idx
from geovae.data.base import Images
from geovae.data.raw_files.archives import gunzip
from geovae.data.raw_files.download import Store
from geovae.data.raw_files.remote import RemoteFile

Checksums = Mapping[str, tuple[str, int, str]]
"""Name of a file → MD5 of the compressed file, its bytes, and MD5 of the unpacked one."""


def compressed_files(folder: str, checksums: Checksums, hosts: Sequence[str], page: str) -> tuple[RemoteFile, ...]:
    """The files as they are downloaded.

    Args:
        folder: where they lie below the folder of raw data, torchvision's.
        checksums: see `Checksums`.
        hosts: URLs of the folders that they lie in, tried in this order.
        page: where a person finds them.
    """
    return tuple(
        RemoteFile(
            path=f"{folder}/{name}.gz",
            urls=tuple(f"{host}{name}.gz" for host in hosts),
            checksum=f"md5:{compressed}",
            size=size,
            page=page,
            note=f"It also lies at {hosts[0]}{name}.gz; unpacked will do.",
        )
        for name, (compressed, size, _) in checksums.items()
    )


def unpacked_files(folder: str, checksums: Checksums, page: str) -> tuple[RemoteFile, ...]:
    """The files as they are read, in the order of `compressed_files`; arguments as there."""
    return tuple(
        RemoteFile(path=f"{folder}/{name}", checksum=f"md5:{unpacked}", page=page)
        for name, (*_, unpacked) in checksums.items()
    )


def obtain(store: Store, unpacked: Sequence[RemoteFile], compressed: Sequence[RemoteFile]) -> None:
    """Make the unpacked files be there; compressed ones are unpacked, or downloaded.

    Raises:
        GeovaeError: a file cannot be had, or one that is there is not the data set's.
    """
    missing = [pair for pair in zip(unpacked, compressed, strict=True) if store.find(pair[0]) is None]
    archives = store.obtain_all(archive for _, archive in missing)
    for (file, _), archive in zip(missing, archives, strict=True):
        gunzip(archive, store.data_dir / file.path, file.checksum)
        store.find(file)  # for the record of what was used


def load_splits(
    name: str,
    files: Sequence[RemoteFile],
    data_dir: str | Path | None,
    *,
    n_validation: int,
    padding: int,
    class_names: Sequence[str],
) -> dict[str, Images]:
    """The splits train, validation (the last `n_validation` images of the training files) and test.

    Args:
        name: of the data set, for messages.
        files: the unpacked files: images and labels to train, images and labels to test.
        data_dir: the folder that they lie in.
        n_validation: at least 1.
        padding: rows and columns of zeros on each side.
        class_names: of the labels 0, 1, 2 …

    Returns:
        Images (N, 1, 28 + 2·padding, 28 + 2·padding).

    Raises:
        GeovaeError: the files are not there, or hold something else than they should.
    """
    if data_dir is None or not all((Path(data_dir) / file.path).is_file() for file in files):
        folder = Path(files[0].path).parent
        raise GeovaeError(
            f"data set '{name}': its files are not in {data_dir}/{folder}. Run download_dataset.py first."
        )
    n_classes = len(class_names)
    (images, labels), test = (_read(Path(data_dir), *pair, n_classes) for pair in (files[:2], files[2:]))
    cut = len(images) - n_validation
    if cut <= 0:
        path = Path(data_dir) / files[0].path
        raise GeovaeError(f"{path}: {len(images):,} images, of which {n_validation:,} are to validate. {ADVICE}")
    parts = {"train": (images[:cut], labels[:cut]), "validation": (images[cut:], labels[cut:]), "test": test}
    return {split: _images(*arrays, padding, class_names) for split, arrays in parts.items()}


def _read(folder: Path, images: RemoteFile, labels: RemoteFile, n_classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) and labels (N,), uint8."""
    values = read_idx(folder / images.path, (28, 28))
    classes = read_idx(folder / labels.path, ())
    check_labels(folder / labels.path, classes, len(values), 0, n_classes - 1)
    return values, classes


def _images(images: np.ndarray, labels: np.ndarray, padding: int, class_names: Sequence[str]) -> Images:
    padded = np.pad(images, ((0, 0), *[(padding, padding)] * 2))[:, None]
    return Images.from_array(padded, labels, tuple(class_names))
