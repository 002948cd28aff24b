"""Folders of images: formats and pixels, labels, splits, order, and what is said of faults."""

import json
import os
import re
import tracemalloc
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from PIL import Image

from geovae.core.errors import GeovaeError
from geovae.data import folder
from geovae.data.base import write_split
from helpers.image_files import with_chunk


def noise(seed: int, size: tuple[int, int] = (12, 10)) -> np.ndarray:
    """Pixels (H, W, 3)."""
    return np.random.default_rng(seed).integers(256, size=(*size, 3), dtype=np.uint8)


def save(path: Path, pixels: np.ndarray | Image.Image, **options) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (pixels if isinstance(pixels, Image.Image) else Image.fromarray(pixels)).save(path, **options)


def images_of(splits) -> dict[str, np.ndarray]:
    return {split: np.concatenate(list(content.chunks())) for split, content in splits.items()}


def only(path: Path, name: str, **options) -> np.ndarray:
    """The image `name` in a folder of which it is the one training image, beside two others."""
    for split in ("validation", "test"):
        save(path / split / "other.png", noise(0))
    (path / "train").mkdir(exist_ok=True)
    (path / name).rename(path / "train" / name)
    settings = {"path": str(path), "labels": "none", "image_size": [12, 10], **options}
    return images_of(folder.load(settings))["train"][0]


@pytest.fixture
def classes(tmp_path):
    """60 images of a class and 30 of another, in sub-folders; the red of the first pixel tells which."""
    for number in range(90):
        pixels = noise(number)
        pixels[...] = number
        save(tmp_path / ("cat" if number % 3 else "dog") / f"{number:03d}.png", pixels)
    return tmp_path


def test_the_draw_has_every_class_in_proportion_and_every_image_once(classes):
    splits = folder.load({"path": str(classes), "image_size": 4})
    assert {split: content.shape for split, content in splits.items()} == {
        "train": (72, 3, 4, 4),
        "validation": (9, 3, 4, 4),
        "test": (9, 3, 4, 4),
    }
    numbers = {split: images[:, 0, 0, 0] for split, images in images_of(splits).items()}
    assert sorted(np.concatenate(list(numbers.values()))) == list(range(90))
    for split, content in splits.items():
        assert content.class_names == ("cat", "dog")
        assert np.array_equal(content.labels, numbers[split] % 3 == 0)
        assert Counter(content.labels.tolist()) == {0: len(content.labels) * 2 // 3, 1: len(content.labels) // 3}
        # Sorted by name: the cats first, and each class by number.
        assert numbers[split].tolist() == sorted(numbers[split], key=lambda number: (number % 3 == 0, number))


def test_the_draw_depends_on_the_seed_alone(classes):
    first, again, other = (
        images_of(folder.load({"path": str(classes), "image_size": 2, "seed": seed}, threads=threads))
        for seed, threads in ((0, 1), (0, 3), (1, 1))
    )
    for split in first:
        assert np.array_equal(first[split], again[split])
    assert not np.array_equal(first["test"], other["test"])


@settings(derandomize=True, deadline=None, max_examples=40)
@given(count=st.integers(3, 80), validation=st.floats(0.01, 0.45), test=st.floats(0.01, 0.45))
def test_the_shares_are_rounded_and_no_split_is_empty(count, validation, test):
    assume(sum(max(round(count * share), 1) for share in (validation, test)) < count)  # others are refused
    files = [f"{i:03d}.png" for i in range(count)]
    options = {"path": "here", "validation": validation, "test": test, "seed": 0}
    parts = folder._drawn(files, dict.fromkeys(files, -1), {}, options)
    assert sorted(file for part in parts.values() for file in part) == files
    assert len(parts["test"]) == max(round(count * test), 1)
    assert len(parts["validation"]) == max(round(count * validation), 1)
    assert len(parts["train"]) > 0


def test_split_folders_are_the_splits(tmp_path):
    for i, name in enumerate(("train/b/1.png", "train/a/x/2.png", "validation/b/3.png", "test/c/4.png")):
        save(tmp_path / name, np.full((4, 4, 3), 50 * i, np.uint8))
    splits = folder.load({"path": str(tmp_path), "image_size": 4})
    assert {split: images[:, 0, 0, 0].tolist() for split, images in images_of(splits).items()} == {
        "train": [50, 0],
        "validation": [100],
        "test": [150],
    }
    assert {split: content.labels.tolist() for split, content in splits.items()} == {
        "train": [0, 1],
        "validation": [1],
        "test": [2],
    }
    assert splits["test"].class_names == ("a", "b", "c")


def test_images_of_all_formats_are_found_and_others_passed_by(tmp_path):
    names = ["a.png", "b.JPG", "c.jpeg", "d.bmp", "e.gif", "f.tif", "g.TIFF", "h.webp", "deep/er/i.png"]
    for value, name in enumerate(names):
        save(tmp_path / name, np.full((8, 8, 3), 20 * value, np.uint8))
    save(tmp_path / ".hidden.png", noise(0))
    save(tmp_path / ".trash/j.png", noise(0))
    (tmp_path / "notes.txt").write_text("not an image")
    said = r"passed by: files that end in \.txt \(1\), hidden files and folders \(2\)"
    with pytest.warns(UserWarning, match=said):
        splits = folder.load({"path": str(tmp_path), "image_size": 8, "labels": "none", "channels": 1})
    values = np.sort(np.concatenate([images[:, 0, 4, 4] for images in images_of(splits).values()]))
    assert np.abs(values - np.arange(0, 180, 20.0)).max() <= 2
    assert all((content.labels == -1).all() and content.class_names == () for content in splits.values())


@pytest.mark.parametrize("name", ["a.png", "a.bmp", "a.tif", "wrong_ending.jpg"])
def test_pixels_of_the_right_size_stay_as_they_are(tmp_path, name):
    save(tmp_path / name, noise(5), format="PNG" if "wrong" in name else None)
    assert np.array_equal(only(tmp_path, name), noise(5).transpose(2, 0, 1))


def test_a_wide_image_is_cut_at_both_sides_and_a_tall_one_above_and_below(tmp_path):
    pixels = noise(1, size=(8, 20))
    save(tmp_path / "wide.png", pixels)
    assert np.array_equal(only(tmp_path, "wide.png", image_size=8), pixels[:, 6:14].transpose(2, 0, 1))
    pixels = noise(2, size=(20, 8))
    save(tmp_path / "tall.png", pixels)
    (tmp_path / "train/wide.png").unlink()
    assert np.array_equal(only(tmp_path, "tall.png", image_size=[10, 8]), pixels[5:15].transpose(2, 0, 1))


def test_a_reduction_averages_instead_of_leaving_pixels_out(tmp_path):
    checkerboard = np.indices((64, 64)).sum(0) % 2 * 255
    save(tmp_path / "a.png", np.repeat(checkerboard[..., None], 3, axis=2).astype(np.uint8))
    assert np.abs(only(tmp_path, "a.png", image_size=16).astype(int) - 128).max() < 12


def test_grey_is_the_luminance(tmp_path):
    save(tmp_path / "a.png", noise(3))
    weights = np.array([0.299, 0.587, 0.114])
    grey = only(tmp_path, "a.png", channels=1)
    assert grey.shape == (1, 12, 10)
    assert np.abs(grey[0] - noise(3) @ weights).max() < 1


def test_the_orientation_of_a_photograph_is_respected(tmp_path):
    pixels = np.kron(noise(4, (3, 2)), np.ones((16, 16, 1), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned to the right by a quarter
    save(tmp_path / "a.jpg", pixels, exif=exif, quality=100, subsampling=0)
    upright = only(tmp_path, "a.jpg", image_size=[32, 48])
    assert np.abs(upright.astype(int) - np.rot90(pixels, -1).transpose(2, 0, 1)).max() < 12


@pytest.mark.parametrize("name", ["a.png", "a.tif"])
def test_16_bits_are_scaled_to_8(tmp_path, name):
    values = np.linspace(0, 65535, 120).reshape(12, 10).astype(np.uint16)
    save(tmp_path / name, values)
    image = only(tmp_path, name)
    assert np.abs(image - values / 65535 * 255).max() <= 0.5
    assert (image == image[:1]).all()


def test_palettes_are_resolved(tmp_path):
    pixels = np.kron(noise(6, (3, 2)), np.ones((4, 5, 1), np.uint8))
    save(tmp_path / "a.png", Image.fromarray(pixels).quantize(6))
    assert np.array_equal(only(tmp_path, "a.png"), pixels.transpose(2, 0, 1))


def test_one_bit_is_black_and_white(tmp_path):
    bits = np.indices((12, 10)).sum(0) % 2 == 0
    save(tmp_path / "a.png", Image.fromarray(bits))
    assert np.array_equal(only(tmp_path, "a.png", channels=1)[0], bits * np.uint8(255))


def test_cmyk_is_turned_to_rgb(tmp_path):
    save(tmp_path / "a.tif", Image.new("CMYK", (10, 12), (0, 255, 0, 0)))
    assert (only(tmp_path, "a.tif") == np.array([255, 0, 255])[:, None, None]).all()


@pytest.mark.parametrize("mode", ["RGBA", "LA"])
def test_transparent_pixels_lie_on_white(tmp_path, mode):
    colour = np.full((12, 10, 3), 40, np.uint8)
    alpha = np.repeat(np.array([0, 51, 255] * 4, np.uint8)[:, None], 10, axis=1)
    save(tmp_path / "a.png", Image.fromarray(np.dstack([colour, alpha])).convert(mode))
    expected = 255 + (alpha / 255) * (40.0 - 255)
    assert np.abs(only(tmp_path, "a.png") - expected).max() <= 1


def test_a_transparent_colour_of_a_palette_lies_on_white(tmp_path):
    image = Image.new("P", (10, 12), 0)
    image.putpalette([200, 0, 0, 0, 0, 200])
    image.paste(1, (0, 0, 5, 12))
    save(tmp_path / "a.gif", image, transparency=1)
    found = only(tmp_path, "a.gif")
    assert (found[:, :, :5] == 255).all()
    assert (found[:, :, 5:] == np.array([200, 0, 0])[:, None, None]).all()


def write_labels(path: Path, rows: dict[str, str], header: str = "file,label") -> str:
    path.write_text("\n".join([header, *(f"{file},{label}" for file, label in rows.items())]))
    return str(path)


def test_labels_are_read_from_a_csv_file(classes, tmp_path):
    files = [path.relative_to(classes).as_posix() for path in classes.rglob("*.png")]
    labels = write_labels(
        tmp_path / "labels.csv", {file: "even" if int(file[4:7]) % 2 == 0 else "odd" for file in files}
    )
    splits = folder.load({"path": str(classes), "image_size": 2, "labels": labels})
    for split, images in images_of(splits).items():
        assert splits[split].class_names == ("even", "odd")
        assert np.array_equal(splits[split].labels, images[:, 0, 0, 0] % 2)


def test_labels_of_split_folders_are_read_from_a_csv_file(tmp_path):
    for split in ("train", "validation", "test"):
        save(tmp_path / split / "a.png", noise(0))
    labels = write_labels(tmp_path / "labels.csv", {"train/a.png": "x", "validation/a.png": "y", "test/a.png": "x"})
    splits = folder.load({"path": str(tmp_path), "labels": labels})
    assert [content.labels.tolist() for content in splits.values()] == [[0], [1], [0]]


@pytest.mark.parametrize(
    ("change", "header", "message"),
    [
        ({"b.png": None}, "file,label", r"b\.png has no row\."),
        ({"a.png": None, "b.png": None}, "file,label", r"a\.png has no row \(2 in all\)"),
        ({"z.png": "x"}, "file,label", r"z\.png is not in the folder"),
        ({"b.png": ""}, "file,label", r"b\.png has no label"),
        ({"c.png,x\nc.png": "x"}, "file,label", r"c\.png has two rows"),
        ({}, "name,class", "needs the columns file and label"),
    ],
)
def test_faults_of_a_csv_file_are_named(tmp_path, change, header, message):
    for name in "abc":
        save(tmp_path / f"{name}.png", noise(0))
    rows = {"a.png": "x", "b.png": "y", "c.png": "x", **change}
    path = write_labels(tmp_path / "l.csv", {file: label for file, label in rows.items() if label is not None}, header)
    with pytest.raises(GeovaeError, match=rf"l\.csv: .*{message}"):
        folder.load({"path": str(tmp_path), "labels": path})


def grouped(path: Path, group_of, header: str = "file,label,subject") -> dict[str, object]:
    """Options with a CSV that puts each image into a group by its number."""
    rows = {
        file.relative_to(path).as_posix(): f"{file.parent.name},{group_of(int(file.stem))}"
        for file in path.rglob("*.png")
    }
    labels = write_labels(path / "labels.csv", rows, header)
    return {"path": str(path), "image_size": 2, "labels": labels, "group": "subject"}


def test_a_group_is_on_one_side_alone(classes):
    options = grouped(classes, lambda number: f"s{number // 7}")  # 13 groups of cats and dogs
    splits = images_of(folder.load(options | {"validation": 0.2, "test": 0.2}))
    sides = {split: {int(number) // 7 for number in images[:, 0, 0, 0]} for split, images in splits.items()}
    assert sorted(group for side in sides.values() for group in side) == list(range(13))
    assert sorted(int(n) for images in splits.values() for n in images[:, 0, 0, 0]) == list(range(90))
    for split in ("validation", "test"):  # the share of 18 images, or up to a group more
        assert 18 <= len(splits[split]) < 18 + 7
    without = images_of(folder.load({**options, "group": None, "validation": 0.2, "test": 0.2}))
    assert len({int(number) // 7 for number in without["test"][:, 0, 0, 0]}) > len(sides["test"])


def drawn(sizes: list[int], **options) -> dict[str, list[int]]:
    """The sizes of the groups in each split, of a folder with one class and groups of these sizes."""
    groups = {f"{group:03}/{number:03}": str(group) for group, size in enumerate(sizes) for number in range(size)}
    options = folder.DEFAULTS | {"path": "p", "group": "subject"} | options
    parts = folder._drawn(list(groups), dict.fromkeys(groups, 0), groups, options)
    return {split: sorted(Counter(groups[file] for file in part).values()) for split, part in parts.items()}


@pytest.mark.parametrize("seed", range(20))
def test_a_large_group_is_trained_on_wherever_it_comes_in_the_draw(seed):
    alone = drawn([50, *[1] * 10], seed=seed)  # a share of 6: the first split has it, the second what is left
    assert alone == {"test": [1] * 6, "validation": [1] * 4, "train": [50]}
    assert drawn([50, 5, 5], seed=seed) == {"test": [5], "validation": [5], "train": [50]}
    assert drawn([50, 3, 3], seed=seed) == {"test": [3], "validation": [3], "train": [50]}
    assert drawn([20, 20, 20], seed=seed) == {"test": [20], "validation": [20], "train": [20]}
    assert drawn([30, 14, 16], seed=seed) == {"test": [14], "validation": [16], "train": [30]}


@settings(deadline=None)
@given(sizes=st.lists(st.integers(1, 60), min_size=3, max_size=40), seed=st.integers(0, 9))
def test_no_split_has_more_than_twice_its_share_but_in_one_group_smaller_than_all_to_train_on(sizes, seed):
    total, share = sum(sizes), max(round(0.1 * sum(sizes)), 1)
    assume(2 * share < total)
    splits = drawn(sizes, seed=seed)
    assert sorted(size for part in splits.values() for size in part) == sorted(sizes)
    for split in ("test", "validation"):
        is_smallest = len(splits[split]) == 1 and splits[split][0] <= min(splits["train"])
        assert sum(splits[split]) <= 2 * share or is_smallest


def test_groups_that_come_to_the_share_are_the_first_of_the_draw(classes):
    options = grouped(classes, lambda number: f"s{number // 3}") | {"validation": 0.2, "test": 0.1}
    splits = images_of(folder.load(options))
    assert {split: len(images) for split, images in splits.items()} == {"train": 63, "validation": 18, "test": 9}


def test_groups_of_one_image_are_no_groups(classes):
    options = grouped(classes, lambda number: f"s{number}")
    alone, none = (images_of(folder.load(options | {"group": group})) for group in ("subject", None))
    for split in alone:
        assert len(alone[split]) == len(none[split])
        assert {number % 3 == 0 for number in alone[split][:, 0, 0, 0].tolist()} == {True, False}


def test_faults_of_groups_are_named(classes, tmp_path):
    two = grouped(classes, lambda number: f"s{number % 2}")
    with pytest.raises(GeovaeError, match=r"2 groups \(subject\) are too few"):
        folder.load(two)
    with pytest.raises(GeovaeError, match=r"labels\.csv: it needs the columns file and patient"):
        folder.load(two | {"group": "patient"})
    with pytest.raises(GeovaeError, match=r"group is 'subject', but labels is 'subfolders'. Name a CSV"):
        folder.load(two | {"labels": "subfolders"})
    with pytest.raises(GeovaeError, match=r"has no subject \(line 8\)\. Give each image one row with its subject"):
        folder.load(grouped(classes, lambda number: "s" if number else ""))


def test_split_folders_that_share_a_group_are_refused(tmp_path):
    for name in ("train/a.png", "train/b.png", "validation/a.png", "test/a.png"):
        save(tmp_path / name, noise(0))
    rows = {"train/a.png": "x,1", "train/b.png": "y,2", "validation/a.png": "x,3", "test/a.png": "x,2"}
    options = {"path": str(tmp_path), "group": "subject", "image_size": 4}
    labels = write_labels(tmp_path / "l.csv", rows, "file,label,subject")
    with pytest.raises(GeovaeError, match=r"subject 2 has images in train and in test\. Move them"):
        folder.load(options | {"labels": labels})
    labels = write_labels(tmp_path / "l.csv", rows | {"test/a.png": "x,4"}, "file,label,subject")
    assert len(images_of(folder.load(options | {"labels": labels}))["train"]) == 2


def test_a_csv_file_that_is_none_is_named(tmp_path):
    save(tmp_path / "a.png", noise(0))
    with pytest.raises(GeovaeError, match=r"labels is 'subfolder', which is no file"):
        folder.load({"path": str(tmp_path), "labels": "subfolder"})
    (tmp_path / "l.csv").write_bytes(b"file,label\n\xff\xfe,x\n")
    with pytest.raises(GeovaeError, match=r"l\.csv: not a readable CSV file"):
        folder.load({"path": str(tmp_path), "labels": str(tmp_path / "l.csv")})


def test_faults_of_the_folder_are_named(tmp_path):
    with pytest.raises(GeovaeError, match="option path is missing"):
        folder.load({})
    with pytest.raises(GeovaeError, match=r"nowhere is not a folder"):
        folder.load({"path": str(tmp_path / "nowhere")})
    with pytest.raises(GeovaeError, match="no images"):
        folder.load({"path": str(tmp_path)})
    with pytest.raises(GeovaeError, match="Did you mean 'image_size'"):
        folder.load({"path": str(tmp_path), "imagesize": 3})
    save(tmp_path / "a.png", noise(0))
    with pytest.raises(GeovaeError, match=r"a\.png lies in no sub-folder"):
        folder.load({"path": str(tmp_path)})
    save(tmp_path / "b.png", noise(1))
    with pytest.raises(GeovaeError, match="2 images are too few for 1 to validate, 1 to test"):
        folder.load({"path": str(tmp_path), "labels": "none"})
    (tmp_path / "train").mkdir()
    with pytest.raises(GeovaeError, match="sub-folder train, but not validation and test"):
        folder.load({"path": str(tmp_path)})
    for split in ("validation", "test"):
        save(tmp_path / split / "c/a.png", noise(0))
    with pytest.raises(GeovaeError, match=r"train: no images"):
        folder.load({"path": str(tmp_path)})


def test_images_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "bad.png").write_bytes(b"not an image")
    with pytest.raises(GeovaeError, match=r"train/bad\.png: not a readable image"):
        only(tmp_path, "bad.png")
    (tmp_path / "train/bad.png").unlink()
    save(tmp_path / "deep.tif", np.zeros((12, 10), np.float32))
    with pytest.raises(GeovaeError, match=r"train/deep\.tif: pixels of the kind 'F' are not read"):
        only(tmp_path, "deep.tif")


def test_what_is_passed_by_is_counted_in_the_log_and_in_the_cards(classes, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (classes / "cat/more").symlink_to(elsewhere)
    for name in ("cat/a.heic", "cat/b.HEIC", "dog/notes", ".DS_Store", "dog/._1.png"):
        (classes / name).write_bytes(b"")
    save(classes / ".trash/x.png", noise(0))
    counts = {
        "files that end in .heic": 2,
        "files without an ending": 1,
        "hidden files and folders": 3,
        "links to folders": 1,
    }
    with pytest.warns(
        UserWarning, match=r"passed by: files that end in \.heic \(2\), files without an ending \(1\), hid"
    ):
        splits = folder.load({"path": str(classes), "image_size": 2})
    assert all(content.card == {"passed_by": counts} for content in splits.values())
    card = write_split(classes / "out", splits["test"], {"dataset": "folder", "split": "test"})
    assert card["passed_by"] == counts
    assert json.loads((classes / "out/card.json").read_text())["passed_by"] == counts


def test_what_lies_beside_the_split_folders_is_counted(tmp_path):
    for split in ("train", "validation", "test"):
        save(tmp_path / split / "a.png", noise(0))
    save(tmp_path / "extra/b.png", noise(0))
    save(tmp_path / "c.png", noise(0))
    with pytest.warns(UserWarning, match=r"things beside train, validation, test \(2\)"):
        splits = folder.load({"path": str(tmp_path), "labels": "none"})
    assert splits["train"].shape[0] == 1


def test_nothing_is_said_where_nothing_is_passed_by(classes):
    files = [path.relative_to(classes).as_posix() for path in classes.rglob("*.png")]
    table = write_labels(classes / "labels.csv", dict.fromkeys(files, "x"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        splits = folder.load({"path": str(classes), "labels": table})
        assert splits["train"].card == {"passed_by": {}}


@pytest.mark.parametrize("ending", [".jfif", ".jpe", ".jfi", ".jif", ".JFIF"])
def test_jpegs_of_other_endings_are_read(tmp_path, ending):
    save(tmp_path / f"a{ending}", np.full((12, 10, 3), 77, np.uint8), format="JPEG")
    assert np.abs(only(tmp_path, f"a{ending}").astype(int) - 77).max() <= 1


def heic(path: Path) -> None:
    path.mkdir()
    for number in range(3):
        (path / f"{number}.heic").write_bytes(b"x")


def link(path: Path) -> None:
    (path.parent.parent / "elsewhere").mkdir()
    path.symlink_to(path.parent.parent / "elsewhere")


def nested(path: Path) -> None:
    (path / "deep/er").mkdir(parents=True)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (Path.mkdir, r"in it|\)\.$"),
        (heic, r"but files that end in \.heic \(3\)"),
        (link, r"but links to folders \(1\)"),
        (nested, "the class has no images"),
    ],
)
@pytest.mark.parametrize("inside", ["", "validation"])
def test_a_class_without_images_is_an_error_that_says_what_is_there(tmp_path, make, said, inside):
    root = tmp_path / "root"
    for part in ("train", "validation", "test") if inside else ("",):
        for number in range(5):
            save(root / part / "cat" / f"{number}.png", noise(number))
    make(root / inside / "bird")
    with (
        warnings.catch_warnings(action="ignore"),
        pytest.raises(GeovaeError, match=r"bird: the class has no images") as caught,
    ):
        folder.load({"path": str(root)})
    assert re.search(said, str(caught.value).splitlines()[0])


def test_a_class_of_which_no_image_is_drawn_to_train_on_is_an_error(tmp_path):
    for number in range(10):
        save(tmp_path / ("a" if number else "b") / f"{number}.png", noise(number))
    options = {"path": str(tmp_path), "test": 0.5, "validation": 0.4}  # one is left to train on, an "a" or the "b"
    with pytest.raises(GeovaeError, match=r"no image of the class [ab] was drawn to train on"):
        folder.load(options)


@pytest.mark.parametrize("name", [b"caf\xe9", b"\xff\xfe"])
def test_a_class_whose_name_is_no_utf_8_is_named_before_anything_is_decoded(classes, name):
    (classes / os.fsdecode(name)).mkdir()
    (classes / os.fsdecode(name) / "x.png").write_bytes(b"never read")
    with pytest.raises(GeovaeError, match=r"the class (caf\\udce9|\\udcff\\udcfe) is no UTF-8"):
        folder.load({"path": str(classes)})


def test_an_image_whose_name_is_no_utf_8_is_read_or_named(tmp_path):
    name = os.fsdecode(b"caf\xe9\n.png")
    save(tmp_path / name, noise(3))
    assert np.array_equal(only(tmp_path, name), noise(3).transpose(2, 0, 1))
    (tmp_path / "train" / name).write_bytes(b"no image")
    with pytest.raises(GeovaeError, match=r"train/caf\\udce9\\n\.png: not a readable image"):
        images_of(folder.load({"path": str(tmp_path), "labels": "none"}))


def test_what_is_no_regular_file_is_named_and_not_waited_for(tmp_path):
    for number in range(5):
        save(tmp_path / f"{number}.png", noise(number))
    os.mkfifo(tmp_path / "pipe.png")
    with pytest.raises(GeovaeError, match=r"pipe\.png: no regular file"):
        folder.load({"path": str(tmp_path), "labels": "none"})
    (tmp_path / "pipe.png").unlink()
    for target in ("nowhere.png", "broken.png"):
        (tmp_path / "broken.png").symlink_to(tmp_path / target)
        with pytest.raises(GeovaeError, match=r"broken\.png: cannot be read"):
            folder.load({"path": str(tmp_path), "labels": "none"})
        (tmp_path / "broken.png").unlink()


def test_links_to_images_are_followed(tmp_path, tmp_path_factory):
    target = tmp_path_factory.mktemp("elsewhere") / "b.png"
    save(target, noise(6))
    (tmp_path / "a.png").symlink_to(target)
    assert np.array_equal(only(tmp_path, "a.png"), noise(6).transpose(2, 0, 1))


def test_a_folder_that_may_not_be_read_is_named(classes, monkeypatch):
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("dog"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(GeovaeError, match=r"dog: the folder cannot be read \(Permission denied\)"):
        folder.load({"path": str(classes)})


@pytest.mark.parametrize("path", ["", None])
def test_a_folder_without_a_name_is_not_the_working_directory(path, classes, monkeypatch):
    monkeypatch.chdir(classes)
    with pytest.raises(GeovaeError, match="option path is missing"):
        folder.load({"path": path})


def test_the_home_folder_is_found(classes, monkeypatch):
    monkeypatch.setenv("HOME", str(classes.parent))
    splits = folder.load({"path": f"~/{classes.name}", "image_size": 2})
    assert splits["train"].shape == (72, 3, 2, 2)


def test_a_damaged_exif_leaves_the_pixels_and_a_damaged_image_is_named(tmp_path):
    save(tmp_path / "a.png", noise(7))
    (tmp_path / "a.png").write_bytes(with_chunk((tmp_path / "a.png").read_bytes(), b"eXIf", b"garbage"))
    assert np.array_equal(only(tmp_path, "a.png"), noise(7).transpose(2, 0, 1))
    content = bytearray((tmp_path / "train/a.png").read_bytes())
    content[-30] ^= 1  # in the compressed pixels
    (tmp_path / "train/a.png").write_bytes(content)
    with pytest.raises(GeovaeError, match=r"train/a\.png: not a readable image"):
        images_of(folder.load({"path": str(tmp_path), "labels": "none"}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("file,label,x\na.png,cat\n", r"line 2 has 2 fields, the header 3"),
        ("x,file,label\n1,a.png,cat\n2,b.png\n", r"line 3 has 2 fields, the header 3"),
        ("file,label\na.png,cat,dog\n", r"line 2 has 3 fields, the header 2"),
        ('file,label\n"a.png,cat\nb.png,dog\n', r"not a readable CSV file \(unexpected end of data\)"),
        ("file,label,label\na.png,cat,dog\n", r"it has more than one column label"),
        ("", "it needs the columns file and label"),
        ("file,label\na.png,  \n", r"a\.png has no label \(line 2\)"),
    ],
)
def test_odd_rows_of_a_table_are_named_by_their_lines(tmp_path, text, said):
    (tmp_path / "l.csv").write_text(text)
    for name in "ab":
        save(tmp_path / "pictures" / f"{name}.png", noise(0))
    with pytest.raises(GeovaeError, match=rf"l\.csv: {said}"):
        folder.load({"path": str(tmp_path / "pictures"), "labels": str(tmp_path / "l.csv")})


def test_a_table_whose_line_does_not_end_is_named_and_not_read_whole(tmp_path):
    save(tmp_path / "images/a.png", noise(0))
    table = tmp_path / "labels.csv"
    for start, line in ((b"file,label\na.png,", 2), (b"", 1)):
        with table.open("wb") as file:
            file.write(start)
            file.truncate(2**28)  # without blocks on the disk
        tracemalloc.start()
        try:
            with pytest.raises(GeovaeError) as caught:
                folder.load({"path": str(tmp_path / "images"), "labels": str(table)})
            assert tracemalloc.get_traced_memory()[1] < 2**26
        finally:
            tracemalloc.stop()
        assert f"{table}: not a readable CSV file (line {line} has more than 1,048,576 characters)" in str(caught.value)


def test_blank_rows_blanks_and_a_mark_of_the_order_of_bytes_do_not_matter(tmp_path):
    rows = [f"{name}.png,x," for name in "bcdefghi"]
    text = "\r\n".join(["\ufefffile, label ,note", "", "a.png, é ,", ",,", *rows, ""])
    (tmp_path / "l.csv").write_bytes(text.encode())
    for name in "abcdefghi":
        save(tmp_path / "pictures" / f"{name}.png", noise(0))
    options = {"path": str(tmp_path / "pictures"), "labels": str(tmp_path / "l.csv")}
    assert folder.load(options)["train"].class_names == ("x", "é")


@pytest.mark.parametrize("size", [(1, 3000), (3000, 1), (1, 1)])
def test_images_of_any_aspect_are_read(tmp_path, size):
    save(tmp_path / "a.png", np.full((*size, 3), 99, np.uint8))
    assert (only(tmp_path, "a.png", image_size=16) == 99).all()
