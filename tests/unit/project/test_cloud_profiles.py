"""The profiles of clusters and clouds name rules that are there, in words that each service takes."""

import re

import pytest
import yaml

from helpers.paths import ROOT

PROFILES = ("slurm", "kubernetes", "aws-batch", "google-batch")
BATCH = ("aws-batch", "google-batch")
TEXT = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
RULES = set(re.findall(r"^rule (\w+):", TEXT, re.MULTILINE))


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / f"profiles/{name}/config.yaml").read_text())


@pytest.mark.parametrize("name", PROFILES)
def test_every_rule_that_is_named_is_there(name):
    content = profile(name)
    assert set(content["set-resources"]) | set(content["groups"]) <= RULES
    assert set(content["group-components"]) <= set(content["groups"].values())


@pytest.mark.parametrize("name", PROFILES)
def test_the_same_rules_are_grouped_and_no_training_is(name):
    assert set(profile(name)["groups"]) == set(profile("slurm")["groups"])
    assert not any(rule.startswith(("train_", "fetch_")) for rule in profile(name)["groups"])


@pytest.mark.parametrize("name", BATCH)
def test_names_of_submissions_to_batch_services_have_no_slash(name):
    """A run is a path."""
    assert not any("{run}" in group for group in profile(name)["groups"].values())


def test_memory_is_of_a_size_that_aws_knows_for_one_core():
    """Of another the plugin would make the smallest."""
    content = profile("aws-batch")
    assert content["cores"] == 1
    sizes = [entry["mem_mb"] for entry in content["set-resources"].values()] + [content["default-resources"]["mem_mb"]]
    assert set(sizes) <= {2048 + 1024 * n for n in range(7)}
    assert set(content["set-resources"]) == RULES - {"plan_costs"}  # every rule asks for something of its own


@pytest.mark.parametrize("name", ["kubernetes", *BATCH])
def test_no_profile_holds_a_key(name):
    text = (ROOT / f"profiles/{name}/config.yaml").read_text()
    assert not re.search(r"^[^#]*(access-key|secret-key|password|token):", text, re.MULTILINE)
