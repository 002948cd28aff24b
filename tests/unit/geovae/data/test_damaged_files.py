"""Files of all formats that come from elsewhere, damaged at random: an error that names them, or what was meant.

Where a format has checksums, what comes out is compared; else its shape and type are, since a flipped bit of a pixel is
another pixel.
"""

import hashlib
import io
import resource
import tempfile
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

import nibabel
import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from safetensors.torch import save as safetensors_bytes
from scipy.io import savemat

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.array_files import read_idx, read_mat
from geovae.data.decoding import open_image
from geovae.data.folder import FORMATS
from geovae.data.sheets import read_rows
from geovae.data.volumes import read_slice
from helpers.mutations import damaged

SHAPE = (6, 5, 4)  # of volumes
PIXELS = np.random.default_rng(0).integers(256, size=(9, 7, 3), dtype=np.uint8)
VOXELS = np.random.default_rng(1).integers(0, 3000, size=SHAPE).astype(np.int16)
ARRAY = np.arange(24, dtype=np.float32).reshape(4, 6)
MOST_MEMORY = 2**20  # KiB more than before


class Case(NamedTuple):
    """A sound file and its reader; `is_right` judges what the reader gives of a damaged one."""

    content: bytes
    name: str
    read: Callable[[Path], object]
    is_right: Callable[[object], bool]


def image_bytes(kind: str, **options) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 1
    if kind in ("PNG", "JPEG", "WEBP", "TIFF"):
        options["exif"] = exif
    buffer = io.BytesIO()
    Image.fromarray(PIXELS).save(buffer, kind, **options)
    return buffer.getvalue()


def array_bytes(write: Callable) -> bytes:
    buffer = io.BytesIO()
    write(buffer)
    return buffer.getvalue()


def saved(name: str, save: Callable, *arrays, **named) -> bytes:
    """The bytes of a file of ours."""
    with tempfile.TemporaryDirectory() as folder:
        save(Path(folder) / name, *arrays, **named)
        return (Path(folder) / name).read_bytes()


def image_case(kind: str, **options) -> Case:
    def read(path: Path) -> np.ndarray:
        return np.asarray(open_image(path, str(path), FORMATS))

    def is_right(found: np.ndarray) -> bool:
        if kind == "PNG":
            return np.array_equal(found, PIXELS)
        return found.dtype == np.uint8 and found.ndim == 3 and found.shape[2] == 3

    return Case(image_bytes(kind, **options), f"a.{kind.lower()}", read, is_right)


def volume_case(image: nibabel.spatialimages.SpatialImage) -> Case:
    """A volume; of two files, the header is damaged."""
    with tempfile.TemporaryDirectory() as folder:
        name = "a.nii" if isinstance(image, nibabel.Nifti1Image) and image.files_types[0][1] == ".nii" else "a.img"
        nibabel.save(image, Path(folder) / name)
        voxels = (Path(folder) / name).read_bytes()
        header = (Path(folder) / "a.hdr").read_bytes() if name == "a.img" else None

    def read(path: Path) -> np.ndarray:
        if header is not None:
            path.with_suffix(".img").write_bytes(voxels)
        return read_slice(path.with_suffix(Path(name).suffix), SHAPE, 2)

    def is_right(found: np.ndarray) -> bool:
        return found.shape == SHAPE[:2] and found.dtype == np.float64 and bool(np.isfinite(found).all())

    return Case(voxels if header is None else header, name if header is None else "a.hdr", read, is_right)


def is_images(found: np.ndarray) -> bool:
    return found.dtype == np.uint8 and found.ndim == 3 and found.shape[1:] == (7, 3)


def is_rows(found: list) -> bool:
    return all(set(row) == {"file", "label"} and all(isinstance(v, str) for v in row.values()) for _, row in found)


MAT = array_bytes(lambda f: savemat(f, {"X": PIXELS, "y": PIXELS[0]}, do_compression=True))
CASES = {
    "png": image_case("PNG"),
    "jpeg": image_case("JPEG"),
    "tiff": image_case("TIFF"),
    "tiff, compressed": image_case("TIFF", compression="tiff_lzw"),
    "webp": image_case("WEBP", lossless=True),
    "gif": image_case("GIF"),
    "bmp": image_case("BMP"),
    "analyze": volume_case(nibabel.AnalyzeImage(VOXELS, None)),
    "nifti, pair": volume_case(nibabel.Nifti1Pair(VOXELS, np.eye(4))),
    "nifti": volume_case(nibabel.Nifti1Image(VOXELS, np.eye(4))),
    "idx": Case(
        b"\0\0\x08\x03" + np.array(PIXELS.shape, ">u4").tobytes() + PIXELS.tobytes(), "a",
        lambda p: read_idx(p, (7, 3)), is_images,
    ),
    "mat": Case(
        MAT, "a.mat", lambda p: read_mat(p, f"md5:{hashlib.md5(MAT).hexdigest()}", {"X": (9, 7, None)}),
        lambda found: np.array_equal(found["X"], PIXELS),
    ),
    "npy": Case(
        saved("a.npy", storage.save_array, ARRAY), "a.npy", lambda p: storage.load_array(p, ndim=2, dtype=np.float32),
        lambda found: found.dtype == np.float32 and found.ndim == 2,
    ),
    "npy, mapped": Case(
        saved("a.npy", storage.save_array, ARRAY), "a.npy",
        lambda p: np.array(storage.load_array(p, ndim=2, dtype=np.float32, mmap=True)),
        lambda found: found.dtype == np.float32 and found.ndim == 2,
    ),
    "npz": Case(
        saved("a.npz", storage.save_arrays, mu=ARRAY, other=PIXELS), "a.npz", lambda p: storage.load_arrays(p, "mu"),
        lambda found: np.array_equal(found["mu"], ARRAY),
    ),
    "safetensors": Case(
        safetensors_bytes({"a": torch.from_numpy(ARRAY), "b": torch.ones(3)}), "a.safetensors", storage.load_weights,
        lambda found: all(isinstance(value, torch.Tensor) for value in found.values()),
    ),
    "csv": Case(
        "file,label,note\na.png,cat,\n\"b,c.png\",dog,\"two\nlines\"\né.png,cat,x\n".encode(), "a.csv",
        lambda p: read_rows(p, ("file", "label"), "it needs the columns."), is_rows,
    ),
}  # fmt: skip


def outcome(case: Case, path: Path) -> tuple[object, str]:
    """What is read of a file, or what the error says."""
    try:
        return case.read(path), ""
    except GeovaeError as error:
        return None, str(error)


def check(case: Case, content: bytes) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / case.name
        path.write_bytes(content)
        found, error = outcome(case, path)
        if error:
            assert error.startswith(f"{folder}/a")
            assert error.count("\n") <= 1
        else:
            assert case.is_right(found)
        del found
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY


RULES = {"deadline": timedelta(seconds=20), "suppress_health_check": list(HealthCheck)}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_sound_files_are_read(case, tmp_path):
    path = tmp_path / case.name
    path.write_bytes(case.content)
    assert case.is_right(case.read(path))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@settings(derandomize=True, max_examples=60, **RULES)
@given(data=st.data())
def test_damaged_files_are_named_or_read_as_they_are_meant(case, data):
    check(case, data.draw(damaged(case.content)))


@pytest.mark.slow
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
@settings(max_examples=1000, **RULES)
@given(data=st.data())
def test_many_damaged_files_are_named_or_read_as_they_are_meant(case, data):
    check(case, data.draw(damaged(case.content)))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_files_that_are_cut_anywhere_are_named_or_read_as_they_are_meant(case):
    for length in range(0, len(case.content), max(1, len(case.content) // 60)):
        check(case, case.content[:length])
