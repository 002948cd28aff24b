"""Files under their final names are whole, and a broken one is named."""

import numpy as np
import pytest
import torch

from geovae.core import storage
from geovae.core.errors import GeovaeError


def test_arrays_come_back_as_they_were(tmp_path):
    array = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    storage.save_array(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(storage.load_array(tmp_path / "a.npy", ndim=3, dtype=np.float32), array)
    np.testing.assert_array_equal(storage.load_array(tmp_path / "a.npy", mmap=True), array)


def test_named_arrays_give_the_same_bytes_twice(tmp_path):
    for name in ("a.npz", "b.npz"):
        storage.save_arrays(tmp_path / name, mu=np.ones((3, 2)), rho=np.float64(1.5))
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert storage.load_arrays(tmp_path / "a.npz", "mu", "rho")["rho"] == 1.5


def test_weights_come_back_as_they_were(tmp_path):
    weights = {"layer.weight": torch.randn(3, 2), "count": torch.tensor(4)}
    storage.save_weights(tmp_path / "w.safetensors", weights)
    loaded = storage.load_weights(tmp_path / "w.safetensors")
    assert all(torch.equal(loaded[name], tensor) for name, tensor in weights.items())


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path):
    storage.write_text(tmp_path / "a.txt", "old")

    def fail_half_way():
        with storage.atomic(tmp_path / "a.txt") as temporary:
            temporary.write_text("new, but")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        fail_half_way()
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert (tmp_path / "a.txt").read_text() == "old"


WRITERS = {
    ".npy": (lambda path: storage.save_array(path, np.zeros((50, 50))), storage.load_array),
    ".npz": (lambda path: storage.save_arrays(path, mu=np.zeros((50, 50))), storage.load_arrays),
    ".safetensors": (lambda path: storage.save_weights(path, {"w": torch.zeros(50, 50)}), storage.load_weights),
    ".json": (lambda path: storage.save_json(path, {"a": [1, 2, 3]}), storage.load_json),
}


@pytest.mark.parametrize("suffix", WRITERS)
@pytest.mark.parametrize("damage", ["truncated", "empty", "garbage", "missing"])
def test_a_broken_file_is_named_in_two_lines(tmp_path, suffix, damage):
    write, read = WRITERS[suffix]
    path = tmp_path / f"file{suffix}"
    write(path)
    whole = path.read_bytes()
    content = {
        "truncated": whole[: len(whole) // 2],
        "empty": b"",
        "garbage": b"\x93 not this \xff" * 9,
        "missing": b"",
    }
    path.write_bytes(content[damage])
    if damage == "missing":
        path.unlink()
    with pytest.raises(GeovaeError) as caught:
        read(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value).splitlines()) <= 2


def test_pickled_arrays_are_refused(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(GeovaeError, match=r"a\.npy: not a readable \.npy file"):
        storage.load_array(tmp_path / "a.npy")


def test_what_an_array_must_be_is_checked(tmp_path):
    storage.save_array(tmp_path / "a.npy", np.zeros((2, 3), dtype=np.float32))
    with pytest.raises(GeovaeError, match="2 dimensions, 4 expected"):
        storage.load_array(tmp_path / "a.npy", ndim=4)
    with pytest.raises(GeovaeError, match="type is float32, uint8 expected"):
        storage.load_array(tmp_path / "a.npy", dtype=np.uint8)
    storage.save_arrays(tmp_path / "a.npz", mu=np.zeros(3))
    with pytest.raises(GeovaeError, match="it lacks log_var"):
        storage.load_arrays(tmp_path / "a.npz", "mu", "log_var")


def test_nan_is_no_json(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        storage.save_json(tmp_path / "a.json", {"fid": float("nan")})
