"""What the claims are told of the config: only records that are planned, and for every claim enough."""

import json
from collections.abc import Iterator
from itertools import product

import pytest

from geovae.evaluation.record import COLUMNS
from helpers.configs import overlay, read
from helpers.slice_checks import CONTENT, DEFAULT, changed, key, only
from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import COMPARISONS
from reproduction.config.base import ALL_MODELS
from reproduction.config.config import Config, load_config
from reproduction.plan import claim_settings, job_settings, render_settings
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import scored_generations
from reproduction.plan.figures import OF_SCORES
from reproduction.plan.keys import SCORED_SPLITS, Generation
from reproduction.plan.targets import ARTEFACTS


def nested_cells(node: object) -> Iterator[dict]:
    if isinstance(node, dict):
        if "sampler" in node:
            yield node
        else:
            for below in node.values():
                yield from nested_cells(below)
    elif isinstance(node, list):
        for below in node:
            yield from nested_cells(below)


def claim_cells(told: dict, section: dict) -> Iterator[Generation]:
    """Every record that a section of the claims names, by the documentation of `Evidence`."""
    own = {info["name"]: info["net"] for info in told["datasets"]}
    subsets = [entry["name"] for entry in section.get("subsets", [])] or [section.get("subset", "full")]
    parts = [(row["dataset"], row) for row in section.get("rows", []) if "dataset" in row]
    parts = parts or [(dataset, section) for dataset in section["datasets"]]
    for (dataset, part), subset, seed in product(parts, subsets, section["seeds"]):
        for cell in nested_cells(part):
            nets = [cell["net"]] if "net" in cell else section.get("nets", [own[dataset]])
            for net, trial in product(nets, cell.get("trials", ["base"])):
                yield key(dataset, net, seed, {**cell, "trial": trial}, subset)


SECTIONS = ["table1", "table3", "table6", "table7", *OF_SCORES, "figure13"]


@pytest.mark.parametrize("name", SECTIONS)
def test_claims_name_what_is_planned(name):
    config = only(name)
    told = json.loads(claim_settings.claims(config))
    section = name.replace("figure_controls", "controls")
    # Table 1 has the controls too, where their figure is left out.
    beside = {"controls"} if name == "table1" else set()
    assert set(told) == {"split", "backbone", "datasets", section, *beside}
    named = {cell for each in (section, *beside) for cell in claim_cells(told, told[each])}
    assert named
    assert named <= set(scored_generations(config))


def test_claims_name_the_sources_of_table_2():
    config = changed(table2={"models": ALL_MODELS})
    section = json.loads(claim_settings.claims(config))["table2"]
    trained = {source.rsplit("/base/seed0", 1)[0] for source in classification_records(config)}
    assert {section["raw"], section["ours"], *section["others"]} <= trained
    assert len(section["others"]) == 12
    assert section["scores"] == ["balanced_accuracy", "f1_AD", "f1_CN"]
    assert set(section["others"]) | {"raw", "vae/manifold"} == set(section["labels"])


def test_claims_describe_the_data_sets_with_scores():
    told = json.loads(claim_settings.claims(DEFAULT))["datasets"]
    assert [info["name"] for info in told] == ["digits", "shapes", "phantoms"]
    assert all(info["stand_in"] for info in told)
    assert [info["net"] for info in told] == ["conv", "mlp", "conv"]
    paper = load_config(overlay(CONTENT, read("configs/paper.yaml")))
    stand_ins = {info["name"]: info["stand_in"] for info in json.loads(claim_settings.claims(paper))["datasets"]}
    assert stand_ins["mnist"] is stand_ins["celeba"] is False


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name != "claims"])
def test_a_section_of_the_claims_is_absent_where_its_artefact_is(name):
    absent = {name: None, "figure10": None} if name == "table2" else {name: None}
    told, whole = (json.loads(claim_settings.claims(config)) for config in (changed(**absent), DEFAULT))
    gone = {name.replace("figure_controls", "controls")} & set(whole)
    assert bool(gone) == (name in (*SECTIONS, "table2"))
    if name == "figure_controls":  # Table 1's controls are in its place
        assert told["controls"]["jitter_curve"] == []
        assert told["controls"]["long"]["variant"] == "steps1000"
        gone = set()
    assert set(told) == set(whole) - gone


def made_up(config: Config) -> Evidence:
    """Evidence with a score of every planned generation, in both splits."""
    scores = []
    for i, generation in enumerate(scored_generations(config)):
        record = (
            dict.fromkeys(COLUMNS, 0.5 + i % 17 / 100) | {"n": 100} | json.loads(job_settings.key_fields(generation))
        )
        for split in SCORED_SPLITS:
            scores.append(record | {"backbone": "classifier", "split": split})
    return Evidence(scores, json.loads(claim_settings.claims(config)), classification())


def classification() -> list[dict]:
    scores = ["balanced_accuracy", "f1_AD", "f1_CN"]
    sources = [row["source"] for row in json.loads(render_settings.table(DEFAULT, "table2"))["rows"]]
    return [
        {"dataset": "phantoms", "source": source, "run": run, **dict.fromkeys(scores, 0.5 + 0.01 * i + 0.001 * run)}
        for i, source in enumerate(sources)
        for run in range(10)
    ]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    # With all of the paper's rows where the default build has some, and two trainings.
    sections = {"figure4": {"models": ALL_MODELS}, "table1": {"seeds": [0, 1]}}
    return made_up(changed(**sections))


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_full_build_has_records_for_every_claim(name, evidence):
    parts = COMPARISONS[name](evidence)
    assert parts
    assert [part.reason for part in parts if part.reason.startswith(("no ", "fewer ", "one cell"))] == []


def test_the_long_chain_of_table_1_differs_from_ours_in_its_length_alone():
    variants = ["steps300", "steps2000_draw3", "k50_steps3000", "steps1000"]
    told = json.loads(claim_settings.claims(changed(table1={"variants": variants}, figure_controls=None)))
    assert told["controls"]["long"]["variant"] == "steps1000"
