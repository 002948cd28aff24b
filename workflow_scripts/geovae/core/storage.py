"""Reading and writing the workflow's few file formats.

Every writer fills a temporary file beside the target and renames it, so that a file under its final name is whole.
Every reader turns a missing file, and one that was damaged or exchanged since it was written, into a `GeovaeError` that
names it: arrays and JSON have a seal (`geovae.core.seals`), and the JSON that a job writes last into a folder vouches
for what lies beside it.
"""

import csv
import io
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import numpy as np

from geovae.core import sealed_json, seals
from geovae.core.errors import GeovaeError
from geovae.core.reading import reading

_advice: ContextVar[str] = ContextVar("advice", default="")


@contextmanager
def advising(words: str) -> Iterator[None]:
    """Within this, files are read that no workflow makes again: what to do where one cannot be used is `words`."""
    token = _advice.set(words)
    try:
        yield
    finally:
        _advice.reset(token)


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path in the folder of `path`; rename it to `path` on success, delete it on failure.

    Raises:
        GeovaeError: the file cannot be written, on a full disk for example.
    """
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


def unreadable(path: str | Path, reason: object, record: str | None = None) -> GeovaeError:
    """The error of a file that cannot be used: its path, why, and what to do.

    Args:
        path: the file.
        reason: an exception, or a few words.
        record: the JSON beside it whose job makes it again, where that is not the file itself.
    """
    lines = str(reason).strip().splitlines() or [type(reason).__name__]
    path = Path(path)
    return GeovaeError(f"{path}: not a readable {path.suffix} file ({lines[0]}).\n{_again(record)}")


def advice(usual: str) -> str:
    """What to do about a file that cannot be used: `usual`, but within `advising` what that says."""
    return _advice.get() or usual


def _again(record: str | None = None) -> str:
    """How to go on where a file of ours cannot be used; `record` as in `unreadable`."""
    return advice(f"Delete {f'it and {record},' if record else 'it'} and run the workflow again.")


def require_file(path: str | Path, record: str | None = None) -> Path:
    """`path`, if a file is there; else a `GeovaeError` that names it; `record` as in `unreadable`."""
    path = Path(path)
    if not path.is_file():
        # Where its record is still there, the workflow may take the file for made.
        stale = f"Delete {record} and run" if record and path.with_name(record).is_file() else "Run"
        usual = f"{stale} the workflow to make it, or correct the path."
        raise GeovaeError(f"{path}: no such file. {advice(usual)}")
    return path


def save_array(path: str | Path, array: np.ndarray) -> None:
    """Write one array as sealed `.npy`."""
    with atomic(path) as temporary:
        np.save(temporary, np.ascontiguousarray(array), allow_pickle=False)
        seals.append_seal(temporary, path)


def load_array(
    path: str | Path,
    *,
    ndim: int | None = None,
    dtype: type | None = None,
    mmap: bool = False,
    record: str | None = None,
) -> np.ndarray:
    """Read a `.npy` array that `save_array` wrote.

    Args:
        path: the file; all of it is read once, for its checksum.
        ndim, dtype: what the array must be, if anything.
        mmap: leave the values on disk.
        record: name of the JSON beside it that vouches for it.

    Raises:
        GeovaeError: the file is missing, damaged, of another place, not what `record` vouches for, or another array
            than expected.
    """
    path = require_file(path, record)
    _check_seal(path, record)
    with reading(path, ".npy file", _again(record)):
        array = np.load(path, allow_pickle=False, mmap_mode="r" if mmap else None)
    if not isinstance(array, np.ndarray):
        raise unreadable(path, "it holds an archive, not one array", record)
    if ndim is not None and array.ndim != ndim:
        raise unreadable(path, f"it has {array.ndim} dimensions, {ndim} expected", record)
    if dtype is not None and array.dtype != np.dtype(dtype):
        raise unreadable(path, f"its type is {array.dtype}, {np.dtype(dtype)} expected", record)
    return array


def save_arrays(path: str | Path, **arrays: np.ndarray) -> None:
    """Write named arrays as sealed `.npz`; the same arrays give the same bytes."""
    with atomic(path) as temporary:
        np.savez(temporary, **arrays)
        seals.append_seal(temporary, path)


def load_arrays(path: str | Path, *required: str) -> dict[str, np.ndarray]:
    """Read a `.npz` file that `save_arrays` wrote, whole; `required` names must be in it."""
    path = require_file(path)
    _check_seal(path)
    with reading(path, ".npz file", _again()), np.load(path, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    missing = [name for name in required if name not in arrays]
    if missing:
        raise unreadable(path, f"it lacks {', '.join(missing)}")
    return arrays


def save_json(path: str | Path, content: Mapping[str, object], beside: Sequence[str] = ()) -> None:
    """Write an object as sealed, indented JSON with sorted keys; NaN and infinities are refused.

    Args:
        path: the file.
        content: the object; it has no key `seal`.
        beside: names of finished files in the same folder that it vouches for.
    """
    path = Path(path)
    checksums = {name: _sha256_of(path.with_name(name)) for name in beside}
    sources = seals.made_of(path) if beside else {}
    write_text(path, sealed_json.to_text(content, seals.place_of(path), checksums, sources))


def load_json(path: str | Path, **kinds: type) -> dict[str, object]:
    """Read a JSON object that `save_json` wrote, without its seal.

    Args:
        path: the file.
        kinds: keys that must be there, with the types of their values; `float` takes whole numbers, too.

    Raises:
        GeovaeError: the file is missing, damaged or edited, of another place, or lacks a key of that type.
    """
    content = _load_sealed(path).content
    for name, kind in kinds.items():
        if not sealed_json.is_of_kind(content.get(name), kind):
            raise unreadable(path, f"{name} is {content.get(name)!r:.60}, {sealed_json.KINDS[kind]} expected")
    return content


def load_numbers(path: str | Path) -> dict[str, float | int | None]:
    """Read a flat JSON object of finite numbers that `save_json` wrote; None where one could not be taken.

    Raises:
        GeovaeError: as `load_json`, or something else stands in the place of a number.
    """
    content = load_json(path)
    for name, value in content.items():
        if value is not None and not sealed_json.is_of_kind(value, float):
            raise unreadable(path, f"{name} is {value!r:.60}, a number is expected")
    return content


def _load_sealed(path: str | Path) -> sealed_json.Sealed:
    path = require_file(path)
    try:
        sealed = sealed_json.from_text(path.read_bytes().decode("utf-8"))
    except (ValueError, OSError) as reason:
        raise unreadable(path, reason) from reason
    if where := seals.misplaced(path, sealed.place):
        raise unreadable(path, where)
    _note_read(path, None, sealed.made_of)
    return sealed


def _note_read(path: Path, sha256: str | None, sources: Mapping[str, str]) -> None:
    """Raise GeovaeError if this file and another that the job has read are not of one build."""
    if conflict := seals.note_read(path, sha256, sources):
        made, source = conflict
        raise GeovaeError(
            f"{path}: {made} was made of another {source} than the one that is there: one of both was replaced.\n"
            "Delete both and run the workflow again."
        )


def _sha256_of(path: Path) -> str:
    """The checksum of a finished file: of an array what its seal says, of any other file that of the whole."""
    seal = seals.read_seal(path) if path.suffix in (".npy", ".npz") else None
    return seal.sha256 if seal else seals.file_sha256(path)


def _check_seal(path: Path, record: str | None = None) -> None:
    """Raise GeovaeError unless an array file is as it was written, in its place, and the one that `record` means."""
    try:
        problem = seals.problem(path)
    except OSError as reason:
        raise unreadable(path, reason, record) from reason
    if problem:
        raise unreadable(path, problem, record)
    seal = seals.read_seal(path)
    if record:
        _check_vouched(path, record, seal.sha256)
    _note_read(path, seal.sha256, seal.made_of)


def _check_vouched(path: Path, record: str, sha256: str) -> None:
    """Raise GeovaeError unless the JSON `record` beside a file was written for that file."""
    if _load_sealed(path.with_name(record)).beside.get(path.name) != sha256:
        raise unreadable(path, f"{record} was written for another: one of both was damaged or replaced", record)


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


def load_weights(path: str | Path, *, record: str | None = None, like: Mapping | None = None) -> dict:
    """Read a safetensors file as a state dictionary of CPU tensors.

    Args:
        path: the file.
        record: name of the JSON beside it that vouches for it.
        like: a state dictionary whose types the tensors must have, where they have its names.

    Raises:
        GeovaeError: the file is missing or damaged, not what `record` vouches for, or holds NaN, infinities or another
            type of numbers.
    """
    from safetensors.torch import load_file

    path = require_file(path, record)
    with reading(path, ".safetensors file", _again(record)):
        sha256 = seals.file_sha256(path)
        if record:
            _check_vouched(path, record, sha256)
        _note_read(path, sha256, {})
        weights = load_file(path)
    for name, tensor in weights.items():
        if like and name in like and tensor.dtype != like[name].dtype:
            raise unreadable(path, f"{name} is {tensor.dtype}, {like[name].dtype} expected", record)
        if not tensor.isfinite().all():
            raise unreadable(path, f"{name} holds NaN or infinities", record)
    return weights


def csv_text(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """CSV with `\\n` line ends; None is an empty field and floats keep every digit."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_field(value) for value in row)
    return buffer.getvalue()


def _field(value: object) -> object:
    if value is None:
        return ""
    # Not repr, which of NumPy's float64 gives its type as well.
    return float.__repr__(value) if isinstance(value, float) else value
