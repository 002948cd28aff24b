"""JSON objects with a seal in them, as text; `geovae.core.storage` reads and writes the files."""

import hashlib
import json
import math
from collections.abc import Mapping
from typing import NamedTuple

KEY = "seal"
"""The key of the seal: `sha256` of all else, and what `Sealed` has beside the content."""

KINDS = {
    str: "a text is",
    int: "a whole number is",
    float: "a number is",
    list: "a list is",
    dict: "an object is",
}
"""The types of values, with the words that ask for one."""


class Sealed(NamedTuple):
    """A JSON object that was read, with what its seal says.

    Attributes:
        content: the object without its seal.
        place: where a workflow wrote it; empty where none did.
        beside: names and checksums of the files that it vouches for.
        made_of: places and checksums of what these were made of.
    """

    content: dict[str, object]
    place: str
    beside: dict[str, str]
    made_of: dict[str, str]


def to_text(
    content: Mapping[str, object],
    place: str = "",
    beside: Mapping[str, str] | None = None,
    made_of: Mapping[str, str] | None = None,
) -> str:
    """An object as indented JSON with sorted keys and its seal; arguments as `Sealed` has them.

    Raises:
        ValueError: NaN or an infinity.
    """
    parts = {"place": place, "beside": dict(beside or {}), "made_of": dict(made_of or {})}
    seal = {name: part for name, part in parts.items() if part}
    # As it is read back: texts as keys, lists in the place of tuples.
    plain = json.loads(json.dumps(content, allow_nan=False))
    body = json.dumps({**plain, KEY: seal}, sort_keys=True)
    seal["sha256"] = hashlib.sha256(body.encode()).hexdigest()
    return json.dumps({**plain, KEY: seal}, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def from_text(text: str) -> Sealed:
    """The object of a text that `to_text` wrote.

    Raises:
        ValueError: it is no JSON, no object, or not to the byte what `to_text` wrote.
    """
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(content, dict):
        raise ValueError("it is no JSON object")
    seal = content.pop(KEY, None)
    if not isinstance(seal, dict):
        raise ValueError("it has no checksum: not written by geovae, or edited")
    sealed = Sealed(content, seal.get("place", ""), seal.get("beside", {}), seal.get("made_of", {}))
    if not (isinstance(sealed.place, str) and isinstance(sealed.beside, dict) and isinstance(sealed.made_of, dict)):
        raise ValueError("its checksum is not in the form of geovae")
    # Written again it must be the same: this finds what was changed, and keys that are there twice.
    if to_text(*sealed) != text:
        raise ValueError("its checksum is not that of its content: it was damaged or changed since it was written")
    return sealed


def is_of_kind(value: object, kind: type) -> bool:
    """Whether a value is of one of `KINDS`; for `float` a finite number is, whole or not, and True is no number."""
    if isinstance(value, bool):
        return False
    return isinstance(value, int | float) and math.isfinite(value) if kind is float else isinstance(value, kind)
