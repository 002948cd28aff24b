"""The door for tensors: no function of the library keeps an autograd graph, and what cannot work is refused by name."""

import torch

from geovae.core.errors import GeovaeError

FLOATS = (torch.float32, torch.float64)


def without_graph(value: object, name: str) -> torch.Tensor:
    """`value`, a float32 or float64 tensor that holds data, cut off from any graph; it shares its memory.

    Raises:
        GeovaeError: it is something else; the text begins with `name`.
    """
    if not isinstance(value, torch.Tensor):
        raise GeovaeError(f"{name} is a {type(value).__name__}; it must be a torch.Tensor (torch.from_numpy).")
    if value.is_meta:
        raise GeovaeError(f"{name} is on the device meta, where tensors hold no values. Give it on cpu or cuda.")
    if value.layout != torch.strided or value.is_nested:
        raise GeovaeError(f"{name} is sparse or nested; it must be a dense tensor ({name}.to_dense()).")
    if value.dtype not in FLOATS:
        raise GeovaeError(f"{name} is {value.dtype}; it must be float32 or float64 ({name}.float()).")
    return value.detach()


def matrix(value: object, name: str, shape: str = "(N, d)") -> torch.Tensor:
    """`without_graph` of a finite matrix that has rows and columns; `shape` is what the error asks for.

    Raises:
        GeovaeError: it is something else, or holds NaN or infinities; the text begins with `name`.

    Examples:
        >>> import torch
        >>> from geovae.core.tensors import matrix
        >>> matrix(torch.ones(2, 3, requires_grad=True), "mu").requires_grad
        False
        >>> matrix(torch.ones(2, 3, dtype=torch.int64), "mu")
        Traceback (most recent call last):
            ...
        geovae.core.errors.GeovaeError: mu is torch.int64; it must be float32 or float64 (mu.float()).
    """
    plain = without_graph(value, name)
    if plain.ndim != 2 or 0 in plain.shape:
        first, second = shape.strip("()").split(", ")
        raise GeovaeError(
            f"{name} has shape {tuple(plain.shape)}; it must be {shape} with {first} ≥ 1 and {second} ≥ 1."
        )
    if not torch.isfinite(plain).all():
        raise GeovaeError(f"{name} holds NaN or infinities; the model's training has probably diverged.")
    return plain


def require_one_kind(**tensors: torch.Tensor) -> None:
    """Raise GeovaeError unless all tensors, given by name, are of one type and on one device."""
    for trait in ("dtype", "device"):
        found = {name: str(getattr(tensor, trait)) for name, tensor in tensors.items()}
        if len(set(found.values())) > 1:
            listed = ", ".join(f"{name} {value}" for name, value in found.items())
            asked = "of one floating-point type" if trait == "dtype" else "on one device"
            raise GeovaeError(f"{' and '.join(found)} must be {asked}: {listed}.")
