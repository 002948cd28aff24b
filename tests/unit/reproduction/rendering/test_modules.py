"""What renders what, and that rendering knows nothing of the plan."""

import importlib

from helpers.paths import SCRIPTS
from reproduction.config.tables import Tables
from reproduction.rendering.modules import TABLES


def test_every_table_has_a_module_that_builds_it():
    assert list(TABLES) == list(Tables.model_fields)
    assert all(callable(importlib.import_module(module).build) for module in TABLES.values())


def test_rendering_claims_and_scores_import_nothing_of_the_plan():
    paths = [
        path for part in ("rendering", "claims", "scores") for path in (SCRIPTS / "reproduction" / part).rglob("*.py")
    ]
    assert len(paths) > 20
    assert [str(path) for path in paths if "reproduction.plan" in path.read_text(encoding="utf-8")] == []
