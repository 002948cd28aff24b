"""Plain sentences from pydantic's validation errors."""

import difflib

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from geovae.data.raw_files.remote import without_credentials
from reproduction.config.base import section_of

SHOWN = 4  # mistakes listed; more scroll the first ones out of sight


def _model_at(root: type[BaseModel], path: tuple) -> type[BaseModel] | None:
    """The section class found by following `path` from `root`."""
    current: type[BaseModel] | None = root
    for step in path:
        if isinstance(step, int):  # an element of a list of sections
            continue
        if current is None or step not in current.model_fields:
            return None
        current = section_of(current.model_fields[step].annotation)
    return current


def _nearest(value: object, allowed: list[str]) -> str:
    close = difflib.get_close_matches(str(value), allowed, n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _unknown_key(error: ErrorDetails, key: str, root: type[BaseModel]) -> str:
    section = _model_at(root, error["loc"][:-1])
    allowed = list(section.model_fields) if section else []
    offer = _nearest(error["loc"][-1], allowed) or "."
    return f"{key}: unknown key{offer} Allowed: {', '.join(allowed) or 'nothing'}"


def _wrong_type(error: ErrorDetails, expected: str) -> str:
    value = error["input"]
    if isinstance(value, str) and expected in ("a number", "a whole number"):
        try:
            float(value)
        except ValueError:
            return f"{expected} is expected"
        return (
            f"{expected} is expected, this is text (YAML needs a point in 1.0e-3, and --config passes text: use a file)"
        )
    return f"{expected} is expected"


KINDS = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list",
    "model_type": "a section with keys",
    "model_attributes_type": "a section with keys",
    "bool_type": "true or false",
}


def _sentence(error: ErrorDetails, root: type[BaseModel]) -> str:
    path = [str(step) for step in error["loc"] if not _is_branch(step)]
    key = _short(".".join(path))
    if error["type"] == "extra_forbidden":
        return _unknown_key(error, key, root)
    if not path:  # a check over several keys, which names them itself
        return error["msg"].removeprefix("Value error, ")
    given = f"{key} = {_short(without_credentials(repr(error['input'])))}"
    if error["type"] in KINDS:
        return f"{given}: {_wrong_type(error, KINDS[error['type']])}"
    if error["type"] == "literal_error":
        expected = error["ctx"]["expected"]
        allowed = [name.strip("' ") for name in expected.replace(" or ", ",").split(",")]
        return f"{given}: allowed: {', '.join(allowed)}{_nearest(error['input'], allowed)}"
    return f"{given}: {error['msg'].removeprefix('Value error, ').removeprefix('Input ')}"


def _short(text: str) -> str:
    """Text in a line, without its middle if it is long."""
    line = text if text.isprintable() else repr(text)
    return line if len(line) <= 80 else f"{line[:50]}…{line[-20:]}"


def _is_branch(step: object) -> bool:
    """Whether a step of pydantic's location names a branch of a union and not a key."""
    return isinstance(step, str) and (
        step.startswith(("literal[", "list[", "constrained-", "function-")) or step in ("float", "int")
    )


def explain(error: ValidationError, root: type[BaseModel]) -> str:
    """One line for each of the first mistakes: the key, its value, what is allowed, and the nearest valid name."""
    sentences = list(dict.fromkeys(_sentence(detail, root) for detail in error.errors()))
    more = [f"… and {len(sentences) - SHOWN} more"] if len(sentences) > SHOWN else []
    return "\n".join(f"config: {sentence}" for sentence in sentences[:SHOWN] + more)
