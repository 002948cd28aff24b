"""What the renderers and the claims get of a record: as in its build, with the images called by their own name."""

import json
from typing import Any

from reproduction.config.datasets import TITLES
from reproduction.evidence.builds import Build
from reproduction.evidence.record import Record
from reproduction.plan import claim_settings, render_settings


def of_table(build: Build, record: Record, name: str) -> dict[str, Any]:
    """For a table."""
    return _named(build, render_settings.table(record.config, name))


def of_figure(build: Build, record: Record, name: str) -> dict[str, Any]:
    """For a figure."""
    return _named(build, render_settings.figure(record.config, name))


def of_claims(build: Build, record: Record) -> dict[str, Any]:
    """For the claims."""
    return _named(build, claim_settings.claims(record.config))


def _named(build: Build, told: str) -> dict[str, Any]:
    """The settings with the build's title in the place of "Folder", which says of no image what it shows."""
    return _retitled(json.loads(told), build.title)


def _retitled(node: Any, title: str) -> Any:
    if isinstance(node, list):
        return [_retitled(child, title) for child in node]
    if not isinstance(node, dict):
        return node
    return {
        key: title + child.removeprefix(TITLES["folder"])
        if key == "title" and isinstance(child, str) and child.startswith(TITLES["folder"])
        else _retitled(child, title)
        for key, child in node.items()
    }
