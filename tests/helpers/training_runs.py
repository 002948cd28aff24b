"""A tiny training, and a model that records what it is given."""

import torch
from torch import nn

from geovae.models.base import Autoencoder, Loss

DESCRIPTION = {
    "model": "vae",
    "settings": {"beta": 0.1},
    "net": "mlp",
    "width": 0.03,
    "latent_dim": 2,
    "image_shape": [1, 8, 8],
}
SETTINGS = {"epochs": 4, "batch_size": 10, "lr": 1e-2, "patience": 5, "key": "a key"}


def images(n: int, seed: int = 0) -> torch.Tensor:
    """Bright squares of different size on black: easy to learn."""
    sizes = torch.randint(1, 5, (n,), generator=torch.Generator().manual_seed(seed))
    pixels = torch.arange(8)
    inside = (pixels - 3.5).abs()[None] < sizes[:, None]
    return (inside[:, None, :, None] & inside[:, None, None, :]).to(torch.uint8) * 255


class Recorder(Autoencoder):
    """Decodes one number to a grey image, records the batches, and can break on command."""

    has_log_var = False

    def __init__(self, break_at: int | None = None):
        super().__init__(nn.Identity(), nn.Identity(), 1, (1, 8, 8))
        self.grey = nn.Parameter(torch.tensor(0.0))
        self.break_at = break_at
        self.batches: list[tuple[bool, torch.Tensor]] = []

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        self.batches.append((self.training, x))
        error = (x.mean((1, 2, 3)) - self.grey).square().mean()
        broken = self.grey * float("nan") if len(self.batches) == self.break_at else self.grey * 0.0
        return Loss(error + broken, {"error": error, "extra": broken})
