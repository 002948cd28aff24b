"""What the nets share."""

from collections.abc import Iterable

import torch
from torch import nn

from geovae.core.errors import GeovaeError

# Batch normalisation in the nets of the two-stage VAE. Its code keeps 0.999 of the running statistics per step, which
# differs from 0.99 only in trainings of less than some thousands of steps, whose evaluation it spoils.
TWO_STAGE_MOMENTUM = 0.01


def scaled(count: int, width: float) -> int:
    """`width` times `count` channels or units, rounded, at least 1."""
    return max(1, round(count * width))


def require_size(net: str, image_shape: tuple[int, int, int], sizes: Iterable[tuple[int, int]]) -> None:
    """Refuse images (C, H, W) whose (H, W) is not one of `sizes`.

    Raises:
        GeovaeError: it is not; the text names the sizes.
    """
    _, height, width = image_shape
    if (height, width) not in set(sizes):
        *first, last = (f"{h}×{w}" for h, w in sizes)
        listed = f"{', '.join(first)} or {last}" if first else last
        raise GeovaeError(
            f"net {net!r} takes images of {listed} pixels, not {height}×{width}. "
            "Use the net 'mlp' or prepare the data at such a size."
        )


def require_multiple(net: str, image_shape: tuple[int, int, int], factor: int) -> None:
    """Refuse images (C, H, W) whose sides are not multiples of `factor`, the net's total stride.

    Raises:
        GeovaeError: a side is not.
    """
    _, height, width = image_shape
    if height % factor or width % factor or not height * width:
        raise GeovaeError(
            f"net {net!r} takes images whose sides are multiples of {factor} pixels, not {height}×{width}. "
            "Use the net 'mlp' or prepare the data at such a size."
        )


class Encoder(nn.Module):
    """A body that gives (N, features), then one linear head for `mu` and, if asked for, one for `log_var`.

    Args:
        body: (N, C, H, W) → (N, features).
        features: number of features.
        latent_dim: d.
        log_var: whether there is a second head.
        squash: what the second head's output goes through, if anything.
    """

    def __init__(
        self, body: nn.Sequential, features: int, latent_dim: int, log_var: bool, squash: nn.Module | None = None
    ) -> None:
        super().__init__()
        self.body = body
        self.mu = nn.Linear(features, latent_dim)
        self.log_var = nn.Linear(features, latent_dim) if log_var else None
        self.squash = squash if log_var else None

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Map (N, C, H, W) to `mu` and `log_var`, both (N, d); `log_var` is None without its head."""
        features = self.body(x)
        if self.log_var is None:
            return self.mu(features), None
        log_var = self.log_var(features)
        return self.mu(features), log_var if self.squash is None else self.squash(log_var)
