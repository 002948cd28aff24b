"""The smallest difference that so many trainings would have found."""

import numpy as np
import pytest
from scipy import stats

from reproduction.claims.margins import Margin, over_seeds
from reproduction.evidence.effects import detectable, noncentrality


def test_the_test_rejects_with_the_power_that_was_asked_for():
    shift = noncentrality(4, 0.8)
    draws = np.random.default_rng(0).normal(shift / np.sqrt(5), 1.0, size=(20_000, 5))
    found = stats.ttest_1samp(draws, 0.0, axis=1).pvalue < 0.05
    assert found.mean() == pytest.approx(0.8, abs=0.01)


def test_power_tables_agree():
    # G*Power, paired t test, two-sided 5 %, power 0.8: d = 0.5 needs 34 pairs, d = 1 needs 10.
    assert noncentrality(33, 0.8) / np.sqrt(34) == pytest.approx(0.5, abs=0.01)
    assert noncentrality(9, 0.8) / np.sqrt(10) == pytest.approx(1.0, abs=0.02)


def test_it_grows_with_the_spread_and_shrinks_with_the_trainings():
    narrow, wide = over_seeds([1.0, 1.1, 1.2]), over_seeds([1.0, 2.0, 3.0])
    assert detectable(wide) == pytest.approx(10 * detectable(narrow))
    assert detectable(over_seeds([1.0, 2.0, 3.0] * 3)) < detectable(wide) / 2


def test_one_training_and_printed_numbers_find_nothing():
    assert detectable(Margin(1.0, 0.2, 1)) is None
    assert detectable(Margin(1.0, None, 1)) is None
