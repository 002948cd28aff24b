"""Verdicts of one comparison and of several: Holm's procedure, one training apart, almost all cases."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reproduction.claims.margins import Margin, contrast
from reproduction.claims.parts import part_of, undecided
from reproduction.claims.verdicts import Outcome, Part, better, different, holm, joint, mostly, of_some

HOLDS, FAILS, UNDECIDED = Outcome.HOLDS, Outcome.FAILS, Outcome.UNDECIDED
AHEAD, BEHIND = Outcome.AHEAD, Outcome.BEHIND


def margin(t: float, n: int = 3) -> Margin:
    """A margin of so many standard errors."""
    return Margin(t, 1.0 if n else 0.0, n, n - 1 if n > 1 else None)


def part(t: float, n: int = 3, n_candidates: int = 1, **others) -> Part:
    return part_of("", margin(t, n), better(margin(t, n), n_candidates), "")._replace(**others)


def decide(found: Margin, n_candidates: int = 1) -> Outcome:
    return better(found, n_candidates).outcome


def seeds(values):
    return [{"seed": i, "fid": value} for i, value in enumerate(values)]


def below(a, b):
    return contrast([(-1.0, a), (1.0, b)], "fid")


fids = st.lists(st.integers(0, 400).map(lambda x: x / 4), min_size=2, max_size=6)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(a=fids, b=fids, shift=st.integers(0, 400).map(lambda x: x / 4), n=st.sampled_from([1, 12]))
def test_a_better_score_never_loses_a_claim(a, b, shift, n):
    order = [FAILS, UNDECIDED, HOLDS]
    before = decide(below(seeds(a), seeds(b)), n)
    after = decide(below(seeds([x - shift for x in a]), seeds(b)), n)
    assert order.index(after) >= order.index(before)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(a=fids, b=fids)
def test_a_claim_and_its_opposite_never_both_hold(a, b):
    opposite = {HOLDS: FAILS, FAILS: HOLDS, UNDECIDED: UNDECIDED}
    assert decide(below(seeds(b), seeds(a))) == opposite[decide(below(seeds(a), seeds(b)))]


@pytest.mark.parametrize(
    ("n", "t", "expected"),
    [
        (1, 2.0, AHEAD),
        (1, -2.0, BEHIND),
        (1, 1.9, UNDECIDED),
        (2, 12.8, HOLDS),
        (2, 12.6, UNDECIDED),
        (3, 4.4, HOLDS),
        (3, -4.4, FAILS),
        (3, 4.2, UNDECIDED),
        (0, 0.01, HOLDS),
        (0, 0.0, FAILS),
        (0, -0.01, FAILS),
    ],
)
def test_one_training_is_ahead_or_behind_and_never_more(n, t, expected):
    assert decide(margin(t, n)) == expected


@settings(derandomize=True, deadline=None, max_examples=200)
@given(ts=st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=6), n=st.sampled_from([1, 12]))
def test_no_claim_holds_or_fails_by_one_training(ts, n):
    parts = [part(t, 1, n) for t in ts]
    allowed = {AHEAD, BEHIND, UNDECIDED}
    assert {joint(parts), mostly(parts, 0.75), of_some(parts)} | {each.outcome for each in parts} <= allowed


def test_an_unknown_error_decides_nothing():
    unknown = Margin(5.0, None, 1)
    assert (better(unknown), different(unknown, 1.0)) == (None, None)
    assert part_of("", unknown, better(unknown), "").outcome == UNDECIDED
    assert part_of("", unknown, better(unknown), "").reason == "one training and no bootstrap"


def test_the_verdict_against_needs_more_where_the_rival_was_picked():
    assert (decide(margin(-2.5, 1)), decide(margin(-2.5, 1), 12)) == (BEHIND, UNDECIDED)
    assert decide(margin(2.5, 1), 12) == AHEAD
    assert part(-2.5, 1, 12).reason == "within uncertainty, the rival being picked as the best of 12"


@pytest.mark.parametrize(
    ("value", "error", "expected"),
    [(1.0, 0.1, HOLDS), (-1.0, 0.1, HOLDS), (0.1, 0.08, FAILS), (0.1, 0.3, UNDECIDED)],
)
def test_two_numbers_differ_or_are_as_good_as_equal(value, error, expected):
    assert different(Margin(value, error, 3, 2), tolerance=0.5).outcome == expected
    one = {HOLDS: AHEAD, FAILS: BEHIND, UNDECIDED: UNDECIDED}[expected]
    assert different(Margin(value, error, 1), tolerance=0.5).outcome == one


def test_holms_procedure():
    # The example of R's documentation of p.adjust, and one by hand.
    assert holm([0.01, 0.02, 0.03, 0.04, 0.05]) == pytest.approx([0.05, 0.08, 0.09, 0.09, 0.09])
    assert holm([0.04, 0.001, 0.5]) == pytest.approx([0.08, 0.003, 0.5])
    assert holm([]) == []


def test_holms_procedure_counts_the_candidates_of_each():
    # 13 comparisons at first; 12 of them go with the smallest p-value.
    assert holm([0.001, 0.02], [12, 1]) == pytest.approx([0.013, 0.02])
    assert holm([0.001, 0.02], [1, 12]) == pytest.approx([0.013, 0.24])


STRONG, WEAK = 30.0, 5.0  # three trainings: p is 0.0006 and 0.019


@pytest.mark.parametrize(
    ("ts", "expected_joint", "expected_mostly"),
    [
        ([], UNDECIDED, UNDECIDED),
        ([STRONG] * 8, HOLDS, HOLDS),
        ([WEAK] * 8, HOLDS, UNDECIDED),  # each at 2.5 % is enough for all, and not for a count of some
        ([STRONG] * 7 + [-STRONG], FAILS, HOLDS),
        ([STRONG] * 7 + [-WEAK], UNDECIDED, HOLDS),
        ([STRONG] * 7 + [0.0], UNDECIDED, HOLDS),
        ([STRONG] * 5 + [-STRONG] * 2 + [0.0], FAILS, UNDECIDED),
        ([STRONG] * 5 + [-STRONG] * 3, FAILS, FAILS),
        ([STRONG] * 5 + [-WEAK] * 3, UNDECIDED, UNDECIDED),
    ],
)
def test_joint_verdicts(ts, expected_joint, expected_mostly):
    parts = [part(t) for t in ts]
    assert (joint(parts), mostly(parts, 0.75)) == (expected_joint, expected_mostly)


@pytest.mark.parametrize(
    ("several", "one", "expected_joint", "expected_mostly"),
    [
        ([], [5, 5], AHEAD, AHEAD),
        ([], [5, -5], BEHIND, BEHIND),
        ([], [5, 0], UNDECIDED, UNDECIDED),
        ([STRONG], [5], AHEAD, AHEAD),
        ([STRONG], [-5], BEHIND, BEHIND),
        ([-STRONG], [-5], FAILS, FAILS),
        ([-STRONG], [5], FAILS, FAILS),
        ([0], [5], UNDECIDED, UNDECIDED),
        ([STRONG] * 3, [5], AHEAD, HOLDS),
        ([STRONG] * 2, [5, -5], BEHIND, AHEAD),
    ],
)
def test_joint_verdicts_with_parts_of_one_training(several, one, expected_joint, expected_mostly):
    parts = [part(t) for t in several] + [part(t, 1) for t in one]
    assert (joint(parts), mostly(parts, 0.75)) == (expected_joint, expected_mostly)


def test_candidates_count_as_comparisons_in_a_joint_verdict():
    p = part(-14.0).p_against
    assert 0.025 / 13 < p < 0.025 / 2
    assert joint([part(-14.0), part(STRONG)]) == FAILS
    assert joint([part(-14.0), part(STRONG, n_candidates=12)]) == UNDECIDED


def test_parts_without_numbers_leave_a_claim_open_and_count_for_nothing():
    empty = undecided("", "no score of WAE")
    assert joint([part(STRONG), empty]) == UNDECIDED
    assert joint([part(-WEAK), *[empty] * 9]) == FAILS
    assert mostly([part(STRONG)] * 7, 0.75) == HOLDS
    assert mostly([*[part(STRONG)] * 7, empty], 0.75) == UNDECIDED
    assert mostly([part(-STRONG), part(STRONG), empty], 0.75) == FAILS


def test_a_part_that_can_only_refute_is_not_needed():
    open_step, rise = part(0.0, only_against=True), part(-STRONG, only_against=True)
    assert joint([part(STRONG), open_step]) == HOLDS
    assert joint([part(STRONG), rise]) == FAILS
    assert joint([open_step]) == UNDECIDED


def test_of_some_is_the_mirror_of_joint():
    empty = undecided("", "nothing to compare")
    assert of_some([]) == of_some([empty]) == UNDECIDED
    assert of_some([part(STRONG), part(-STRONG), empty]) == HOLDS
    assert of_some([part(-STRONG), part(-STRONG)]) == FAILS
    assert of_some([part(-STRONG), empty]) == of_some([part(-STRONG), part(0.0)]) == UNDECIDED
    assert of_some([part(WEAK)]) == HOLDS
    assert of_some([part(WEAK), *[part(-WEAK)] * 9]) == UNDECIDED  # by chance among ten
    assert of_some([part(STRONG, 1), part(-STRONG)]) == AHEAD
    assert of_some([part(-STRONG, 1), part(-STRONG)]) == BEHIND


@settings(derandomize=True, deadline=None, max_examples=200)
@given(ts=st.lists(st.floats(-50, 50), min_size=1, max_size=6), n=st.sampled_from([1, 3]))
def test_some_case_and_its_negation_in_all_are_one_question(ts, n):
    opposite = {HOLDS: FAILS, FAILS: HOLDS, AHEAD: BEHIND, BEHIND: AHEAD, UNDECIDED: UNDECIDED}
    assert of_some([part(t, n) for t in ts]) == opposite[joint([part(-t, n) for t in ts])]
