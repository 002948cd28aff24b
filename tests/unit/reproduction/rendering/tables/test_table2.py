"""Table 2: what stands in its cells, what is bold and marked, and what its footnotes admit."""

import csv
import statistics

import pytest

from geovae.core.errors import GeovaeError
from reproduction.rendering.tables import table2
from reproduction.rendering.writers.document import Table
from reproduction.rendering.writers.write import write_document
from reproduction.scores.classification import columns

ROWS = [
    {"label": "Original*", "source": "raw", "block": "paper"},
    {"label": "Original (resampled)", "source": "resampled", "block": "paper"},
    {"label": "VAE - N", "source": "vae/prior", "block": "paper"},
    {"label": "VAE - Ours", "source": "vae/manifold", "block": "paper"},
    {"label": "Matched noise", "source": "vae/jitter", "block": "controls", "note": "a word"},
]
INFO = {
    "phantoms": {"title": "Brain phantoms", "width": 0.25},
    "oasis": {"title": "OASIS", "width": 1.0},
    "folder": {"title": "Folder", "width": 1.0},
}


def settings(**changes) -> dict:
    base = {"dataset": "phantoms", "datasets_info": INFO, "classes": ["AD", "CN"], "n_per_class": 2000, "n_runs": 2}
    return base | {"rows": ROWS} | changes


def runs(source: str, accuracy: float, f1_ad: float, f1_cn: float, dataset="phantoms", n=2, seed=0, variant="base"):
    real = source in ("raw", "resampled")
    row = dict.fromkeys(columns(["AD", "CN"]))
    row |= {"dataset": dataset, "source": source, "n_train": 290 if real else 4000, "n_test": 84}
    row |= {"seed": None if real else seed, "variant": None if real else variant}
    row |= dict.fromkeys(("precision_AD", "recall_AD", "precision_CN", "recall_CN"), 1.0)
    # Two runs around the mean, so that the deviation is 0.02·√2.
    spread = (-0.02, 0.02) if n == 2 else (0.0,) * n
    return [
        row | {"run": run, "balanced_accuracy": accuracy + shift, "f1_AD": f1_ad + shift, "f1_CN": f1_cn + shift}
        for run, shift in enumerate(spread)
    ]


def scores(dataset: str = "phantoms") -> list[dict]:
    return [
        *runs("raw", 0.660, 0.47, 0.873, dataset),
        *runs("resampled", 0.818, 0.72, 0.880, dataset),
        *runs("vae/prior", 0.900, 0.80, 0.8732, dataset),
        *runs("vae/manifold", 0.8999, 0.75, 0.874, dataset),
        *runs("vae/jitter", 0.950, 0.95, 0.950, dataset),
    ]


def texts(table: Table, label: str) -> list[str]:
    (row,) = [row for row in table.rows if row.label.removesuffix(" †") == label]
    return ["".join(span.text for span in cell.spans) for cell in row.cells]


def bold(table: Table, label: str) -> list[str]:
    (row,) = [row for row in table.rows if row.label.removesuffix(" †") == label]
    return [span.text for cell in row.cells for span in cell.spans if span.bold]


def test_columns_and_cells_in_per_cent():
    (table,) = table2.build(scores(), settings()).tables
    assert [(group.title, [column.title for column in group.columns]) for group in table.groups] == [
        ("", ["Balanced accuracy ↑"]),
        *((title, ["AD", "CN"]) for title in ("F1 ↑", "Precision ↑", "Recall ↑")),
    ]
    assert texts(table, "Original*") == ["66.0 ± 2.8", "47.0 ± 2.8", "87.3 ± 2.8", *["100.0 ± 0.0"] * 4]
    assert 100 * statistics.stdev([0.64, 0.68]) == pytest.approx(2.8, abs=0.05)
    assert [(block.title.split(":")[0], block.shaded) for block in table.blocks] == [
        ("Methods of the paper", False),
        ("Controls", True),
    ]
    assert table.rows[-1].description == "a word"
    turned = table2.build(scores(), settings(classes=["CN", "AD"])).tables[0]
    assert texts(turned, "Original*")[1:3] == ["87.3 ± 2.8", "47.0 ± 2.8"]


def test_the_best_accuracy_and_f1_of_the_papers_rows_are_bold():
    (table,) = table2.build(scores(), settings()).tables
    assert bold(table, "Original*") == []
    assert bold(table, "Original (resampled)") == ["88.0"]
    assert bold(table, "VAE - N") == ["90.0", "80.0"]
    assert bold(table, "VAE - Ours") == ["90.0"]  # a tie at the printed precision
    assert bold(table, "Matched noise") == []


def test_rows_above_the_original_in_all_three_scores_are_marked():
    (table,) = table2.build(scores(), settings()).tables
    # VAE - N has F1 87.32 against 87.30: level as printed.
    assert [row.label for row in table.rows] == [
        *("Original*", "Original (resampled) †", "VAE - N", "VAE - Ours †", "Matched noise †")
    ]
    assert any(note.startswith("†") and "Original*" in note for note in table.footnotes)
    lower = [*scores()[:2], *runs("vae/manifold", 0.9, 0.9, 0.86), *runs("vae/prior", 0.9, 0.4, 0.9)]
    lower += runs("resampled", 0.6, 0.9, 0.9)
    assert not any("†" in row.label for row in table2.build(lower, settings()).tables[0].rows)
    (table,) = table2.build(scores()[2:], settings(rows=ROWS[1:])).tables
    assert not any("†" in text for text in (*table.footnotes, *(row.label for row in table.rows)))


def test_a_row_without_runs_is_a_dash_with_a_reason():
    (table,) = table2.build(runs("vae/prior", 0.9, 0.8, 0.9), settings()).tables
    assert texts(table, "VAE - Ours") == ["–"] * 7
    assert list(table.markers()) == ["Not in this build: no run of the classifier on this training set."]
    assert not any("†" in row.label for row in table.rows)


def test_only_runs_of_the_data_set_and_variant_count():
    more = [
        *scores(),
        *runs("vae/manifold", 0.1, 0.1, 0.1, "oasis"),
        *runs("vae/manifold", 0.2, 0.2, 0.2, variant="k9"),
    ]
    assert texts(table2.build(more, settings()).tables[0], "VAE - Ours")[0] == "90.0 ± 2.8"
    rows = [ROWS[3] | {"variant": "k9"}]
    assert texts(table2.build(more, settings(rows=rows)).tables[0], "VAE - Ours")[0] == "20.0 ± 2.8"


def test_runs_of_several_trainings_are_pooled():
    both = runs("vae/manifold", 0.5, 0.5, 0.5) + runs("vae/manifold", 0.7, 0.7, 0.7, seed=1)
    (table,) = table2.build(both, settings(rows=ROWS[3:4], n_trainings=2)).tables
    assert "over 2 runs on the images of each of 2 trainings of a generator." in table.caption
    deviation = 100 * statistics.stdev([0.48, 0.52, 0.68, 0.72])
    assert texts(table, "VAE - Ours")[0] == f"60.0 ± {deviation:.1f}"
    assert any("2 trainings of the generative models" in note for note in table.footnotes)


def test_one_run_has_no_deviation():
    (table,) = table2.build(runs("raw", 0.5, 0.5, 0.5, n=1), settings(n_runs=1)).tables
    assert texts(table, "Original*")[0] == "50.0"


def test_the_papers_table_stands_beneath_on_its_data_set_alone():
    assert len(table2.build(scores(), settings()).tables) == 1
    own, paper = table2.build(scores("oasis"), settings(dataset="oasis")).tables
    assert own.columns == paper.columns
    assert len(paper.rows) == 15
    ours = ["85.4 ± 2.5", "74.7 ± 3.5", "87.3 ± 2.7", "64.0 ± 5.3", "95.8 ± 2.2", "90.4 ± 5.6", "80.3 ± 5.1"]
    assert texts(paper, "VAE - Ours") == ours
    # As the paper prints its bold numbers.
    assert {row.label: bold(paper, row.label.removesuffix(" †")) for row in paper.rows if row.cells} == {
        **{row.label: [] for row in paper.rows},
        "VAE - Ours": ["85.4", "74.7"],
        "Original (resampled) †": ["88.0"],
    }
    assert "its F1 of CN is level" in " ".join(paper.footnotes)


def test_footnotes_say_what_may_not_be_concluded():
    notes = " ".join(table2.build(scores(), settings()).tables[0].footnotes)
    for text in (
        "drawn by this project",
        "stand-in",
        "Nothing about patients",
        "2,000 images of each class and no real one",
        "Original*: the 290 training images",
        "84 real images",
        "one training",
        "Brain phantoms × 0.25",
        "controls do not compete",
    ):
        assert text in notes
    notes = " ".join(table2.build(scores("oasis"), settings(dataset="oasis")).tables[0].footnotes)
    assert "no evidence on diagnosis" in notes
    assert "stand-in" not in notes
    assert "Width" not in notes
    notes = " ".join(table2.build(scores("folder"), settings(dataset="folder")).tables[0].footnotes)
    assert "Folder: not the paper's OASIS" in notes
    assert "drawn" not in notes


def test_tidy_csv(tmp_path):
    write_document(table2.build(scores("oasis"), settings(dataset="oasis")), tmp_path, "table2")
    with (tmp_path / "table2.csv").open(newline="") as file:
        rows = {(row["row"], row["metric"], row["class"]): row for row in csv.DictReader(file)}
    assert len(rows) == 5 * 7
    ours = rows["VAE - Ours", "f1", "AD"]
    assert (float(ours["mean"]), float(ours["std"])) == pytest.approx((75.0, 2 * 2**0.5))
    assert (ours["n_runs"], ours["source"], ours["published"], ours["published_std"]) == (
        *("2", "vae/manifold", "74.7", "3.5"),
    )
    assert rows["Matched noise", "balanced_accuracy", ""]["published"] == ""


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_runs": 20}, "row 'Original\\*' has 2 runs, n_runs is 20"),
        ({"n_per_class": 50}, "row 'VAE - N' was trained on 4000 images, n_per_class 50 means 100"),
        ({"classes": ["AD", "MCI"]}, "no column f1_MCI. Correct classes"),
        ({"rows": [ROWS[0] | {"label": "Mine"}]}, "table2: the paper's table has no row 'Mine'"),
        ({"rows": [ROWS[0] | {"block": "other"}]}, "in block 'other'"),
        ({"rows": [ROWS[0], ROWS[0]]}, "same label"),
    ],
)
def test_mistaken_settings_are_refused(changes, message):
    with pytest.raises(GeovaeError, match=message):
        table2.build(scores(), settings(**changes))


def test_the_real_images_of_chosen_classes_are_counted():
    def notes(**changes) -> str:
        return " ".join(table2.build(scores("phantoms"), settings(**changes)).tables[0].footnotes)

    assert "Original*: the 290 training images, unbalanced." in notes()
    drawn = (
        "Original*: 70 of AD and 220 of CN of the training images; those of validation and test are in that proportion."
    )
    assert drawn in notes(n_train=[70, 220])
    assert "Original*: all 290 training images of the two classes." in notes(n_train=None)
