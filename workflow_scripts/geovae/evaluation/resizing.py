"""Two ways to bring images to the input of Inception, which Fréchet distances depend on.

`tf_legacy` is what the network of Heusel et al. (2017) did inside its TensorFlow 1 graph, `pytorch_fid` what the
PyTorch package of that name does. Neither is antialiased when it makes an image smaller.
"""

from collections.abc import Callable

import torch
from torch import Tensor

INPUT_SIDE = 299


def _legacy_neighbours(n_in: int, n_out: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Lower and upper source pixel of each target pixel, and the weight of the upper, (n_out,) each."""
    source = torch.arange(n_out, dtype=torch.float64, device=device) * n_in / n_out
    lower = source.floor().long()
    return lower, (lower + 1).clamp(max=n_in - 1), (source - lower).float()


def tf_legacy(images: Tensor) -> Tensor:
    """`resize_bilinear` of TensorFlow 1 (`align_corners=False`), then (x − 128)/128.

    Target pixel i lies at i·n_in/n_out of the source, without the half-pixel offset of later versions.

    Args:
        images: (n, C, H, W), 0 to 255.

    Returns:
        float32 (n, C, 299, 299), −1 to 127/128.
    """
    rows, next_rows, row_weights = _legacy_neighbours(images.shape[2], INPUT_SIDE, images.device)
    columns, next_columns, column_weights = _legacy_neighbours(images.shape[3], INPUT_SIDE, images.device)
    images = images.float()
    left, right = images[..., columns], images[..., next_columns]
    wide = left + (right - left) * column_weights
    upper, lower = wide[..., rows, :], wide[..., next_rows, :]
    return (upper + (lower - upper) * row_weights[:, None] - 128.0) / 128.0


def pytorch_fid(images: Tensor) -> Tensor:
    """`interpolate` of PyTorch (bilinear, `align_corners=False`: half-pixel centres) on x/255, then 2x − 1.

    Args:
        images: (n, C, H, W), 0 to 255.

    Returns:
        float32 (n, C, 299, 299), −1 to 1.
    """
    size = (INPUT_SIDE, INPUT_SIDE)
    resized = torch.nn.functional.interpolate(images.float() / 255.0, size, mode="bilinear", align_corners=False)
    return 2.0 * resized - 1.0


RESIZINGS: dict[str, Callable[[Tensor], Tensor]] = {"tf_legacy": tf_legacy, "pytorch_fid": pytorch_fid}
