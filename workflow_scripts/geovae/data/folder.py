"""Any folder of images: a data set of one's own."""

import csv
import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from geovae.core.errors import GeovaeError
from geovae.core.registry import take_options
from geovae.data.base import SPLITS, UNLABELLED, Images
from geovae.data.decoding import as_array, decoded, open_image
from geovae.data.subsets import nested_order

SOURCE = "images in a folder of the user's own"
LICENSE = "that of the images"

DEFAULTS = {
    "path": None,
    "image_size": 64,
    "channels": 3,
    "labels": "subfolders",
    "validation": 0.1,
    "test": 0.1,
    "seed": 0,
}
ENDINGS = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")
# Besides 16-bit grey. What has 32 bits a channel has no known white.
MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")
WHITE = (255, 255, 255, 255)  # what shows through transparent pixels


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train, validation and test, (N, channels, H, W), in the order of the files' names.

    If the folder has the sub-folders train, validation and test, they are the splits; else the images are drawn into
    them, every class in proportion. Files and folders whose names begin with a dot are passed by, and so are links to
    folders.

    Args:
        options: `path` of the folder, relative to the working directory or absolute; `image_size` (64), the side or
            [height, width]: the largest part of that aspect is cut from the middle and resized with a Lanczos filter;
            `channels` (3; 1 for grey); `labels`: "subfolders" (the first sub-folder of each image names its class),
            "none", or the path of a CSV file with the columns file (relative to the folder) and label; `validation` and
            `test` (0.1, 0.1), shares of the images; `seed` (0) of the draw.
        data_dir: not used.
        threads: that decode.

    Raises:
        GeovaeError: an unknown option, a folder that is missing or has too few images, or images without a label;
            while the chunks are read, an image that is broken.
    """
    options = take_options(options, DEFAULTS, "data set 'folder'")
    root = _root(options["path"])
    size = options["image_size"]
    height, width = (size, size) if isinstance(size, int) else size
    split_folders = _split_folders(root)
    files = {part: _files(root, part) for part in (SPLITS if split_folders else ("",))}
    everything = [file for part in files.values() for file in part]
    names, class_names = _labels(root, options["labels"], everything, depth=1 if split_folders else 0)
    labels = {file: class_names.index(name) if class_names else UNLABELLED for file, name in names.items()}
    if not split_folders:
        files = _drawn(everything, labels, options)
    shape = (options["channels"], height, width)
    decode = partial(_decode, root=root, shape=shape)
    return {
        split: Images(
            np.array([labels[file] for file in part], dtype=np.int64),
            (len(part), *shape),
            class_names,
            partial(decoded, part, decode, shape, threads, f"folder/{split}"),
        )
        for split, part in files.items()
    }


def _root(path: str | None) -> Path:
    if path is None:
        raise GeovaeError("data set 'folder': the option path is missing. Name the folder of images.")
    if not Path(path).is_dir():
        raise GeovaeError(f"data set 'folder': {path} is not a folder. Correct the option path.")
    return Path(path)


def _split_folders(root: Path) -> bool:
    """Whether the folder comes in splits."""
    present = [split for split in SPLITS if (root / split).is_dir()]
    if present and len(present) < len(SPLITS):
        absent = [split for split in SPLITS if split not in present]
        raise GeovaeError(
            f"{root}: it has the sub-folder {' and '.join(present)}, but not {' and '.join(absent)}.\n"
            "Make all three, or rename what is there."
        )
    return bool(present)


def _files(root: Path, split: str) -> list[str]:
    """The images below `root`/`split`, as names relative to `root`, sorted."""
    found = []
    for parent, folders, names in os.walk(root / split):
        folders[:] = [folder for folder in folders if not folder.startswith(".")]
        found += [
            (Path(parent) / name).relative_to(root).as_posix()
            for name in names
            if name.lower().endswith(ENDINGS) and not name.startswith(".")
        ]
    if not found:
        raise GeovaeError(f"{root / split}: no images ({', '.join(ENDINGS)}) in it. Check the option path.")
    return sorted(found)


def _labels(root: Path, kind: str, files: Sequence[str], depth: int) -> tuple[dict[str, str], tuple[str, ...]]:
    """The name of each file's class, and the names of all classes, sorted; no names without labels."""
    if kind == "none":
        return dict.fromkeys(files, ""), ()
    if kind == "subfolders":
        parts = {file: file.split("/")[depth:-1] for file in files}
        bare = next((file for file, folders in parts.items() if not folders), None)
        if bare is not None:
            raise GeovaeError(
                f"{root}: {bare} lies in no sub-folder that names its class. Move it, or set labels to none."
            )
        names = {file: folders[0] for file, folders in parts.items()}
    else:
        names = _read_csv(kind, files)
    return names, tuple(sorted(set(names.values())))


def _read_csv(path: str, files: Sequence[str]) -> dict[str, str]:
    if not Path(path).is_file():
        raise GeovaeError(
            f"data set 'folder': labels is {path!r}, which is no file. Use subfolders, none, or the path of a CSV file."
        )
    with Path(path).open(encoding="utf-8-sig", newline="") as file:
        try:
            rows = list(csv.DictReader(file))
        except (csv.Error, UnicodeDecodeError) as reason:
            raise GeovaeError(f"{path}: not a readable CSV file ({reason}). Save it as CSV in UTF-8.") from reason
    if not rows or not {"file", "label"} <= rows[0].keys():
        raise GeovaeError(f"{path}: it needs the columns file and label, and a row for each image.")
    names = {}
    for row in rows:
        if row["file"] in names or not row["label"]:
            fault = "has two rows" if row["file"] in names else "has no label"
            raise GeovaeError(f"{path}: {row['file']} {fault}. Give each image one row with its label.")
        names[row["file"]] = row["label"]
    for fault, odd in (("has no row", set(files) - set(names)), ("is not in the folder", set(names) - set(files))):
        if odd:
            number = f" ({len(odd):,} in all)" if len(odd) > 1 else ""
            raise GeovaeError(f"{path}: {min(odd)} {fault}{number}. Give each image one row.")
    return names


def _drawn(files: list[str], labels: dict[str, int], options: dict) -> dict[str, list[str]]:
    """The files of each split, drawn with every class in proportion; at least one in each."""
    n_test, n_validation = (max(round(options[split] * len(files)), 1) for split in ("test", "validation"))
    if n_test + n_validation >= len(files):
        raise GeovaeError(
            f"{options['path']}: {len(files)} images are too few for {n_validation} to validate, {n_test} to test and "
            "some to train on.\nAdd images, or lower the options validation and test."
        )
    order = nested_order(np.array([labels[file] for file in files]), f"folder/splits/seed{options['seed']}")
    test, validation, train = np.split(order, [n_test, n_test + n_validation])
    chosen = {"train": train, "validation": validation, "test": test}
    return {split: [files[i] for i in np.sort(indices)] for split, indices in chosen.items()}


def _decode(file: str, root: Path, shape: tuple[int, int, int]) -> np.ndarray:
    channels, height, width = shape
    image = ImageOps.exif_transpose(open_image(root / file, str(root / file), FORMATS))
    flat = _opaque(_eight_bits(image, root / file)).convert("L" if channels == 1 else "RGB")
    return as_array(ImageOps.fit(flat, (width, height), Image.Resampling.LANCZOS))


def _eight_bits(image: Image.Image, path: Path) -> Image.Image:
    """The image with 8 bits a channel; PIL alone would cut 16-bit values off at 255."""
    if image.mode.startswith("I;16"):
        return Image.fromarray(np.rint(np.asarray(image) / 257.0).astype(np.uint8))
    if image.mode not in MODES:
        raise GeovaeError(
            f"{path}: pixels of the kind {image.mode!r} are not read. Save it in grey or RGB, 8 or 16 bits a channel."
        )
    return image


def _opaque(image: Image.Image) -> Image.Image:
    """The image on white, if it has transparent pixels."""
    if not image.has_transparency_data:
        return image
    image = image.convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", image.size, WHITE), image)
