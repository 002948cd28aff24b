"""What the tests of slices share."""

from helpers.configs import overlay, read
from reproduction.config.config import Config, load_config
from reproduction.plan.keys import Generation, Run
from reproduction.plan.targets import ARTEFACTS

CONTENT = read("config.yaml")
DEFAULT = load_config(CONTENT)
FIGURES = [name for name in ARTEFACTS if name.startswith("figure")]


def only(name: str) -> Config:
    """The default config with no artefact but this."""
    absent = {other: None for other in ARTEFACTS if other not in (name, "claims")}
    return load_config(overlay(CONTENT, {"artefacts": absent}))


def changed(**artefacts: object) -> Config:
    return load_config(overlay(CONTENT, {"artefacts": artefacts}))


def key(dataset: str, net: str, seed: int, cell: dict, subset: str = "full") -> Generation:
    run = Run(dataset, subset, net, cell["model"], cell.get("trial", "base"), seed)
    return Generation(run, cell["sampler"], cell.get("variant", "base"))
