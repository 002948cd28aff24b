"""The same random numbers on every device and in every floating-point type."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import torch
from torch.overrides import TorchFunctionMode


class Noise(torch.Generator):
    """A generator of the CPU that says it lives on any device; inside `same_noise` its numbers are brought there."""

    def __new__(cls, device: torch.device | str = "cpu"):
        """As torch's, which would make one of the device."""
        return super().__new__(cls)

    def __init__(self, device: torch.device | str = "cpu") -> None:
        super().__init__()
        self._place = torch.device(device)

    @property
    def device(self) -> torch.device:
        """Where its numbers are asked for."""
        return self._place


class _DrawnOnCpu(TorchFunctionMode):
    """Draws on the CPU in float32, and then moves."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self._dtype = dtype  # of real numbers where none is asked for

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        if not isinstance(kwargs.get("generator"), Noise):
            return function(*args, **kwargs)
        device = kwargs.pop("device", "cpu")
        real = function in (torch.randn, torch.rand)
        dtype = kwargs.pop("dtype", None) or (self._dtype if real else torch.int64)
        return function(*args, **kwargs, dtype=torch.float32 if real else torch.int64).to(device, dtype)


@contextmanager
def same_noise(dtype: torch.dtype = torch.float32) -> Iterator[None]:
    """What is drawn from new generators is the same on all devices, and the same numbers in float64 as in float32.

    For the functions that models draw with: `randn`, `rand`, `randint` and `randperm`. `dtype` is that of the model.
    """
    with mock.patch.object(torch, "Generator", Noise), _DrawnOnCpu(dtype):
        yield
