"""Fashion-MNIST: reading torchvision's layout, and the real files' own checksums where they are at hand."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from geovae.core.errors import GeovaeError
from geovae.data import fashion_mnist
from geovae.data.base import write_split
from geovae.data.raw_files.download import Store
from helpers.file_server import file_server
from helpers.idx_files import draw_files
from helpers.paths import ROOT
from reproduction.config.base import SUBSET_PATTERN

DATA_DIR = Path(os.environ.get("GEOVAE_DATA_DIR", ROOT / "data"))
REAL = DATA_DIR / fashion_mnist.FOLDER / "train-images-idx3-ubyte"

CHECKSUMS = {
    "train": (
        50_000,
        "792a0bb33fe343e75f550fd3ade06529f8f44541d0cc261db4a2cb6d99c3a28c",
        "37cc30dfb3c3d8efb6b8ec247dee91e3c778bfaaa923d0039b01f995a55bf3f5",
    ),
    "validation": (
        10_000,
        "ded16aee6c88c2a6a278d3dcf9521dc48cd390872895a913efb03f4f7e5de557",
        "b6e24a25e58b769db5a69d3a2e45cabd41d6ce57e9454aa5126bf6ce3fd3c89d",
    ),
    "test": (
        10_000,
        "68ea18f561c24cdde1b0f67671e8595e28ec1d86a59533357e3a4c1b0fb940ad",
        "33e7c41e1d27e7ea46528a86fd6d54e0eb0d60f705e95ae5e9c956635f269cbc",
    ),
}


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """12 training and 5 test images in Fashion-MNIST's files, with their checksums in the module's place."""
    return tmp_path, draw_files(tmp_path, fashion_mnist, monkeypatch)


def test_it_is_split_and_padded_like_mnist(raw):
    folder, arrays = raw
    splits = fashion_mnist.load({}, folder)
    images = {split: np.concatenate(list(content.chunks())) for split, content in splits.items()}
    assert {split: array.shape[0] for split, array in images.items()} == {"train": 8, "validation": 4, "test": 5}
    assert np.array_equal(images["validation"][:, 0, 2:-2, 2:-2], arrays["train-images-idx3-ubyte"][8:])
    assert all(array.sum() == array[..., 2:-2, 2:-2].sum() for array in images.values())
    assert [splits["test"].class_names[label] for label in splits["test"].labels] == [
        *("T-shirt", "Trouser", "Pullover", "Dress", "Coat")
    ]


def test_a_mirror_serves_it(raw, tmp_path):
    folder, arrays = raw
    with file_server() as server:
        for file in fashion_mnist.FILES:
            server.add(file.path, (folder / file.path).read_bytes())
        store = Store(tmp_path / "empty", mirror=server.url, pause=0.01)
        fashion_mnist.obtain(store)
    assert np.array_equal(fashion_mnist.load({}, store.data_dir)["test"].labels, arrays["t10k-labels-idx1-ubyte"])


def test_mnists_files_in_its_place_are_refused(raw):
    folder, _ = raw
    path = folder / fashion_mnist.UNPACKED[0].path
    path.write_bytes(b"MNIST")
    with pytest.raises(GeovaeError, match="FashionMNIST/raw/train-images-idx3-ubyte"):
        fashion_mnist.obtain(Store(folder))
    assert path.read_bytes() == b"MNIST"


def test_missing_files_are_named(tmp_path):
    with pytest.raises(GeovaeError, match=r"'fashion_mnist'.*FashionMNIST/raw.*download_dataset"):
        fashion_mnist.load({}, tmp_path)


def test_checksums_and_names_are_torchvisions():
    from torchvision.datasets import FashionMNIST

    compressed = {f"{name}.gz": sums[0] for name, sums in fashion_mnist.CHECKSUMS.items()}
    assert compressed == dict(FashionMNIST.resources)
    assert tuple(FashionMNIST.mirrors) == fashion_mnist.HOSTS
    theirs = [name.split("/")[0].replace(" ", "-") for name in FashionMNIST.classes]
    assert list(fashion_mnist.CLASS_NAMES) == theirs
    assert all(re.fullmatch(SUBSET_PATTERN, f"class-{name}") for name in fashion_mnist.CLASS_NAMES)


@pytest.mark.skipif(not REAL.is_file(), reason=f"the real Fashion-MNIST is not in {DATA_DIR} (set GEOVAE_DATA_DIR)")
def test_the_real_splits_have_their_checksums(tmp_path):
    fashion_mnist.obtain(Store(DATA_DIR))
    for split, images in fashion_mnist.load({}, DATA_DIR).items():
        card = write_split(tmp_path / split, images, {"dataset": "fashion_mnist", "split": split})
        count, of_images, of_labels = CHECKSUMS[split]
        assert card["shape"] == [count, 1, 32, 32]
        assert card["sha256"] == {"images.npy": of_images, "labels.npy": of_labels}
