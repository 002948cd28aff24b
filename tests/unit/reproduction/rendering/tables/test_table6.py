"""Table 6: the chosen trial of each model and generation scheme."""

import csv

import pytest

from geovae.core.errors import GeovaeError
from geovae.evaluation.record import COLUMNS
from reproduction.rendering.tables import table6
from reproduction.rendering.writers.document import Row, Table
from reproduction.rendering.writers.write import write_document

PRIOR = {"label": "Prior", "sampler": "prior", "block": "paper"}
OURS = {"label": "Ours", "sampler": "manifold", "block": "paper"}
NOISE = {"label": "Means + matched noise", "sampler": "jitter", "block": "controls", "note": "a word"}
VAMP = {"model": "vamp", "title": "VAMP", "trials": ["t00", "t01"]}
IWAE = {"model": "iwae", "title": "IWAE", "trials": ["t00"]}
ROWS = [VAMP | PRIOR, VAMP | OURS, VAMP | NOISE, IWAE | PRIOR, IWAE | OURS]
INFO = {
    "digits": {"title": "Digits", "latent_dim": 16, "width": 0.5},
    "mnist": {"title": "MNIST", "latent_dim": 16, "width": 1.0},
    "celeba": {"title": "CelebA", "latent_dim": 64, "width": 1.0},
}


def settings(**changes) -> dict:
    base = {"datasets": ["digits"], "datasets_info": INFO, "net": "resnet", "subset": "full", "split": "test"}
    return base | {"backbone": "classifier", "seeds": [0], "rows": ROWS} | changes


def score(model, sampler, validation, test, trial="t00", dataset="digits", net="resnet", seed=0) -> list[dict]:
    row = dict.fromkeys(COLUMNS)
    row |= {"dataset": dataset, "subset": "full", "net": net, "model": model, "trial": trial, "variant": "base"}
    row |= {"sampler": sampler, "seed": seed, "backbone": "classifier", "backbone_accuracy": 0.975, "n": 500}
    return [row | {"split": "validation", "fid": validation}, row | {"split": "test", "fid": test}]


def scores(dataset: str = "digits") -> list[dict]:
    return [
        *score("vamp", "prior", 3.0, 30.0, "t00", dataset),
        *score("vamp", "prior", 4.0, 20.0, "t01", dataset),
        *score("vamp", "manifold", 6.0, 10.0, "t00", dataset),
        *score("vamp", "manifold", 5.0, 29.0, "t01", dataset),
        *score("vamp", "jitter", 1.0, 5.0, "t01", dataset),
        *score("iwae", "prior", 2.0, 7.001, "t00", dataset),
        *score("iwae", "manifold", 2.0, 7.004, "t00", dataset),
        *score("iwae", "manifold", 0.1, 0.1, "t00", dataset, net="conv"),
    ]


def row_of(table: Table, title: str, label: str) -> Row:
    blocks = [block for block in table.blocks if block.title == title]
    (row,) = [row for block in blocks for row in block.rows if row.label == label]
    return row


def texts(table: Table, title: str, label: str) -> list[str]:
    return ["".join(span.text for span in cell.spans) for cell in row_of(table, title, label).cells]


def bold(table: Table, title: str, label: str) -> list[str]:
    return [span.text for cell in row_of(table, title, label).cells for span in cell.spans if span.bold]


def test_each_generation_has_its_own_choice():
    table = table6.build(scores(), settings()).tables[0]
    assert [(block.title, block.shaded) for block in table.blocks] == [
        ("VAMP", False),
        ("VAMP, controls", True),
        ("IWAE", False),
    ]
    assert texts(table, "VAMP", "Prior") == ["30.00"]
    assert texts(table, "VAMP", "Ours") == ["29.00"]
    assert texts(table, "VAMP, controls", "Means + matched noise") == ["5.00"]
    assert row_of(table, "VAMP, controls", "Means + matched noise").description == "a word"


def test_the_better_of_prior_and_ours_is_bold():
    table = table6.build(scores(), settings()).tables[0]
    assert bold(table, "VAMP", "Ours") == ["29.00"]
    assert bold(table, "VAMP", "Prior") == bold(table, "VAMP, controls", "Means + matched noise") == []
    # A tie at the printed precision.
    assert bold(table, "IWAE", "Prior") == bold(table, "IWAE", "Ours") == ["7.00"]


def test_without_its_rival_nothing_is_bold():
    table = table6.build(score("vamp", "prior", 3.0, 30.0), settings()).tables[0]
    assert texts(table, "VAMP", "Ours") == ["–"]
    assert bold(table, "VAMP", "Prior") == []
    assert "no trial of this row" in next(iter(table.markers()))
    assert bold(table6.build(scores(), settings(rows=ROWS[:1])).tables[0], "VAMP", "Prior") == []


def test_the_papers_numbers_stand_beside_those_of_its_data_sets():
    table = table6.build(scores("mnist") + scores("celeba"), settings(datasets=["mnist", "celeba"])).tables[0]
    assert [column.title for column in table.columns] == ["FID ↓", "paper"] * 2
    assert texts(table, "VAMP", "Prior") == ["30.00", "34.5", "30.00", "67.2"]
    assert bold(table, "VAMP", "Ours") == ["29.00", "32.7", "29.00", "60.9"]
    # The paper's prior is ahead for IWAE on MNIST.
    assert bold(table, "IWAE", "Prior") == ["7.00", "32.4", "7.00"]
    assert bold(table, "IWAE", "Ours") == ["7.00", "7.00", "60.3"]
    assert texts(table, "VAMP, controls", "Means + matched noise")[1::2] == ["–", "–"]


def test_the_second_table_names_the_choices():
    table = table6.build(scores(), settings()).tables[1]
    assert [block.title for block in table.blocks] == ["VAMP, Digits", "IWAE, Digits"]
    assert texts(table, "VAMP, Digits", "Prior") == ["n_components 500", "t00", "3.00", "2"]
    assert texts(table, "VAMP, Digits", "Ours") == ["n_components 100", "t01", "5.00", "2"]
    assert texts(table, "VAMP, Digits", "Means + matched noise")[3] == "1 of 2"
    assert len(table6.build(scores(), settings(rows=ROWS[3:])).tables) == 1


def test_footnotes_say_what_is_not_comparable():
    notes = " ".join(table6.build(scores(), settings()).tables[0].footnotes)
    for text in ("different trainings", "controls do not compete", "97.5 %", "Digits 500", "Digits × 0.5", "stand-in"):
        assert text in notes
    assert "different trainings" not in " ".join(table6.build(scores(), settings(rows=ROWS[3:])).tables[0].footnotes)


def test_tidy_csv(tmp_path):
    write_document(table6.build(scores("mnist"), settings(datasets=["mnist"])), tmp_path, "table6")
    with (tmp_path / "table6.csv").open(newline="") as file:
        rows = {(row["model"], row["generation"]): row for row in csv.DictReader(file)}
    assert len(rows) == 5
    ours = rows["VAMP", "Ours"]
    assert (ours["net"], ours["trial"], ours["validation_fid"], ours["fid"]) == ("resnet", "t01", "5.0", "29.0")
    assert (ours["std"], ours["n_trials"], ours["published"], ours["block"]) == ("", "2", "32.7", "paper")
    assert rows["VAMP", "Means + matched noise"]["published"] == ""


def change(**row) -> list[dict]:
    return [ROWS[0] | row, *ROWS[1:]]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (change(title="HVAE"), "no model 'HVAE'"),
        (change(label="Ours"), "two rows of VAMP have the same label"),
        (change(block="other"), "row 'Prior' of VAMP is in block 'other'; use paper, controls"),
        (change(sampler="gmm"), "row 'Prior' of VAMP: the paper's table has no sampler 'gmm'"),
    ],
)
def test_mistaken_rows_are_refused(rows, message):
    with pytest.raises(GeovaeError, match=message):
        table6.build([], settings(rows=rows))
