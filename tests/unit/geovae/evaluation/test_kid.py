"""The kernel distance against sums of single terms, its laws, and its error against repeated experiments."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.evaluation.kid import kernel_distance, squared_mmd


def _brute_force(x, y):
    """The unbiased estimate, a pair of images at a time."""

    def k(a, b):
        return (sum(p * q for p, q in zip(a, b, strict=True)) / len(a) + 1) ** 3

    m, n = len(x), len(y)
    xx = sum(k(x[i], x[j]) for i, j in itertools.permutations(range(m), 2)) / (m * (m - 1))
    yy = sum(k(y[i], y[j]) for i, j in itertools.permutations(range(n), 2)) / (n * (n - 1))
    return xx + yy - 2 * sum(k(a, b) for a in x for b in y) / (m * n)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), m=st.integers(2, 8), n=st.integers(2, 8), dim=st.integers(1, 5))
def test_the_estimate_is_the_sum_of_its_terms(seed, m, n, dim):
    rng = np.random.default_rng(seed)
    x, y = rng.normal(size=(m, dim)), rng.normal(1.0, 2.0, size=(n, dim))
    assert squared_mmd(x, y) == pytest.approx(_brute_force(x.tolist(), y.tolist()), rel=1e-10, abs=1e-10)


def test_the_estimate_is_unbiased_also_at_zero():
    """For x, y ~ N(0, 1) and N(μ, 1): MMD² = E k(x,x′) + E k(y,y′) − 2 E k(x,y), polynomials in the moments."""

    def expected_kernel(a, b):
        # E (st + 1)³ = E s³ E t³ + 3 E s² E t² + 3 E s E t + 1, with E s³ = μ³ + 3μ and E s² = μ² + 1.
        return (a**3 + 3 * a) * (b**3 + 3 * b) + 3 * (a * a + 1) * (b * b + 1) + 3 * a * b + 1

    for shift in (0.0, 0.5):
        rng = np.random.default_rng(0)
        estimates = [squared_mmd(rng.normal(size=(20, 1)), rng.normal(shift, size=(20, 1))) for _ in range(2000)]
        expected = expected_kernel(0, 0) + expected_kernel(shift, shift) - 2 * expected_kernel(0, shift)
        assert np.mean(estimates) == pytest.approx(expected, abs=4 * np.std(estimates) / math.sqrt(2000))


def test_subsets_have_1000_images_or_half_of_the_smaller_side(monkeypatch):
    sizes = []
    monkeypatch.setattr("geovae.evaluation.kid.squared_mmd", lambda x, y: sizes.append((len(x), len(y))) or 0.0)
    features = np.zeros((3000, 1), dtype=np.float32)
    kernel_distance(features, features, 0, n_subsets=2)
    kernel_distance(features[:301], features, 0, n_subsets=2)
    assert sizes == [(1000, 1000)] * 2 + [(150, 150)] * 2


def test_the_mean_and_the_jackknife_error_are_over_the_subsets(monkeypatch):
    values = iter([1.0, 2.0, 6.0])
    monkeypatch.setattr("geovae.evaluation.kid.squared_mmd", lambda *_: next(values))
    mean, error = kernel_distance(np.zeros((5000, 1)), np.zeros((6000, 1)), 0, n_subsets=3)
    assert mean == 3.0
    assert error == pytest.approx(math.sqrt(1000 / 4000 * 7.0))


def test_the_standard_error_is_the_spread_of_repeated_experiments():
    def draw(seed):
        rng = np.random.default_rng(seed)
        return rng.normal(size=(200, 4)), rng.normal(0.7, 1.0, size=(200, 4))

    means = [kernel_distance(*draw(seed), seed, n_subsets=40)[0] for seed in range(100)]
    errors = [kernel_distance(*draw(seed), seed)[1] for seed in range(1000, 1020)]
    assert np.mean(errors) == pytest.approx(np.std(means), rel=0.25)


def test_it_is_seeded_and_symmetric_in_what_it_says():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(50, 3)).astype(np.float32), rng.normal(size=(50, 3)).astype(np.float32) + 3
    assert kernel_distance(x, y, 1, 5) == kernel_distance(x, y, 1, 5)
    assert kernel_distance(x, y, 1, 5) != kernel_distance(x, y, 2, 5)
    far, near = kernel_distance(x, y, 1)[0], kernel_distance(x, y - 3, 1)[0]
    assert far > 100 * abs(near)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((3, 2)), np.ones((9, 2)), "at least four images of each side are needed, not 3"),
        (np.ones((9, 3)), np.ones((9, 2)), "cannot be compared"),
        (np.ones((9, 2)), np.full((9, 2), np.nan), "not finite"),
    ],
)
def test_unusable_features_are_refused(x, y, message):
    with pytest.raises(GeovaeError, match=f"KID: .*{message}"):
        kernel_distance(x, y, 0)
