"""What the claims are told of the config: the cells of what is built, and for every claim enough."""

import json

import pytest

from helpers.configs import overlay, read
from helpers.slice_checks import CONTENT, DEFAULT, changed, made_up_scores
from reproduction.claims.comparisons import NETS
from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import COMPARISONS
from reproduction.config.base import ALL_MODELS
from reproduction.config.config import Config, load_config
from reproduction.plan import claim_settings, render_settings
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import SCORED
from reproduction.plan.comparisons import RECORDS
from reproduction.plan.rows import SEARCH_ROWS
from reproduction.plan.targets import ARTEFACTS


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
    assert [info["n_steps"] for info in told] == [100, 100, 100]
    paper = load_config(overlay(CONTENT, read("configs/paper.yaml")))
    stand_ins = {info["name"]: info["stand_in"] for info in json.loads(claim_settings.claims(paper))["datasets"]}
    assert stand_ins["mnist"] is stand_ins["celeba"] is stand_ins["mnist28"] is False


def test_claims_are_told_the_training_images_that_a_data_set_has():
    """CIFAR10 keeps 10,000 of its 50,000 to validate."""
    paper = load_config(overlay(CONTENT, read("configs/paper.yaml")))
    told = json.loads(claim_settings.claims(paper))
    sizes = {
        name: [size["n"] for size in of_one]
        for figure in ("figure4", "figure11")
        for name, of_one in told[figure]["sizes"].items()
    }
    assert sizes["mnist"] == [1000, 5000, 10_000, 50_000]
    assert sizes["cifar10"] == [1000, 5000, 10_000, 40_000]
    assert sizes["svhn"] == [1000, 5000, 10_000, 63_257]


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name != "claims"])
def test_a_section_of_the_claims_is_absent_where_its_artefact_is(name):
    absent = {name: None, "figure10": None} if name == "table2" else {name: None}
    told, whole = (json.loads(claim_settings.claims(config)) for config in (changed(**absent), DEFAULT))
    gone = {RECORDS.get(name, name.replace("figure_controls", "controls"))} & set(whole)
    assert bool(gone) == (name in (*SCORED, *RECORDS, "table2"))
    assert set(told) == set(whole) - gone


def test_sizes_are_those_of_each_data_set():
    config = changed(figure4={"datasets": ["digits", "shapes"], "subsets": ["full", "n200"]})
    sizes = json.loads(claim_settings.claims(config))["figure4"]["sizes"]
    assert {name: [size["n"] for size in found] for name, found in sizes.items()} == {
        "digits": [200, 1000],
        "shapes": [200, 500],
    }


def made_up(config: Config) -> Evidence:
    """Evidence with a score of every planned generation, and what is measured beside."""
    told = json.loads(claim_settings.claims(config))
    fields = ("rank_log_volume", "rank_diagonal_within")
    measured = {f"posterior_{field}": 0.7 for field in fields} | {"n": 100, "n_pairs": 50, "latent_dim": 2}
    measured |= {f"potential_{field}": 0.4 for field in ("nearer_share", "farther_share", "far_share")}
    measured |= {"affine_far_share": 0.5}
    records = {run["record"]: measured for kind in RECORDS.values() for run in told[kind]["runs"]}
    return Evidence(made_up_scores(config), told, classification(config), records)


def classification(config: Config) -> list[dict]:
    scores = ["balanced_accuracy", "f1_AD", "f1_CN"]
    sources = [row["source"] for row in json.loads(render_settings.table(config, "table2"))["rows"]]
    return [
        {"dataset": "phantoms", "source": source, "run": run, **dict.fromkeys(scores, 0.5 + 0.01 * i + 0.001 * run)}
        for i, source in enumerate(sources)
        for run in range(10)
    ]


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    # With all of the paper's rows where the default build has some, and two trainings.
    sections = {name: {"models": ALL_MODELS} for name in ("figure4", "figure11")}
    sections |= {"table1": {"seeds": [0, 1]}, "table2": {"models": ALL_MODELS}}
    searched = dict.fromkeys(row.model for row in SEARCH_ROWS)
    sections |= {"table3": {"models": list(searched), "nets": list(NETS)}}
    return made_up(changed(**sections))


@pytest.mark.parametrize("name", COMPARISONS)
def test_a_full_build_has_records_for_every_claim(name, evidence):
    parts = COMPARISONS[name](evidence)
    assert parts
    assert [part.reason for part in parts if part.reason.startswith(("no ", "fewer ", "one cell"))] == []


def test_the_long_chain_of_table_1_differs_from_ours_in_its_length_alone():
    variants = ["steps300", "steps2000_draw3", "k50_steps3000", "steps1000"]
    told = json.loads(claim_settings.claims(changed(table1={"variants": variants})))
    assert [cell["variant"] for cell in told["table1"]["lengths"]] == ["steps300", "steps1000"]
