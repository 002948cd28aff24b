"""MNIST: reading torchvision's layout, unpacking, and the real files' own checksums where they are at hand."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest

from geovae.core.errors import GeovaeError
from geovae.data import mnist, mnist28
from geovae.data.base import read_split, write_split
from geovae.data.raw_files.download import Store
from helpers.file_server import file_server
from helpers.idx_files import draw_files, idx
from helpers.paths import ROOT

# A folder of raw data may be named for the tests as it is for the workflow (`data_dir`).
DATA_DIR = Path(os.environ.get("GEOVAE_DATA_DIR", ROOT / "data"))
REAL = DATA_DIR / mnist.FOLDER / "train-images-idx3-ubyte"

CHECKSUMS = {
    "train": (
        50_000,
        "1a08ea13768554d727a7c4f01af83878054f29147876af694deab3d946212e15",
        "52061eb03e1efd94e45c896a3b23d71ebdd617b7f782a999877b3cb2bea07da7",
    ),
    "validation": (
        10_000,
        "6f258f40771cc8e99a3a526fef21ef12c9a3f4dd59e2b50280bbb55a5ec63251",
        "c7510cceef235935e17ef72b33ebcb4baf3774aeda6cc23c221accd0489d87c2",
    ),
    "test": (
        10_000,
        "28efc9794c4fa111518b9176ad6f04192cacb7d39b80e83a18e31e95e9056754",
        "996074233ccae69ee65b8551233f608adc1bce84b6b440e3531478a847958149",
    ),
}


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """12 training and 5 test images in MNIST's files, with their checksums in the module's place."""
    return tmp_path, draw_files(tmp_path, mnist, monkeypatch)


def test_the_last_training_images_validate_and_all_are_padded(raw):
    folder, arrays = raw
    splits = mnist.load({}, folder)
    images = {split: np.concatenate(list(content.chunks())) for split, content in splits.items()}
    assert {split: array.shape for split, array in images.items()} == {
        "train": (8, 1, 32, 32),
        "validation": (4, 1, 32, 32),
        "test": (5, 1, 32, 32),
    }
    assert np.array_equal(images["train"][:, 0, 2:-2, 2:-2], arrays["train-images-idx3-ubyte"][:8])
    assert np.array_equal(images["validation"][:, 0, 2:-2, 2:-2], arrays["train-images-idx3-ubyte"][8:])
    assert np.array_equal(images["test"][:, 0, 2:-2, 2:-2], arrays["t10k-images-idx3-ubyte"])
    assert splits["validation"].labels.tolist() == [8, 9, 0, 1]
    for array in images.values():
        assert array.sum() == array[..., 2:-2, 2:-2].sum()


def pixels(images):
    return np.concatenate(list(images.chunks()))


def test_at_its_own_size_it_is_the_middle_of_the_padded_one(raw):
    folder, _ = raw
    padded = mnist.load({}, folder)
    for split, images in mnist28.load({}, folder).items():
        assert pixels(images).shape[1:] == (1, 28, 28)
        assert np.array_equal(pixels(images), pixels(padded[split])[:, :, 2:-2, 2:-2])
        assert np.array_equal(images.labels, padded[split].labels)


def test_unpacked_files_are_used_and_nothing_else_is_asked_for(raw):
    folder, _ = raw
    for path in (folder / mnist.FOLDER).glob("*.gz"):
        path.unlink()
    store = Store(folder, mirror="http://127.0.0.1:9", attempts=1)
    mnist.obtain(store)
    assert set(store.used) == {file.path for file in mnist.UNPACKED}
    assert {entry["origin"] for entry in store.used.values()} == {"found"}


def test_compressed_files_are_unpacked(raw):
    folder, arrays = raw
    for file in mnist.UNPACKED:
        (folder / file.path).unlink()
    mnist.obtain(Store(folder))
    assert np.array_equal(mnist.load({}, folder)["test"].labels, arrays["t10k-labels-idx1-ubyte"])


def test_all_missing_files_are_named_at_once(raw):
    folder, _ = raw
    for path in (folder / mnist.FOLDER).iterdir():
        path.unlink()
    with pytest.raises(GeovaeError) as caught:
        mnist.obtain(Store(folder, attempts=1, pause=0.01))
    for file in mnist.FILES:
        assert f"{folder / file.path}: missing" in str(caught.value)


def test_what_a_mirror_serves_is_unpacked_and_loaded(raw, tmp_path):
    folder, arrays = raw
    with file_server() as server:
        for file in mnist.FILES:
            server.add(file.path, (folder / file.path).read_bytes())
        store = Store(tmp_path / "empty", mirror=server.url, pause=0.01)
        mnist.obtain(store)
        origins = {path: entry["origin"] for path, entry in store.used.items() if path.endswith(".gz")}
        assert origins == {file.path: f"{server.url}/{file.path}" for file in mnist.FILES}
    assert np.array_equal(mnist.load({}, store.data_dir)["test"].labels, arrays["t10k-labels-idx1-ubyte"])


def test_a_file_of_another_data_set_is_named_and_kept(raw):
    folder, _ = raw
    path = folder / mnist.UNPACKED[2].path
    path.write_bytes(b"not MNIST")
    with pytest.raises(GeovaeError, match="t10k-images-idx3-ubyte"):
        mnist.obtain(Store(folder))
    assert path.read_bytes() == b"not MNIST"


def test_missing_files_and_options_are_named(tmp_path):
    with pytest.raises(GeovaeError, match="download_dataset"):
        mnist.load({}, tmp_path)
    with pytest.raises(GeovaeError, match="'size'"):
        mnist.load({"size": 28}, tmp_path)


@pytest.mark.skipif(not REAL.is_file(), reason=f"the real MNIST is not in {DATA_DIR} (set GEOVAE_DATA_DIR)")
def test_the_real_splits_have_their_checksums(tmp_path):
    mnist.obtain(Store(DATA_DIR))
    for split, images in mnist.load({}, DATA_DIR).items():
        card = write_split(tmp_path / split, images, {"dataset": "mnist", "split": split})
        count, of_images, of_labels = CHECKSUMS[split]
        assert card["shape"] == [count, 1, 32, 32]
        assert card["sha256"] == {"images.npy": of_images, "labels.npy": of_labels}
        _, labels, _ = read_split(tmp_path, split)
        assert np.array_equal(labels, images.labels)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "train-images-idx3-ubyte",
            idx(np.zeros((12, 27, 28), np.uint8)),
            r"it holds uint8 \(12, 27, 28\)",
        ),
        ("train-images-idx3-ubyte", idx(np.zeros((12, 28, 28), np.uint8))[:-1], "not a readable IDX file"),
        ("train-images-idx3-ubyte", b"", "not a readable IDX file"),
        ("train-images-idx3-ubyte", idx(np.zeros((3, 28, 28), np.uint8)), None),
        ("train-labels-idx1-ubyte", idx(np.zeros(11, np.uint8)), "11 labels of 12 images"),
        ("train-labels-idx1-ubyte", idx(np.full(12, 10, np.uint8)), "labels from 10 to 10, not 0 to 9"),
        ("t10k-labels-idx1-ubyte", idx(np.zeros((5, 1), np.uint8)), r"it holds uint8 \(5, 1\)"),
        ("t10k-labels-idx1-ubyte", struct.pack(">HBBI", 0, 11, 1, 5) + bytes(10), "it holds int16"),
    ],
)
def test_files_that_hold_something_else_are_named(raw, name, content, said):
    folder, _ = raw
    (folder / mnist.FOLDER / name).write_bytes(content)
    if said is None:  # fewer images than are kept to validate
        (folder / mnist.FOLDER / "train-labels-idx1-ubyte").write_bytes(idx(np.zeros(3, np.uint8)))
        said = "3 images, of which 4 are to validate"
    with pytest.raises(GeovaeError, match=f"{name}: {said}"):
        mnist.load({}, folder)
