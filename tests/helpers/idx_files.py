"""Drawn data sets in MNIST's files."""

import gzip
import hashlib
import struct
from pathlib import Path

import numpy as np

from geovae.data.raw_files.remote import RemoteFile
from helpers.file_server import closed_port


def idx(array: np.ndarray) -> bytes:
    """An array of bytes in the IDX format of the original files."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def draw_files(root: Path, module, monkeypatch) -> dict[str, np.ndarray]:
    """12 training and 5 test images in the files of a data set, whose checksums take the place of the module's.

    Both the compressed and the unpacked files are written; nothing can be downloaded.
    """
    generator = np.random.default_rng(0)
    arrays = {
        "train-images-idx3-ubyte": generator.integers(256, size=(12, 28, 28), dtype=np.uint8),
        "train-labels-idx1-ubyte": np.arange(12, dtype=np.uint8) % 10,
        "t10k-images-idx3-ubyte": generator.integers(256, size=(5, 28, 28), dtype=np.uint8),
        "t10k-labels-idx1-ubyte": np.arange(5, dtype=np.uint8),
    }
    folder = root / module.FOLDER
    folder.mkdir(parents=True)
    urls = (f"http://127.0.0.1:{closed_port()}/",)
    unpacked, compressed = [], []
    for name, array in arrays.items():
        (folder / name).write_bytes(idx(array))
        (folder / f"{name}.gz").write_bytes(gzip.compress(idx(array)))
        for files, path in ((unpacked, folder / name), (compressed, folder / f"{name}.gz")):
            checksum = f"md5:{hashlib.md5(path.read_bytes()).hexdigest()}"
            place = f"{module.FOLDER}/{path.name}"
            files.append(RemoteFile(path=place, urls=urls, checksum=checksum, page=module.PAGE))
    monkeypatch.setattr(module, "UNPACKED", tuple(unpacked))
    monkeypatch.setattr(module, "FILES", tuple(compressed))
    monkeypatch.setattr(module, "N_VALIDATION", 4)
    return arrays
