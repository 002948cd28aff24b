"""Reading and writing the workflow's few file formats.

Every writer fills a temporary file beside the target and renames it, so that a file under its final name is whole.
Every reader turns a missing, truncated or corrupt file into a `GeovaeError` that names it.
"""

import csv
import io
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading

AGAIN = "Delete it and run the workflow again."


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` on success, delete it on failure."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    # The suffix stays last: NumPy and Matplotlib choose or append formats by it.
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    except OSError as reason:
        if reason.filename is not None:
            raise
        # A write that fails, on a full disk for example, does not say where.
        raise GeovaeError(
            f"{path}: cannot be written ({reason.strerror or reason}).\nCheck the folder and the free space."
        ) from reason
    finally:
        temporary.unlink(missing_ok=True)


def shortage(folder: str | Path, mebibytes: int) -> str | None:
    """Why so many MiB more cannot be written into a folder, in a few words; None where they can.

    They are written, into a file without a name: the free space that a system tells of knows nothing of quotas.
    """
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            for _ in range(mebibytes):
                file.write(bytes(2**20))
            file.flush()
            os.fsync(file.fileno())
    except OSError as reason:
        return reason.strerror or str(reason)
    return None


def _unreadable(path: str | Path, kind: str, reason: object) -> GeovaeError:
    first_line = str(reason).strip().splitlines()[0] if str(reason).strip() else type(reason).__name__
    return GeovaeError(f"{path}: not a readable {kind} file ({first_line}).\n{AGAIN}")


def require_file(path: str | Path) -> Path:
    """`path`, if a file is there; else a `GeovaeError` that names it."""
    path = Path(path)
    if not path.is_file():
        raise GeovaeError(f"{path}: no such file. Run the workflow to make it, or correct the path.")
    return path


def save_array(path: str | Path, array: np.ndarray) -> None:
    """Write one array as `.npy`."""
    with atomic(path) as temporary:
        np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)


def load_array(
    path: str | Path, *, ndim: int | None = None, dtype: type | None = None, mmap: bool = False
) -> np.ndarray:
    """Read a `.npy` array, checking its number of dimensions and its type; `mmap` leaves the values on disk."""
    path = require_file(path)
    with reading(path, ".npy file", AGAIN):
        array = np.load(path, allow_pickle=False, mmap_mode="r" if mmap else None)
    if not isinstance(array, np.ndarray):
        raise _unreadable(path, ".npy", "it holds an archive, not one array")
    if ndim is not None and array.ndim != ndim:
        raise _unreadable(path, ".npy", f"it has {array.ndim} dimensions, {ndim} expected")
    if dtype is not None and array.dtype != np.dtype(dtype):
        raise _unreadable(path, ".npy", f"its type is {array.dtype}, {np.dtype(dtype)} expected")
    return array


def save_arrays(path: str | Path, **arrays: np.ndarray) -> None:
    """Write named arrays as `.npz`; the same arrays give the same bytes."""
    with atomic(path) as temporary:
        np.savez(temporary, **arrays)


def load_arrays(path: str | Path, *required: str) -> dict[str, np.ndarray]:
    """Read a `.npz` file whole; `required` names must be in it."""
    path = require_file(path)
    with reading(path, ".npz file", AGAIN), np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    missing = [name for name in required if name not in arrays]
    if missing:
        raise _unreadable(path, ".npz", f"it lacks {', '.join(missing)}")
    return arrays


def save_json(path: str | Path, content: object) -> None:
    """Write `content` as indented JSON with sorted keys; NaN and infinities are refused."""
    text = json.dumps(content, indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    write_text(path, text + "\n")


def load_json(path: str | Path) -> dict:
    """Read a JSON file."""
    path = require_file(path)
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as reason:
        raise _unreadable(path, ".json", reason) from reason


def write_text(path: str | Path, text: str) -> None:
    """Write a UTF-8 text file."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def save_weights(path: str | Path, tensors: dict) -> None:
    """Write a state dictionary as safetensors."""
    from safetensors.torch import save

    with atomic(path) as temporary:
        # Not save_file, which leaves a temporary file of its own behind when it is killed.
        temporary.write_bytes(save({name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}))


def load_weights(path: str | Path) -> dict:
    """Read a safetensors file as a state dictionary of CPU tensors."""
    from safetensors.torch import load_file

    path = require_file(path)
    with reading(path, ".safetensors file", AGAIN):
        return load_file(path)


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV with `\\n` line ends; None is an empty field and floats keep every digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow("" if value is None else repr(value) if isinstance(value, float) else value for value in row)
    return buffer.getvalue()
