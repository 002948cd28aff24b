"""The configs that the tests of the planned experiments share."""

from helpers.configs import BASE, overlay
from reproduction.config.config import Config, load_config
from reproduction.plan.targets import ARTEFACTS

CONFIG = load_config(overlay(BASE, {"artefacts": {"table1": {"seeds": [0, 1], "variants": ["k500"]}}}))


def only(*names: str, **sections: dict) -> Config:
    """The tests' config with no artefacts but these."""
    kept = {*names, *sections}
    absent = {name: False if name == "claims" else None for name in ARTEFACTS if name not in kept}
    return load_config(overlay(overlay(BASE, {"artefacts": sections}), {"artefacts": absent}))
