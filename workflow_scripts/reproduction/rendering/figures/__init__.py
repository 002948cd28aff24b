"""The paper's figures: modules, one a kind of figure, with `render(inputs, settings) -> Figure`.

`inputs` maps names to paths, `settings` is what `render_figure.py --settings` carries; each module says which it takes.
"""

import importlib
from collections.abc import Mapping
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.core.registry import look_up
from reproduction.rendering import FIGURE_MODULES

FIGURES = {name: f"reproduction.rendering.figures.{module}" for name, module in FIGURE_MODULES.items()}


def render(name: str, inputs: Mapping[str, str | Path], settings: Mapping):
    """Draw the figure of that name as a Matplotlib `Figure`."""
    return importlib.import_module(look_up(FIGURES, "figure", name)).render(inputs, settings)


def input_path(inputs: Mapping[str, str | Path], name: str) -> str | Path:
    """The path of an input.

    Raises:
        GeovaeError: no input of that name was given.
    """
    if name not in inputs:
        given = ", ".join(inputs) or "none"
        raise GeovaeError(f"input {name!r} is missing; given: {given}.\nAdd --input {name}=PATH.")
    return inputs[name]
