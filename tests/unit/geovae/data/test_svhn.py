"""SVHN: reading torchvision's layout, the splits, and what is said of files that are missing or not the original."""

import hashlib

import numpy as np
import pytest
from scipy.io import savemat
from torchvision.datasets import SVHN

from geovae.core.errors import GeovaeError
from geovae.data import svhn
from geovae.data.raw_files.download import Store


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """13 training and 6 test images in SVHN's files, with their checksums in the places of the original ones."""
    generator = np.random.default_rng(0)
    arrays, files, sums = {}, [], {}
    for split, count in (("train", 13), ("test", 6)):
        images = generator.integers(256, size=(32, 32, 3, count), dtype=np.uint8)
        labels = (np.arange(count, dtype=np.uint8) % 10 + 1)[:, None]  # 1 … 10, where 10 is the digit 0
        name = f"{split}_32x32.mat"
        savemat(tmp_path / name, {"X": images, "y": labels})
        arrays[split] = images
        checksum = hashlib.md5((tmp_path / name).read_bytes()).hexdigest()
        files.append(svhn.RemoteFile(path=name, checksum=f"md5:{checksum}", page=svhn.PAGE))
        sums[split] = ["", name, checksum]
    monkeypatch.setattr(svhn, "FILES", tuple(files))
    monkeypatch.setattr(svhn, "N_VALIDATION", 4)
    monkeypatch.setattr(SVHN, "split_list", sums)
    return tmp_path, arrays


def test_the_last_training_images_validate_and_the_first_test_images_test(raw):
    folder, arrays = raw
    splits = svhn.load({"n_test": 5}, folder)
    assert list(splits) == ["train", "validation", "test"]
    assert [content.shape for content in splits.values()] == [(9, 3, 32, 32), (4, 3, 32, 32), (5, 3, 32, 32)]
    images = {split: np.concatenate(list(content.chunks())) for split, content in splits.items()}
    for i in range(9):
        assert np.array_equal(images["train"][i], arrays["train"][..., i].transpose(2, 0, 1))
    for i in range(4):
        assert np.array_equal(images["validation"][i], arrays["train"][..., 9 + i].transpose(2, 0, 1))
    for i in range(5):
        assert np.array_equal(images["test"][i], arrays["test"][..., i].transpose(2, 0, 1))


def test_labels_are_the_digits(raw):
    splits = svhn.load({"n_test": 6}, raw[0])
    assert splits["train"].labels.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 9]
    assert splits["validation"].labels.tolist() == [0, 1, 2, 3]
    assert splits["test"].labels.tolist() == [1, 2, 3, 4, 5, 6]
    assert splits["test"].class_names == tuple("0123456789")


def test_the_checksums_are_those_of_torchvision():
    expected = {name: f"md5:{md5}" for _, name, md5 in (SVHN.split_list["train"], SVHN.split_list["test"])}
    assert {file.path: file.checksum for file in svhn.FILES} == expected
    assert all(file.urls == (f"http://ufldl.stanford.edu/housenumbers/{file.path}",) for file in svhn.FILES)


def test_files_that_are_there_are_checked_and_used(raw):
    store = Store(raw[0], mirror="http://127.0.0.1:9", attempts=1)
    svhn.obtain(store)
    assert set(store.used) == {"train_32x32.mat", "test_32x32.mat"}
    assert {entry["origin"] for entry in store.used.values()} == {"found"}


def test_a_file_that_is_not_the_original_is_named_and_kept(raw):
    path = raw[0] / "test_32x32.mat"
    path.write_bytes(b"not SVHN")
    with pytest.raises(GeovaeError, match="test_32x32"):
        svhn.obtain(Store(raw[0]))
    assert path.read_bytes() == b"not SVHN"
    with pytest.raises(GeovaeError, match="not the original"):
        svhn.load({}, raw[0])


def test_missing_files_and_options_are_named(raw, tmp_path):
    with pytest.raises(GeovaeError, match=r"n_test is 7, but there are 6"):
        svhn.load({"n_test": 7}, raw[0])
    with pytest.raises(GeovaeError, match="'n_tests'"):
        svhn.load({"n_tests": 7}, raw[0])
    for folder in (None, tmp_path / "elsewhere"):
        with pytest.raises(GeovaeError, match="download_dataset"):
            svhn.load({}, folder)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"X": np.zeros((32, 32, 1, 6), np.uint8), "y": np.ones((6, 1), np.uint8)}, r"it holds uint8 \(32, 32, 1, 6\)"),
        ({"X": np.zeros((32, 32, 3, 6)), "y": np.ones((6, 1), np.uint8)}, "it holds float64"),
        ({"X": np.zeros((32, 32, 3, 6), np.uint8), "y": np.ones((5, 1), np.uint8)}, "5 labels of 6 images"),
        ({"X": np.zeros((32, 32, 3, 6), np.uint8), "y": np.full((6, 1), 11, np.uint8)}, "labels from 11 to 11"),
        ({"X": np.zeros((32, 32, 3, 6), np.uint8)}, "not a readable .mat file"),
    ],
)  # fmt: skip
def test_files_that_hold_something_else_are_named(raw, monkeypatch, content, said):
    folder, _ = raw
    path = folder / "test_32x32.mat"
    savemat(path, content)
    checksum = f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}"
    file = svhn.RemoteFile(path=path.name, checksum=checksum, page=svhn.PAGE)
    monkeypatch.setattr(svhn, "FILES", (svhn.FILES[0], file))
    with pytest.raises(GeovaeError, match=rf"test_32x32\.mat: {said}"):
        svhn.load({"n_test": 5}, folder)
