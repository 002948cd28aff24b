"""Searches for the nearest images, which are exact, and for the nearest features."""

import math
import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from geovae.core import storage
from geovae.core.arrays import require_numbers, require_squares
from geovae.core.errors import GeovaeError

# Pixels moved to [−128, 127] have products of at most 2¹⁴, so sums of 2¹⁰ of them are exact in float32.
_EXACT_PIXELS = 1024
CHUNK_BYTES = 2**26
# A squared distance this small relative to the squared norms is the round-off of a product in float64.
_ZERO = 1e-12


class Rows:
    """`images[indices]`, read where it is sliced: a subset of images that may lie on disk (np.memmap)."""

    def __init__(self, images: np.ndarray, indices: np.ndarray) -> None:
        self.images = images
        self.indices = indices
        self.shape = (len(indices), *images.shape[1:])
        self.dtype = images.dtype

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
        return np.asarray(self.images[self.indices[rows]])


def subset_rows(images: np.ndarray, path: str | Path) -> Rows:
    """The rows of `images` that the index file `path` (int64, of a subset) names.

    Raises:
        GeovaeError: a file that is missing or corrupt, no index at all, or one outside of `images`.
    """
    indices = storage.load_array(path, ndim=1, dtype=np.int64)
    if len(indices) == 0 or indices.min() < 0 or indices.max() >= len(images):
        raise GeovaeError(
            f"{path}: {len(indices):,} indices do not name images among {len(images):,}.\n"
            "Delete it and run the workflow again."
        )
    return Rows(images, indices)


def nearest(
    queries: np.ndarray | Tensor,
    references: np.ndarray | Tensor | Rows,
    *,
    device: torch.device | str = "cpu",
    chunk_bytes: int = CHUNK_BYTES,
) -> tuple[np.ndarray, np.ndarray]:
    """For each query the nearest reference image in L2 on pixels in [0, 1].

    Exact: all sums are of whole numbers that float32 and float64 represent exactly, so that neither cancellation nor
    the sizes of the chunks, the threads or the device change the result, and identical images are at distance 0. The
    memory needed is a few times `chunk_bytes`, whatever the numbers of images, also where they are memory-mapped.

    Args:
        queries, references: uint8 images (Q, C, H, W) and (N, C, H, W), or anything that flattens to rows of pixels.
        device: where the products are taken.
        chunk_bytes: memory of a chunk of images of one side, as float32.

    Returns:
        Distances (Q,) float64, and indices (Q,) int64; of references at the same distance, the first.

    Raises:
        ValueError: no references, images of different shapes, or images that are not uint8.
    """
    if len(references) == 0 or tuple(queries.shape[1:]) != tuple(references.shape[1:]):
        raise ValueError(f"images of shape {tuple(queries.shape)} have no nearest in {tuple(references.shape)}")
    if "uint8" not in str(queries.dtype) or "uint8" not in str(references.dtype):
        raise ValueError(f"uint8 images are expected, not {queries.dtype} and {references.dtype}")
    squared = torch.full((len(queries),), math.inf, dtype=torch.float64, device=device)
    indices = torch.zeros(len(queries), dtype=torch.int64, device=device)
    n_pixels = math.prod(queries.shape[1:])
    size = chunk_length(n_pixels, chunk_bytes)
    # Made once: fresh memory of this size costs more time than what is written into it.
    row_buffer, query_buffer = (torch.empty(min(size, len(x)), n_pixels, device=device) for x in (references, queries))
    for start, rows in _centred_chunks(references, size, row_buffer):
        row_norms = _squared_norms(rows)
        for first, query in _centred_chunks(queries, size, query_buffer):
            here = slice(first, first + size)
            # ‖r‖² − 2 q·r orders the references as the distance does; ‖q‖² is added to the least alone.
            least, index = _products(query, rows).mul_(-2.0).add_(row_norms).min(1)
            least += _squared_norms(query)
            closer = least < squared[here]
            squared[here] = torch.where(closer, least, squared[here])
            indices[here] = torch.where(closer, index + start, indices[here])
    return squared.sqrt().div(255.0).cpu().numpy(), indices.cpu().numpy()


def chunk_length(n_values: int, chunk_bytes: int, value_bytes: int = 4) -> int:
    """How many rows of `n_values` numbers fit in `chunk_bytes`, where a float64 matrix of rows by rows must fit too."""
    return max(1, min(chunk_bytes // (value_bytes * n_values), math.isqrt(chunk_bytes // 8)))


def _centred_chunks(images: np.ndarray | Tensor | Rows, size: int, buffer: Tensor) -> Iterator[tuple[int, Tensor]]:
    """Start and rows of each chunk: float32 whole numbers in [−128, 127], which leaves distances as they are.

    The rows are in `buffer`, until the next chunk.
    """
    for start in range(0, len(images), size):
        chunk = images[start : start + size]
        if not isinstance(chunk, Tensor):
            # The copy leaves the map behind, whose pages would otherwise stay in the memory of the process.
            chunk = torch.from_numpy(np.array(chunk))
            _release_pages(images.images if isinstance(images, Rows) else images)
        yield start, buffer[: len(chunk)].copy_(chunk.flatten(1)).sub_(128.0)


def _release_pages(images: np.ndarray) -> None:
    """Give the pages of an array that is mapped read-only back to the system, which may keep them as its cache."""
    if not (isinstance(images, np.memmap) and images.mode == "r" and hasattr(mmap, "MADV_DONTNEED")):
        return
    owner = images
    while isinstance(owner, np.ndarray):
        owner = owner.base
    if isinstance(owner, mmap.mmap):
        owner.madvise(mmap.MADV_DONTNEED)


def _squared_norms(rows: Tensor) -> Tensor:
    return sum(part.square().sum(1).double() for part in rows.split(_EXACT_PIXELS, dim=1))


def _products(a: Tensor, b: Tensor) -> Tensor:
    """a bᵀ in float64, exact for rows of whole numbers in [−128, 127], from float32 matrix products."""
    total = torch.zeros(len(a), len(b), dtype=torch.float64, device=a.device)
    for part_a, part_b in zip(a.split(_EXACT_PIXELS, dim=1), b.split(_EXACT_PIXELS, dim=1), strict=True):
        total += part_a @ part_b.T
    return total


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Squared L2 distances (A, B) between float64 rows (A, F) and (B, F).

    Distances below a millionth of the rows' norms, which may be nothing but the round-off of products, are set to 0, so
    that copies are at distance 0. Rows that were centred have smaller norms, and so a smaller threshold.
    """
    lengths = np.square(a).sum(1)[:, None] + np.square(b).sum(1)
    squared = a @ b.T
    squared *= -2.0
    squared += lengths
    squared[squared <= _ZERO * lengths] = 0.0
    return squared


def check_features(a: np.ndarray, b: np.ndarray, name: str) -> None:
    """Raise GeovaeError, naming the score, unless both are sets of the same number of finite features."""
    for features in (a, b):
        require_numbers(features, f"{name}: one side")
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise GeovaeError(
            f"{name}: features of shapes {a.shape} and {b.shape} cannot be compared.\n"
            "Take both sides' features from the same backbone."
        )
    if a.shape[1] == 0:
        raise GeovaeError(f"{name}: the sets have no features. Give arrays (N, F) with F of at least 1.")
    for features in (a, b):
        require_squares(features, name)


def nearest_features(
    queries: np.ndarray, references: np.ndarray, chunk_bytes: int = CHUNK_BYTES
) -> tuple[np.ndarray, np.ndarray]:
    """For each row of features (Q, F) the nearest of (N, F) in L2, in float64 and in chunks of about `chunk_bytes`.

    Returns:
        Distances (Q,) float64, taken from the differences of the two rows, and indices (Q,) int64; of references
        that are equally near, as far as round-off tells, the first.

    Raises:
        GeovaeError: no references, different numbers of features, or features that are not finite.
    """
    check_features(queries, references, "nearest features")
    if len(references) == 0:
        raise GeovaeError("nearest features: there is no reference. Give at least one.")
    size = chunk_length(queries.shape[1], chunk_bytes, value_bytes=8)
    centre = references.mean(0, dtype=np.float64)
    squared, indices = np.full(len(queries), np.inf), np.zeros(len(queries), dtype=np.int64)
    for start in range(0, len(references), size):
        rows = references[start : start + size] - centre
        for first in range(0, len(queries), size):
            here = slice(first, first + size)
            block = squared_distances(queries[here] - centre, rows)
            index = block.argmin(1)
            least = block[np.arange(len(block)), index]
            closer = least < squared[here]
            squared[here] = np.where(closer, least, squared[here])
            indices[here] = np.where(closer, index + start, indices[here])
    distances = np.empty(len(queries))
    for first in range(0, len(queries), size):
        here = slice(first, first + size)
        differences = queries[here].astype(np.float64) - references[indices[here]]
        distances[here] = np.sqrt(np.square(differences).sum(1))
    return distances, indices
