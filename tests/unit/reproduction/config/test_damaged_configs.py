"""Config files that were damaged at random: a config, or an error that names what is wrong."""

from datetime import timedelta

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from geovae.core.errors import GeovaeError
from helpers.configs import BASE, overlay
from helpers.mutations import damaged
from reproduction.config.config import Config, load_config

CONTENT = b"""data_dir: ~/data
seeds: [0, 1]
datasets:
  digits: {options: {image_size: 32}, latent_dim: 8, training: {epochs: 60, lr: 1.0e-3}}
  folder:
    options: {path: pictures, image_size: [48, 32], labels: none, test: .2}
    models: {vae: {beta: 0.1}}
evaluation: {n_samples: 500}
artefacts:
  table1: {datasets: [digits], models: [ae, vae]}
  figure12: {ks: [10, 50]}
  figure5: null
"""
RULES = {"deadline": timedelta(seconds=20), "suppress_health_check": list(HealthCheck)}


def outcome(content: bytes) -> Config | str | None:
    """The config, what the error says, or None where the file is no YAML with keys, which Snakemake refuses itself."""
    try:
        read = yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, ValueError):
        return None
    if not isinstance(read, dict):
        return None
    try:
        return load_config(overlay(BASE, read))
    except GeovaeError as error:
        return str(error)


def check(content: bytes) -> None:
    result = outcome(content)
    if isinstance(result, str):
        assert result.startswith("config: ")
        assert result.count("\n") <= 4


def test_the_sound_file_is_a_config():
    assert isinstance(outcome(CONTENT), Config)


@settings(derandomize=True, max_examples=150, **RULES)
@given(content=damaged(CONTENT))
def test_damaged_configs_are_refused_in_words_or_read(content):
    check(content)


@pytest.mark.slow
@settings(max_examples=3000, **RULES)
@given(content=damaged(CONTENT))
def test_many_damaged_configs_are_refused_in_words_or_read(content):
    check(content)
