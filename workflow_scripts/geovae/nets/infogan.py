"""The "Infogan" net of the two-stage VAE (Dai and Wipf, 2019), as in its authors' code.

Kernels of 4 with stride 2 under "same" padding are padded by one pixel on every side, and their transposes crop as
much. All layers of the encoder are under spectral normalisation with one power iteration a training step.
"""

import torch
from torch import nn
from torch.nn import functional
from torch.nn.utils.parametrizations import spectral_norm

from geovae.nets.base import TWO_STAGE_MOMENTUM, scaled

MIN_DEVIATION = 1e-6


class InfoganEncoder(nn.Module):
    """A body, then one normalised linear layer that gives `mu` and r, with standard deviation 1e-6 + softplus(r).

    The two share a layer because the source divides them by one spectral norm.
    """

    def __init__(self, body: nn.Sequential, features: int, latent_dim: int, log_var: bool) -> None:
        super().__init__()
        self.body = body
        self.has_log_var = log_var
        self.head = spectral_norm(nn.Linear(features, latent_dim * (2 if log_var else 1)))

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Map (N, C, H, W) to `mu` and `log_var`, both (N, d); `log_var` is None if it was not asked for."""
        outputs = self.head(self.body(x))
        if not self.has_log_var:
            return outputs, None
        mu, raw = outputs.chunk(2, dim=1)
        # In float32 also under autocast: the bound of 1e-6 is beyond the precision of bfloat16.
        return mu, 2 * (MIN_DEVIATION + functional.softplus(raw.float())).log()


def build(
    image_shape: tuple[int, int, int], latent_dim: int, width: float, log_var: bool
) -> tuple[nn.Module, nn.Module]:
    """Encoder and decoder for images whose sides are multiples of 4; see `geovae.nets.build.build_net`.

    At width 1 the encoder has 64 and 128 channels at a half and a quarter of the size, then 1,024 units; the decoder
    has them in reverse.
    """
    channels, *size = image_shape
    height, breadth = (side // 4 for side in size)
    narrow, wide, units = (scaled(count, width) for count in (64, 128, 1024))
    features = wide * height * breadth
    body = nn.Sequential(
        spectral_norm(nn.Conv2d(channels, narrow, kernel_size=4, stride=2, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(narrow, wide, kernel_size=4, stride=2, padding=1)),
        nn.BatchNorm2d(wide, momentum=TWO_STAGE_MOMENTUM),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        spectral_norm(nn.Linear(features, units)),
        nn.BatchNorm1d(units, momentum=TWO_STAGE_MOMENTUM),
        nn.LeakyReLU(0.2),
    )
    decoder = nn.Sequential(
        nn.Linear(latent_dim, units),
        nn.BatchNorm1d(units, momentum=TWO_STAGE_MOMENTUM),
        nn.ReLU(),
        nn.Linear(units, features),
        nn.BatchNorm1d(features, momentum=TWO_STAGE_MOMENTUM),
        nn.ReLU(),
        nn.Unflatten(1, (wide, height, breadth)),
        nn.ConvTranspose2d(wide, narrow, kernel_size=4, stride=2, padding=1),
        nn.BatchNorm2d(narrow, momentum=TWO_STAGE_MOMENTUM),
        nn.ReLU(),
        nn.ConvTranspose2d(narrow, channels, kernel_size=4, stride=2, padding=1),
        nn.Sigmoid(),
    )
    return InfoganEncoder(body, units, latent_dim, log_var), decoder
