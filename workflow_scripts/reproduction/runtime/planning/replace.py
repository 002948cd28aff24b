"""Functions and properties of Snakemake's that are replaced once."""

from collections.abc import Callable
from functools import wraps
from typing import Any


def replace(holder: Any, name: str, faster: Callable[[Callable], Callable]) -> None:
    """Put what `faster` makes of a function or property of a module or class in its place.

    Args:
        holder: the module or class; one that has none by that name, or one that was replaced, stays as it is.
        name: of the function or property.
        faster: from the function, of a property the one that reads it, to what takes its place.
    """
    found = getattr(holder, name, None)
    original = found.fget if isinstance(found, property) else found
    if original is None or hasattr(original, "__wrapped__"):
        return
    replacement = wraps(original)(faster(original))
    setattr(holder, name, property(replacement) if isinstance(found, property) else replacement)
