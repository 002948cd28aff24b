"""Data sets: what they hold, how splits are written and read, and what is said when something is wrong."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_digits

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.base import Images, read_split, write_split
from geovae.data.digits import enlarge
from geovae.data.shapes import draw
from geovae.data.splits import SPLITS
from geovae.data.table import DATASETS, dataset_module, load_dataset
from helpers.paths import SCRIPTS
from reproduction.config.datasets import DOWNLOADED, SECTIONS

EMBEDDED = [name for name in DATASETS if name not in (*DOWNLOADED, "folder")]
# Phantoms are slow to draw.
OPTIONS = {"phantoms": {"downscale": 4, "n_cn": 60, "n_ad": 40}}
CARD = {"dataset": "toy", "split": "train", "source": "a test", "license": "none"}


def toy_images() -> Images:
    images = np.arange(5 * 2 * 3 * 4, dtype=np.uint8).reshape(5, 2, 3, 4)
    return Images.from_array(images, np.array([0, 2, 2, 0, 2]), ("a", "b", "c"))


def all_chunks(images: Images) -> np.ndarray:
    return np.concatenate(list(images.chunks()))


@pytest.mark.parametrize("name", EMBEDDED)
def test_every_data_set_has_three_splits_and_a_card(name):
    splits, card = load_dataset(name, OPTIONS.get(name, {}))
    assert tuple(splits) == SPLITS
    assert card["dataset"] == name
    assert card["source"]
    assert card["license"]
    images = {split: all_chunks(content) for split, content in splits.items()}
    for split, content in splits.items():
        assert images[split].shape == content.shape
        assert images[split].dtype == np.uint8
        assert content.labels.dtype == np.int64
        assert set(content.labels) == set(range(len(content.class_names)))


def test_the_data_sets_with_raw_files_are_those_that_the_rules_download():
    modules = {name: dataset_module(name) for name in DATASETS}
    assert {name for name, module in modules.items() if hasattr(module, "obtain")} == set(DOWNLOADED)
    assert set(DATASETS) == set(SECTIONS)
    for name in DOWNLOADED:
        with pytest.raises(GeovaeError, match="download_dataset"):
            load_dataset(name, {})


@pytest.mark.parametrize("name", EMBEDDED)
def test_loading_twice_gives_the_same_bytes(name):
    first, second = (load_dataset(name, OPTIONS.get(name, {}))[0] for _ in range(2))
    for split in SPLITS:
        assert np.array_equal(all_chunks(first[split]), all_chunks(second[split]))
        assert np.array_equal(first[split].labels, second[split].labels)


def test_digits_splits_hold_every_digit_of_scikit_learn_once():
    splits, _ = load_dataset("digits", {})
    assert [splits[split].shape for split in SPLITS] == [(1000, 1, 32, 32), (297, 1, 32, 32), (500, 1, 32, 32)]
    found = sorted(image.tobytes() for split in SPLITS for image in all_chunks(splits[split])[:, 0, 2:-2, 2:-2])
    source = load_digits()
    assert found == sorted(image.tobytes() for image in enlarge(source.images / 16.0, 28))
    totals = np.bincount(source.target)
    for split in SPLITS:
        counts = np.bincount(splits[split].labels)
        # Differences of stratified prefixes are stratified to less than two images.
        assert np.all(np.abs(counts - totals * splits[split].shape[0] / 1797) < 2)


def test_digits_have_black_borders_and_use_the_whole_range():
    images = all_chunks(load_dataset("digits", {})[0]["train"])
    borders = images.copy()
    borders[..., 2:-2, 2:-2] = 0
    assert not borders.any()
    assert images.min() == 0
    assert images.max() == 255


def test_enlarge_keeps_an_image_of_the_same_size_and_is_exact_on_linear_ramps():
    image = np.arange(64).reshape(1, 8, 8) / 63
    assert np.array_equal(enlarge(image, 8), np.rint(image * 255).astype(np.uint8))
    # Cubic convolution reproduces straight lines away from the border.
    ramp = np.broadcast_to(np.arange(8) / 8, (1, 8, 8))
    centres = (np.arange(32) + 0.5) / 4 - 0.5
    inner = slice(8, 24)
    expected = np.broadcast_to(np.rint(centres / 8 * 255)[inner], (16, 16))
    assert np.array_equal(enlarge(ramp, 32)[0, inner, inner], expected)


def test_shapes_are_binary_alternate_and_follow_the_options():
    options = {"image_size": 20, "n_train": 7, "n_validation": 4, "n_test": 2, "seed": 3}
    splits, _ = load_dataset("shapes", options)
    assert [splits[split].shape for split in SPLITS] == [(7, 1, 20, 20), (4, 1, 20, 20), (2, 1, 20, 20)]
    assert splits["train"].labels.tolist() == [0, 1, 0, 1, 0, 1, 0]
    assert set(np.unique(all_chunks(splits["train"]))) == {0, 255}
    other, _ = load_dataset("shapes", options | {"seed": 4})
    assert not np.array_equal(all_chunks(splits["train"]), all_chunks(other["train"]))


def test_centred_rings_have_a_hole_and_disks_have_none():
    labels = np.arange(400) % 2
    images = draw(labels, 32, True, np.random.default_rng(0))[:, 0]
    middle = images[:, 15:17, 15:17].reshape(len(images), -1)
    assert np.array_equal(middle.max(1) == 255, labels == 0)
    assert np.array_equal(images, images[:, ::-1, ::-1])
    areas = (images == 255).sum((1, 2)) / 32**2
    # Small and large disks; thin and nearly filled rings.
    for label in (0, 1):
        assert areas[labels == label].min() < 0.1
        assert areas[labels == label].max() > 0.5


def test_a_disk_has_the_area_of_its_radius():
    images = draw(np.zeros(50, dtype=np.int64), 200, False, np.random.default_rng(1))[:, 0] == 255
    areas = images.sum((1, 2))
    widths, heights = images.any(1).sum(1), images.any(2).sum(1)
    assert np.allclose(areas, np.pi * ((widths + heights) / 4) ** 2, rtol=0.03)
    # Not centred, but inside: no shape is cut off by the border.
    assert np.all(np.abs(widths - heights) <= 1)
    assert np.ptp(images.any(1).argmax(1)) > 10


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("digit", {}, "digits"),
        ("digits", {"imagesize": 32}, "image_size"),
        ("digits", {"image_size": 8}, "at least 12"),
        ("shapes", {"image_size": 8}, "at least 16"),
    ],
)
def test_wrong_names_and_options_are_named(name, options, words):
    with pytest.raises(GeovaeError, match=words):
        load_dataset(name, options)


def test_write_and_read_give_the_split_back(tmp_path):
    images = toy_images()
    write_split(tmp_path / "train", images, CARD)
    array, labels, card = read_split(tmp_path, "train")
    assert np.array_equal(array, all_chunks(images))
    assert np.array_equal(labels, images.labels)
    assert card["shape"] == [5, 2, 3, 4]
    assert card["class_counts"] == {"a": 2, "b": 0, "c": 3}
    for file, checksum in card["sha256"].items():
        written = (tmp_path / "train" / file).read_bytes()
        assert hashlib.sha256(written[: written.rindex(b"\n#geovae ")]).hexdigest() == checksum
    assert {path.name for path in (tmp_path / "train").iterdir()} == {"images.npy", "labels.npy", "card.json"}


def test_chunks_make_up_the_same_file_as_one_array(tmp_path):
    whole = toy_images()
    array = all_chunks(whole)
    streamed = Images(whole.labels, whole.shape, whole.class_names, lambda: iter((array[:2], array[2:4], array[4:])))
    cards = [write_split(tmp_path / name, images, CARD) for name, images in (("a", whole), ("b", streamed))]
    assert cards[0] == cards[1]


_STREAM = """
import json, sys
import numpy as np
from geovae.data.base import Images, write_split
from geovae.core.stopwatch import Stopwatch

n = 200
def chunks():
    for first in range(0, n, 4):
        yield np.full((4, 1, 1000, 1000), first, np.uint8)

before = Stopwatch.peak_memory_mb()
card = {"dataset": "toy", "split": "train"}
write_split(sys.argv[1], Images(np.full(n, -1), (n, 1, 1000, 1000), (), chunks), card)
print(json.dumps([before, Stopwatch.peak_memory_mb()]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").is_file(), reason="the system does not say what a process holds")
def test_a_streamed_split_is_never_in_memory_whole(tmp_path):
    environment = {"PYTHONPATH": str(SCRIPTS)}
    command = [sys.executable, "-c", _STREAM, str(tmp_path)]
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    before, after = json.loads(result.stdout)
    images = np.load(tmp_path / "images.npy", mmap_mode="r")
    assert images.shape == (200, 1, 1000, 1000)
    assert images[::4, 0, 500, 500].tolist() == list(range(0, 200, 4))
    # All images are 200 MB, a chunk is 4.
    assert after - before < 30


def test_a_set_without_labels_has_no_classes(tmp_path):
    write_split(tmp_path / "train", Images.from_array(np.zeros((3, 1, 2, 2), np.uint8)), CARD)
    _, labels, card = read_split(tmp_path, "train")
    assert labels.tolist() == [-1, -1, -1]
    assert card["class_counts"] == {}


@pytest.mark.parametrize(
    ("shape", "chunk", "words"),
    [
        ((3, 1, 2, 2), np.zeros((2, 1, 2, 2), np.uint8), "2 images where 3"),
        ((3, 1, 2, 2), np.zeros((4, 1, 2, 2), np.uint8), "4 images where 3"),
        ((3, 1, 2, 2), np.zeros((3, 1, 2, 3), np.uint8), "announced"),
        ((3, 1, 2, 2), np.zeros((3, 1, 2, 2)), "float64"),
    ],
)
def test_a_source_that_breaks_its_word_leaves_no_files(tmp_path, shape, chunk, words):
    images = Images(np.full(3, -1), shape, (), lambda: iter((chunk,)))
    with pytest.raises(GeovaeError, match=words):
        write_split(tmp_path, images, CARD)
    assert list(tmp_path.iterdir()) == []


def test_a_label_outside_the_classes_is_refused(tmp_path):
    images = Images.from_array(np.zeros((2, 1, 2, 2), np.uint8), np.array([0, 1]), ("a",))
    with pytest.raises(GeovaeError, match="outside the 1 classes"):
        write_split(tmp_path, images, CARD)


def test_rewriting_a_split_that_fails_takes_the_old_card_away(tmp_path):
    write_split(tmp_path, toy_images(), CARD)
    broken = Images(np.full(3, -1), (3, 1, 2, 2), (), lambda: iter(()))
    with pytest.raises(GeovaeError):
        write_split(tmp_path, broken, CARD)
    assert not (tmp_path / "card.json").exists()


def test_images_and_labels_that_differ_in_number_are_named(tmp_path):
    write_split(tmp_path / "train", toy_images(), CARD)
    storage.save_array(tmp_path / "train/labels.npy", np.zeros(4, np.int64))
    card = storage.load_json(tmp_path / "train/card.json")
    storage.save_json(tmp_path / "train/card.json", card, beside=["images.npy", "labels.npy"])
    with pytest.raises(GeovaeError, match="5 images but 4 labels"):
        read_split(tmp_path, "train")


def test_the_card_is_readable_json(tmp_path):
    card = write_split(tmp_path, toy_images(), CARD)
    written = json.loads((tmp_path / "card.json").read_text())
    assert set(written.pop("seal")) == {"beside", "sha256"}
    assert written == card


def test_a_split_without_images_is_an_error(tmp_path):
    with pytest.raises(GeovaeError, match=r"^toy/test: no images\."):
        write_split(tmp_path, Images.from_array(np.empty((0, 1, 4, 4), np.uint8)), {"dataset": "toy", "split": "test"})
    assert list(tmp_path.iterdir()) == []


def test_a_card_has_what_the_images_say_of_themselves(tmp_path):
    images = Images(np.array([-1]), (1, 1, 2, 2), (), lambda: iter((np.zeros((1, 1, 2, 2), np.uint8),)), {"more": 3})
    assert write_split(tmp_path, images, {"dataset": "toy", "split": "test"})["more"] == 3
    assert json.loads((tmp_path / "card.json").read_text())["more"] == 3
