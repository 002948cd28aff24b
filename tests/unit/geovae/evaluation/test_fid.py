"""The Fréchet distance against pytorch-fid and closed forms, and the laws that it obeys."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator
from geovae.evaluation import fid
from geovae.evaluation.fid import GaussianStatistics, factorise, frechet_distance, frechet_std_error, statistics


def _features(seed: int, n: int, dim: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, dim)) @ rng.normal(size=(dim, dim)) + rng.normal(size=dim)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize(("n", "dim"), [(200, 5), (400, 64), (1000, 520)])
def test_agrees_with_pytorch_fid(n, dim):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pytorch_fid.fid_score import calculate_frechet_distance

    a, b = statistics(_features(0, n, dim)), statistics(_features(1, n, dim))
    expected = calculate_frechet_distance(a.mean, a.covariance, b.mean, b.covariance)
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-6)
    factored = b._replace(factor=factorise(b.covariance))
    assert frechet_distance(a, factored) == frechet_distance(factored, a) == frechet_distance(a, b)


def test_statistics_are_the_unbiased_moments_in_float64():
    features = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 4.0]], dtype=np.float32)
    result = statistics(features)
    np.testing.assert_array_equal(result.mean, [2.0, 2.0])
    np.testing.assert_array_equal(result.covariance, [[4.0, 3.0], [3.0, 3.0]])
    assert result.mean.dtype == result.covariance.dtype == np.float64


def test_one_feature_has_the_closed_form():
    a, b = _features(0, 50, 1), 3.0 * _features(1, 60, 1)
    expected = (a.mean() - b.mean()) ** 2 + (a.std(ddof=1) - b.std(ddof=1)) ** 2
    assert frechet_distance(statistics(a), statistics(b)) == pytest.approx(expected, rel=1e-12)


@settings(derandomize=True, max_examples=50, deadline=None)
@given(
    values=st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=6), seed=st.integers(0, 1000)
)
def test_commuting_covariances_have_the_closed_form(values, seed):
    """Σ (√aᵢ − √bᵢ)², whatever the common eigenvectors, singular ones included."""
    first, second = np.array(values).T
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(len(first), len(first))))[0]
    mean = np.zeros(len(first))
    a = GaussianStatistics(mean, rotation * first @ rotation.T)
    b = GaussianStatistics(mean + 2.0, rotation * second @ rotation.T)
    expected = 4.0 * len(first) + np.sum((np.sqrt(first) - np.sqrt(second)) ** 2)
    assert frechet_distance(a, b) == pytest.approx(expected, abs=1e-6)


@settings(derandomize=True, max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(2, 40), dim=st.integers(1, 8))
def test_symmetric_never_negative_and_blind_to_rotations_and_shifts_of_both(seed, n, dim):
    x, y = _features(seed, n, dim), _features(seed + 1, n + 3, dim)
    distance = frechet_distance(statistics(x), statistics(y))
    assert distance >= 0
    assert frechet_distance(statistics(y), statistics(x)) == pytest.approx(distance, rel=1e-8, abs=1e-8)
    rng = np.random.default_rng(seed)
    rotation, shift = np.linalg.qr(rng.normal(size=(dim, dim)))[0], rng.normal(size=dim)
    moved = frechet_distance(statistics(x @ rotation + shift), statistics(y @ rotation + shift))
    assert moved == pytest.approx(distance, rel=1e-7, abs=1e-7)


@pytest.mark.parametrize(("n", "dim"), [(500, 64), (20, 64), (2, 16)])
def test_identical_sets_are_at_zero_also_with_fewer_images_than_features(n, dim):
    a = statistics(_features(0, n, dim))
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)


def test_singular_covariances_agree_with_the_same_sets_in_the_subspace_that_they_fill():
    x, y = _features(0, 30, 4), _features(1, 30, 4)
    embedding = np.linalg.qr(np.random.default_rng(2).normal(size=(64, 64)))[0][:4]
    expected = frechet_distance(statistics(x), statistics(y))
    assert frechet_distance(statistics(x @ embedding), statistics(y @ embedding)) == pytest.approx(expected, rel=1e-9)


def test_constant_images_leave_the_trace_of_the_other_side():
    x = _features(0, 30, 4)
    collapsed = statistics(np.tile(x.mean(0), (10, 1)))
    assert frechet_distance(collapsed, statistics(x)) == pytest.approx(np.trace(statistics(x).covariance), rel=1e-12)


def _skewed(seed: int, n: int, dim: int, decay: float) -> np.ndarray:
    """Features whose standard deviations fall from 1 to e^−decay, in one basis for all seeds."""
    basis = np.linalg.qr(np.random.default_rng(99).normal(size=(dim, dim)))[0]
    return np.random.default_rng(seed).normal(size=(n, dim)) * np.exp(-np.linspace(0, decay, dim)) @ basis


def _by_singular_values(a: GaussianStatistics, b: GaussianStatistics) -> float:
    factors = [vectors * np.sqrt(np.maximum(values, 0)) for values, vectors in map(np.linalg.eigh, (a[1], b[1]))]
    overlap = np.linalg.svd(factors[0].T @ factors[1], compute_uv=False).sum()
    return np.sum((a.mean - b.mean) ** 2) + np.trace(a.covariance) + np.trace(b.covariance) - 2 * overlap


@pytest.mark.parametrize("decay", [1, 8, 14])
def test_eigenvalues_and_singular_values_give_the_same_distance_of_many_features(decay):
    a, b = statistics(_skewed(0, 900, 600, decay)), statistics(_skewed(1, 900, 600, decay) * 1.2)
    assert frechet_distance(a, b) == pytest.approx(_by_singular_values(a, b), rel=1e-6)
    assert frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)


def test_eigenvalues_that_round_off_would_spoil_are_not_used(monkeypatch):
    """All features but a large one are constant on one side: 599 roots of zeros would add up."""
    x, y = (np.random.default_rng(seed).normal(size=(900, 600)) for seed in (0, 1))
    x[:, 0] *= 1e3
    y[:, 0] *= 1e3
    x[:, 1:] = 1.0
    a, b = statistics(x), statistics(y)
    factorised = []
    monkeypatch.setattr(fid, "factorise", lambda covariance: factorised.append(1) or factorise(covariance))
    distance = frechet_distance(a, b._replace(factor=factorise(b.covariance)))
    assert len(factorised) == 1
    assert distance == pytest.approx(_by_singular_values(a, b), rel=1e-9)
    factorised.clear()
    other = statistics(np.random.default_rng(2).normal(size=(900, 600)))
    frechet_distance(other, b._replace(factor=factorise(b.covariance)))
    assert not factorised


@pytest.mark.parametrize("rank", [1, 5, 12])
def test_factors_give_the_covariance_back(rank):
    x = np.random.default_rng(0).normal(size=(12, rank))
    covariance = x @ x.T
    factor = factorise(covariance)
    assert factor.shape == (12, rank)
    np.testing.assert_allclose(factor @ factor.T, covariance, atol=1e-12)
    assert factorise(np.zeros((3, 3))).shape == (3, 0)


@settings(derandomize=True, max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), n=st.integers(2, 12), m=st.integers(2, 30), dim=st.integers(1, 12))
def test_fewer_images_than_features_are_their_own_factor(seed, n, m, dim):
    a, b = statistics(_features(seed, n, dim)), statistics(_features(seed + 1, m, dim))
    assert (a.factor is None) == (n > dim)
    if a.factor is not None:
        np.testing.assert_allclose(a.factor @ a.factor.T, a.covariance, atol=1e-10)
    plain = frechet_distance(a._replace(factor=None), b._replace(factor=None))
    assert frechet_distance(a, b) == pytest.approx(plain, rel=1e-6, abs=1e-6)


def test_constant_images_on_either_side_of_many_features():
    x = statistics(_features(0, 900, 600))
    constant = GaussianStatistics(x.mean, np.zeros_like(x.covariance))
    assert frechet_distance(constant, x) == pytest.approx(np.trace(x.covariance), rel=1e-12)
    assert frechet_distance(x, constant) == pytest.approx(np.trace(x.covariance), rel=1e-12)
    assert frechet_distance(constant, constant) == 0.0


def test_the_bootstrap_error_is_the_spread_of_repeated_experiments():
    def draw(seed):
        rng = np.random.default_rng(seed)
        return rng.normal(size=(400, 3)), rng.normal(1.0, 1.5, size=(400, 3))

    distances = [frechet_distance(*map(statistics, draw(seed))) for seed in range(200)]
    errors = [frechet_std_error(*draw(seed), seed, n_draws=50) for seed in range(1000, 1010)]
    assert np.mean(errors) == pytest.approx(np.std(distances), rel=0.15)


@pytest.mark.parametrize(("n", "n_features"), [(40, 60), (90, 60), (400, 60)])
def test_the_bootstrap_is_that_of_resampled_features(n, n_features):
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(n, n_features)).astype(np.float32), rng.normal(0.2, 1.5, size=(n + 10, n_features))
    distances = []
    for draw in range(5):
        generator = numpy_generator(7, "fid_bootstrap", draw)
        rows = [side[generator.integers(len(side), size=len(side))] for side in (x, y)]
        distances.append(frechet_distance(*map(statistics, rows)))
    assert frechet_std_error(x, y, 7, n_draws=5) == pytest.approx(np.std(distances, ddof=1), rel=1e-4)


def test_the_bootstrap_refuses_what_is_no_number():
    with pytest.raises(GeovaeError, match="features"):
        frechet_std_error(np.full((4, 2), np.nan), np.ones((4, 2)), 0)


def test_the_bootstrap_is_seeded():
    x, y = _features(0, 50, 3), _features(1, 60, 3)
    assert frechet_std_error(x, y, 3) == frechet_std_error(x, y, 3)
    assert frechet_std_error(x, y, 3) != frechet_std_error(x, y, 4)


@pytest.mark.parametrize("features", [np.ones((1, 4)), np.ones((0, 4)), np.array([[1.0], [np.nan]])])
def test_unusable_features_are_refused(features):
    with pytest.raises(GeovaeError, match="Fréchet distance"):
        statistics(features)


def test_features_of_different_backbones_are_refused():
    with pytest.raises(GeovaeError, match="same backbone"):
        frechet_distance(statistics(np.eye(3)), statistics(np.eye(4)))
