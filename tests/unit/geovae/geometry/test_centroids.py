from itertools import combinations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from geovae.core.errors import GeovaeError
from geovae.geometry import centroids
from geovae.geometry.centroids import centroid_radius, medoid_cost, nearest_neighbour_distances, select_centroids


def cloud(n, d=2, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_cost_is_close_to_the_optimum(k):
    ratios = []
    for seed in range(5):
        mu = cloud(13, seed=seed)
        found = medoid_cost(mu, mu[select_centroids(mu, k, seed)])
        optimum = min(medoid_cost(mu, mu[list(rows)]) for rows in combinations(range(13), k))
        assert found >= optimum - 1e-6
        ratios.append(found / optimum)
    assert np.median(ratios) < 1.0 + 1e-6
    assert max(ratios) < 1.15


def test_cost_is_below_random_choices():
    mu = cloud(400, d=4)
    found = medoid_cost(mu, mu[select_centroids(mu, 20, 0)])
    generator = np.random.default_rng(1)
    random = [medoid_cost(mu, mu[generator.choice(400, 20, replace=False)]) for _ in range(20)]
    assert found < 0.95 * min(random)


def test_medoid_cost_by_brute_force(monkeypatch):
    mu = cloud(50)
    expected = cdist(mu, mu[:7]).min(1).sum()
    assert medoid_cost(mu, mu[:7]) == pytest.approx(expected)
    monkeypatch.setattr(centroids, "CHUNK_ENTRIES", 21)
    assert medoid_cost(mu, mu[:7]) == pytest.approx(expected)


def test_rows_are_distinct_ascending_and_depend_on_the_seed_alone():
    mu = cloud(300)
    rows = select_centroids(mu, 15, 7)
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    np.testing.assert_array_equal(rows, select_centroids(mu.copy(), 15, 7))
    assert any(not np.array_equal(rows, select_centroids(mu, 15, seed)) for seed in range(5))


def test_all_points_are_taken_when_k_is_n():
    np.testing.assert_array_equal(select_centroids(cloud(8), 8, 0), np.arange(8))


@pytest.mark.parametrize(("k", "tolerance"), [(12, 1.08), (100, 1.04), (1000, 1.04)])
def test_regions_come_close_to_the_direct_search(monkeypatch, k, tolerance):
    mu = cloud(1500, d=3)
    direct = medoid_cost(mu, mu[select_centroids(mu, k, 0)])
    monkeypatch.setattr(centroids, "REGION_POINTS", 400)
    rows = select_centroids(mu, k, 0)
    np.testing.assert_array_equal(rows, select_centroids(mu, k, 0))
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    assert len(rows) == k
    assert medoid_cost(mu, mu[rows]) < tolerance * direct


def test_any_number_of_medoids_is_found_in_regions(monkeypatch):
    monkeypatch.setattr(centroids, "REGION_POINTS", 8)
    monkeypatch.setattr(centroids, "POINTS_PER_MEDOID", 3)
    mu = cloud(37)
    for k in range(1, 38):
        rows = select_centroids(mu, k, 0)
        assert len(np.unique(rows)) == k
        assert 0 <= rows.min() <= rows.max() < 37


def test_regions_are_of_one_size_and_cover_all_rows():
    mu = cloud(101, d=4)
    regions = centroids._regions(mu, np.arange(101), 3, np.random.default_rng(0))
    assert sorted(map(len, regions)) == [12] * 3 + [13] * 5
    np.testing.assert_array_equal(np.sort(np.concatenate(regions)), np.arange(101))


@pytest.mark.parametrize(("k", "fault"), [(0, "; it must be a whole number of at least 1"), (11, ": there are 10")])
def test_impossible_numbers_are_named(k, fault):
    with pytest.raises(GeovaeError, match=rf"metric\.k = {k}{fault}"):
        select_centroids(cloud(10), k, 0)


def test_points_must_be_finite():
    mu = cloud(10)
    mu[3, 1] = np.nan
    with pytest.raises(GeovaeError, match="NaN"):
        select_centroids(mu, 2, 0)


def test_radius_by_brute_force(monkeypatch):
    points = cloud(40)
    distances = cdist(points, points) + np.diag(np.full(40, np.inf))
    np.testing.assert_allclose(nearest_neighbour_distances(points), distances.min(1))
    monkeypatch.setattr(centroids, "CHUNK_ENTRIES", 90)
    assert centroid_radius(points) == pytest.approx(distances.min(1).max())


def test_radius_counts_the_last_centroid():
    assert centroid_radius(np.array([[0.0], [1.0], [9.0]])) == 8.0


def test_radius_needs_two_distinct_centroids():
    with pytest.raises(GeovaeError, match=r"metric\.k = 1"):
        centroid_radius(np.zeros((1, 2)))
    with pytest.raises(GeovaeError, match="rho = 0"):
        centroid_radius(np.zeros((4, 2)))


@pytest.mark.parametrize("entries", [1 << 23, 40])
def test_distances_by_each_centroids_own_precisions(entries, monkeypatch):
    monkeypatch.setattr(centroids, "CHUNK_ENTRIES", entries)
    generator = np.random.default_rng(0)
    points, precisions = generator.normal(size=(12, 3)), np.exp(generator.normal(size=(12, 3)))
    expected = [
        min(np.sqrt((points[i] - p) @ np.diag(precisions[i]) @ (points[i] - p)) for j, p in enumerate(points) if j != i)
        for i in range(12)
    ]
    np.testing.assert_allclose(nearest_neighbour_distances(points, precisions), expected)
    assert centroid_radius(points, precisions) == pytest.approx(max(expected))
    np.testing.assert_allclose(
        nearest_neighbour_distances(points, np.full((12, 3), 4.0)), 2 * nearest_neighbour_distances(points)
    )
