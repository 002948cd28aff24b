"""Logarithmic axes are those of `math`, whatever NumPy makes of a logarithm on this processor."""

import math

import numpy as np
import pytest

from reproduction.rendering import style

VALUES = np.exp(np.random.default_rng(0).uniform(-300.0, 300.0, 5_000))


@pytest.fixture
def transform():
    axes = style.new_figure(3.0, 2.0).subplots()
    axes.set_yscale("log")
    return axes.yaxis.get_transform()


def test_logarithms_and_powers_are_those_of_math_to_the_bit(transform):
    logs = transform.transform(VALUES)
    assert logs.tolist() == [math.log10(value) for value in VALUES]
    assert transform.inverted().transform(logs).tolist() == [math.pow(10.0, value) for value in logs]
    np.testing.assert_allclose(transform.inverted().transform(logs), VALUES, rtol=1e-12)
    assert transform.inverted().inverted().transform(VALUES).tolist() == logs.tolist()


def test_shapes_stay_and_what_has_no_logarithm_lies_below_or_is_left_out(transform):
    assert transform.transform(np.ones((6, 1))).shape == (6, 1)
    assert transform.transform(np.array([0.0, -1.0, 100.0])).tolist() == [-1000.0, -1000.0, 2.0]
    assert np.isnan(transform.transform(np.ma.masked_invalid([np.nan, 10.0]))).tolist() == [True, False]
    assert transform.transform(np.array([])).tolist() == []


def test_masked_values_are_left_out_where_that_is_asked():
    axes = style.new_figure(3.0, 2.0).subplots()
    axes.set_yscale("log", nonpositive="mask")
    found = axes.yaxis.get_transform().transform(np.array([0.0, 10.0]))
    assert np.isnan(found).tolist() == [True, False]
