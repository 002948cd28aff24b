"""Table 3: the chosen trial of each row, data set and net."""

import csv

import pytest

from geovae.core.errors import GeovaeError
from geovae.evaluation.record import COLUMNS
from reproduction.rendering.tables import table3
from reproduction.rendering.writers.document import Table
from reproduction.rendering.writers.write import write_document

ROWS = [
    {"label": "WAE", "model": "wae", "sampler": "prior", "trials": ["t00", "t01"], "block": "paper"},
    {"label": "VAE - GMM", "model": "vae", "sampler": "gmm", "trials": ["base"], "block": "paper"},
    {"label": "Ours", "model": "vae", "sampler": "manifold", "trials": ["base"], "block": "paper"},
    {"label": "Noise", "model": "vae", "sampler": "jitter", "trials": ["base"], "block": "controls", "note": "a word"},
]
INFO = {
    "digits": {"title": "Digits", "latent_dim": 16, "width": 0.125},
    "mnist": {"title": "MNIST", "latent_dim": 16, "width": 1.0},
}


def settings(**changes) -> dict:
    base = {"datasets": ["digits"], "datasets_info": INFO, "nets": ["conv", "resnet"], "subset": "full"}
    base |= {"split": "test", "backbone": "classifier", "seeds": [0], "rows": ROWS}
    return base | changes


def score(model, sampler, validation, test, trial="base", net="conv", dataset="digits", seed=0) -> list[dict]:
    row = dict.fromkeys(COLUMNS)
    row |= {"dataset": dataset, "subset": "full", "net": net, "model": model, "trial": trial, "variant": "base"}
    row |= {"sampler": sampler, "seed": seed, "backbone": "classifier", "backbone_accuracy": 0.975, "n": 500}
    return [row | {"split": "validation", "fid": validation}, row | {"split": "test", "fid": test}]


def scores(**where) -> list[dict]:
    return [
        *score("wae", "prior", 7.0, 3.0, "t00", **where),
        *score("wae", "prior", 6.0, 8.0, "t01", **where),
        *score("vae", "gmm", 5.0, 4.004, **where),
        *score("vae", "manifold", 5.5, 4.001, **where),
        *score("vae", "jitter", 1.0, 1.0, **where),
    ]


def texts(table: Table, label: str) -> list[str]:
    (row,) = [row for row in table.rows if row.label == label]
    return ["".join(span.text for span in cell.spans) for cell in row.cells]


def bold(table: Table, label: str) -> list[str]:
    (row,) = [row for row in table.rows if row.label == label]
    return [span.text for cell in row.cells for span in cell.spans if span.bold]


def test_cells_are_those_of_the_chosen_trial():
    table = table3.build(scores() + score("wae", "prior", 2.0, 1.5, "t00", "resnet"), settings()).tables[0]
    assert [(group.title, [column.title for column in group.columns]) for group in table.groups] == [
        ("Digits (16)", ["CNN ↓", "ResNet ↓"])
    ]
    assert texts(table, "WAE") == ["8.00", "1.50"]
    assert texts(table, "Ours") == ["4.00", "–"]
    assert list(table.markers()) == ["Not in this build: no trial of this row was scored for every training."]
    assert [(block.title.split(":")[0], block.shaded) for block in table.blocks] == [
        ("Methods of the paper", False),
        ("Controls", True),
    ]
    assert table.rows[-1].description == "a word"


def test_best_of_the_papers_rows_is_bold_with_ties_at_the_printed_precision():
    table = table3.build(scores(), settings()).tables[0]
    assert [bold(table, row["label"]) for row in ROWS] == [[], ["4.00"], ["4.00"], []]


def test_the_papers_numbers_stand_beside_those_of_its_data_sets_and_nets():
    measured = scores(dataset="mnist") + scores(dataset="mnist", net="resnet") + scores()
    table = table3.build(measured, settings(datasets=["mnist", "digits"])).tables[0]
    assert [column.title for column in table.columns] == ["CNN ↓", "paper", "ResNet ↓", "paper", "CNN ↓", "ResNet ↓"]
    assert texts(table, "WAE")[:4] == ["8.00", "18.9", "8.00", "20.3"]
    assert texts(table, "VAE - GMM")[:4] == ["4.00", "13.1", "4.00", "12.4"]
    assert bold(table, "Ours") == ["4.00", "8.5", "4.00", "10.7", "4.00"]
    assert texts(table, "Noise")[1::2][:2] == ["–", "–"]
    assert any("rows of the paper's table" in note for note in table.footnotes)
    assert any("Digits: not in the paper's table" in note for note in table.footnotes)
    assert table3.build([], settings(datasets=["mnist"], nets=["mlp"])).tables[0].columns[0].title == "mlp ↓"


def test_the_second_table_names_the_choices():
    table = table3.build(scores(), settings()).tables[1]
    assert [block.title for block in table.blocks] == ["Digits, CNN"]
    assert texts(table, "WAE") == ["kernel_bandwidth 2, lam 10", "t01", "6.00", "2"]
    assert texts(table, "Ours") == ["the config's", "base", "5.50", "1"]
    assert len(table3.build([], settings()).tables) == 1


def test_mean_and_deviation_over_seeds():
    both = score("vae", "manifold", 1.0, 1.0) + score("vae", "manifold", 2.0, 3.0, seed=1)
    document = table3.build(both, settings(seeds=[0, 1]))
    assert texts(document.tables[0], "Ours")[0] == "2.00 ± 1.41"
    assert texts(document.tables[1], "Ours")[2] == "1.50"
    assert any("over 2 trainings" in note for note in document.tables[0].footnotes)


def test_footnotes_say_what_is_not_comparable():
    notes = " ".join(table3.build(scores(), settings()).tables[0].footnotes)
    for text in (
        "Digits 97.5 %",
        "Inception",
        "Digits 500",
        "Digits × 0.125",
        "stand-in",
        "10 components",
        "validation",
    ):
        assert text in notes
    assert "Table 4" not in notes  # width 1 is the paper's ResNet too
    assert "PRD" not in notes
    plain = " ".join(table3.build(scores(), settings(rows=ROWS[:1])).tables[0].footnotes)
    assert "GMM" not in plain
    assert "controls" not in plain


def test_tidy_csv(tmp_path):
    document = table3.build(scores(dataset="mnist"), settings(datasets=["mnist"]))
    write_document(document, tmp_path, "table3")
    with (tmp_path / "table3.csv").open(newline="") as file:
        rows = {(row["row"], row["net"]): row for row in csv.DictReader(file)}
    assert len(rows) == 4 * 2
    expected = {"row": "WAE", "dataset": "mnist", "net": "conv", "trial": "t01", "validation_fid": "6.0", "fid": "8.0"}
    assert rows["WAE", "conv"] == expected | {"std": "", "n_trials": "2", "published": "18.9"}
    absent = rows["Ours", "resnet"]
    assert (absent["trial"], absent["fid"], absent["n_trials"], absent["published"]) == ("", "", "0", "10.7")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": "HVAE"}, "table3: the paper's table has no row 'HVAE'"),
        ({"block": "other"}, "in block 'other'"),
        ({"label": "Ours"}, "same label"),
    ],
)
def test_mistaken_rows_are_refused(change, message):
    with pytest.raises(GeovaeError, match=message):
        table3.build([], settings(rows=[ROWS[0] | change, *ROWS[1:]]))
