"""Nearest images in pixel space, and the novelty that is made of their distances."""

import math

import numpy as np
import torch
from torch import Tensor

# Pixels moved to [−128, 127] have products of at most 2¹⁴, so sums of 2¹⁰ of them are exact in float32.
_EXACT_PIXELS = 1024


def _as_tensor(images: np.ndarray | Tensor) -> Tensor:
    images = images if isinstance(images, Tensor) else torch.from_numpy(np.array(images))
    return images.flatten(1)


def _centred(images: np.ndarray | Tensor, device: torch.device | str) -> Tensor:
    """uint8 images as float32 rows of whole numbers in [−128, 127], which leaves distances as they are."""
    return _as_tensor(images).to(device).float() - 128.0


def _squared_norms(rows: Tensor) -> Tensor:
    return rows.double().square().sum(1)


def _products(a: Tensor, b: Tensor) -> Tensor:
    """a bᵀ in float64, exact for rows of whole numbers in [−128, 127], from float32 matrix products."""
    total = torch.zeros(len(a), len(b), dtype=torch.float64, device=a.device)
    for part_a, part_b in zip(a.split(_EXACT_PIXELS, dim=1), b.split(_EXACT_PIXELS, dim=1), strict=True):
        total += part_a @ part_b.T
    return total


def nearest(
    queries: np.ndarray | Tensor,
    references: np.ndarray | Tensor,
    *,
    device: torch.device | str = "cpu",
    query_chunk: int = 1000,
    reference_chunk: int = 4000,
) -> tuple[np.ndarray, np.ndarray]:
    """For each query the nearest reference image in L2 on pixels in [0, 1].

    Exact: all sums are of whole numbers that float32 and float64 hold, so that neither cancellation nor the sizes of
    the chunks, the threads or the device change the result, and identical images are at distance 0. The memory needed
    is that of one chunk of distances, whatever the numbers of images.

    Args:
        queries, references: uint8 images (Q, C, H, W) and (N, C, H, W), or anything that flattens to rows of pixels.

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
    for start in range(0, len(references), reference_chunk):
        rows = _centred(references[start : start + reference_chunk], device)
        row_norms = _squared_norms(rows)
        for first in range(0, len(queries), query_chunk):
            here = slice(first, first + query_chunk)
            query = _centred(queries[here], device)
            # ‖r‖² − 2 q·r orders the references as the distance does; ‖q‖² is added to the least alone.
            least, index = _products(query, rows).mul_(-2.0).add_(row_norms).min(1)
            least += _squared_norms(query)
            closer = least < squared[here]
            squared[here] = torch.where(closer, least, squared[here])
            indices[here] = torch.where(closer, index + start, indices[here])
    return squared.sqrt().div(255.0).cpu().numpy(), indices.cpu().numpy()


def novelty(generated: np.ndarray, unseen: np.ndarray) -> float | None:
    """How new generated images are, in units of how new real unseen images are.

    The median distance from a generated image to its nearest training image, over the same for real images that are
    not in the training set: 0 for copies of training images, about 1 for images as new as real ones; above 1 also for
    images unlike any, so it is read beside a quality score. None if the unseen images are at a median distance of 0,
    that is if half of them are copies of training images: there is no unit then.

    Args:
        generated, unseen: distances (N,) and (M,) to the nearest training image (see `nearest`).
    """
    unit = float(np.median(unseen))
    return float(np.median(generated)) / unit if unit > 0 else None
