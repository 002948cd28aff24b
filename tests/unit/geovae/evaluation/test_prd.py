"""PRD: the values that its authors' tests name, brute force, and what is refused."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.evaluation.prd import cluster_histograms, f_beta, prd_curve, prd_scores


def _brute_force(generated, reference, n_angles, epsilon):
    """The curve by its definition, a number at a time."""
    precisions, recalls = [], []
    for i in range(n_angles):
        slope = math.tan(epsilon + i * (math.pi / 2 - 2 * epsilon) / (n_angles - 1))
        precisions.append(sum(min(slope * r, g) for g, r in zip(generated, reference, strict=True)))
        recalls.append(sum(min(r, g / slope) for g, r in zip(generated, reference, strict=True)))
    return np.clip(precisions, 0, 1), np.clip(recalls, 0, 1)


histograms = st.lists(st.floats(0.0, 1.0), min_size=5, max_size=5).filter(lambda h: sum(h) > 0.01)


@settings(derandomize=True, max_examples=60, deadline=None)
@given(generated=histograms, reference=histograms, n_angles=st.sampled_from([3, 11, 101]))
def test_curves_agree_with_brute_force(generated, reference, n_angles):
    generated, reference = np.array(generated) / sum(generated), np.array(reference) / sum(reference)
    precision, recall = prd_curve(generated, reference, n_angles, epsilon=1e-3)
    expected_precision, expected_recall = _brute_force(generated, reference, n_angles, 1e-3)
    np.testing.assert_allclose(precision, expected_precision, rtol=0, atol=1e-12)
    np.testing.assert_allclose(recall, expected_recall, rtol=0, atol=1e-12)


def test_the_default_curve_has_1001_angles_that_end_1e_10_before_the_axes():
    generated, reference = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.1, 0.3, 0.4, 0.2])
    precision, recall = prd_curve(generated, reference)
    assert precision.shape == (1001,)
    # From the definition at the two ends: the slope is 1e-10, then its inverse.
    assert precision[0] == pytest.approx(1e-10 * 0.8, rel=1e-6)
    assert recall[0] == pytest.approx(0.8, rel=1e-9)
    assert precision[-1] == pytest.approx(1.0, rel=1e-9)
    assert recall[-1] == pytest.approx(1e-10, rel=1e-6)
    middle = np.minimum(generated, reference).sum()
    assert precision[500] == pytest.approx(middle, rel=1e-12)
    assert recall[500] == pytest.approx(middle, rel=1e-12)


def test_the_default_curve_agrees_with_brute_force():
    generated, reference = np.array([40, 25, 20, 15, 0]) / 100, np.array([10, 30, 0, 35, 25]) / 100
    for computed, expected in zip(
        prd_curve(generated, reference), _brute_force(generated, reference, 1001, 1e-10), strict=True
    ):
        np.testing.assert_allclose(computed, expected, rtol=0, atol=1e-12)


def test_histograms_without_overlap_give_zero_everywhere():
    precision, recall = prd_curve(np.array([0.0, 1.0]), np.array([1.0, 0.0]), 11)
    np.testing.assert_array_equal(precision, 0)
    np.testing.assert_array_equal(recall, 0)


def test_identical_histograms_reach_one_and_one_in_the_middle():
    precision, recall = prd_curve(np.array([0.5, 0.5]), np.array([0.5, 0.5]), 11)
    assert precision[5] == pytest.approx(1.0, abs=1e-12)
    assert recall[5] == pytest.approx(1.0, abs=1e-12)


@pytest.mark.parametrize(
    ("generated", "reference", "precision_limit", "recall_limit"),
    [([0.5, 0.5], [1.0, 0.0], 0.5, 1.0), ([1.0, 0.0], [0.5, 0.5], 1.0, 0.5)],
)
def test_half_an_overlap(generated, reference, precision_limit, recall_limit):
    """Twice too broad costs precision, twice too narrow recall."""
    precision, recall = prd_curve(np.array(generated), np.array(reference), 11)
    assert precision[5] == pytest.approx(0.5, abs=1e-12)
    assert recall[5] == pytest.approx(0.5, abs=1e-12)
    assert precision[10] == pytest.approx(precision_limit, abs=1e-9)
    assert recall[1] == pytest.approx(recall_limit, abs=1e-9)


@settings(derandomize=True, max_examples=30, deadline=None)
@given(generated=histograms, reference=histograms)
def test_exchanging_the_sides_exchanges_precision_and_recall(generated, reference):
    generated, reference = np.array(generated) / sum(generated), np.array(reference) / sum(reference)
    precision, recall = prd_curve(generated, reference, 101)
    mirrored = prd_curve(reference, generated, 101)
    np.testing.assert_allclose(mirrored[0][::-1], recall, atol=1e-5)
    np.testing.assert_allclose(mirrored[1][::-1], precision, atol=1e-5)


@pytest.mark.parametrize("epsilon", [0, 1, -1, 0.1])
def test_bad_epsilon_is_refused(epsilon):
    with pytest.raises(ValueError, match="epsilon"):
        prd_curve(np.ones(1), np.ones(1), epsilon=epsilon)


@pytest.mark.parametrize("n_angles", [0, 1, -1, 2, 1e6 + 1, 2.5, 3.5])
def test_bad_numbers_of_angles_are_refused(n_angles):
    with pytest.raises(ValueError, match="n_angles"):
        prd_curve(np.ones(1), np.ones(1), n_angles=n_angles)


def test_counts_in_place_of_shares_are_refused():
    with pytest.raises(ValueError, match="sum to 1"):
        prd_curve(np.array([3.0, 1.0]), np.array([2.0, 2.0]))


@pytest.mark.parametrize(("beta", "expected"), [(1, 2 / 3), (2, 5 / 9), (0.5, 5 / 6)])
def test_f_beta_table(beta, expected):
    precision, recall = np.array([1, 1, 0, 0, 0.5, 1]), np.array([1, 0, 1, 0, 0.5, 0.5])
    np.testing.assert_allclose(f_beta(precision, recall, beta), [1, 0, 0, 0, 0.5, expected], atol=1e-9)


def test_f_beta_of_nothing_is_nothing():
    assert f_beta(np.array([]), np.array([]), 1.0).shape == (0,)


@pytest.mark.parametrize("beta", [0, -3])
def test_bad_beta_is_refused(beta):
    with pytest.raises(ValueError, match="beta"):
        f_beta(np.ones(1), np.ones(1), beta)


@pytest.mark.parametrize("bad", [-0.1, 1.1, np.nan])
def test_values_outside_0_to_1_are_refused(bad):
    with pytest.raises(ValueError, match="precision"):
        f_beta(np.array([bad]), np.array([1.0]), 1.0)
    with pytest.raises(ValueError, match="recall"):
        f_beta(np.array([1.0]), np.array([bad]), 1.0)


def _blobs(counts, seed=0):
    """Features around centres far apart, `counts[i]` around the i-th."""
    rng = np.random.default_rng(seed)
    centres = 100.0 * np.eye(len(counts), 4)
    return (np.repeat(centres, counts, axis=0) + rng.normal(size=(sum(counts), 4))).astype(np.float32)


def test_cluster_histograms_find_the_shares_of_clear_clusters():
    generated, reference = cluster_histograms(_blobs([10, 20, 30]), _blobs([20, 20, 0], 1), 3, seed=0)
    assert generated.sum() == pytest.approx(1.0, abs=1e-12)
    assert reference.sum() == pytest.approx(1.0, abs=1e-12)
    shares = sorted(zip(generated, reference, strict=True))
    np.testing.assert_allclose(shares, [(1 / 6, 0.5), (1 / 3, 0.5), (0.5, 0.0)])


def test_histograms_need_no_sets_of_the_same_size_and_depend_on_their_seed_alone():
    rng = np.random.default_rng(0)
    generated, reference = rng.normal(size=(50, 3)), rng.normal(size=(90, 3))
    first, again, other = (cluster_histograms(generated, reference, 8, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    # Shares of 50 and of 90 images.
    for shares, size in zip(first, (50, 90), strict=True):
        np.testing.assert_allclose(shares * size, np.round(shares * size), atol=1e-9)


def test_missing_modes_cost_recall_and_invented_ones_precision():
    whole, half = _blobs([30, 30, 30, 30]), _blobs([60, 60, 0, 0], 1)
    f8, f1_8 = prd_scores(half, whole, 0, n_clusters=4, n_runs=2)
    # Histograms (½, ½, 0, 0) and (¼, ¼, ¼, ¼): precision 1 at recall ½ is on the curve, and nothing beats it.
    assert f8 == pytest.approx(65 * 0.5 / (64 + 0.5), abs=1e-3)
    assert f1_8 == pytest.approx((1 + 1 / 64) * 0.5 / (1 / 64 + 0.5), abs=1e-3)
    assert f8 < 0.55 < 0.95 < f1_8
    assert prd_scores(whole, half, 0, n_clusters=4, n_runs=2) == pytest.approx((f1_8, f8), abs=1e-6)


def test_copies_score_one_and_other_worlds_zero():
    x = _blobs([25, 25, 25, 25])
    assert prd_scores(x, x.copy(), 0, n_runs=2) == pytest.approx((1.0, 1.0), abs=1e-6)
    assert prd_scores(x, x + 1e4, 0, n_runs=2) == pytest.approx((0.0, 0.0), abs=1e-6)


def test_the_scores_are_those_of_the_mean_curve_over_runs(monkeypatch):
    curves = iter([([1.0, 0.0, 0.0, 0.0], [0.25] * 4), ([0.25] * 4, [0.25] * 4)])
    monkeypatch.setattr("geovae.evaluation.prd.cluster_histograms", lambda *_: map(np.array, next(curves)))
    mean = np.mean(
        [prd_curve(np.array([1.0, 0, 0, 0]), np.full(4, 0.25)), prd_curve(np.full(4, 0.25), np.full(4, 0.25))], axis=0
    )
    f8, f1_8 = prd_scores(np.ones((9, 2)), np.ones((9, 2)), 0, n_clusters=4, n_runs=2)
    assert f8 == f_beta(*mean, 8).max()
    assert f1_8 == f_beta(*mean, 1 / 8).max()


def test_same_seed_same_scores_other_seed_other_clusters():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(300, 8)).astype(np.float32), rng.normal(size=(300, 8)).astype(np.float32)
    assert prd_scores(a, b, 5, n_runs=2) == prd_scores(a, b, 5, n_runs=2)
    assert prd_scores(a, b, 5, n_runs=2) != prd_scores(a, b, 6, n_runs=2)


@pytest.mark.parametrize(
    ("sizes", "options", "message"),
    [
        ((30, 29), {}, "30 generated but 29 reference"),
        ((9, 9), {}, "18 images cannot make 20 clusters"),
        ((30, 30), {"n_runs": 0}, "n_runs"),
        ((30, 30), {"n_clusters": 0}, "n_clusters"),
    ],
)
def test_unusable_input_is_refused(sizes, options, message):
    with pytest.raises(GeovaeError, match=message):
        prd_scores(np.ones((sizes[0], 2)), np.ones((sizes[1], 2)), 0, **options)
