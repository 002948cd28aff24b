"""Looking a name up, with an error that helps when it is not there."""

import difflib
from collections.abc import Iterable, Mapping
from typing import TypeVar

from geovae.core.errors import GeovaeError

Value = TypeVar("Value")


def look_up(registry: Mapping[str, Value], kind: str, name: str) -> Value:
    """The entry `name` of a registry of data sets, nets, models …; `kind` says what it is in the error.

    Raises:
        GeovaeError: `name` is unknown; the text offers the nearest known name, or lists all of them.
    """
    if name not in registry:
        raise GeovaeError(f"{kind} {name!r} is not known. {_offer(name, registry)}")
    return registry[name]


def take_options(given: Mapping[str, Value], defaults: Mapping[str, Value], owner: str) -> dict[str, Value]:
    """`defaults`, with those that `given` names replaced.

    Raises:
        GeovaeError: `given` holds a name that `defaults` lacks; `owner` says whose option it would be.
    """
    for name in given:
        if name not in defaults:
            raise GeovaeError(f"{owner} has no option {name!r}. {_offer(name, defaults)}")
    return {**defaults, **given}


def _offer(name: str, known: Iterable[str]) -> str:
    known = sorted(known)
    nearest = difflib.get_close_matches(name, known, n=1)
    if nearest:
        return f"Did you mean {nearest[0]!r}?"
    return f"Known: {', '.join(known)}." if known else "It takes none."
