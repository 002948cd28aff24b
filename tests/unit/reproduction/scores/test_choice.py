"""Choosing a trial by its validation FID."""

import random
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from reproduction.rendering.tables.trials import tidy_choice, trial_cells, trials_table
from reproduction.rendering.writers.document import Block, Row
from reproduction.scores import choice
from reproduction.scores.cells import Cell
from reproduction.scores.choice import Chosen
from reproduction.scores.lookup import Scores
from reproduction.scores.score_table import Statistic

KEY = {"dataset": "digits", "subset": "full", "net": "conv", "model": "wae", "sampler": "prior", "variant": "base"}


def score(trial: str, validation: float, test: float, seed: int = 0, **changes) -> list[dict]:
    shared = {**KEY, "backbone": "classifier", "trial": trial, "seed": seed, **changes}
    return [shared | {"split": "validation", "fid": validation}, shared | {"split": "test", "fid": test}]


def choose(scores: list[dict], trials: list[str], seeds: list[int]) -> Chosen | None:
    return choice.choose(Scores(scores, "test", "classifier"), Cell(**KEY, trials=tuple(trials), seeds=tuple(seeds)))


def test_the_validation_images_decide_and_the_test_images_are_reported():
    scores = score("t00", 3.0, 1.0) + score("t01", 2.0, 9.0)
    chosen = choose(scores, ["t00", "t01"], [0])
    assert chosen[:4] == ("t01", 2.0, Statistic(9.0, None, 1), 2)
    assert [record["fid"] for record in chosen.records] == [9.0]


def test_a_trial_of_which_a_training_diverged_is_not_chosen():
    scores = score("t00", 1.0, 1.0, diverged_epoch=3.0) + score("t01", 2.0, 9.0, diverged_epoch=None)
    assert choose(scores, ["t00", "t01"], [0]).trial == "t01"
    cell = Cell(**KEY, trials=("t00", "t01"), seeds=(0,))
    assert choice.diverged_trials(Scores(scores, "test", "classifier"), cell) == ("t00",)
    assert choose(scores, ["t00"], [0]) is None


def test_means_over_seeds_decide():
    scores = [
        *(score("t00", 1.0, 5.0, seed=0) + score("t00", 9.0, 7.0, seed=1)),
        *(score("t01", 4.0, 2.0, seed=0) + score("t01", 5.0, 4.0, seed=1)),
    ]
    chosen = choose(scores, ["t00", "t01"], [0, 1])
    assert (chosen.trial, chosen.validation_fid) == ("t01", 4.5)
    assert chosen.fid.mean == 3.0
    assert chosen.fid.std == pytest.approx(2**0.5)
    assert choose(scores, ["t00", "t01"], [0]).trial == "t00"


def test_the_first_of_equal_trials_is_chosen():
    scores = score("t00", 2.0, 1.0) + score("t01", 2.0, 0.5)
    assert choose(scores, ["t00", "t01"], [0]).trial == "t00"
    assert choose(scores, ["t01", "t00"], [0]).trial == "t01"


@pytest.mark.parametrize(
    "other",
    [
        {"dataset": "shapes"},
        {"subset": "n500"},
        {"net": "resnet"},
        {"model": "vamp"},
        {"sampler": "gmm"},
        {"variant": "k9"},
        {"backbone": "inception"},
        {"seed": 3},
        {"trial": "t05"},
    ],
)
def test_other_records_are_not_looked_at(other):
    scores = score("t00", 3.0, 1.0) + score(**{"trial": "t01", "validation": 0.1, "test": 0.1} | other)
    assert choose(scores, ["t00", "t01"], [0]).trial == "t00"


def test_a_trial_without_all_its_scores_takes_no_part():
    scores = score("t00", 3.0, 1.0) + score("t00", 3.0, 1.0, seed=1) + score("t01", 0.1, 0.1)
    chosen = choose(scores, ["t00", "t01"], [0, 1])
    assert (chosen.trial, chosen.n_trials) == ("t00", 1)
    for split in (0, 1):
        halves = [*score("t00", 3.0, 1.0), score("t01", 0.1, 0.1)[split]]
        assert choose(halves, ["t00", "t01"], [0]).trial == "t00"
    assert choose(scores, ["t01"], [0, 1]) is None
    assert choose([], ["t00"], [0]) is None
    assert choose(scores, ["t00"], []) is None


def test_a_seed_that_is_there_twice_is_refused():
    with pytest.raises(GeovaeError, match="several records of a seed"):
        choose(score("t00", 1.0, 1.0) * 2, ["t00"], [0])


@settings(derandomize=True, deadline=None, max_examples=60)
@given(
    fids=st.lists(st.lists(st.integers(1, 6), min_size=2, max_size=2), min_size=1, max_size=6),
    shuffle=st.integers(0, 9),
)
def test_the_choice_is_the_one_of_brute_force(fids, shuffle):
    trials = [f"t{index:02d}" for index in range(len(fids))]
    scores = [
        record
        for trial, pair in zip(trials, fids, strict=True)
        for seed, fid in enumerate(pair)
        for record in score(trial, float(fid), 100.0 * fid, seed)
    ]
    random.Random(shuffle).shuffle(scores)
    sums = [sum(pair) for pair in fids]
    expected = sums.index(min(sums))
    chosen = choose(scores, trials, [0, 1])
    assert chosen.trial == trials[expected]
    assert chosen.validation_fid == statistics.fmean(fids[expected])
    assert chosen.fid.mean == 100 * statistics.fmean(fids[expected])
    assert chosen.n_trials == len(trials)


def texts(cells) -> list[str]:
    return ["".join(span.text for span in cell.spans) for cell in cells]


def test_a_choice_in_words_and_in_numbers():
    chosen = Chosen("t00", 4.125, Statistic(9.5, 0.25, 2), 10, ())
    trials = [f"t{index:02d}" for index in range(10)]
    assert texts(trial_cells("wae", trials, chosen)) == ["kernel_bandwidth 1, lam 10", "t00", "4.12", "10"]
    assert texts(trial_cells("wae", trials, chosen._replace(n_trials=3)))[3] == "3 of 10"
    assert texts(trial_cells("wae", trials, chosen._replace(n_trials=8), ("t01", "t04")))[3] == "8 of 10 (2 diverged)"
    assert texts(trial_cells("vae", ["base"], chosen._replace(trial="base", n_trials=1)))[:2] == [
        "the config's",
        "base",
    ]
    assert tidy_choice(chosen) == ("t00", 4.125, 9.5, 0.25, 10)
    assert tidy_choice(None) == (None, None, None, None, 0)
    blocks = [Block("B", (Row("WAE", trial_cells("wae", trials, chosen)),))]
    table = trials_table("x-trials", "c", "Model", blocks, ["wae", "vae"])
    assert table.footnotes[1:] == (
        "The weights of WAE and of the RAEs stand beside a squared error that is summed over pixels.",
    )
    assert len(trials_table("x-trials", "c", "Model", blocks, ["vae", "vamp"]).footnotes) == 1
    assert [column.left for column in table.columns] == [True, False, False, False]
