"""How often claims are decided when no method differs from another: many made-up tables of scores.

The numbers of a row are drawn around the same mean for all rows, with a spread over trainings of its own between one
and five times the bootstrap error that is recorded beside them.
"""

import functools
import math
from collections import Counter

import numpy as np
import pytest

from helpers.claim_scores import NOVELTIES, SETTINGS, world
from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import judge
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.questions import QUESTIONS
from reproduction.claims.verdicts import Outcome

HOLDS, FAILS = Outcome.HOLDS, Outcome.FAILS
N_TABLES = {1: 40, 3: 200, 5: 150}
MEANS = {"fid": 10.0, "prd_f8": 0.9, "prd_f1_8": 0.9, "seconds_sampling": 10.0, "novelty": 1.2}
MEANS |= {"novelty_features": 1.2, "active_share": 0.5, "active_share_start": 0.5, "precision": 0.7}
ERROR = 0.01  # of the mean
# "At most so many times worse" holds among equals, "differs" does not; of all others either verdict is wrong.
RIGHT = dict.fromkeys(("compete", "k_competitive", "centroids", "lam", "cost", "stays"), HOLDS) | {"released": FAILS}


def trained(n_seeds: int) -> dict:
    """The settings with so many trainings."""
    return {
        name: {**section, "seeds": list(range(n_seeds))} if "seeds" in section else section
        for name, section in SETTINGS.items()
    }


def redraw(records: list[dict], rng: np.random.Generator) -> None:
    """New numbers in all records, around equal means."""
    spreads = {}
    for record in records:
        row = tuple(record[name] for name in ("subset", "net", "model", "trial", "sampler", "variant"))
        spread = spreads.setdefault(row, ERROR * rng.uniform(1, 5))
        for column, draw in zip(MEANS, rng.standard_normal(len(MEANS)), strict=True):
            # The curve of noise keeps its places.
            if column not in NOVELTIES or record["sampler"] != "jitter":
                record[column] = MEANS[column] * (1 + spread * draw)


@pytest.fixture(scope="module", params=[3, 5])
def verdicts(request) -> Counter:
    """How often each claim got which verdict."""
    return simulate(request.param)


def simulate(n_seeds: int) -> Counter:
    records, rng = world(seeds=range(n_seeds), error=ERROR * MEANS["fid"]), np.random.default_rng(n_seeds)
    evidence = Evidence(records, trained(n_seeds))
    evidence.scores.of = functools.cache(evidence.scores.of)  # the same records, with other numbers
    counted = Counter()
    for _ in range(N_TABLES[n_seeds]):
        redraw(records, rng)
        counted.update((claim.name, judge(claim, evidence).outcome) for claim in (*CLAIMS, *QUESTIONS))
    return counted


@pytest.mark.parametrize("name", [claim.name for claim in (*CLAIMS, *QUESTIONS)])
def test_equal_methods_are_rarely_told_apart(name, verdicts):
    wrong = sum(verdicts[name, outcome] for outcome in (HOLDS, FAILS) if outcome != RIGHT.get(name))
    n = sum(n for (claim, _), n in verdicts.items() if claim == name)
    assert n >= 150
    assert wrong / n <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / n)


def test_what_is_as_good_as_equal_is_found_to_be(verdicts):
    assert verdicts["cost", HOLDS] > 10 * verdicts["cost", Outcome.UNDECIDED]
    assert verdicts["stays", HOLDS] > verdicts["stays", Outcome.UNDECIDED]


def test_one_training_of_equal_methods_neither_holds_nor_fails():
    counted = simulate(1)
    assert {outcome for _, outcome in counted} <= {Outcome.AHEAD, Outcome.BEHIND, Outcome.UNDECIDED}
    # The bootstrap error is smaller than the spread: many are ahead or behind, in that training.
    assert 0.2 < 1 - counted["prior", Outcome.UNDECIDED] / N_TABLES[1] < 0.9
