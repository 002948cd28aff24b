"""What the nets share."""

import torch
from torch import nn

# Batch normalisation in the nets of the two-stage VAE. Its code keeps 0.999 of the running statistics per step, which
# differs from 0.99 only in trainings of less than some thousands of steps, whose evaluation it spoils.
TWO_STAGE_MOMENTUM = 0.01


def scaled(count: int, width: float) -> int:
    """`width` times `count` channels or units, rounded, at least 1."""
    return max(1, round(count * width))


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
