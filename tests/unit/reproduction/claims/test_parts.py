"""Comparisons from records: what a picked rival costs, tolerances, rivals without scores, and their words."""

import pytest

from reproduction.claims.evidence import Found
from reproduction.claims.parts import ahead, ahead_of_all, compare, undecided
from reproduction.claims.verdicts import Outcome

HOLDS, FAILS, UNDECIDED = Outcome.HOLDS, Outcome.FAILS, Outcome.UNDECIDED


def found(label: str, *values: float, column: str = "fid") -> Found:
    return Found(label, [{"seed": seed, column: value} for seed, value in enumerate(values)])


OURS = found("ours", 8.0, 8.2, 8.1)
NEAR, FAR = found("near", 8.5, 8.6, 8.65), found("far", 20.0, 20.1, 20.2)
EMPTY = Found("missing", [])


def test_the_best_rival_is_the_one_that_is_compared():
    part = ahead_of_all("digits", OURS, [FAR, NEAR])
    assert (part.outcome, part.n_comparisons, part.n) == (HOLDS, 2, 3)
    assert part.numbers.startswith("ours 8.10, near 8.58; margin 0.48 (95 % interval 0.")
    assert part.p_for == ahead("digits", OURS, NEAR).p_for


@pytest.mark.parametrize(("ours", "tolerance", "outcome"), [(9.2, 1.0, FAILS), (9.2, 1.1, HOLDS), (9.9, 1.1, FAILS)])
def test_a_tolerance_is_a_factor_for_fids(ours, tolerance, outcome):
    own = found("ours", ours, ours + 0.01, ours - 0.01)
    assert ahead_of_all("", own, [NEAR, FAR], tolerance=tolerance).outcome == outcome


@pytest.mark.parametrize(("ours", "tolerance", "outcome"), [(0.8, 1.0, FAILS), (0.8, 1.1, HOLDS), (0.7, 1.1, FAILS)])
def test_a_tolerance_is_a_factor_for_precision_and_recall(ours, tolerance, outcome):
    own = found("ours", ours, ours + 0.001, ours - 0.001, column="prd_f8")
    other = found("other", 0.85, 0.851, 0.852, column="prd_f8")
    assert ahead_of_all("", own, [other], "prd_f8", tolerance).outcome == outcome


@pytest.mark.parametrize(
    ("rivals", "reason"),
    [
        ([FAR, EMPTY], "no score of missing"),
        ([found("ahead", 2.0, 2.1, 2.2), EMPTY], "no score of missing; one that is built does better"),
        ([EMPTY], "no score of missing"),
    ],
)
def test_a_missing_rival_leaves_it_open_either_way(rivals, reason):
    part = ahead_of_all("digits", OURS, rivals)
    assert (part.outcome, part.reason, part.n_comparisons) == (UNDECIDED, reason, 0)
    assert (part.p_for, part.p_against) == (1.0, 1.0)


def test_without_ours_ours_is_what_is_missing():
    assert ahead_of_all("", EMPTY, [NEAR, FAR]).reason == "no score of missing"


def test_a_pick_that_may_favour_either_side_is_paid_for_on_both():
    terms = [(-1.0, OURS), (1.0, NEAR)]
    plain, picked = compare("", terms), compare("", terms, n_candidates=12, either_way=True)
    assert picked.p_for == pytest.approx(12 * plain.p_for)
    assert (picked.p_against, picked.n_comparisons) == (plain.p_against, 12)


def test_nothing_to_compare():
    assert undecided("here", "why") == ("here", UNDECIDED, "", "why", 1.0, 1.0, 0, 0, False)
