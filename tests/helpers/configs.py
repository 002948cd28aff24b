"""A small valid config, and changes laid over one."""

import copy

import yaml

from helpers.paths import ROOT
from reproduction.config.layers import lies_over_default

BASE = {
    "datasets": {"digits": {}, "shapes": {"latent_dim": 2}, "phantoms": {}},
    "artefacts": {
        "figure4": {"subsets": ["full", "n500"]},
        "figure11": {"subsets": ["full", "n500"]},
        "figure12": {"ks": [100, 1000]},
    },
}


def overlay(base: dict, changes: dict) -> dict:
    """Deep merge as Snakemake's --configfile does it."""
    merged = copy.deepcopy(base)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = overlay(merged[key], value) if both else value
    return merged


def read(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text())


def configured(name: str) -> dict:
    """The whole content of a config file of ours: laid over config.yaml where that is its base."""
    content = read(name)
    if name == "config.yaml":
        return content
    return overlay(read("config.yaml"), content) if lies_over_default(content, [name]) else content
