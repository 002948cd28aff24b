"""A pretended GPU: tensors on `cuda` that hold no values, and raise where tensors of two devices meet.

They are torch's fake tensors, which know shape, type and device alone and check devices as the real operations do. What
depends on values gets fixed ones: a number is 1 (an `int` of one 0), a truth is true, an array counts up, and `nonzero`
finds as many rows as it is told. The engine of backward passes wants a driver, so gradients are empty tensors: nothing
is found in them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.overrides import TorchFunctionMode

from gpu_check.noise import Noise

_SCALARS = {torch.Tensor.__bool__: True, torch.Tensor.__int__: 0, torch.Tensor.__float__: 1.0, torch.Tensor.item: 1.0}


@contextmanager
def fake_cuda(found: int = 1) -> Iterator[None]:
    """Make `cuda` a place for tensors, modules and generators; `found` rows is what every `nonzero` finds.

    Modules are made before, and moved inside by `to`.
    """
    mode = FakeTensorMode(allow_non_fake_inputs=False)

    def move(module: nn.Module, device: torch.device | str, memory_format: torch.memory_format | None = None):
        """As `Module.to`, which cannot exchange a real parameter for a fake one; the format is left as it is."""
        for part in module.modules():
            for held in (part._parameters, part._buffers):
                for name, tensor in held.items():
                    if tensor is not None and tensor.device != torch.device(device):
                        moved = (tensor if isinstance(tensor, FakeTensor) else mode.from_tensor(tensor)).detach()
                        held[name] = moved.to(device)
                        if held is part._parameters:
                            held[name] = nn.Parameter(held[name], tensor.requires_grad)
        return module

    generators, modules = mock.patch.object(torch, "Generator", Noise), mock.patch.object(nn.Module, "to", move)
    with generators, modules, mode, _Answers(found):
        yield


class _Answers(TorchFunctionMode):
    """Says what fake tensors cannot, and checks the devices that they do not: of generators, and of arrays."""

    def __init__(self, found: int) -> None:
        super().__init__()
        self.found = found

    def __torch_function__(self, function, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        generator = kwargs.pop("generator", None)
        first = args[0] if args else None
        if function is torch.autograd.grad:
            return tuple(torch.empty_like(part) for part in (args[1] if isinstance(args[1], Sequence) else args[1:2]))
        if isinstance(first, FakeTensor):
            if function in _SCALARS:
                return _SCALARS[function]
            if function is torch.Tensor.nonzero:
                return torch.zeros(self.found, first.ndim, dtype=torch.int64, device=first.device)
            if function is torch.Tensor.numpy:
                return _array(first)
            if function is torch.Tensor.backward:
                for leaf in kwargs.get("inputs") or ():
                    leaf.grad = torch.empty_like(leaf)
                return None
        result = function(*args, **kwargs)
        if generator is not None and generator.device.type != result.device.type:
            raise RuntimeError(f"a generator on {generator.device} is to draw on {result.device}")
        return result


def _array(tensor: torch.Tensor) -> np.ndarray:
    if tensor.device.type != "cpu":
        raise TypeError(f"a tensor on {tensor.device} has no array: it has to be copied to the CPU first")
    return np.arange(tensor.numel()).reshape(tensor.shape).astype(str(tensor.dtype).removeprefix("torch."))
