"""Table 7: the generations of the two-stage VAE side by side."""

import csv

import pytest

from geovae.core.errors import GeovaeError
from geovae.evaluation.record import COLUMNS
from reproduction.rendering.tables import table7
from reproduction.rendering.writers.document import Table
from reproduction.rendering.writers.write import write_document

INFO = {
    "digits": {"title": "Digits", "latent_dim": 16, "width": 0.125},
    "mnist": {"title": "MNIST", "latent_dim": 16, "width": 1.0},
    "celeba": {"title": "CelebA", "latent_dim": 64, "width": 1.0},
}
FIDS = {"reconstruction_test": 1.0, "prior": 9.0, "two_stage": 5.002, "manifold": 5.004, "jitter": 2.0}


STAGES = [{"model": "two_stage", "sampler": sampler} for sampler in FIDS]


def line(dataset: str, net: str) -> dict:
    shown = {"title": f"{dataset} {net}", "published_as": dataset, "latent_dim": INFO[dataset]["latent_dim"]}
    return {"dataset": dataset, "net": net, **shown}


def settings(*lines, **changes) -> dict:
    base = {"datasets": list(dict.fromkeys(line["dataset"] for line in lines)), "datasets_info": INFO, "subset": "full"}
    return base | {"split": "test", "backbone": "classifier", "seeds": [0], "lines": lines, "stages": STAGES} | changes


def scores(dataset: str, net: str, seed: int = 0, **changes: float | None) -> list[dict]:
    row = dict.fromkeys(COLUMNS)
    row |= {"dataset": dataset, "subset": "full", "net": net, "model": "two_stage", "trial": "base", "seed": seed}
    row |= {"variant": "base", "split": "test", "backbone": "classifier", "backbone_accuracy": 0.975, "n": 500}
    fids = {sampler: fid for sampler, fid in (FIDS | changes).items() if fid is not None}
    right = [row | {"sampler": sampler, "fid": fid} for sampler, fid in fids.items()]
    wrong = [{"split": "validation"}, {"model": "vae"}, {"variant": "k9"}, {"trial": "t00"}, {"net": "x"}, {"seed": 9}]
    return right + [record | {"fid": 0.01} | other for record in right for other in wrong]


def texts(table: Table, label: str) -> list[str]:
    (row,) = [row for row in table.rows if row.label == label]
    return ["".join(span.text for span in cell.spans) for cell in row.cells]


def bold(table: Table, label: str) -> list[str]:
    (row,) = [row for row in table.rows if row.label == label]
    return [span.text for cell in row.cells for span in cell.spans if span.bold]


def test_columns_without_a_data_set_of_the_paper():
    (table,) = table7.build(scores("digits", "infogan"), settings(line("digits", "infogan"))).tables
    assert [(group.title, [column.title for column in group.columns]) for group in table.groups] == [
        ("Recon.", ["FID ↓"]),
        ("1st stage (prior)", ["FID ↓"]),
        ("2nd stage", ["FID ↓"]),
        ("Ours", ["FID ↓"]),
        ("Means + matched noise", ["control"]),
    ]
    assert texts(table, "digits infogan") == ["1.00", "9.00", "5.00", "5.00", "2.00"]
    assert table.rows[0].description == "latent dimension 16"


def test_the_best_generation_of_a_row_is_bold_and_neither_control_nor_reconstructions():
    rows = [line("digits", "infogan"), line("digits", "wae")]
    measured = scores("digits", "infogan") + scores("digits", "wae", prior=4.0)
    (table,) = table7.build(measured, settings(*rows)).tables
    assert bold(table, "digits infogan") == ["5.00", "5.00"]
    assert bold(table, "digits wae") == ["4.00"]
    assert "do not compete" in " ".join(table.footnotes)


def test_a_missing_score_is_a_dash_and_takes_the_bold_from_its_row():
    measured = scores("digits", "infogan", two_stage=None)
    (table,) = table7.build(measured, settings(line("digits", "infogan"))).tables
    assert texts(table, "digits infogan") == ["1.00", "9.00", "–", "5.00", "2.00"]
    assert bold(table, "digits infogan") == []
    assert "no record" in next(iter(table.markers()))


def test_the_papers_numbers_stand_beside_those_of_its_rows():
    rows = [line("mnist", "infogan"), line("celeba", "infogan"), line("celeba", "wae"), line("mnist", "wae")]
    measured = [record for row in rows for record in scores(row["dataset"], row["net"])]
    (table,) = table7.build(measured, settings(*rows, line("mnist", "conv"))).tables
    published = {row.label: texts(table, row.label)[1:8:2] for row in table.rows}
    assert published == {
        "mnist infogan": ["14.8", "20.0", "12.9", "9.9"],
        "celeba infogan": ["44.9", "67.8", "53.3", "49.6"],
        "celeba wae": ["34.3", "70.8", "40.7", "37.9"],
        "mnist wae": ["–"] * 4,
        "mnist conv": ["–"] * 4,
    }
    # 34.3 is lower than 37.9 but a reconstruction.
    assert bold(table, "celeba wae") == ["5.00", "5.00", "37.9"]
    assert table.columns[-1].title == "control"
    notes = " ".join(table.footnotes)
    assert "mnist infogan: similar to [11] in the paper" in notes
    assert "celeba wae: similar to [56] in the paper" in notes


def test_mean_and_deviation_over_seeds():
    measured = scores("digits", "infogan") + scores("digits", "infogan", seed=1, manifold=7.004)
    (table,) = table7.build(measured, settings(line("digits", "infogan"), seeds=[0, 1])).tables
    with pytest.raises(GeovaeError, match="scores: no record of digits/full/infogan/two_stage/base/seed5/"):
        table7.build(measured, settings(line("digits", "infogan"), seeds=[0, 5]))
    assert texts(table, "digits infogan")[3] == "6.00 ± 1.41"
    assert any("over 2 trainings" in note for note in table.footnotes)


def test_footnotes_say_what_is_not_comparable():
    shown = settings(line("digits", "infogan"), datasets=["digits", "mnist"])
    notes = " ".join(table7.build(scores("digits", "infogan"), shown).tables[0].footnotes)
    for text in ("97.5 %", "Digits 500", "Digits × 0.125", "stand-in", "test images, encoded and decoded"):
        assert text in notes
    assert "[11]" not in notes
    assert "MNIST" not in notes


def test_tidy_csv(tmp_path):
    document = table7.build(scores("mnist", "infogan", jitter=None), settings(line("mnist", "infogan")))
    write_document(document, tmp_path, "table7")
    with (tmp_path / "table7.csv").open(newline="") as file:
        rows = {row["sampler"]: row for row in csv.DictReader(file)}
    expected = {"row": "mnist infogan", "dataset": "mnist", "net": "infogan", "sampler": "manifold", "fid": "5.004"}
    assert rows["manifold"] == expected | {"std": "", "n_seeds": "1", "published": "9.9"}
    assert (rows["jitter"]["fid"], rows["jitter"]["n_seeds"], rows["jitter"]["published"]) == ("", "0", "")


@pytest.mark.parametrize(
    ("rows", "changes", "message"),
    [
        ([line("mnist", "wae")] * 2, {}, "two rows have the same title"),
        ([line("mnist", "wae")], {"datasets": ["digits"]}, "row 'mnist wae' is of data set 'mnist'"),
    ],
)
def test_mistaken_rows_are_refused(rows, changes, message):
    with pytest.raises(GeovaeError, match=message):
        table7.build([], settings(*rows, **changes))
