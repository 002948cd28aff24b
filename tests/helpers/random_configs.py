"""Random configs within the schema: what hypothesis draws for each key, near the ends of its range above all."""

import copy
import math
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import strategies as st

from helpers.configs import read
from reproduction.config.config import Config

SCHEMA = Config.model_json_schema()
# Where images of one's own lie and how they are named is known to their job alone.
LEFT_OUT = ("base", "data_dir", "resume_dir", "mirror", "datasets.folder")
# The embedded default, which has every artefact.
DEFAULT = read("config.yaml")


def keys(node: Mapping = SCHEMA, path: str = "") -> Iterator[tuple[str, Mapping]]:
    """Every key that holds no section, with its schema; sections in lists are left out."""
    node = resolved(node)
    for name, below in node.get("properties", {}).items():
        inner = resolved(below)
        place = f"{path}.{name}" if path else name
        if "properties" in inner:
            yield from keys(inner, place)
        else:
            yield place, inner


def resolved(node: Mapping) -> Mapping:
    """A node without references; of a section or null, the section."""
    for _ in range(5):
        if "$ref" in node:
            node = SCHEMA["$defs"][node["$ref"].rsplit("/", 1)[1]] | {k: v for k, v in node.items() if k != "$ref"}
        sections = [part for part in node.get("anyOf", []) if "$ref" in part]
        if not sections:
            return node
        node = sections[0]
    return node


def values(node: Mapping) -> st.SearchStrategy:
    """Values that the schema of a key allows."""
    node = resolved(node)
    if "anyOf" in node:
        return st.one_of([values(part) for part in node["anyOf"]])
    if "enum" in node:
        return st.sampled_from(node["enum"])
    if "const" in node:
        return st.just(node["const"])
    kind = node.get("type")
    if kind == "integer":
        return integers(node["minimum"], node["maximum"])
    if kind == "number":
        return numbers(node)
    if kind == "array":
        most = min(node.get("maxItems", 3), max(3, node.get("minItems", 0)))
        return st.lists(values(node["items"]), min_size=node.get("minItems", 0), max_size=most, unique_by=repr)
    plain = {"boolean": st.booleans(), "null": st.none(), "string": TEXTS, "object": st.just({})}
    return plain[kind]


SUBSETS = ["full", "n1", "n2", "n3", "n50", "n101", "n900", "class-AD", "class-3", "class-no", "subfolders"]
VARIANTS = ["base", "k2", "k900", "k100_lam0.1", "lam1e-12", "steps1", "draw3", "startcentroids"]
TEXTS = st.sampled_from([*SUBSETS, *VARIANTS, "rho0.5_distmahalanobis"])


def integers(least: int, most: int) -> st.SearchStrategy:
    near = [number for number in (least, least + 1, least + 2, 10, 30, 101, most) if least <= number <= most]
    return st.one_of(st.sampled_from(near), st.integers(least, min(most, least + 200)))


def numbers(node: Mapping) -> st.SearchStrategy:
    least = node.get("minimum", node.get("exclusiveMinimum"))
    most = node.get("maximum", node.get("exclusiveMaximum"))
    inside = [float(least), float(most), math.sqrt(max(least, 1e-9) * most), (least + most) / 2]
    open_ends = {node.get("exclusiveMinimum"), node.get("exclusiveMaximum")}
    return st.sampled_from([number for number in inside if number not in open_ends])


@st.composite
def configs(draw) -> tuple[dict[str, Any], list[str]]:
    """The default config with one to four keys of the schema changed, and the keys."""
    config, known = copy.deepcopy(DEFAULT), [entry for entry in KEYS if not entry[0].startswith(LEFT_OUT)]
    changed = draw(st.lists(st.sampled_from(known), min_size=1, max_size=4, unique_by=lambda entry: entry[0]))
    for path, node in changed:
        *sections, last = path.split(".")
        place = config
        for name in sections:
            if not isinstance(place.get(name), dict):
                place[name] = {}
            place = place[name]
        place[last] = draw(values(node))
    return config, [path for path, _ in changed]


KEYS = list(keys())
