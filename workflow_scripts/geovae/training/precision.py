"""The floating-point type that the nets multiply in."""

import torch
from torch import nn

from geovae.core.errors import GeovaeError
from geovae.core.processor import cpu_flags
from geovae.models.base import Autoencoder

PRECISIONS = ("auto", "float32", "bfloat16")
CONVOLUTIONS, DENSE = "convolutions", "dense layers"
_CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
# The instruction for products of bfloat16, the fastest first -> layers of the nets -> the least breadth from
# which they train faster with it than in float32; without such an instruction no net does. A narrow net is bound by
# calls and conversions, and convolutions less than dense layers. For AVX-512 measured by benchmarks/precision_speed.py;
# with AMX, where full width alone was measured, a guess that leaves narrow nets as they are.
LEAST_BREADTHS = {
    "amx_bf16": {CONVOLUTIONS: 128, DENSE: 250},
    "avx512_bf16": {CONVOLUTIONS: 32, DENSE: 100},
}


def autocast_dtype(precision: str, device: torch.device, model: Autoencoder) -> torch.dtype | None:
    """What `torch.autocast` is to use for the nets of `model` on `device`, or None for float32 throughout.

    `auto` is bfloat16 where it is faster. That is not measured at first use but tabulated, so that a training gives the
    same bytes again, and goes on in the same precision after an interruption. Parameters, losses, log-densities, flows
    and Hamiltonians are float32 always.

    Raises:
        GeovaeError: an unknown name.
    """
    if precision not in PRECISIONS:
        raise GeovaeError(f"training.precision = {precision!r}: allowed: {', '.join(PRECISIONS)}.")
    if precision == "auto":
        precision = "bfloat16" if faster_in_bfloat16(device, model) else "float32"
    return torch.bfloat16 if precision == "bfloat16" else None


def faster_in_bfloat16(device: torch.device, model: Autoencoder) -> bool:
    """Whether a training of `model` is faster in bfloat16, as far as is known: on a GPU wherever it multiplies it."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    found = cpu_flags()
    least = next((breadths for flag, breadths in LEAST_BREADTHS.items() if flag in found), None)
    return least is not None and breadth(model) >= least[layers(model)]


def layers(model: Autoencoder) -> str:
    """What the nets of `model` consist of: `CONVOLUTIONS` if there are any, else `DENSE`."""
    return CONVOLUTIONS if any(isinstance(part, _CONVOLUTIONS) for part in model.modules()) else DENSE


def breadth(model: Autoencoder) -> int:
    """The most channels, or units, that one layer of `model` has on both of its sides."""
    found = [0]
    for part in model.modules():
        if isinstance(part, _CONVOLUTIONS):
            found.append(min(part.in_channels, part.out_channels))
        elif isinstance(part, nn.Linear):
            found.append(min(part.in_features, part.out_features))
    return max(found)
