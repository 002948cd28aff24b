"""docs/config.md, docs/config.schema.json and a table of docs/reproduction.md, written from the config.

`python -m reproduction.config.documents` writes them, `--check` fails if they are not what the config says.
"""

import argparse
import json
import sys
import typing
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from reproduction.config import settings_table
from reproduction.config.base import section_of
from reproduction.config.config import Config

ROOT = Path(__file__).parents[3]

HEADER = """# Configuration

<!-- Written by `make docs` from workflow_scripts/reproduction/config/. -->

`config.yaml` is the embedded default. A file given by `--configfile` says with `base` what it is laid over: `default`
is `config.yaml`, whose sections merge with the file's and whose lists and values are replaced; `paper` is nothing but
the defaults below, which are the paper's values where the paper gives one. Keys that are not listed here are errors.
Give values in files: `--config` on the command line passes text, which is refused where a number belongs.
`docs/config.schema.json` holds the same as a JSON schema for editors.
"""


def _type_name(annotation: object) -> str:
    """A type as a reader of YAML would say it."""
    names = {int: "whole number", float: "number", str: "text", bool: "true or false", type(None): "null"}
    if annotation in names:
        return names[annotation]
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_name(arguments[0])
    if origin is typing.Literal:
        return ", ".join(f"`{value}`" for value in arguments)
    if origin is list:
        return f"list of {_type_name(arguments[0])}"
    return " or ".join(_type_name(argument) for argument in arguments)


def _bounds(field: FieldInfo) -> str:
    signs = {"gt": ">", "ge": "≥", "lt": "<", "le": "≤"}
    parts = [
        f"{sign} {getattr(item, name)}"
        for item in field.metadata
        for name, sign in signs.items()
        if hasattr(item, name)
    ]
    return ", " + ", ".join(parts) if parts else ""


def _default(field: FieldInfo) -> str:
    if field.default is PydanticUndefined:
        return "required"
    return f"`{json.dumps(field.default)}`"


def _table(section: type[BaseModel], path: str, written: dict[type[BaseModel], str]) -> list[str]:
    """The section's own table, then those of the sections inside it; `written` says where a kind of section stands."""
    doc = " ".join((section.__doc__ or "").split())
    lines = [f"\n## `{path}`" if path else "\n## Top level", "", doc, ""]
    if not section.model_fields:
        return lines[:-1]
    lines += ["| key | what | type | default |", "|---|---|---|---|"]
    inner = []
    for name, field in section.model_fields.items():
        below = section_of(field.annotation)
        if below:
            place = f"{path}.{name}" if path else name
            absent = ", or null" if field.default is None or type(None) in typing.get_args(field.annotation) else ""
            elsewhere = f", as `{written[below]}`" if below in written else ""
            kind = "list of sections" if typing.get_origin(field.annotation) is list else "section"
            lines.append(f"| `{name}` | {field.description} | {kind}{absent}{elsewhere} | |")
            if below not in written:
                written[below] = place
                inner += _table(below, place, written)
        else:
            kind = _type_name(field.annotation) + _bounds(field)
            lines.append(f"| `{name}` | {field.description} | {kind} | {_default(field)} |")
    return lines + inner


def _without_section_defaults(node: object) -> object:
    """A schema whose sections do not repeat all that is in them as their default."""
    if isinstance(node, list):
        return [_without_section_defaults(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if key != "default" or not isinstance(value, dict)}
    return {key: _without_section_defaults(value) for key, value in kept.items()}


def documents() -> dict[str, str]:
    """Path below the repository's root and content of each document."""
    import yaml

    paper = yaml.safe_load((ROOT / "configs/paper.yaml").read_text(encoding="utf-8"))
    choices = (ROOT / "docs/reproduction.md").read_text(encoding="utf-8")
    schema = json.dumps(_without_section_defaults(Config.model_json_schema()), indent=2, ensure_ascii=False)
    return {
        "docs/config.md": HEADER + "\n".join(_table(Config, "", {})) + "\n",
        "docs/config.schema.json": schema + "\n",
        "docs/reproduction.md": settings_table.insert(choices, paper["datasets"]),
    }


def write_or_check(about: str, contents: Mapping[str, str]) -> None:
    """The command line of what writes documents: write them below the working directory, or check that they are so."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--check", action="store_true", help="fail if the documents are not up to date")
    check = parser.parse_args().check
    for path, text in contents.items():
        if not check:
            Path(path).write_text(text, encoding="utf-8")
        elif not Path(path).is_file() or Path(path).read_text(encoding="utf-8") != text:
            sys.exit(f"{path}: not what the config says. Run `make docs`.")


if __name__ == "__main__":
    write_or_check(__doc__, documents())
