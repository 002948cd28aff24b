"""What the tests of slices share."""

import json

from geovae.evaluation.record import COLUMNS
from helpers.configs import overlay, read
from reproduction.config.config import Config, load_config
from reproduction.plan import job_settings
from reproduction.plan.cells import scored_generations
from reproduction.plan.keys import SCORED_SPLITS
from reproduction.plan.targets import ARTEFACTS

CONTENT = read("config.yaml")
DEFAULT = load_config(CONTENT)
FIGURES = [name for name in ARTEFACTS if name.startswith("figure")]


def changed(**artefacts: object) -> Config:
    return load_config(overlay(CONTENT, {"artefacts": artefacts}))


def made_up_scores(config: Config) -> list[dict]:
    """A score of every planned generation, in both splits."""
    scores = []
    for i, generation in enumerate(scored_generations(config)):
        record = dict.fromkeys(COLUMNS, 0.5 + i % 17 / 100) | {"n": 100, "threads": 1, "resize": None}
        record |= {"backbone": "classifier", "diverged_epoch": None}
        record |= json.loads(job_settings.key_fields(generation))
        scores += [record | {"split": split} for split in SCORED_SPLITS]
    return scores
