"""Interpolations between random pairs: which pairs, which curves, and what is counted."""

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.geometry.interpolation import KINDS, far_scores, interpolate, random_pairs
from geovae.geometry.metric import RiemannianMetric


def ring_metric(d: int) -> tuple[RiemannianMetric, np.ndarray]:
    """Centroids on a circle in the first two of d dimensions, around an empty middle; and the centroids."""
    angles = torch.arange(24, dtype=torch.float64) * 2 * torch.pi / 24
    centroids = torch.zeros(24, d, dtype=torch.float64)
    centroids[:, 0], centroids[:, 1] = 3 * angles.cos(), 3 * angles.sin()
    precisions = torch.full_like(centroids, 4.0)
    return RiemannianMetric(centroids, precisions, rho=1.0, lam=0.01), centroids.numpy()


def test_pairs_are_of_different_rows_and_all_pairs_are_as_likely():
    pairs = random_pairs(4, 6000, np.random.default_rng(0))
    assert (pairs[:, 0] != pairs[:, 1]).all()
    _, counts = np.unique(pairs @ [4, 1], return_counts=True)
    assert len(counts) == 12
    np.testing.assert_allclose(counts, 500, rtol=0.15)
    with pytest.raises(GeovaeError, match="a pair needs two"):
        random_pairs(1, 3, np.random.default_rng(0))


def test_the_least_potential_follows_the_data_and_the_geodesic_avoids_it():
    metric, mu = ring_metric(2)
    found = interpolate(metric, mu, np.array([[0, 9]]), n_stops=7)
    assert found.stops.shape == (3, 1, 7, 2)
    affine, potential, geodesic = (np.linalg.norm(found.stops[kind, 0], axis=1) for kind in range(3))
    np.testing.assert_allclose(found.stops[0, 0], np.linspace(mu[0], mu[9], 9)[1:-1])
    assert affine.min() < 1.5
    assert potential.min() > 2.5
    assert geodesic.max() < 3
    assert found.lengths[2, 0] <= found.lengths[0, 0] < found.lengths[1, 0]


def test_curves_of_more_dimensions_start_from_the_segment():
    metric, mu = ring_metric(5)
    found = interpolate(metric, mu, np.array([[0, 2], [3, 15]]), n_stops=3)
    assert found.stops.shape == (3, 2, 3, 5)
    assert (found.lengths[2] <= found.lengths[0]).all()
    assert np.isfinite(found.stops).all()


def test_what_is_counted_as_far():
    distances = np.array(
        [
            [[1.0, 3.0], [1.0, 1.0]],  # affine
            [[1.0, 1.0], [1.0, 1.0]],
            [[3.0, 3.5], [2.5, 1.0]],
        ]
    )
    scores = far_scores(distances, threshold=2.0)
    assert [scores[f"{kind}_far_share"] for kind in KINDS] == [0.25, 0.0, 0.75]
    assert [scores[f"{kind}_largest"] for kind in KINDS] == [1.0, 0.5, 1.5]
    assert (scores["potential_nearer_share"], scores["potential_farther_share"]) == (0.5, 0.0)
    assert (scores["geodesic_nearer_share"], scores["geodesic_farther_share"]) == (0.0, 1.0)
    assert "affine_nearer_share" not in scores
