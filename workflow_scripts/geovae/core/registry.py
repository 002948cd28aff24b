"""Looking a name up, with an error that helps when it is not there, and importing what the entry stands for.

An entry of a registry is the place of an object, "package.module:attribute", so that a job imports what it computes
with and nothing beside it; the table itself imports nothing. An object that is at hand, a user's own class for
instance, may stand there itself.
"""

import difflib
import importlib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

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


def load(registry: Mapping[str, Any], kind: str, name: str) -> Any:
    """What the entry `name` of a registry stands for; see `look_up` and `resolve`."""
    return resolve(look_up(registry, kind, name))


def resolve(entry: Any) -> Any:
    """The object at the place "module:attribute", or the module at "module"; what is no string is the object itself."""
    if not isinstance(entry, str):
        return entry
    module, _, attribute = entry.partition(":")
    imported = importlib.import_module(module)
    return getattr(imported, attribute) if attribute else imported


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
