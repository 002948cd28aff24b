"""What tables and figures are told of the config: the records that are planned for them, inputs, sizes and titles."""

import json
from collections.abc import Iterator
from itertools import product

import pytest

from helpers.slice_checks import DEFAULT, FIGURES, changed, key, only
from reproduction.plan import render_settings
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import scored_generations
from reproduction.plan.figures import NEIGHBOURS, OF_SCORES, SAMPLE_GRIDS, figure_inputs
from reproduction.plan.keys import Generation
from reproduction.plan.targets import ARTEFACTS
from reproduction.rendering import TABLES


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
    shown = list(table_cells(name, json.loads(render_settings.table(config, name))))
    assert sorted(shown) == scored_generations(config)


@pytest.mark.parametrize("name", OF_SCORES)
def test_a_figure_of_scores_shows_what_is_planned_for_it(name):
    config = only(name)
    shown = set(figure_cells(name, json.loads(render_settings.figure(config, name))))
    planned = set(scored_generations(config))
    assert shown <= planned
    # Beside what is drawn: the paper's own choice of k and λ, and the noise that novelty has no axis for.
    beside = {"figure12": {"manifold"}, "figure14": {"manifold"}, "figure_controls": {"noise"}}
    assert {generation.sampler for generation in planned - shown} == beside.get(name, set())
    assert {generation.variant for generation in planned - shown} <= {"base"}


@pytest.mark.parametrize("name", [*SAMPLE_GRIDS, "figure10"])
def test_a_grid_shows_every_input_that_it_is_given(name):
    panels = json.loads(render_settings.figure(DEFAULT, name))["panels"]
    named = [row["input"] for panel in panels for row in panel["rows"]]
    assert named == list(figure_inputs(DEFAULT, name))
    assert all(row["block"] in ("paper", "variants", "controls") for panel in panels for row in panel["rows"])


def test_the_panels_of_figures_have_titles():
    for name in (*NEIGHBOURS, "figure13"):
        titles = json.loads(render_settings.figure(DEFAULT, name))["titles"]
        assert list(titles) == list(figure_inputs(DEFAULT, name))
    assert json.loads(render_settings.figure(DEFAULT, "figure1")) == {"title": "Disks and rings, 500 training images"}
    assert json.loads(render_settings.figure(DEFAULT, "figure5")) == {"title": "Digits, 1,000 training images"}
    small = changed(figure6={"dataset": "shapes", "subset": "n200"})
    assert json.loads(render_settings.figure(small, "figure6")) == {"title": "Disks and rings, 200 training images"}
    assert [panel["title"] for panel in json.loads(render_settings.figure(DEFAULT, "figure10"))["panels"]] == [
        "Brain phantoms, AD of 290 images",
        "Brain phantoms, CN of 290 images",
    ]


def test_table_2_names_the_sources_that_are_trained():
    config = changed(table2={"seed": 0, "n_per_class": 150, "n_runs": 4})
    told = json.loads(render_settings.table(config, "table2"))
    trained = {source.rsplit("/base/seed0", 1)[0] for source in classification_records(config)}
    assert {row["source"] for row in told["rows"]} == trained
    assert len(told["rows"]) == len(trained)
    assert (told["dataset"], told["classes"]) == ("phantoms", ["AD", "CN"])
    assert (told["n_per_class"], told["n_runs"]) == (150, 4)


def test_every_artefact_is_described_in_the_report():
    assert set(render_settings.CONTENTS) == set(ARTEFACTS) - {"claims"}
    assert set(render_settings.CONTENTS) == {*TABLES, *FIGURES}


def test_sizes_are_told_as_numbers_of_images_ascending():
    config = changed(figure4={"datasets": ["digits", "shapes"], "subsets": ["full", "n200", "n300"]})
    panels = json.loads(render_settings.figure(config, "figure4"))["panels"]
    assert [[size["n"] for size in panel["sizes"]] for panel in panels] == [[200, 300, 1000], [200, 300, 500]]
    assert panels[0]["sizes"][2] == {"subset": "full", "n": 1000}
