"""What a data set is inside the project, and how a split of it lies on disk."""

import hashlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from geovae.core import seals, storage
from geovae.core.errors import GeovaeError

FILES = ("images.npy", "labels.npy")
UNLABELLED = -1


@dataclass(frozen=True)
class Images:
    """The images of one split; `chunks` yields them in order, so that a huge set never has to be in memory at once.

    Attributes:
        labels: (N,) int64 indices into `class_names`; all -1 in a set without labels.
        shape: (N, C, H, W).
        class_names: names of the classes, empty in a set without labels.
        chunks: a function that starts an iterator over uint8 arrays (n, C, H, W) which make up the N images.
        card: what the card says of these images besides, such as what was passed by.
    """

    labels: np.ndarray
    shape: tuple[int, int, int, int]
    class_names: tuple[str, ...]
    chunks: Callable[[], Iterator[np.ndarray]]
    card: dict = field(default_factory=dict)

    @classmethod
    def from_array(cls, images: np.ndarray, labels: np.ndarray | None = None, class_names: tuple[str, ...] = ()):
        """Images that are in memory: `images` (N, C, H, W) uint8, `labels` (N,) or None for a set without labels."""
        if labels is None:
            labels = np.full(len(images), UNLABELLED)
        return cls(labels.astype(np.int64), images.shape, tuple(class_names), lambda: iter((images,)))


def write_split(folder: str | Path, images: Images, card: dict) -> dict:
    """Write `images.npy`, `labels.npy` and, last, `card.json`; return the card.

    `card` holds what the data set knows (dataset, split, source, license); the shape, the classes and the checksums
    of the two arrays, without their seals, are added here.

    Raises:
        GeovaeError: there are no images, the chunks do not make up images of the announced shape, or the labels do not
            fit the classes.
    """
    folder = Path(folder)
    name = f"{card['dataset']}/{card['split']}"
    if images.shape[0] == 0:
        raise GeovaeError(f"{name}: no images. Check the source files, and the options that share them out.")
    _check_labels(images, name)
    # A card beside images that are being replaced would vouch for the wrong ones.
    (folder / "card.json").unlink(missing_ok=True)
    _stream_images(folder / "images.npy", images, name)
    storage.save_array(folder / "labels.npy", images.labels)
    checksums = {file: seals.read_seal(folder / file).sha256 for file in FILES}
    labelled = images.labels[images.labels != UNLABELLED]
    counts = np.bincount(labelled, minlength=len(images.class_names))
    card = {
        **card,
        **images.card,
        "shape": list(images.shape),
        "class_names": list(images.class_names),
        "class_counts": dict(zip(images.class_names, counts.tolist(), strict=True)),
        "sha256": checksums,
    }
    storage.save_json(folder / "card.json", card, beside=FILES)
    return card


def read_images(data: str | Path, split: str) -> tuple[np.ndarray, dict]:
    """The images (N, C, H, W) uint8 of one split of a prepared data set, left on disk, and its card.

    Raises:
        GeovaeError: a file is missing or corrupt.
    """
    folder = Path(data) / split
    card = storage.load_json(folder / "card.json", dataset=str, split=str, class_names=list)
    if card["split"] != split:
        raise storage.unreadable(folder / "card.json", f"it is the card of the {card['split']} split")
    images = storage.load_array(folder / "images.npy", ndim=4, dtype=np.uint8, mmap=True, record="card.json")
    return images, card


def read_split(data: str | Path, split: str) -> tuple[np.ndarray, np.ndarray, dict]:
    """One split of a prepared data set: images (N, C, H, W) uint8, left on disk; labels (N,) int64; its card.

    Raises:
        GeovaeError: a file is missing, damaged or not the one that the card was written for, the card is of another
            split, or images and labels differ in number.
    """
    folder = Path(data) / split
    images, card = read_images(data, split)
    labels = storage.load_array(folder / "labels.npy", ndim=1, dtype=np.int64, record="card.json")
    if len(images) != len(labels):
        raise GeovaeError(
            f"{folder}: {len(images):,} images but {len(labels):,} labels.\n"
            "Delete the folder and run the workflow again."
        )
    return images, labels, card


def _check_labels(images: Images, name: str) -> None:
    if images.labels.shape != images.shape[:1]:
        raise GeovaeError(
            f"{name}: {images.shape[0]:,} images but {len(images.labels):,} labels. Check the source files."
        )
    if not np.isin(images.labels, np.arange(UNLABELLED, len(images.class_names))).all():
        raise GeovaeError(
            f"{name}: a label lies outside the {len(images.class_names)} classes. Check the source files."
        )


def _stream_images(path: Path, images: Images, name: str) -> None:
    written = 0
    # Not a memory map: its pages would count as this process's memory, all of them in the end.
    with storage.atomic(path) as temporary, temporary.open("wb") as file:
        header = io.BytesIO()
        description = {"descr": "|u1", "fortran_order": False, "shape": images.shape}
        np.lib.format.write_array_header_1_0(header, description)
        file.write(header.getvalue())
        digest = hashlib.sha256(header.getvalue())
        for chunk in images.chunks():
            if chunk.dtype != np.uint8 or chunk.shape[1:] != images.shape[1:]:
                raise GeovaeError(
                    f"{name}: images of {chunk.dtype} {chunk.shape[1:]} where uint8 {images.shape[1:]} were announced. "
                    "Check the source files."
                )
            written += len(chunk)
            if written <= images.shape[0]:
                block = np.ascontiguousarray(chunk).data
                file.write(block)
                digest.update(block)
        if written != images.shape[0]:
            raise GeovaeError(
                f"{name}: {written:,} images where {images.shape[0]:,} were announced. Check the source files."
            )
        file.flush()
        seals.append_seal(temporary, path, digest.hexdigest())
