"""What a figure is drawn from."""

from collections.abc import Mapping
from pathlib import Path

from geovae.core.errors import GeovaeError


def input_path(inputs: Mapping[str, str | Path], name: str) -> str | Path:
    """The path of an input.

    Raises:
        GeovaeError: no input of that name was given.
    """
    if name not in inputs:
        given = ", ".join(inputs) or "none"
        raise GeovaeError(f"input {name!r} is missing; given: {given}.\nAdd --input {name}=PATH.")
    return inputs[name]
