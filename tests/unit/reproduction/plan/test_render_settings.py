"""What tables and figures are told of the config: inputs, sizes and titles."""

import json
from importlib import import_module

import pytest

from geovae.core.tables import save_table
from geovae.evaluation.record import COLUMNS
from helpers.slice_checks import DEFAULT, FIGURES, changed, made_up_scores
from reproduction.config.config import JUDGED
from reproduction.plan import render_settings
from reproduction.plan.augmentation import classification_records
from reproduction.plan.cells import SCORED, cells, described_metrics, section
from reproduction.plan.figures import NEIGHBOURS, OF_SCORES, SAMPLE_GRIDS, figure_inputs
from reproduction.plan.targets import ARTEFACTS
from reproduction.rendering.figures.render import render
from reproduction.rendering.modules import TABLES
from reproduction.rendering.tables.table7 import GENERATIONS
from reproduction.scores.metric_table import NUMBERS, write_metrics


@pytest.mark.parametrize("name", [name for name in SCORED if name != "figure13"])
def test_what_is_rendered_from_scores_is_told_its_cells(name):
    config = changed(table1={"split": "validation"})
    told = json.loads((render_settings.table if name in TABLES else render_settings.figure)(config, name))
    assert told | json.loads(json.dumps(section(config, name))) == told
    assert (told["split"], told["backbone"]) == ("validation", "classifier")
    assert set(told["datasets_info"]) == set(told["datasets"])


def test_what_needs_labels_for_its_features_is_what_has_scores_or_neighbours():
    assert sorted(JUDGED) == sorted({*SCORED, *NEIGHBOURS})


@pytest.mark.parametrize("name", [name for name in SCORED if name in TABLES])
def test_a_table_finds_a_score_of_every_cell(name):
    config = changed(**{name: {"seeds": [0, 1]}})
    document = import_module(TABLES[name]).build(
        made_up_scores(config), json.loads(render_settings.table(config, name))
    )
    rows = [dict(zip(document.csv_columns, row, strict=True)) for row in document.csv_rows]
    fids = [row["mean"] if name == "table1" else row["fid"] for row in rows if row.get("metric", "fid") == "fid"]
    assert len(fids) == len(cells(config, name))
    assert None not in fids


@pytest.mark.parametrize("name", OF_SCORES)
def test_a_figure_finds_a_score_of_every_cell(name, tmp_path):
    records = made_up_scores(DEFAULT)
    save_table(tmp_path / "scores.csv", COLUMNS, [[record[column] for column in COLUMNS] for record in records])
    write_metrics({key: dict.fromkeys(NUMBERS, 0.5) for key in described_metrics(DEFAULT)}, tmp_path / "metrics.csv")
    inputs = {name: tmp_path / f"{name}.csv" for name in figure_inputs(DEFAULT, name)}
    render(name, inputs, json.loads(render_settings.figure(DEFAULT, name)))


def test_table_7_has_a_column_for_each_stage():
    assert [stage["sampler"] for stage in section(DEFAULT, "table7")["stages"]] == list(GENERATIONS)
    rows = [{"dataset": "digits", "net": net} for net in ("infogan", "mlp")]
    lines = json.loads(render_settings.table(changed(table7={"rows": rows}), "table7"))["lines"]
    assert [line["title"] for line in lines] == ["Digits, similar to [11]", "Digits, mlp"]


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
    config = changed(table2={"seeds": [3, 0], "n_per_class": 150, "n_runs": 4})
    told = json.loads(render_settings.table(config, "table2"))
    trained = {source.partition("/base/seed")[0] for source in classification_records(config)}
    assert {row["source"] for row in told["rows"]} == trained
    assert len(told["rows"]) == len(trained)
    assert (told["dataset"], told["classes"]) == ("phantoms", ["AD", "CN"])
    assert (told["n_per_class"], told["n_runs"], told["n_trainings"]) == (150, 4, 2)


def test_chosen_classes_are_named_with_their_images():
    table = {"dataset": "digits", "classes": ["4", "9"], "n_train": [100, 316]}
    config = changed(table2=table)
    told = json.loads(render_settings.table(config, "table2"))
    assert (told["dataset"], told["classes"], told["n_train"]) == ("digits", ["4", "9"], [100, 316])
    panels = json.loads(render_settings.figure(config, "figure10"))["panels"]
    assert [panel["title"] for panel in panels] == ["Digits, 4: 100 images", "Digits, 9: 316 images"]
    assert "n_train" not in json.loads(render_settings.table(DEFAULT, "table2"))


def test_every_artefact_is_described_in_the_report():
    assert set(render_settings.CONTENTS) == set(ARTEFACTS) - {"claims"}
    assert set(render_settings.CONTENTS) == {*TABLES, *FIGURES}


def test_sizes_are_told_as_numbers_of_images_ascending():
    config = changed(figure4={"datasets": ["digits", "shapes"], "subsets": ["full", "n200", "n300"]})
    sizes = json.loads(render_settings.figure(config, "figure4"))["sizes"]
    assert {name: [size["n"] for size in found] for name, found in sizes.items()} == {
        "digits": [200, 300, 1000],
        "shapes": [200, 300, 500],
    }
    assert sizes["digits"][2] == {"subset": "full", "n": 1000}
