"""Slices of volumes in the formats Analyze and NIfTI."""

import math
from pathlib import Path

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from geovae.data.scan import require_regular

ADVICE = "Unpack it again, or put the original there."


def read_slice(path: Path, shape: tuple[int, int, int], index: int) -> np.ndarray:
    """One slice across the last axis of a volume, (shape[0], shape[1]) float64, scaled as its header says.

    Args:
        path: of the file that holds the voxels (`.img` beside its `.hdr`, `.nii`), not compressed.
        shape: that the volume must have; a fourth axis of length 1 may follow.
        index: of the slice.

    Raises:
        GeovaeError: header or voxels cannot be read, the volume has another shape, its voxels are no real numbers, the
            file is longer or shorter than its header says, or the slice holds values that are not finite.
    """
    import nibabel

    require_regular(path)
    if path.suffix == ".img":
        require_regular(path.with_suffix(".hdr"))
    with reading(path, "volume", ADVICE):
        volume = nibabel.load(path)
        found = tuple(map(int, volume.shape))
        if found[:3] != shape or found[3:] not in ((), (1,)):
            raise GeovaeError(f"{path}: a volume of {found} voxels, not {shape}. Put the original there.")
        _check_voxels(path, volume)
        values = np.asarray(volume.dataobj[:, :, index], dtype=np.float64).reshape(shape[:2])
    if not np.isfinite(values).all():
        n_bad = int((~np.isfinite(values)).sum())
        raise GeovaeError(
            f"{path}: {n_bad:,} voxels of slice {index} are NaN or infinite. Put the original there, or mend it."
        )
    return values


def _check_voxels(path: Path, volume) -> None:
    """Compare the type and number of voxels that the header of an image of nibabel tells of with the file.

    Raises:
        GeovaeError: voxels that are no real numbers.
        ValueError: another size of the file.
    """
    kind = volume.get_data_dtype()
    if kind.kind not in "iuf":
        raise GeovaeError(f"{path}: its voxels are of the type {kind}, not real numbers. Put the original there.")
    # A header of another type would turn the same bytes into other voxels, as long as there are enough of them.
    expected = volume.dataobj.offset + kind.itemsize * math.prod(volume.shape)
    size = path.stat().st_size
    if size != expected:
        voxels = " × ".join(map(str, volume.shape))
        raise ValueError(f"{size:,} bytes, where its header tells of {expected:,}, {voxels} of {kind}")
