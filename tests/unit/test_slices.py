"""What each job is told of the config: what concerns it, no more, and only records that are planned."""

import json
from collections.abc import Iterator
from itertools import product

import pytest

from geovae import claim_slices, experiments, render_slices, slices
from geovae.claims.evidence import Evidence
from geovae.claims.judgement import COMPARISONS
from geovae.config import Config, load_config
from geovae.config_base import ALL_MODELS
from geovae.config_datasets import Datasets
from geovae.evaluation.record import COLUMNS
from geovae.experiments import Generation, Run
from geovae.rendering import TABLES
from test_config import BASE, overlay, read

CONTENT = read("config.yaml")
DEFAULT = load_config(CONTENT)
BASE_CONFIG = load_config(BASE)
FIGURES = [name for name in experiments.ARTEFACTS if name.startswith("figure")]
RUN = Run("digits", "full", "conv", "vae", "base", 0)


def only(name: str) -> Config:
    """The default config with no artefact but this."""
    absent = {other: None for other in experiments.ARTEFACTS if other not in (name, "claims")}
    return load_config(overlay(CONTENT, {"artefacts": absent}))


def changed(**artefacts: object) -> Config:
    return load_config(overlay(CONTENT, {"artefacts": artefacts}))


# -- trainings, metrics, samplers -------------------------------------------------------------------------------------


def test_a_slice_holds_what_concerns_its_job_and_no_more():
    other = load_config(overlay(BASE, {"datasets": {"digits": {"metric": {"k": 7}}, "shapes": {"width": 0.5}}}))
    assert slices.training(BASE_CONFIG, RUN) == slices.training(other, RUN)
    assert slices.metric(BASE_CONFIG, RUN, "base") != slices.metric(other, RUN, "base")
    longer = load_config(overlay(BASE, {"datasets": {"digits": {"training": {"epochs": 7}}}}))
    assert slices.training(BASE_CONFIG, RUN) != slices.training(longer, RUN)
    assert slices.sampler(BASE_CONFIG, Generation(RUN, "gmm")) == slices.sampler(longer, Generation(RUN, "gmm"))


def test_a_training_gets_the_settings_of_its_model_and_net():
    config = load_config(overlay(BASE, {"datasets": {"digits": {"models": {"wae": {"lam": 3.0}}, "latent_dim": 5}}}))
    told = json.loads(slices.training(config, Run("digits", "full", "mlp", "wae", "base", 2)))
    assert (told["model"], told["net"], told["latent_dim"], told["width"]) == ("wae", "mlp", 5, 1.0)
    assert told["model_settings"] == {"lam": 3.0, "kernel_bandwidth": 1.0}
    assert told["training"] == config.datasets.digits.training.model_dump()


@pytest.mark.parametrize(
    ("model", "trial", "replaced"),
    [
        ("wae", "t04", {"kernel_bandwidth": 0.1, "lam": 100.0}),
        ("vamp", "t01", {"n_components": 100}),
        ("vae_nf", "t03", {"flow": "radial", "n_flows": 10}),
        ("vae", "t02", {"beta": 0.01}),
        ("ae", "base", {}),
    ],
)
def test_a_trial_replaces_its_settings_alone(model, trial, replaced):
    base = json.loads(slices.training(BASE_CONFIG, Run("digits", "full", "conv", model, "base", 0)))
    told = json.loads(slices.training(BASE_CONFIG, Run("digits", "full", "conv", model, trial, 0)))
    assert told["model_settings"] == base["model_settings"] | replaced
    assert {**told, "model_settings": None} == {**base, "model_settings": None}


@pytest.mark.parametrize(
    ("variant", "replaced"),
    [
        ("base", {}),
        ("steps30", {}),
        ("k9_lam0.5_steps3", {"k": 9, "lam": 0.5}),
        ("k40_draw6", {"k": 40, "draw": 6}),
        ("k2", {"k": 2}),
    ],
)
def test_a_metric_gets_its_part_of_the_variant(variant, replaced):
    told = json.loads(slices.metric(BASE_CONFIG, RUN, variant))
    assert told == {"k": 100, "lam": 0.01, "tau": 0.0} | replaced
    assert slices.metric(BASE_CONFIG, RUN, experiments.metric_variant(variant)) == slices.metric(
        BASE_CONFIG, RUN, variant
    )


CHAIN = {"n_steps": 100, "n_lf": 10, "eps_lf": 0.01, "n_long": 100}


@pytest.mark.parametrize(
    ("sampler", "variant", "told"),
    [
        ("manifold", "base", CHAIN),
        ("manifold", "steps7", CHAIN | {"n_steps": 7}),
        ("manifold", "k9_lam0.5_draw1", CHAIN),
        ("manifold_released", "k9_steps3", CHAIN | {"n_steps": 3}),
        ("jitter", "base", {"scale": "matched"}),
        ("jitter", "sigma0.25", {"scale": 0.25}),
        ("kde", "base", {}),
        ("kde", "h0.5", {"bandwidth": 0.5}),
        ("gmm", "base", {"n_components": 10}),
        *((name, "base", {}) for name in ("prior", "two_stage", "real", "reconstruction", "resample", "noise")),
    ],
)
def test_a_sampler_gets_its_options_as_the_variant_has_them(sampler, variant, told):
    assert json.loads(slices.sampler(BASE_CONFIG, Generation(RUN, sampler, variant))) == told


def test_the_columns_of_a_record_are_the_generations_key():
    run = {"dataset": "digits", "subset": "n9", "net": "mlp", "model": "wae", "trial": "t01", "seed": 3}
    told = json.loads(slices.key_fields(Generation(Run(**run), "kde", "h0.5")))
    assert told == run | {"sampler": "kde", "variant": "h0.5"}


def test_further_scores_are_told_once_in_one_order():
    told = []
    for extra in (["kid", "fid_bootstrap", "kid"], ["fid_bootstrap", "kid"]):
        told.append(slices.score(load_config(overlay(BASE, {"evaluation": {"extra": extra}}))))
    assert told[0] == told[1]
    assert json.loads(told[0]) == {"n_clusters": 20, "n_runs": 10, "extra": ["fid_bootstrap", "kid"]}


def test_slices_of_data_classifiers_and_geodesics():
    changes = {
        "datasets": {"shapes": {"options": {"n_train": 600}}},
        "evaluation": {"classifier": {"epochs": 3}},
        "artefacts": {"figure1": {"grid": 77}, "table2": {"classifier": {"epochs": 4}}},
    }
    config = load_config(overlay(BASE, changes))
    assert json.loads(slices.dataset(config, "shapes"))["n_train"] == 600
    assert slices.dataset(load_config(overlay(BASE, {"datasets": {"mnist": {}}})), "mnist") == "{}"
    assert json.loads(slices.backbone(config))["epochs"] == 3
    assert json.loads(slices.augmentation_classifier(config))["epochs"] == 4
    assert json.loads(slices.geodesics(config)) == {"grid": 77, "n_stops": 10}


# -- the cells of tables and figures ----------------------------------------------------------------------------------


def key(dataset: str, net: str, seed: int, cell: dict, subset: str = "full") -> Generation:
    run = Run(dataset, subset, net, cell["model"], cell.get("trial", "base"), seed)
    return Generation(run, cell["sampler"], cell.get("variant", "base"))


def trials(row: dict) -> list[dict]:
    return [{**row, "trial": trial} for trial in row["trials"]]


def table_cells(name: str, told: dict) -> Iterator[Generation]:
    """Every record that a table looks for, by its builder's documentation."""
    nets = {dataset: info["net"] for dataset, info in told["datasets_info"].items()}
    for seed, row in product(told["seeds"], told["rows"]):
        if name == "table7":
            samplers = ("reconstruction", "prior", "two_stage", "manifold", "jitter")
            cells = [{"model": "two_stage", "sampler": sampler} for sampler in samplers]
            yield from (key(row["dataset"], row["net"], seed, cell) for cell in cells)
            continue
        for dataset in told["datasets"]:
            if name == "table1":
                yield key(dataset, nets[dataset], seed, row, told["subset"])
            elif name == "table3":
                yield from (key(dataset, net, seed, cell) for net in told["nets"] for cell in trials(row))
            else:
                cells = [{**generation, **cell} for generation in row["generations"] for cell in trials(row)]
                yield from (key(dataset, told["net"], seed, cell) for cell in cells)


def figure_cells(name: str, told: dict) -> Iterator[Generation]:
    """Every record that a figure of scores looks for, by its module's documentation."""
    ours = {"model": "vae", "sampler": "manifold"}
    for panel, seed in product(told["panels"], told["seeds"]):
        if name in ("figure4", "figure11"):
            cells = [row | {"subset": size["subset"]} for row in told["rows"] for size in panel["sizes"]]
        elif name in ("figure12", "figure14"):
            points = told.get("ks", []) + told.get("lams", [])
            cells = told["peers"] + [ours | point for point in points]
            cells += [ours | {"variant": draw} for draw in told.get("draws", [])]
        else:
            cells = told["points"] + [ours | entry for part in ("lengths", "betas", "ks") for entry in told[part]]
            cells += [{**curve, **point} for curve in told["curves"] for point in curve["points"]]
        for cell in cells:
            yield key(panel["dataset"], cell.get("net", panel["net"]), seed, cell, cell.get("subset", panel["subset"]))


@pytest.mark.parametrize("name", ["table1", "table3", "table6", "table7"])
def test_a_table_shows_exactly_what_is_planned_for_it(name):
    config = only(name)
    shown = list(table_cells(name, json.loads(render_slices.table(config, name))))
    assert sorted(shown) == experiments.scored_generations(config)


@pytest.mark.parametrize("name", experiments.OF_SCORES)
def test_a_figure_of_scores_shows_what_is_planned_for_it(name):
    config = only(name)
    shown = set(figure_cells(name, json.loads(render_slices.figure(config, name))))
    planned = set(experiments.scored_generations(config))
    assert shown <= planned
    # Beside what is drawn: the paper's own choice of k and λ, and the noise that novelty has no axis for.
    beside = {"figure12": {"manifold"}, "figure14": {"manifold"}, "figure_controls": {"noise"}}
    assert {generation.sampler for generation in planned - shown} == beside.get(name, set())
    assert {generation.variant for generation in planned - shown} <= {"base"}


@pytest.mark.parametrize("name", [*experiments.SAMPLE_GRIDS, "figure10"])
def test_a_grid_shows_every_input_that_it_is_given(name):
    panels = json.loads(render_slices.figure(DEFAULT, name))["panels"]
    named = [row["input"] for panel in panels for row in panel["rows"]]
    assert named == list(experiments.figure_inputs(DEFAULT, name))
    assert all(row["block"] in ("paper", "variants", "controls") for panel in panels for row in panel["rows"])


def test_the_panels_of_figures_have_titles():
    for name in (*experiments.NEIGHBOURS, "figure13"):
        titles = json.loads(render_slices.figure(DEFAULT, name))["titles"]
        assert list(titles) == list(experiments.figure_inputs(DEFAULT, name))
    assert json.loads(render_slices.figure(DEFAULT, "figure1")) == {"title": "Disks and rings, 500 training images"}
    assert json.loads(render_slices.figure(DEFAULT, "figure5")) == {"title": "Digits, 1,000 training images"}
    small = changed(figure6={"dataset": "shapes", "subset": "n200"})
    assert json.loads(render_slices.figure(small, "figure6")) == {"title": "Disks and rings, 200 training images"}
    assert [panel["title"] for panel in json.loads(render_slices.figure(DEFAULT, "figure10"))["panels"]] == [
        "Brain phantoms, AD of 290 images",
        "Brain phantoms, CN of 290 images",
    ]


def test_table_2_names_the_sources_that_are_trained():
    config = changed(table2={"seed": 0, "n_per_class": 150, "n_runs": 4})
    told = json.loads(render_slices.table(config, "table2"))
    trained = {source.rsplit("/base/seed0", 1)[0] for source in experiments.classification_records(config)}
    assert {row["source"] for row in told["rows"]} == trained
    assert len(told["rows"]) == len(trained)
    assert (told["dataset"], told["classes"]) == ("phantoms", ["AD", "CN"])
    assert (told["n_per_class"], told["n_runs"]) == (150, 4)


def test_every_data_set_and_artefact_has_a_title():
    assert set(render_slices.TITLES) == set(Datasets.model_fields)
    assert set(render_slices.CONTENTS) == set(experiments.ARTEFACTS) - {"claims"}
    assert set(render_slices.CONTENTS) == {*TABLES, *FIGURES}


def test_slices_are_json_with_sorted_keys():
    told = [render_slices.table(DEFAULT, name) for name in TABLES]
    told += [render_slices.figure(DEFAULT, name) for name in FIGURES] + [claim_slices.claims(DEFAULT)]
    for text in told:
        assert text == slices.text(json.loads(text))
    assert [render_slices.table(DEFAULT, name) for name in ("table4", "table5")] == ["{}", "{}"]
    assert list(json.loads(render_slices.figure(DEFAULT, "figure1"))) == ["title"]


def test_sizes_are_told_as_numbers_of_images_ascending():
    config = changed(figure4={"datasets": ["digits", "shapes"], "subsets": ["full", "n200", "n300"]})
    panels = json.loads(render_slices.figure(config, "figure4"))["panels"]
    assert [[size["n"] for size in panel["sizes"]] for panel in panels] == [[200, 300, 1000], [200, 300, 500]]
    assert panels[0]["sizes"][2] == {"subset": "full", "n": 1000}


def test_the_split_of_table_1_is_that_of_all_scores():
    config = changed(table1={"split": "validation"})
    assert json.loads(render_slices.table(config, "table6"))["split"] == "validation"
    assert json.loads(render_slices.figure(config, "figure12"))["split"] == "validation"
    assert json.loads(claim_slices.claims(config))["split"] == "validation"
    without = json.loads(claim_slices.claims(changed(table1=None)))
    assert without["split"] == "test"


# -- claims -----------------------------------------------------------------------------------------------------------


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


SECTIONS = ["table1", "table3", "table6", "table7", *experiments.OF_SCORES, "figure13"]


@pytest.mark.parametrize("name", SECTIONS)
def test_claims_name_what_is_planned(name):
    config = only(name)
    told = json.loads(claim_slices.claims(config))
    section = name.replace("figure_controls", "controls")
    # Table 1 has the controls too, where their figure is left out.
    beside = {"controls"} if name == "table1" else set()
    assert set(told) == {"split", "backbone", "datasets", section, *beside}
    named = {cell for each in (section, *beside) for cell in claim_cells(told, told[each])}
    assert named
    assert named <= set(experiments.scored_generations(config))


def test_claims_name_the_sources_of_table_2():
    config = changed(table2={"models": ALL_MODELS})
    section = json.loads(claim_slices.claims(config))["table2"]
    trained = {source.rsplit("/base/seed0", 1)[0] for source in experiments.classification_records(config)}
    assert {section["raw"], section["ours"], *section["others"]} <= trained
    assert len(section["others"]) == 12
    assert section["scores"] == ["balanced_accuracy", "f1_AD", "f1_CN"]
    assert set(section["others"]) | {"raw", "vae/manifold"} == set(section["labels"])


def test_claims_describe_the_data_sets_with_scores():
    told = json.loads(claim_slices.claims(DEFAULT))["datasets"]
    assert [info["name"] for info in told] == ["digits", "shapes", "phantoms"]
    assert all(info["stand_in"] for info in told)
    assert [info["net"] for info in told] == ["conv", "mlp", "conv"]
    paper = load_config(overlay(CONTENT, read("configs/paper.yaml")))
    stand_ins = {info["name"]: info["stand_in"] for info in json.loads(claim_slices.claims(paper))["datasets"]}
    assert stand_ins["mnist"] is stand_ins["celeba"] is False


@pytest.mark.parametrize("name", [name for name in experiments.ARTEFACTS if name != "claims"])
def test_a_section_of_the_claims_is_absent_where_its_artefact_is(name):
    absent = {name: None, "figure10": None} if name == "table2" else {name: None}
    told, whole = (json.loads(claim_slices.claims(config)) for config in (changed(**absent), DEFAULT))
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
    for i, generation in enumerate(experiments.scored_generations(config)):
        record = dict.fromkeys(COLUMNS, 0.5 + i % 17 / 100) | {"n": 100} | json.loads(slices.key_fields(generation))
        for split in experiments.SCORED_SPLITS:
            scores.append(record | {"backbone": "classifier", "split": split})
    return Evidence(scores, json.loads(claim_slices.claims(config)), classification())


def classification() -> list[dict]:
    scores = ["balanced_accuracy", "f1_AD", "f1_CN"]
    sources = [row["source"] for row in json.loads(render_slices.table(DEFAULT, "table2"))["rows"]]
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


# -- independence -----------------------------------------------------------------------------------------------------

CHANGES = {
    "table1": {"variants": ["k7"]},
    "table2": {"n_runs": 3},
    "table3": {"n_trials": 9},
    "table6": {"n_trials": 9},
    "table7": {"nets": ["wae"]},
    "figure1": {"grid": 60},
    "figure2": {"columns": 3},
    "figure3": {"datasets": ["shapes"]},
    "figure4": {"subsets": ["full", "n300"]},
    "figure5": {"dataset": "shapes"},
    "figure6": {"dataset": "digits"},
    "figure7": {"columns": 3},
    "figure8": {"columns": 3},
    "figure9": {"datasets": ["digits"]},
    "figure10": {"columns": 3},
    "figure11": {"subsets": ["full", "n300"]},
    "figure12": {"n_draws": 9},
    "figure13": {"datasets": ["shapes"]},
    "figure14": {"lams": [0.5]},
    "figure_controls": {"scales": [0.3]},
}


def all_slices(config: Config) -> dict[str, str]:
    told = {name: render_slices.table(config, name) for name in TABLES}
    told |= {name: render_slices.figure(config, name) for name in FIGURES}
    return told | {"figure1": slices.geodesics(config)}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_one_artefact_is_told_to_no_other(name):
    before, after = all_slices(DEFAULT), all_slices(changed(**{name: CHANGES[name]}))
    assert {other for other in before if before[other] != after[other]} == {name}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_one_artefact_concerns_its_own_claims_alone(name):
    before, after = (json.loads(claim_slices.claims(c)) for c in (DEFAULT, changed(**{name: CHANGES[name]})))
    own = name.replace("figure_controls", "controls")
    changed_sections = {other for other in before if before[other] != after[other]}
    assert changed_sections == ({own} if own in before and name != "table2" else set())
    assert slices.training(DEFAULT, RUN) == slices.training(changed(**{name: CHANGES[name]}), RUN)


def test_the_other_methods_of_table_2_are_those_of_figure_10():
    before, after = all_slices(DEFAULT), all_slices(changed(table2={"models": ["vae"]}))
    assert {other for other in before if before[other] != after[other]} == {"table2", "figure10"}
