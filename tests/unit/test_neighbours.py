"""Nearest images against brute force in whole numbers, and the novelty made of their distances."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.evaluation import neighbours
from geovae.evaluation.neighbours import nearest, novelty

torch.set_num_threads(1)


def _images(seed: int, n: int, shape: tuple[int, int, int], low: int = 0, high: int = 256) -> np.ndarray:
    return np.random.default_rng(seed).integers(low, high, (n, *shape), dtype=np.uint8)


def _brute_force(queries, references):
    queries, references = (x.reshape(len(x), -1).astype(np.int64) for x in (queries, references))
    squared = ((queries[:, None] - references[None]) ** 2).sum(-1)
    return np.sqrt(squared.min(1)) / 255, squared.argmin(1)


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 25)),
    chunks=st.tuples(st.integers(1, 13), st.integers(1, 26)),
    levels=st.sampled_from([2, 4, 256]),
)
def test_exact_whatever_the_chunks_with_the_first_of_equals(seed, sizes, chunks, levels):
    shape = (1, 2, 3)
    queries, references = _images(seed, sizes[0], shape, 0, levels), _images(seed + 1, sizes[1], shape, 0, levels)
    distances, indices = nearest(queries, references, query_chunk=chunks[0], reference_chunk=chunks[1])
    expected_distances, expected_indices = _brute_force(queries, references)
    np.testing.assert_array_equal(indices, expected_indices)
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-15)


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 33, 33)])
def test_bright_images_one_grey_level_apart_are_told_apart(shape):
    """Norms near 2·10⁸ and distances of 1: float32 sums of the plain pixels would lose them."""
    references = np.full((40, *shape), 255, dtype=np.uint8)
    for i in range(40):
        references[i].reshape(-1)[: 40 - i] = 254
    queries = np.full((1, *shape), 255, dtype=np.uint8)
    distances, indices = nearest(queries, references, reference_chunk=7)
    assert indices.tolist() == [39]
    assert distances[0] == pytest.approx(1 / 255, rel=1e-15)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 64, 64)])
def test_copies_are_at_distance_zero_at_their_own_index(shape):
    references = _images(0, 30, shape, 100, 256)
    distances, indices = nearest(references[::-1].copy(), references, reference_chunk=11)
    np.testing.assert_array_equal(distances, 0.0)
    np.testing.assert_array_equal(indices, np.arange(30)[::-1])


def test_black_and_white_are_the_diagonal_of_the_cube_apart():
    white, black = np.full((1, 3, 40, 40), 255, np.uint8), np.zeros((1, 3, 40, 40), np.uint8)
    assert nearest(white, black)[0][0] == pytest.approx(np.sqrt(3 * 40 * 40), rel=1e-15)


def test_tensors_and_memory_maps_are_taken_too(tmp_path):
    queries, references = _images(0, 5, (1, 8, 8)), _images(1, 9, (1, 8, 8))
    np.save(tmp_path / "references.npy", references)
    expected = nearest(queries, references)
    mapped = nearest(torch.from_numpy(queries), np.load(tmp_path / "references.npy", mmap_mode="r"))
    np.testing.assert_array_equal(mapped[0], expected[0])
    np.testing.assert_array_equal(mapped[1], expected[1])


def test_no_more_than_one_chunk_of_distances_exists_at_a_time(monkeypatch):
    sizes = []
    products = neighbours._products

    def watched(a, b):
        sizes.append((len(a), len(b)))
        return products(a, b)

    monkeypatch.setattr(neighbours, "_products", watched)
    nearest(_images(0, 50, (1, 4, 4)), _images(1, 90, (1, 4, 4)), query_chunk=20, reference_chunk=30)
    assert max(sizes) <= (20, 30)
    assert sum(a * b for a, b in sizes) == 50 * 90


@pytest.mark.parametrize(
    ("queries", "references"),
    [
        (np.zeros((2, 1, 4, 4), np.uint8), np.zeros((0, 1, 4, 4), np.uint8)),
        (np.zeros((2, 1, 4, 4), np.uint8), np.zeros((3, 1, 2, 8), np.uint8)),
        (np.zeros((2, 1, 4, 4), np.float32), np.zeros((3, 1, 4, 4), np.uint8)),
    ],
)
def test_images_that_cannot_be_compared_are_refused(queries, references):
    with pytest.raises(ValueError, match="images"):
        nearest(queries, references)


def test_novelty_is_zero_for_copies_one_for_real_images_and_a_ratio_of_medians():
    train, unseen = _images(0, 60, (1, 6, 6)), _images(1, 30, (1, 6, 6))
    unit = nearest(unseen, train)[0]
    assert novelty(nearest(train[:20], train)[0], unit) == 0.0
    assert novelty(unit, unit) == 1.0
    assert novelty(np.array([1.0, 2.0, 30.0]), np.array([4.0, 4.0])) == 0.5


def test_novelty_has_no_unit_where_unseen_images_are_copies_of_training_images():
    assert novelty(np.ones(3), np.array([0.0, 0.0, 1.0])) is None
