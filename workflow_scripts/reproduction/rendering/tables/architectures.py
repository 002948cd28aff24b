"""Built modules as rows of the paper's Tables 4 and 5, and whether they are what the paper prints.

The layers come from a forward pass and not from the code that builds them, so that order and sizes are what an image
meets.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import nn

BATCH_NORM = "BN"
# What `tidy_layer` gives.
LAYER_COLUMNS = ("name", "operations", "padding", "output", "n_parameters", "printed", "as_printed")


@dataclass(frozen=True)
class Layer:
    """A layer as the paper counts them: an operation with weights and what follows it up to the next.

    Attributes:
        name: where the operation with weights stands in the module ("body.0").
        number: 1 for the first layer; one more than that of the layer whose output it reads. Two heads that read the
            same features have the same number.
        operations: in the paper's notation, e.g. ("Conv(128, (4, 4), stride=2)", "BN", "ReLU").
        padding: of the convolution, e.g. "1", "(1, 2)" or "1, output 1"; "" for other operations.
        output: shape without the batch.
        n_parameters: number of trained parameters, batch normalisation's included.
    """

    name: str
    number: int
    operations: tuple[str, ...]
    padding: str
    output: tuple[int, ...]
    n_parameters: int

    @property
    def text(self) -> str:
        """The operations on one line."""
        return ", ".join(self.operations)


# -- notation ---------------------------------------------------------------------------------------------------------


def _size(values: Sequence[int] | int) -> str:
    """A stride or padding: one number if it is the same for both sides."""
    sides = set(values) if isinstance(values, Sequence) else {values}
    return str(sides.pop()) if len(sides) == 1 else str(tuple(values))


def shape_text(shape: Sequence[int]) -> str:
    """A shape in the paper's notation: "(1, 32, 32)", "(16)"."""
    return f"({', '.join(map(str, shape))})"


def _convolution(name: str) -> Callable[[nn.Module], str]:
    return lambda layer: f"{name}({layer.out_channels}, {shape_text(layer.kernel_size)}, stride={_size(layer.stride)})"


# The operations that begin a layer, those that belong to the one before, and those that the paper leaves out.
WEIGHTED: dict[type[nn.Module], Callable[[nn.Module], str]] = {
    nn.Conv2d: _convolution("Conv"),
    nn.ConvTranspose2d: _convolution("ConvT"),
    nn.Linear: lambda layer: f"Linear({layer.in_features}, {layer.out_features})",
}
FOLLOWING: dict[type[nn.Module], Callable[[nn.Module], str]] = {
    nn.BatchNorm1d: lambda _: BATCH_NORM,
    nn.BatchNorm2d: lambda _: BATCH_NORM,
    nn.ReLU: lambda _: "ReLU",
    nn.LeakyReLU: lambda _: "LeakyReLU",
    nn.Sigmoid: lambda _: "Sigmoid",
    nn.Tanh: lambda _: "Tanh",
    nn.Softmax: lambda _: "Softmax",
    nn.MaxPool2d: lambda layer: f"MaxPool({_size(layer.kernel_size)}, stride={_size(layer.stride)})",
    nn.Unflatten: lambda layer: f"Reshape{shape_text(layer.unflattened_size)}",
}
UNPRINTED = (nn.Flatten,)


def _notation(module: nn.Module, known: dict[type[nn.Module], Callable[[nn.Module], str]]) -> str | None:
    return next((text(module) for kind, text in known.items() if isinstance(module, kind)), None)


def _padding(module: nn.Module) -> str:
    if not hasattr(module, "padding"):
        return ""
    extra = _size(getattr(module, "output_padding", 0))
    return _size(module.padding) + (f", output {extra}" if extra != "0" else "")


# -- description ------------------------------------------------------------------------------------------------------


def describe(module: nn.Module, input_shape: tuple[int, ...], dtype: torch.dtype = torch.float32) -> list[Layer]:
    """The layers of a module, from a forward pass on zeros in evaluation mode.

    A module on the device "meta" costs neither time nor memory. What is computed by functions between the modules, such
    as the sum of a residual block, is not seen.

    Args:
        module: its mode is put back afterwards.
        input_shape: shape of the input without the batch.
        dtype: type of the input.

    Returns:
        By number; layers with the same number in the order in which the module names them.

    Raises:
        ValueError: a module without children has no notation here, or an operation stands before the first layer.
    """
    operations = dict(_operations(module))
    found: list[_Open] = []
    hooks = [operation.register_forward_hook(_recorder(found, name)) for name, operation in operations.items()]
    device = next(module.parameters()).device
    training = module.training
    module.eval()
    try:
        with torch.no_grad():
            module(torch.zeros(1, *input_shape, dtype=dtype, device=device))
    finally:
        module.train(training)
        for hook in hooks:
            hook.remove()
    order = list(operations)
    found.sort(key=lambda layer: (layer.number, order.index(layer.name)))
    return [layer.closed() for layer in found]


def _operations(module: nn.Module, name: str = "") -> Iterator[tuple[str, nn.Module]]:
    """The parts of a module that have a notation, with their names; one that has none must not pass unseen."""
    if isinstance(module, (*WEIGHTED, *FOLLOWING, *UNPRINTED)):
        yield name, module
        return
    children = dict(module.named_children())
    if not children:
        raise ValueError(f"{name or 'the module'}: no notation for {type(module).__name__}")
    for child_name, child in children.items():
        yield from _operations(child, f"{name}.{child_name}".removeprefix("."))


class _Open:
    """A layer that operations may still follow."""

    def __init__(self, name: str, number: int, module: nn.Module, output: torch.Tensor) -> None:
        self.name, self.number = name, number
        self.operations = [_notation(module, WEIGHTED)]
        self.padding = _padding(module)
        self.modules = [module]
        self.latest = output  # what the next operation reads
        self.shape = tuple(output.shape[1:])

    def closed(self) -> Layer:
        n_parameters = sum(parameter.numel() for module in self.modules for parameter in module.parameters())
        return Layer(self.name, self.number, tuple(self.operations), self.padding, self.shape, n_parameters)


def _recorder(found: list[_Open], name: str) -> Callable[[nn.Module, tuple, torch.Tensor], None]:
    def record(module: nn.Module, inputs: tuple, output: torch.Tensor) -> None:
        # The layer whose output this reads; where a function stood between them, the latest.
        before = next((layer for layer in reversed(found) if layer.latest is inputs[0]), found[-1] if found else None)
        if isinstance(module, tuple(WEIGHTED)):
            found.append(_Open(name, before.number + 1 if before else 1, module, output))
        elif isinstance(module, UNPRINTED):
            if before:
                before.latest = output
        elif before:
            before.operations.append(_notation(module, FOLLOWING))
            before.modules.append(module)
            before.latest, before.shape = output, tuple(output.shape[1:])
        else:
            raise ValueError(f"{name}: {type(module).__name__} stands before the first layer")

    return record


# -- comparison -------------------------------------------------------------------------------------------------------


def read_printed(block: str) -> tuple[tuple[str, ...], ...]:
    """The paper's layers from a text with one line a layer and " | " between its operations."""
    return tuple(tuple(line.strip().split(" | ")) for line in block.strip().splitlines())


def agrees(layer: Layer, printed: Sequence[str]) -> bool:
    """Whether a layer is the one that the paper prints.

    The paper gives some linear layers without their number of inputs, which then may be any. A reshaping may stand
    anywhere after the linear layer, as it changes no value that an activation reads.
    """
    first, *others = layer.operations
    short = re.sub(r"^Linear\(\d+, ", "Linear(", first)
    return _reshaped_first(printed) in (_reshaped_first([first, *others]), _reshaped_first([short, *others]))


def _reshaped_first(operations: Sequence[str]) -> list[str]:
    return [*operations[:1], *sorted(operations[1:], key=lambda operation: not operation.startswith("Reshape"))]


def tidy_layer(layer: Layer, printed: Sequence[str]) -> tuple[object, ...]:
    """The `LAYER_COLUMNS` of a layer that the paper prints as `printed`; empty where it prints none."""
    described = (layer.name, layer.text, layer.padding, shape_text(layer.output), layer.n_parameters)
    return (*described, ", ".join(printed), agrees(layer, printed))


def bracketed(texts: Sequence[str]) -> str:
    """One or two texts as one, in the paper's way: the numbers of the second in brackets where they differ, "16 [32]".

    Raises:
        ValueError: they differ in more than numbers.
    """
    first, second = (re.split(r"(\d+)", text) for text in (texts[0], texts[-1]))
    if first[::2] != second[::2]:
        raise ValueError(f"{texts[0]!r} and {texts[-1]!r} differ in more than numbers")
    return "".join(one if one == other else f"{one} [{other}]" for one, other in zip(first, second, strict=True))
