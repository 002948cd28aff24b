"""Finding the records of a cell."""

import pytest

from geovae.core.errors import GeovaeError
from reproduction.scores.cells import Cell
from reproduction.scores.lookup import Scores

KEY = {"dataset": "digits", "subset": "full", "net": "conv", "model": "vae", "trial": "base", "sampler": "prior"}
KEY |= {"variant": "base"}
CELL = Cell(dataset="digits", net="conv", model="vae", sampler="prior", seeds=(0, 2))


def record(seed: int, fid: float, **changes: str) -> dict:
    return {**KEY, "seed": seed, "split": "test", "backbone": "inception", "fid": fid, **changes}


def fids(records) -> list[float]:
    return [record["fid"] for record in records]


def test_the_records_of_the_cells_seeds_by_seed():
    scores = Scores([record(2, 4.0), record(1, 1.0), record(0, 3.0)], "test", "inception")
    assert fids(scores.of(CELL)) == fids(scores.all_of(CELL)) == fids(scores.all_or_none(CELL)) == [3.0, 4.0]


@pytest.mark.parametrize("column", [*KEY, "split", "backbone"])
def test_other_records_are_not_looked_at(column):
    scores = Scores([record(0, 1.0, **{column: "other"}), record(0, 3.0)], "test", "inception")
    assert fids(scores.of(CELL)) == [3.0]


def test_scores_on_the_features_of_two_backbones_are_two_sets():
    of_both = {"efficientnet": 0.1, "classifier": 3.0}
    mixed = [record(seed, fid, backbone=name) for name, fid in of_both.items() for seed in (0, 2)]
    for name, expected in of_both.items():
        scores = Scores(mixed, "test", name)
        assert fids(scores.all_of(CELL)) == fids(scores.records) == [expected, expected]
    with pytest.raises(GeovaeError, match=r"seed2.*backbone classifier"):
        Scores([record(0, 3.0, backbone="classifier"), record(2, 0.1)], "test", "classifier").all_or_none(CELL)


def test_features_of_images_that_were_resized_in_two_ways_are_refused():
    one, other = record(0, 1.0, resize="tf_legacy"), record(2, 1.0, resize="pytorch_fid")
    with pytest.raises(GeovaeError, match=r"scores of digits.*tf_legacy and as pytorch_fid"):
        Scores([one, other], "test", "inception")
    apart = Scores([one, {**other, "dataset": "shapes"}, {**other, "backbone": "x"}], "test", "inception")
    assert fids(apart.of(CELL)) == [1.0]


def test_validation_records_are_found_beside_the_reported():
    scores = Scores([record(0, 1.0, split="validation"), record(0, 3.0)], "test", "inception")
    assert fids(scores.of(CELL, "validation")) == [1.0]
    assert fids(scores.records) == [3.0]


def test_seeds_without_a_record():
    part = Scores([record(0, 3.0)], "test", "inception")
    assert fids(part.of(CELL)) == [3.0]
    message = "no record of digits/full/conv/vae/base/seed2/prior/base, split test, backbone inception"
    for find in (part.all_of, part.all_or_none):
        with pytest.raises(GeovaeError, match=message):
            find(CELL)
    nothing = Scores([], "test", "inception")
    assert nothing.of(CELL) == nothing.all_or_none(CELL) == []
    with pytest.raises(GeovaeError, match="seed0"):
        nothing.all_of(CELL)


def test_a_seed_that_is_there_twice_is_refused():
    with pytest.raises(GeovaeError, match="several records of a seed for digits/full/conv/vae/base/seed…/prior/base"):
        Scores([record(2, 4.0), record(2, 5.0)], "test", "inception").of(CELL)


def test_a_cell_is_what_its_parts_say_the_last_one_above_all():
    settings = {"datasets": ["digits"], "seeds": [0, 2], "subset": "n9"}
    row = {"label": "Prior", "model": "vae", "sampler": "prior", "trials": ["t00"], "k": 3}
    cell = Cell.of({"net": "mlp"}, settings, row, {"dataset": "digits", "net": "conv"})
    assert cell == Cell(
        dataset="digits",
        net="conv",
        model="vae",
        sampler="prior",
        subset="n9",
        trials=("t00",),
        seeds=(0, 2),
        label="Prior",
    )
    with pytest.raises(GeovaeError, match="cell 'Prior': dataset is missing"):
        Cell.of(row, {"net": "conv"})
