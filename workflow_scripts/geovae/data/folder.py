"""Any folder of images: a data set of one's own."""

import os
import warnings
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.core.reading import printable
from geovae.core.registry import take_options
from geovae.data.base import UNLABELLED, Images
from geovae.data.decoding import as_array, decoded, open_image
from geovae.data.scan import Found, scan, spoken
from geovae.data.sheets import read_rows
from geovae.data.splits import SPLITS
from geovae.data.subsets import nested_order

SOURCE = "images in a folder of the user's own"
LICENSE = "that of the images"

DEFAULTS = {
    "path": None,
    "image_size": 64,
    "channels": 3,
    "labels": "subfolders",
    "group": None,
    "validation": 0.1,
    "test": 0.1,
    "seed": 0,
}
TEXTS = {
    "path": "the path of a folder",
    "labels": "subfolders, none, or the path of a CSV file",
    "group": "the name of a column of the CSV file in labels",
}
LARGEST_SIDE = 1 << 14  # a square image of it in colour takes 0.8 GB
ENDINGS = (
    ".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jfi", ".jif", ".bmp", ".gif", ".tif", ".tiff", ".webp",
)  # fmt: skip
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits train, validation and test, (N, channels, H, W), in the order of the files' names.

    If the folder has the sub-folders train, validation and test, they are the splits; else the images are drawn into
    them, every class in proportion. Files and folders whose names begin with a dot are passed by, and so are links to
    folders, files with other endings, and what lies beside the three sub-folders: a warning and the cards
    (`passed_by`) count them.

    Args:
        options: `path` of the folder, relative to the working directory or absolute; `image_size` (64), the side or
            [height, width]: the largest part of that aspect is cut from the middle and resized with a Lanczos filter;
            `channels` (3; 1 for grey); `labels`: "subfolders" (the first sub-folder of each image names its class),
            "none", or the path of a CSV file with the columns file (relative to the folder) and label; `group` (None),
            a further column of that file: images with the same there (a subject, say) are all in one split, which then
            has its share or as near it as whole groups come; `validation` and `test` (0.1, 0.1), shares of the images;
            `seed` (0) of the draw.
        data_dir: not used.
        threads: that decode.

    Raises:
        GeovaeError: an option that is unknown or has no such value, a folder that is missing, cannot be read or has too
            few images, images without a label, a class without images, or one whose name is no UTF-8, or a group on two
            sides; while the chunks are read, an image that is broken.
    """
    options = _checked(take_options(options, DEFAULTS, "data set 'folder'"))
    root = _root(options["path"])
    parts = SPLITS if _split_folders(root) else ("",)
    found = scan(root, parts, ENDINGS)
    found.passed_by.pop(os.path.relpath(os.path.expanduser(options["labels"]), root), None)  # a table of labels is used
    if found.passed_by:
        warnings.warn(f"{printable(root)}: passed by: {spoken(found.counts())}.", stacklevel=2)
    files = {part: _files(root, part, found) for part in parts}
    names, class_names = _labels(root, options["labels"], files, found)
    labels = {file: class_names.index(name) if class_names else UNLABELLED for file, name in names.items()}
    everything = [file for part in files.values() for file in part]
    groups = _groups(options["labels"], options["group"], everything) if options["group"] else {}
    if "" not in files:
        _check_sides(files, groups, options["group"])
    else:
        files = _drawn(files[""], labels, groups, options)
        _require_training_images(root, files["train"], labels, class_names)
    shape = (options["channels"], *options["image_size"])
    decode = partial(_decode, root=root, shape=shape)
    return {
        split: Images(
            np.array([labels[file] for file in part], dtype=np.int64),
            (len(part), *shape),
            class_names,
            partial(decoded, part, decode, shape, threads, f"folder/{split}"),
            {"passed_by": found.counts()},
        )
        for split, part in files.items()
    }


def _checked(options: dict) -> dict:
    """The options, `image_size` as [height, width]; a GeovaeError names one of another type or out of range."""
    owner, size = "data set 'folder'", options["image_size"]
    sides = size if isinstance(size, list | tuple) else (size, size)
    if len(sides) != 2:
        raise GeovaeError(f"{owner}: image_size = {size!r}; it must be the side or [height, width].")
    sides = [whole(side, f"{owner}: image_size", 1, LARGEST_SIDE) for side in sides]
    channels = whole(options["channels"], f"{owner}: channels", 1, 3)
    if channels == 2:
        raise GeovaeError(f"{owner}: channels = 2; it must be 1 (grey) or 3 (colour).")
    for name, kinds in (("path", str | os.PathLike | None), ("labels", str | os.PathLike), ("group", str | None)):
        if not isinstance(options[name], kinds) or (name == "labels" and not options[name]):
            raise GeovaeError(f"{owner}: {name} = {options[name]!r}; it must be {TEXTS[name]}.")
    shares = {name: real(options[name], f"{owner}: {name}", least=0.0, most=1.0) for name in ("validation", "test")}
    return {**options, **shares, "image_size": sides, "channels": channels}


def _root(path: str | None) -> Path:
    if not path:
        raise GeovaeError("data set 'folder': the option path is missing. Name the folder of images.")
    root = Path(os.path.expanduser(path))
    if not root.is_dir():
        raise GeovaeError(f"data set 'folder': {printable(root)} is not a folder. Correct the option path.")
    return root


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


def _files(root: Path, part: str, found: Found) -> list[str]:
    """The images of a split, or of the whole folder (part "")."""
    files = [file for file in found.files if part in ("", file.partition("/")[0])]
    if not files:
        listed = ", ".join(ENDINGS)
        raise GeovaeError(
            f"{printable(root / part)}: no images ({listed}) in it{_besides(found, part)}. Check the option path."
        )
    return files


def _besides(found: Found, folder: str) -> str:
    """What there is in place of images, in words."""
    counts = found.counts(folder)
    return f", but {spoken(counts)}" if counts else ""


def _labels(root: Path, kind: str, files: dict[str, list[str]], found: Found) -> tuple[dict[str, str], tuple[str, ...]]:
    """The name of each file's class, and the names of all classes, sorted; no names without labels."""
    everything = [file for part in files.values() for file in part]
    if kind == "none":
        return dict.fromkeys(everything, ""), ()
    if kind == "subfolders":
        depth = 0 if "" in files else 1
        parts = {file: file.split("/")[depth:-1] for file in everything}
        bare = next((file for file, folders in parts.items() if not folders), None)
        if bare is not None:
            raise GeovaeError(
                f"{printable(root)}: {printable(bare)} lies in no sub-folder that names its class. Move it, or set "
                "labels to none."
            )
        names = {file: folders[0] for file, folders in parts.items()}
        for part in files:
            _require_images_of_classes(root, part, files[part], found)
    else:
        names = _read_csv(kind, "label", everything)
    class_names = tuple(sorted(set(names.values())))
    for name in class_names:
        if any("\ud800" <= character <= "\udfff" for character in name):
            raise GeovaeError(
                f"{printable(root)}: the name of the class {printable(name)} is no UTF-8. Rename its folder."
            )
    return names, class_names


def _require_images_of_classes(root: Path, part: str, files: Sequence[str], found: Found) -> None:
    """Refuse a folder of a class, or a link to one, in which no image was found."""
    depth = 1 if part else 0
    filled = {file.split("/")[depth] for file in files}
    for entry in sorted((root / part).iterdir()):
        if entry.is_dir() and not entry.name.startswith(".") and entry.name not in filled:
            counts = _besides(found, entry.relative_to(root).as_posix())
            raise GeovaeError(
                f"{printable(entry)}: the class has no images ({', '.join(ENDINGS)}){counts}.\n"
                "Put its images there as copies of these kinds, or remove the folder."
            )


def _groups(labels: str, column: str, files: Sequence[str]) -> dict[str, str]:
    """The group of each file."""
    if labels in ("subfolders", "none"):
        raise GeovaeError(
            f"data set 'folder': group is {column!r}, but labels is {labels!r}. Name a CSV file with both in labels."
        )
    return _read_csv(labels, column, files)


def _read_csv(path: str, column: str, files: Sequence[str]) -> dict[str, str]:
    """What a column of the CSV file says of each file."""
    path = os.path.expanduser(path)
    if not Path(path).is_file():
        raise GeovaeError(
            f"data set 'folder': labels is {path!r}, which is no file. Use subfolders, none, or the path of a CSV file."
        )
    lacking = f"it needs the columns file and {printable(column)}, and a row for each image."
    rows = read_rows(path, ("file", column), lacking)
    names = {}
    for number, row in rows:
        if row["file"] in names or not row[column]:
            fault = "has two rows" if row["file"] in names else f"has no {column}"
            raise GeovaeError(
                f"{path}: {printable(row['file'])} {fault} (line {number}). Give each image one row with its {column}."
            )
        names[row["file"]] = row[column]
    for fault, odd in (("has no row", set(files) - set(names)), ("is not in the folder", set(names) - set(files))):
        if odd:
            number = f" ({len(odd):,} in all)" if len(odd) > 1 else ""
            raise GeovaeError(f"{path}: {printable(min(odd))} {fault}{number}. Give each image one row.")
    return names


def _check_sides(files: Mapping[str, Sequence[str]], groups: Mapping[str, str], column: str) -> None:
    """Raise GeovaeError if the images of a group lie in two split folders."""
    sides: dict[str, str] = {}
    for split, part in files.items():
        for group in sorted({groups[file] for file in part if file in groups}):
            if sides.setdefault(group, split) != split:
                raise GeovaeError(
                    f"data set 'folder': {printable(column)} {printable(group)} has images in {sides[group]} and in "
                    f"{split}. Move them to one of the two."
                )


def _drawn(
    files: list[str], labels: Mapping[str, int], groups: Mapping[str, str], options: dict
) -> dict[str, list[str]]:
    """The files of each split, drawn with every class in proportion; at least one in each, and no group in two."""
    sizes = {split: max(round(options[split] * len(files)), 1) for split in ("test", "validation")}
    if sum(sizes.values()) >= len(files):
        raise GeovaeError(
            f"{options['path']}: {len(files)} images are too few for {sizes['validation']} to validate, "
            f"{sizes['test']} to test and some to train on.\nAdd images, or lower the options validation and test."
        )
    members = defaultdict(list)
    for file in files:  # an image without a group is one of its own
        members[groups.get(file, file)].append(file)
    units = list(members.values())
    order = nested_order(
        np.array([_commonest([labels[file] for file in unit]) for unit in units]),
        f"folder/splits/seed{options['seed']}",
    )
    parts, waiting = {}, [units[index] for index in order]
    for n_after, split in ((2, "test"), (1, "validation")):
        places = _nearest_to(sizes[split], waiting, n_after)
        parts[split] = [file for place in sorted(places) for file in waiting[place]]
        waiting = [unit for place, unit in enumerate(waiting) if place not in places]
    parts["train"] = [file for unit in waiting for file in unit]
    if not all(parts.values()):
        raise GeovaeError(
            f"{options['path']}: {len(units)} groups ({options['group']}) are too few for three splits that share none."
            "\nAdd some, or lower the options validation and test."
        )
    return {split: sorted(parts[split]) for split in SPLITS}


def _nearest_to(size: int, units: Sequence[Sequence[str]], n_left: int) -> set[int]:
    """The places of the first groups that have `size` images together, or as near it as whole groups come.

    A group with which they would overshoot by more than they are short of it is passed by, since a large one is for
    training. At least `n_left` groups are left; where none fits, the smallest is taken.
    """
    places: set[int] = set()
    missing = size
    for place, unit in enumerate(units):
        if len(unit) <= 2 * missing and len(places) < len(units) - n_left:
            places.add(place)
            missing -= len(unit)
    return places or set(sorted(range(len(units)), key=lambda place: len(units[place]))[:1])


def _commonest(labels: Sequence[int]) -> int:
    """The label that most images of a group have, of several the least."""
    return max(sorted(set(labels)), key=labels.count)


def _require_training_images(
    root: Path, train: Sequence[str], labels: dict[str, int], class_names: tuple[str, ...]
) -> None:
    """Refuse a class that the draw left out of the training split."""
    drawn = {labels[file] for file in train}
    for index, name in enumerate(class_names):
        if index not in drawn:
            raise GeovaeError(
                f"{printable(root)}: no image of the class {printable(name)} was drawn to train on.\n"
                "Add images of it, or lower the options validation and test."
            )


def _decode(file: str, root: Path, shape: tuple[int, int, int]) -> np.ndarray:
    channels, height, width = shape
    image = open_image(root / file, str(root / file), FORMATS, channels)
    return as_array(ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS))
