"""Functions of Snakemake's that are replaced once."""

from collections.abc import Callable
from typing import Any


def unchanged(holder: Any, name: str) -> Callable | None:
    """A function of a module or class of Snakemake's; None where it has none by that name, or one that was changed."""
    original = getattr(holder, name, None)
    return None if hasattr(original, "__wrapped__") else original
