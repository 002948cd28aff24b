"""The floating-point type that the nets multiply in."""

import torch

from geovae.core.errors import GeovaeError
from geovae.core.processor import cpu_flags

PRECISIONS = ("auto", "float32", "bfloat16")
# Instructions that multiply bfloat16 natively; without one of them it is emulated, and slower than float32.
_CPU_FLAGS = {"amx_bf16", "avx512_bf16"}


def autocast_dtype(precision: str, device: torch.device) -> torch.dtype | None:
    """What `torch.autocast` is to use on `device`, or None for float32 throughout.

    `auto` is bfloat16 where the hardware multiplies it natively, else float32. Parameters, losses, log-densities, flows
    and Hamiltonians are float32 always.

    Raises:
        GeovaeError: an unknown name.
    """
    if precision not in PRECISIONS:
        raise GeovaeError(f"training.precision = {precision!r}: allowed: {', '.join(PRECISIONS)}.")
    if precision == "auto":
        precision = "bfloat16" if multiplies_bfloat16(device) else "float32"
    return torch.bfloat16 if precision == "bfloat16" else None


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the hardware has instructions for products of bfloat16."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    return bool(_CPU_FLAGS & cpu_flags())
