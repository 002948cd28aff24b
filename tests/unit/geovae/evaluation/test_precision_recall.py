"""Precision, recall, density and coverage against their definitions, a pair of images at a time."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core.errors import GeovaeError
from geovae.evaluation.neighbours import squared_distances
from geovae.evaluation.precision_recall import count_members, density_coverage, precision_recall, squared_radii


def _radii(points, k):
    """Distance to the k-th nearest of the other points."""
    return [
        sorted(math.dist(point, other) for j, other in enumerate(points) if j != i)[k - 1]
        for i, point in enumerate(points)
    ]


def _covered(points, centres, k):
    """For each point the number of balls around it."""
    balls = list(zip(centres, _radii(centres, k), strict=True))
    return [sum(math.dist(point, centre) <= radius for centre, radius in balls) for point in points]


def _sets(seed, n, m, dim):
    rng = np.random.default_rng(seed)
    return rng.normal(0.3, 0.8, size=(n, dim)).astype(np.float32), rng.normal(size=(m, dim)).astype(np.float32)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    sizes=st.tuples(st.integers(7, 20), st.integers(7, 20)),
    dim=st.integers(1, 4),
    k=st.integers(1, 6),
)
def test_all_four_are_those_of_their_definitions(seed, sizes, dim, k):
    generated, reference = _sets(seed, *sizes, dim)
    x, y = generated.tolist(), reference.tolist()
    inside = _covered(x, y, k)
    precision, recall = precision_recall(generated, reference, k)
    assert precision == pytest.approx(np.mean([count > 0 for count in inside]))
    assert recall == pytest.approx(np.mean([count > 0 for count in _covered(y, x, k)]))
    density, coverage = density_coverage(generated, reference, k)
    assert density == pytest.approx(sum(inside) / (k * len(x)))
    nonempty = [
        any(math.dist(point, centre) <= radius for point in x) for centre, radius in zip(y, _radii(y, k), strict=True)
    ]
    assert coverage == pytest.approx(np.mean(nonempty))


@pytest.mark.parametrize("chunk_bytes", [1, 200, 10_000])
def test_chunks_change_nothing(chunk_bytes):
    x, y = (part.astype(np.float64) for part in _sets(0, 23, 31, 3))
    np.testing.assert_allclose(squared_radii(x, 4, chunk_bytes), np.square(_radii(x.tolist(), 4)), rtol=1e-12)
    radii = squared_radii(y, 4)
    expected = count_members(x, y, radii)
    for counts, whole in zip(count_members(x, y, radii, chunk_bytes), expected, strict=True):
        np.testing.assert_array_equal(counts, whole)
    assert expected[0].sum() == expected[1].sum() > 0


def test_no_more_than_one_chunk_of_distances_exists_at_a_time(monkeypatch):
    shapes = []
    compute = squared_distances

    def watched(a, b):
        shapes.append((len(a), len(b)))
        return compute(a, b)

    monkeypatch.setattr("geovae.evaluation.precision_recall.squared_distances", watched)
    squared_radii(np.random.default_rng(0).normal(size=(50, 4)), 3, chunk_bytes=8 * 4 * 10)
    assert max(shapes) <= (6, 6)
    assert sum(a * b for a, b in shapes) == 2500


def test_copies_are_perfect_and_collapse_costs_recall_and_coverage():
    reference = np.random.default_rng(0).normal(size=(200, 8)).astype(np.float32) + 1000
    assert precision_recall(reference.copy(), reference) == (1.0, 1.0)
    assert density_coverage(reference.copy(), reference)[1] == 1.0
    collapsed = np.repeat(reference[:1], 200, axis=0)
    # All balls around the copies have radius 0, and hold one real image: their original.
    assert precision_recall(collapsed, reference) == (1.0, 1 / 200)
    assert density_coverage(collapsed, reference)[1] < 0.2
    assert precision_recall(reference + 100, reference) == (0.0, 0.0)
    assert density_coverage(reference + 100, reference) == (0.0, 0.0)


def test_density_and_coverage_of_equal_distributions_are_as_their_authors_found():
    """Density is about 1, and coverage 1 − C(N−1, k)/C(2N−1, k) on average (Naeem et al., Lemma 2)."""
    rng = np.random.default_rng(0)
    scores = [density_coverage(rng.normal(size=(100, 2)), rng.normal(size=(100, 2))) for _ in range(100)]
    density, coverage = np.mean(scores, axis=0)
    assert density == pytest.approx(1.0, abs=0.02)
    missed = math.prod((100 - i) / (200 - i) for i in range(1, 6))
    assert coverage == pytest.approx(1 - missed, abs=0.01)


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((5, 2)), np.ones((9, 2)), "more than 5 images of each side are needed, not 5"),
        (np.ones((9, 3)), np.ones((9, 2)), "cannot be compared"),
        (np.ones((9, 2)), np.full((9, 2), np.inf), "not finite"),
    ],
)
def test_unusable_features_are_refused(x, y, message):
    with pytest.raises(GeovaeError, match=f"density and coverage: .*{message}"):
        density_coverage(x, y)
    with pytest.raises(GeovaeError, match="improved precision and recall: "):
        precision_recall(x, y, k=5)
