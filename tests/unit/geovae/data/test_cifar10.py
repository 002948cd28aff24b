"""CIFAR10: reading torchvision's layout, unpacking, the splits, and files that are missing or not the original."""

import hashlib
import io
import pickle
import tarfile

import numpy as np
import pytest
from torchvision.datasets import CIFAR10

from geovae.core.errors import GeovaeError
from geovae.data import cifar10
from geovae.data.raw_files.download import Store

FOLDER = "cifar-10-batches-py"
NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]


def as_rows(images: np.ndarray) -> np.ndarray:
    """Images as the batches hold them: 1,024 values of red, then of green, then of blue."""
    return images.reshape(len(images), 3072)


@pytest.fixture
def raw(tmp_path, monkeypatch):
    """An archive of 5·4 training and 3 test images in CIFAR10's files, their checksums in the places of its own."""
    generator = np.random.default_rng(0)
    images = generator.integers(256, size=(23, 3, 32, 32), dtype=np.uint8)
    labels = [(3 * i) % 10 for i in range(23)]
    contents = {
        f"data_batch_{n + 1}": {"data": as_rows(images[4 * n : 4 * n + 4]), "labels": labels[4 * n : 4 * n + 4]}
        for n in range(5)
    }
    contents["test_batch"] = {"data": as_rows(images[20:]), "labels": labels[20:]}
    contents["batches.meta"] = {"label_names": NAMES}
    archive = tmp_path / cifar10.ARCHIVE.path
    sums = {}
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in {**contents, "readme.html": "hello"}.items():
            data = pickle.dumps(content)
            sums[name] = hashlib.md5(data).hexdigest()
            member = tarfile.TarInfo(f"{FOLDER}/{name}")
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    remote = cifar10.RemoteFile
    checksum = f"md5:{hashlib.md5(archive.read_bytes()).hexdigest()}"
    monkeypatch.setattr(cifar10, "ARCHIVE", remote(path=archive.name, checksum=checksum, page=cifar10.PAGE))
    unpacked = (remote(path=f"{FOLDER}/{name}", checksum=f"md5:{sums[name]}", page=cifar10.PAGE) for name in contents)
    monkeypatch.setattr(cifar10, "UNPACKED", tuple(unpacked))
    monkeypatch.setattr(cifar10, "N_VALIDATION", 6)
    monkeypatch.setattr(CIFAR10, "train_list", [[f"data_batch_{n}", sums[f"data_batch_{n}"]] for n in range(1, 6)])
    monkeypatch.setattr(CIFAR10, "test_list", [["test_batch", sums["test_batch"]]])
    monkeypatch.setattr(CIFAR10, "meta", {**CIFAR10.meta, "md5": sums["batches.meta"]})
    return tmp_path, images, labels


def obtained(folder):
    cifar10.obtain(Store(folder, mirror="http://127.0.0.1:9", attempts=1))
    return folder


@pytest.mark.parametrize(("overlapping", "validation"), [(False, range(14, 20)), (True, range(6, 20))])
def test_the_splits(raw, overlapping, validation):
    folder, images, labels = raw
    splits = cifar10.load({"overlapping_validation": overlapping}, obtained(folder))
    rows = {"train": range(14), "validation": validation, "test": range(20, 23)}
    assert list(splits) == list(rows)
    for split, content in splits.items():
        assert content.shape == (len(rows[split]), 3, 32, 32)
        assert np.array_equal(np.concatenate(list(content.chunks())), images[rows[split]])
        assert content.labels.tolist() == [labels[i] for i in rows[split]]
        assert content.class_names == tuple(NAMES)


def test_the_validation_images_are_not_trained_on_by_default(raw):
    splits = cifar10.load({}, obtained(raw[0]))
    assert splits["validation"].shape[0] == 6


def test_the_checksums_are_those_of_torchvision():
    meta = [[CIFAR10.meta["filename"], CIFAR10.meta["md5"]]]
    expected = {f"{FOLDER}/{name}": f"md5:{md5}" for name, md5 in CIFAR10.train_list + CIFAR10.test_list + meta}
    assert {file.path: file.checksum for file in cifar10.UNPACKED} == expected
    assert cifar10.ARCHIVE.checksum == f"md5:{CIFAR10.tgz_md5}"
    assert cifar10.ARCHIVE.urls == (CIFAR10.url,)
    assert cifar10.ARCHIVE.path == CIFAR10.filename


def test_only_what_is_needed_is_unpacked(raw):
    folder = obtained(raw[0])
    assert sorted(path.name for path in (folder / FOLDER).iterdir()) == sorted(
        file.path.removeprefix(f"{FOLDER}/") for file in cifar10.UNPACKED
    )


def test_unpacked_files_are_used_and_the_archive_is_not_asked_for(raw):
    folder = obtained(raw[0])
    (folder / cifar10.ARCHIVE.path).unlink()
    store = Store(folder, mirror="http://127.0.0.1:9", attempts=1)
    cifar10.obtain(store)
    assert set(store.used) == {file.path for file in cifar10.UNPACKED}
    assert {entry["origin"] for entry in store.used.values()} == {"found"}


def test_a_batch_that_is_missing_is_unpacked_again(raw):
    folder = obtained(raw[0])
    (folder / FOLDER / "data_batch_3").unlink()
    kept = (folder / FOLDER / "data_batch_2").stat().st_mtime_ns
    obtained(folder)
    assert cifar10.load({}, folder)["train"].shape[0] == 14
    assert (folder / FOLDER / "data_batch_2").stat().st_mtime_ns == kept


def test_a_batch_that_is_not_the_original_is_named_and_never_unpickled(raw):
    folder = obtained(raw[0])
    path = folder / FOLDER / "test_batch"

    class Trap:
        def __reduce__(self):
            return (path.with_name("sprung").touch, ())

    path.write_bytes(pickle.dumps(Trap()))
    with pytest.raises(GeovaeError, match="test_batch"):
        obtained(folder)
    with pytest.raises(GeovaeError, match="not the original"):
        cifar10.load({}, folder)
    assert not path.with_name("sprung").exists()


def test_missing_files_and_options_are_named(tmp_path):
    for folder in (None, tmp_path):
        with pytest.raises(GeovaeError, match="download_dataset"):
            cifar10.load({}, folder)
    with pytest.raises(GeovaeError, match="'overlapping'"):
        cifar10.load({"overlapping": True}, tmp_path)
