"""What the tests of the nets share."""

import torch
from torch import nn

from geovae.nets.build import build_net


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def build_meta(*arguments, log_var: bool = True) -> tuple[nn.Module, nn.Module]:
    """A net of shapes only: the big ones cost nothing."""
    with torch.device("meta"):
        return build_net(*arguments, log_var=log_var)


def shapes_after(net: nn.Module, kinds: tuple[type, ...], input_shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The shapes (without the batch) that the layers of these kinds give, in the order in which they run."""
    shapes = []
    hooks = [
        layer.register_forward_hook(lambda _, __, output: shapes.append(tuple(output.shape[1:])))
        for layer in net.modules()
        if isinstance(layer, kinds)
    ]
    net(torch.zeros(2, *input_shape, device=next(net.parameters()).device))
    for hook in hooks:
        hook.remove()
    return shapes


def kinds_of(layers: nn.Sequential) -> list[type]:
    """The classes of the layers; spectral normalisation, which makes a class of its own, is taken off."""
    return [type(layer).__mro__[1] if hasattr(layer, "parametrizations") else type(layer) for layer in layers]
