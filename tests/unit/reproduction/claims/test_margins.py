"""Margins and their uncertainty: against scipy, by construction, and where they must refuse."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from reproduction.claims.margins import (
    Margin,
    combined,
    contrast,
    crossings,
    interpolate,
    margin_at_equal,
    margin_over_path,
    over_seeds,
    share_margin,
    welch,
)


def records(values, column="fid", error=None, first_seed=0, **others):
    return [
        {"seed": first_seed + i, column: value, "fid_std_error": error, "n": 100, **others}
        for i, value in enumerate(values)
    ]


def below(a, b):
    return contrast([(-1.0, a), (1.0, b)], "fid")


def test_the_interval_is_that_of_a_paired_t_test():
    a, b = [8.0, 9.5, 7.0, 8.2], [10.0, 10.5, 11.0, 9.0]
    margin = below(records(a), records(b))
    expected = stats.ttest_rel(b, a).confidence_interval(0.95)
    assert margin.value == pytest.approx(np.mean(b) - np.mean(a))
    assert margin.interval() == pytest.approx((expected.low, expected.high))
    strict = stats.ttest_rel(b, a).confidence_interval(1 - 0.05 / 12)
    assert margin.interval(1 - 0.05 / 12) == pytest.approx((strict.low, strict.high))


def test_only_common_seeds_with_a_value_count():
    a = [*records([8.0, 9.0, 7.0]), {"seed": 3, "fid": None, "fid_std_error": None}]
    b = records([10.0, 12.0, 1.0], first_seed=1)
    margin = below(a, b)
    assert (margin.n, margin.value) == (2, pytest.approx((10.0 - 9.0 + 12.0 - 7.0) / 2))
    assert below(records([1.0]), records([2.0], first_seed=5)) is None


def test_one_training_takes_the_error_of_the_images():
    margin = below(records([8.0], error=0.3), records([9.2], error=0.4))
    assert (margin.n, margin.std_error) == (1, pytest.approx(0.5))
    assert margin.interval() == pytest.approx(stats.norm.interval(0.95, 1.2, 0.5))
    assert margin.p_above() == pytest.approx(stats.norm.sf(1.2 / 0.5))


def test_one_training_without_a_bootstrap_has_no_error():
    margin = below(records([1.0]), records([1000.0], error=0.1))
    assert (margin.interval(), margin.p_above(), margin.p_below()) == (None, None, None)
    novelties = [records([0.1], "novelty", error=0.01), records([0.9], "novelty", error=0.01)]
    assert contrast([(-1.0, novelties[0]), (1.0, novelties[1])], "novelty").std_error is None


def test_a_cell_in_two_terms_is_one_random_number():
    cell, other = records([5.0], error=0.3), records([7.0], error=0.4)
    margin = contrast([(1.0, cell), (0.5, cell), (-1.0, other)], "fid")
    assert margin.value == pytest.approx(0.5)
    assert margin.std_error == pytest.approx(math.hypot(1.5 * 0.3, 0.4))
    assert contrast([(1.0, cell), (-1.0, cell)], "fid").std_error == 0.0
    assert combined([0.0, 2.0], [None, 1.5]) == 3.0


fids = st.lists(st.integers(0, 400).map(lambda x: x / 4), min_size=2, max_size=6)


def test_intervals_cover_the_truth_in_19_of_20_runs():
    rng = np.random.default_rng(0)
    margins = [below(records(rng.normal(5, 1, 4)), records(rng.normal(7, 2, 4))) for _ in range(2000)]
    covered = np.mean([low <= 2.0 <= high for low, high in (margin.interval() for margin in margins)])
    assert covered == pytest.approx(0.95, abs=0.015)


def test_p_values_are_those_of_one_sided_t_tests():
    a, b = [8.0, 9.5, 7.0, 8.2], [10.0, 8.5, 11.0, 9.0]
    margin = below(records(a), records(b))
    assert margin.p_above() == pytest.approx(stats.ttest_rel(b, a, alternative="greater").pvalue)
    assert margin.p_below() == pytest.approx(stats.ttest_rel(b, a, alternative="less").pvalue)
    assert margin.p_above(0.5) == pytest.approx(stats.ttest_rel(np.subtract(b, 0.5), a, alternative="greater").pvalue)


def test_the_sign_decides_where_nothing_varies():
    printed = [{"seed": 0, "fid": fid, "printed": True} for fid in (8.5, 13.1)]
    for a, b, expected in ((0, 1, (0.0, 1.0)), (1, 0, (1.0, 0.0)), (0, 0, (1.0, 0.0))):
        margin = below([printed[a]], [printed[b]])
        assert (margin.n, margin.std_error, (margin.p_above(), margin.p_below())) == (0, 0.0, expected)
    measured = below(records([1.0, 2.0]), records([1.0, 2.0]))
    assert (measured.p_above(), measured.p_below()) == (1.0, 1.0)


def test_welch_is_scipys():
    a, b = [0.8, 0.82, 0.85, 0.79], [0.66, 0.7, 0.5, 0.74, 0.61]
    expected = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert welch(a, b).interval() == pytest.approx((expected.low, expected.high))
    assert welch(a, b).p_above() == pytest.approx(stats.ttest_ind(a, b, equal_var=False, alternative="greater").pvalue)
    assert welch(a, b).n == 1  # training of the generator
    assert welch([0.5, 0.5], [0.4, 0.4]).interval() == pytest.approx((0.1, 0.1))


def test_shares_of_one_training_have_a_binomial_error():
    margin = share_margin(records([0.4], "active_share"), "active_share", 0.5)
    adjusted = 42 / 104
    assert margin.value == pytest.approx(-0.1)
    assert margin.std_error == pytest.approx(math.sqrt(adjusted * (1 - adjusted) / 104))
    assert share_margin(records([1.0], "active_share"), "active_share", 0.5).p_above() < 0.025
    assert share_margin(records([0.0], "active_share"), "active_share", 0.5).p_below() < 0.025
    assert share_margin(records([None], "active_share"), "active_share", 0.5) is None
    several = share_margin(records([0.1, 0.2, 0.3], "active_share"), "active_share", 0.5)
    assert several.interval() == pytest.approx(stats.t.interval(0.95, 2, -0.3, stats.sem([0.1, 0.2, 0.3])))


def test_shares_that_are_the_same_in_all_trainings_have_the_error_of_their_samples():
    same = share_margin(records([0.4, 0.4, 0.4], "active_share"), "active_share", 0.5)
    adjusted = 42 / 104
    assert same.std_error == pytest.approx(math.sqrt(adjusted * (1 - adjusted) / 104 / 3))
    assert same.interval() == pytest.approx(stats.t.interval(0.95, 2, -0.1, same.std_error))


def test_trainings_differ_by_no_less_than_what_they_were_counted_on():
    assert over_seeds([0.1, 0.3], [0.01, 0.01]) == over_seeds([0.1, 0.3])
    counted = over_seeds([0.2, 0.2, 0.2], [0.03, 0.04, 0.05])
    assert counted == Margin(pytest.approx(0.2), pytest.approx(math.sqrt(0.0009 + 0.0016 + 0.0025) / 3), 3, 2)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(
    points=st.dictionaries(st.integers(0, 40), st.floats(0, 100), min_size=2, max_size=6),
    place=st.floats(0, 1),
)
def test_interpolation_is_numpys(points, place):
    xs = sorted(points)
    x = xs[0] + place * (xs[-1] - xs[0])
    value, error = interpolate([(x, y, None) for x, y in points.items()], x)
    assert value == pytest.approx(np.interp(x, xs, [points[k] for k in xs]), abs=1e-9)
    assert error is None or x in points


def test_interpolation_carries_errors_and_refuses_to_extend():
    points = [(2.0, 30.0, 0.4), (1.0, 10.0, 0.3)]
    assert interpolate(points, 1.5) == (20.0, pytest.approx(math.hypot(0.15, 0.2)))
    assert interpolate(points, 2.0) == (30.0, 0.4)
    assert interpolate(points, 0.99) is None
    assert interpolate(points, 2.01) is None
    assert interpolate([], 1.0) is None
    assert interpolate([*points, (1.0, 8.0, 0.1)], 1.0) == (8.0, 0.1)


def test_margins_at_equal_novelty():
    xs, ys = [0.5, 1.0, 1.5], [2.0, 4.0, 12.0]
    curve = [records([y, y + 1], novelty=x) for x, y in zip(xs, ys, strict=True)]
    ours = [{"seed": 0, "fid": 5.0, "novelty": 1.2}, {"seed": 1, "fid": 5.0, "novelty": 0.7}]
    margin = margin_at_equal(ours, curve, "novelty", "fid")
    differences = [np.interp(1.2, xs, ys) - 5.0, np.interp(0.7, xs, np.add(ys, 1)) - 5.0]
    assert margin.value == pytest.approx(np.mean(differences))
    assert margin.std_error == pytest.approx(stats.sem(differences))


def test_margins_at_equal_novelty_of_one_training():
    curve = [records([fid], error=0.3, novelty=x) for x, fid in ((1.0, 4.0), (2.0, 8.0))]
    margin = margin_at_equal(records([5.0], error=0.4, novelty=1.5), curve, "novelty", "fid")
    assert margin.value == pytest.approx(1.0)
    assert margin.std_error == pytest.approx(math.hypot(0.4, math.hypot(0.15, 0.15)))


@pytest.mark.parametrize(
    ("novelty", "points", "message"),
    [
        (0.4, 2, "outside the curve"),
        (2.5, 2, "outside the curve"),
        (1.5, 1, "no curve"),
        (1.5, 0, "no curve"),
        (None, 2, "no curve"),
    ],
)
def test_no_curve_no_margin(novelty, points, message):
    curve = [records([4.0], novelty=1.0), records([8.0], novelty=2.0)][:points]
    assert message in margin_at_equal(records([5.0], novelty=novelty), curve, "novelty", "fid")


def test_one_seed_outside_the_curve_refuses_all():
    curve = [records([4.0, 4.0], novelty=1.0), records([8.0, 8.0], novelty=2.0)]
    ours = [{"seed": 0, "fid": 1.0, "novelty": 1.5}, {"seed": 1, "fid": 1.0, "novelty": 2.5}]
    assert "2.5 lies outside" in margin_at_equal(ours, curve, "novelty", "fid")


# -- paths ------------------------------------------------------------------------------------------------------------


def test_a_path_is_passed_as_often_as_it_turns():
    path = [(0.0, 1.0), (2.0, 3.0), (1.0, 9.0), (1.0, 5.0), (4.0, 5.0)]
    assert crossings(path, 0.5) == [1.5]
    assert crossings(path, 1.5) == pytest.approx([2.5, 6.0, 5.0])
    assert crossings(path, 1.0) == pytest.approx([2.0, 9.0, 9.0, 5.0, 5.0])
    assert crossings(path, 4.5) == []


def test_margins_over_a_path_are_from_its_highest_value_there_in_each_training():
    turning = ((0.6, 0.9), (0.8, 0.8), (0.5, 0.5))
    path = [records([y, y + 0.02, y + 0.06], "precision", recall=x) for x, y in turning]
    ours = records([0.85, 0.85, 0.85], "precision", recall=0.7)
    margin, n_passes = margin_over_path(ours, path, "recall", "precision")
    assert n_passes == 2
    differences = [0.85 - (0.85 + shift) for shift in (0.0, 0.02, 0.06)]
    assert margin.value == pytest.approx(np.mean(differences))
    assert margin.std_error == pytest.approx(stats.sem(differences))
    alone, _ = margin_over_path(ours[:1], [point[:1] for point in path], "recall", "precision")
    assert (alone.value, alone.std_error, alone.n) == (pytest.approx(0.0), None, 1)
    far = records([0.85], "precision", recall=0.3)
    assert margin_over_path(far, path, "recall", "precision") == (
        "the recall 0.3 lies outside the curve (0.5 to 0.8), which is not extended"
    )
    assert "no curve" in margin_over_path(ours, path[:1], "recall", "precision")
