"""Drawing a figure by its name."""

import importlib
from collections.abc import Mapping
from pathlib import Path

from geovae.core.registry import look_up
from reproduction.rendering.modules import FIGURE_MODULES

FIGURES = {name: f"reproduction.rendering.figures.{module}" for name, module in FIGURE_MODULES.items()}


def render(name: str, inputs: Mapping[str, str | Path], settings: Mapping):
    """Draw the figure of that name as a Matplotlib `Figure`."""
    return importlib.import_module(look_up(FIGURES, "figure", name)).render(inputs, settings)
