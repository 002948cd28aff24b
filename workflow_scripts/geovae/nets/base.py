"""What the nets share."""

import torch
from torch import nn


def scaled(count: int, width: float) -> int:
    """`width` times `count` channels or units, rounded, at least 1."""
    return max(1, round(count * width))


class Encoder(nn.Module):
    """A body that gives (N, features), then one linear head for `mu` and, if asked for, one for `log_var`."""

    def __init__(self, body: nn.Module, features: int, latent_dim: int, log_var: bool) -> None:
        super().__init__()
        self.body = body
        self.mu = nn.Linear(features, latent_dim)
        self.log_var = nn.Linear(features, latent_dim) if log_var else None

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Map (N, C, H, W) to `mu` and `log_var`, both (N, d); `log_var` is None without its head."""
        features = self.body(x)
        return self.mu(features), None if self.log_var is None else self.log_var(features)
