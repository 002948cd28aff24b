"""CelebA, aligned and cropped (Liu et al. 2015), in its official splits.

The layout of the files is torchvision's. Its `CelebA` class is not used: it wants four files of annotations that are
not needed here, and the images unpacked.
"""

import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.core.registry import take_options
from geovae.data.base import UNLABELLED, Images
from geovae.data.decoding import as_array, decoded, open_image
from geovae.data.raw_files.download import Store
from geovae.data.raw_files.remote import RemoteFile
from geovae.data.splits import SPLITS

SOURCE = "CelebA, aligned and cropped (Z. Liu, P. Luo, X. Wang, X. Tang, 2015), middle of the image, resized"
LICENSE = "for non-commercial research only"

PAGE = "http://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"
NOTE = "Google Drive refuses after some downloads a day: try again the next day, or fetch the file in a browser."


def _on_drive(name: str, size: int, identifier: str, md5: str) -> RemoteFile:
    url = f"https://drive.usercontent.google.com/download?id={identifier}&export=download&confirm=t"
    return RemoteFile(path=f"celeba/{name}", urls=(url,), checksum=f"md5:{md5}", size=size, page=PAGE, note=NOTE)


ARCHIVE = _on_drive(
    "img_align_celeba.zip", 1_443_490_838, "0B7EVK8r0v71pZjFTYXZWM3FlRnM", "00d2c5bc6d35e252742224ab0c1e8fcb"
)
PARTITION = _on_drive(
    "list_eval_partition.txt", 2_836_386, "0B7EVK8r0v71pY0NSMzRuSXJEVkk", "d32c9cbf5e040fd4025c592c306e6668"
)
FILES = (PARTITION, ARCHIVE)
AGAIN = "Run download_dataset.py again."
FOLDER = "img_align_celeba"  # in the archive, and unpacked beside it

DEFAULTS = {"image_size": 64, "crop": 140}
WIDTH, HEIGHT = 178, 218

Read = Callable[[str], Path | bytes]


def obtain(store: Store) -> None:
    """Make the partition file and the images be there; the archive is asked for unless all images are unpacked.

    Raises:
        GeovaeError: a file cannot be had, or is not CelebA's, or some images are unpacked and there is no archive.
    """
    partition = read_partition(store.obtain(PARTITION))
    folder = store.data_dir / "celeba" / FOLDER
    lacking = _lacking(folder, partition)
    if lacking and store.find(ARCHIVE) is None:
        _refuse_a_part(folder, lacking, partition)
        store.obtain(ARCHIVE)


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The official splits train (162,770), validation (19,867) and test (19,962), (N, 3, size, size), unlabelled.

    The images are read from the folder where all are unpacked, else out of the archive.

    Args:
        options: `image_size` (64) of the result; `crop` (140), the side of the square that is cut from the middle of
            178×218 pixels and resized with a Lanczos filter.
        data_dir: the folder that holds `celeba`.
        threads: that decode.

    Raises:
        GeovaeError: an unknown option, a crop that is larger than the images, or the files are not there; while the
            chunks are read, an image that is broken or of another size.
    """
    options = take_options(options, DEFAULTS, "data set 'celeba'")
    size, crop = options["image_size"], options["crop"]
    if crop > WIDTH:
        raise GeovaeError(f"data set 'celeba': crop is {crop}, but the images are {WIDTH} pixels wide.")
    root = Path(data_dir or "") / "celeba"
    if data_dir is None or not (root / PARTITION.name).is_file():
        raise GeovaeError(f"data set 'celeba': its files are not in {data_dir}/celeba. Run download_dataset.py first.")
    partition = read_partition(root / PARTITION.name)
    images = _images(root, partition)

    def chunks(split: str) -> Iterator[np.ndarray]:
        with images() as read:
            decode = partial(_decode, read=read, size=size, crop=crop)
            yield from decoded(partition[split], decode, (3, size, size), threads, f"celeba/{split}")

    return {
        split: Images(np.full(len(names), UNLABELLED), (len(names), 3, size, size), (), partial(chunks, split))
        for split, names in partition.items()
    }


def read_partition(path: Path) -> dict[str, list[str]]:
    """The names of the images of each split, in the order of the file.

    Raises:
        GeovaeError: a line is not the name of a JPEG and 0, 1 or 2.
    """
    names = {split: [] for split in SPLITS}  # 0, 1 and 2 in the file
    with path.open(encoding="utf-8", errors="replace") as file:
        for number, line in enumerate(file, start=1):
            match = re.fullmatch(r"(\d+\.jpg)\s+([012])\s*", line)
            if not match:
                raise GeovaeError(f"{path}: line {number} is not an image and its split. Put the original file there.")
            names[SPLITS[int(match[2])]].append(match[1])
    return names


def _lacking(folder: Path, partition: dict[str, list[str]]) -> list[str]:
    """The images of the partition that are not in `folder`."""
    present = {path.name for path in folder.iterdir()} if folder.is_dir() else set()
    return [name for names in partition.values() for name in names if name not in present]


def _refuse_a_part(folder: Path, lacking: list[str], partition: dict[str, list[str]]) -> None:
    total = sum(map(len, partition.values()))
    if len(lacking) < total:
        raise GeovaeError(
            f"{folder}: {len(lacking):,} of {total:,} images are missing ({lacking[0]} is one).\n"
            f"Complete it, or put {ARCHIVE.name} beside it, or delete it to have that downloaded."
        )


def _images(root: Path, partition: dict[str, list[str]]) -> Callable[[], AbstractContextManager[Read]]:
    """What opens the images: gives, while it is open, a function from a name to the file or its content."""
    folder, archive = root / FOLDER, root / ARCHIVE.name
    lacking = _lacking(folder, partition)
    if not lacking:
        return partial(nullcontext, folder.joinpath)
    if archive.is_file():
        return partial(_open_archive, archive, partition)
    _refuse_a_part(folder, lacking, partition)
    raise GeovaeError(f"data set 'celeba': its images are not in {root}. Run download_dataset.py first.")


@contextmanager
def _open_archive(path: Path, partition: dict[str, list[str]]) -> Iterator[Read]:
    # Nothing is unpacked: reading 200,000 files one by one is slow on the file systems of clusters.
    lock = threading.Lock()

    def read(name: str) -> bytes:
        with lock, reading(f"{path}: {name} in it", "member", AGAIN):
            return archive.read(f"{FOLDER}/{name}")

    with reading(path, "zip archive", AGAIN):
        archive = zipfile.ZipFile(path)
    with archive:
        for names in partition.values():
            for name in names:
                if f"{FOLDER}/{name}" not in archive.NameToInfo:
                    raise GeovaeError(f"{path}: {name} is not in it. Run download_dataset.py again.")
        yield read


def _decode(name: str, read: Read, size: int, crop: int) -> np.ndarray:
    source = read(name)
    where = str(source) if isinstance(source, Path) else f"{ARCHIVE.name}/{FOLDER}/{name}"
    image = open_image(source, where, formats=("JPEG",))
    if image.size != (WIDTH, HEIGHT):
        raise GeovaeError(
            f"{where}: {image.width}×{image.height} pixels, but aligned images of CelebA have {WIDTH}×{HEIGHT}.\n"
            "Put the aligned and cropped images there."
        )
    left, top = (WIDTH - crop) // 2, (HEIGHT - crop) // 2
    square = image.crop((left, top, left + crop, top + crop))
    return as_array(square.resize((size, size), Image.Resampling.LANCZOS))
