"""Every free text of the config is tried with what harms in a shell, a path, YAML, HTML, LaTeX or an archive.

The fields are read off the schema, so that a new one fails here until it says below what becomes of it.
"""

import json
import os
import shlex
from collections.abc import Iterator

import pytest

from geovae.core.errors import GeovaeError
from helpers.configs import BASE, overlay
from helpers.paths import ROOT
from reproduction.config.config import Config, load_config
from reproduction.plan import commands, job_settings, render_settings

HARMFUL = [
    *("$(touch pwned)", "`touch pwned`", "; touch pwned;", "'; touch pwned; '", '"; touch pwned; "', "| touch pwned"),
    *("& touch pwned &", "> pwned", "a\ntouch pwned\n", "$HOME", "-rf", "--output=x", "~root", "a b", "*", "!!", "\\"),
    *("../../etc", "/etc/passwd", "n1/../../x", "full/../..", "class-../x", "nul\0", "a" * 5000, "CON", "class-"),
    *("!!python/object/apply:os.system [x]", "&a [*a]", "{{x}}", "{wildcards.run}", "{0.__class__}", "%s%n"),
    *("<script>alert(1)</script>", "&lt;", "\\input{/etc/passwd}", "\\write18{x}", "$x$", "|x|", "[x](javascript:y)"),
    *("n1\n", "full\n", "base_k1000\n", "\u202e", "\ud800", "\x1b[2J", "n٣", "ｆｕｌｌ", "=cmd()", ""),
]


def schema_texts(node: dict, definitions: dict, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The places in a JSON schema where any text may stand."""
    if "$ref" in node:
        node = definitions[node["$ref"].rpartition("/")[2]] | {key: node[key] for key in node if key != "$ref"}
    if node.get("type") == "string" and not {"enum", "const"} & node.keys():
        yield path
    for key in ("anyOf", "oneOf", "allOf"):
        for part in node.get(key, []):
            yield from schema_texts(part, definitions, path)
    for name, part in node.get("properties", {}).items():
        yield from schema_texts(part, definitions, (*path, name))
    for key, mark in (("items", "[]"), ("additionalProperties", "*"), ("patternProperties", "*")):
        if isinstance(node.get(key), dict):
            yield from schema_texts(node[key], definitions, (*path, mark))
    for part in node.get("prefixItems", []):
        yield from schema_texts(part, definitions, (*path, "[]"))


SCHEMA = json.loads((ROOT / "docs/config.schema.json").read_text())
FIELDS = sorted(set(schema_texts(SCHEMA, SCHEMA.get("$defs", {}))))
# What takes any text that a path or an address may have, and hands it to a job.
FREE = {
    ("data_dir",),
    ("resume_dir",),
    ("machine",),
    ("mirror",),
    ("datasets", "folder", "title"),
    ("datasets", "folder", "options", "path"),
    ("datasets", "folder", "options", "labels"),
    ("datasets", "folder", "options", "group"),
    *(("datasets", name, "classifier") for name in SCHEMA["$defs"]["Datasets"]["properties"]),
}
PATHS = {path for path in FREE if path[-1] not in ("mirror", "title", "group")}
# Names of subsets and variants, and values of settings: all but a few forms are refused.
CLOSED = set(FIELDS) - FREE


def set_at(path: tuple[str, ...], value: str) -> dict:
    """A config that has a value at a place of the schema, and is right elsewhere."""
    content: object = value
    for part in reversed(path):
        if part == "[]":
            content = [content]
        elif part == "*":
            content = {"net": content}
        else:
            content = {part: content}
    if "exceptions" in path:
        content["datasets"][path[1]]["exceptions"][0] |= {"models": ["vae"]}
    options = {"folder": {"options": {"path": "pictures"} | ({"labels": "a.csv"} if path[-1] == "group" else {})}}
    datasets = {"mnist": {}, "svhn": {}, "cifar10": {}, "celeba": {}, "oasis": {}, "mnist28": {}} | options
    shown = {"artefacts": {"table1": {"datasets": ["folder"]}}} if path[-1] == "title" else {}
    return overlay(overlay(BASE, {"datasets": datasets} | shown), content)


def test_the_fields_are_those_of_which_something_is_said():
    assert len(FIELDS) > 20
    assert set(FIELDS) >= FREE
    assert {path[-1] for path in CLOSED} == {"subset", "[]", "*"}
    assert {path[-2] for path in CLOSED if path[-1] in "[]*"} == {
        "subsets",
        "variants",
        "settings",
        "classes",
        "baselines",
    }


@pytest.mark.parametrize("path", sorted(CLOSED), ids=".".join)
def test_names_and_settings_of_other_forms_are_refused_by_key(path):
    key = next(part for part in reversed(path) if part not in ("[]", "*"))
    for value in HARMFUL:
        with pytest.raises(GeovaeError) as error:
            load_config(set_at(path, value))
        first = str(error.value).splitlines()[0]
        assert key in first or "exceptions" in first, (value, first)


@pytest.mark.parametrize("path", sorted(FREE), ids=".".join)
def test_free_text_is_refused_by_key_or_is_one_argument_of_a_command(path):
    accepted = 0
    for value in HARMFUL:
        text = f"https://host/{value}" if path == ("mirror",) else value
        config, said = loaded(set_at(path, text))
        if config is None:
            assert path[-1] in said, (value, said)
        else:
            accepted += 1
            assert handed_over(path, config) == (os.path.expanduser(text) if path in PATHS else text)
    assert accepted > 10


def loaded(content: dict) -> tuple[Config | None, str]:
    """The config, or the first line of what is said against it."""
    try:
        return load_config(content), ""
    except GeovaeError as error:
        return None, str(error).splitlines()[0]


def handed_over(path: tuple[str, ...], config) -> str:
    """What a job gets of a field: the words of its command, parsed as a shell does."""
    if path == ("data_dir",):
        option, value = shlex.split(commands.raw(config, "mnist", ["results/downloads/mnist.json"]))[:2]
        assert option == "--data-dir"
    elif path == ("resume_dir",):
        option, value = shlex.split(commands.resume(config, None))
        assert option == "--resume-dir"
    elif path == ("machine",):
        option, value = shlex.split(commands.machine(config, ROOT, 1))
        assert option == "--machine"
    elif path == ("mirror",):
        option, value = shlex.split(commands.mirror(config))
        assert option == "--mirror"
    elif path[-1] == "title":
        (text,) = shlex.split(shlex.quote(render_settings.table(config, "table1")))
        value = json.loads(text)["datasets_info"]["folder"]["title"]
    elif path[-1] == "classifier":
        value = json.loads(job_settings.backbone(config, "classifier", path[1]))["trained"]
    else:
        (text,) = shlex.split(shlex.quote(job_settings.dataset(config, "folder")))  # the rule's `:q`
        value = json.loads(text)[path[-1]]
    return value
