"""Nearest images against brute force in whole numbers, their memory, and nearest features."""

import json
import subprocess
import sys

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.evaluation import neighbours
from geovae.evaluation.neighbours import chunk_length, nearest, nearest_features, subset_rows
from helpers.paths import SCRIPTS

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
    chunk_bytes=st.integers(1, 2000),
    levels=st.sampled_from([2, 4, 256]),
)
def test_exact_whatever_the_chunks_with_the_first_of_equals(seed, sizes, chunk_bytes, levels):
    shape = (1, 2, 3)
    queries, references = _images(seed, sizes[0], shape, 0, levels), _images(seed + 1, sizes[1], shape, 0, levels)
    distances, indices = nearest(queries, references, chunk_bytes=chunk_bytes)
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
    distances, indices = nearest(queries, references, chunk_bytes=7 * 4 * queries[0].size)
    assert indices.tolist() == [39]
    assert distances[0] == pytest.approx(1 / 255, rel=1e-15)


@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 64, 64)])
def test_copies_are_at_distance_zero_at_their_own_index(shape):
    references = _images(0, 30, shape, 100, 256)
    distances, indices = nearest(references[::-1].copy(), references, chunk_bytes=11 * 4 * references[0].size)
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
    nearest(_images(0, 50, (1, 4, 4)), _images(1, 90, (1, 4, 4)), chunk_bytes=1280)
    # 20 images of 16 pixels make 1,280 bytes as float32; 12² distances are what fits as float64.
    assert set(sizes) <= {(a, b) for a in (12, 2) for b in (12, 6)}
    assert sum(a * b for a, b in sizes) == 50 * 90


def test_the_lengths_of_chunks():
    assert chunk_length(16, 1280) == 12
    assert chunk_length(160, 1280) == 2
    assert chunk_length(160, 1280, value_bytes=8) == 1
    assert chunk_length(10**9, 1280) == 1


_CELEBA = """
import json, sys
import numpy as np
from geovae.core.stopwatch import Stopwatch
from geovae.evaluation.neighbours import Rows, nearest

images = np.lib.format.open_memmap(sys.argv[1], mode="r")
before = Stopwatch.peak_memory_mb() * 1e6
queries = np.full((2, *images.shape[1:]), 3, np.uint8)
distances, indices = nearest(queries, Rows(images, np.arange(len(images))[::-1]))
after = Stopwatch.peak_memory_mb() * 1e6
print(json.dumps([before, after, distances.tolist(), indices.tolist()]))
"""


@pytest.mark.skipif(not hasattr(neighbours.mmap, "MADV_DONTNEED"), reason="the system keeps the pages of maps")
@pytest.mark.parametrize("n", [70_000, pytest.param(162_770, marks=pytest.mark.slow)])
def test_the_training_images_of_celeba_are_never_in_memory_whole(tmp_path, n):
    path = tmp_path / "images.npy"
    images = np.lib.format.open_memmap(path, mode="w+", dtype=np.uint8, shape=(n, 3, 64, 64))
    images[1234] = 4
    del images
    source = str(SCRIPTS)
    environment = {"PYTHONPATH": source, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", _CELEBA, str(path)]
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    before, after, distances, indices = json.loads(result.stdout)
    assert indices == [n - 1 - 1234] * 2
    np.testing.assert_allclose(distances, np.sqrt(3 * 64 * 64) / 255)
    # All images are 2.0 GB, 70,000 of them 0.9; with 10,000 queries their 0.12 GB would come on top.
    assert after < 1.5e9
    assert after - before < 0.5e9


def test_a_subset_is_compared_as_if_it_were_copied_out(tmp_path):
    queries, references = _images(0, 5, (1, 8, 8)), _images(1, 30, (1, 8, 8))
    np.save(tmp_path / "references.npy", references)
    storage.save_array(tmp_path / "train.npy", np.array([7, 2, 29, 2, 11]))
    mapped = np.load(tmp_path / "references.npy", mmap_mode="r")
    rows = subset_rows(mapped, tmp_path / "train.npy")
    assert (len(rows), rows.shape, rows.dtype) == (5, (5, 1, 8, 8), np.uint8)
    for result, expected in zip(
        nearest(queries, rows, chunk_bytes=600), nearest(queries, references[[7, 2, 29, 2, 11]]), strict=True
    ):
        np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(rows[np.array([2, 0])], references[[29, 7]])


@pytest.mark.parametrize("mode", ["r+", "c"])
def test_what_was_written_into_a_map_stays(tmp_path, mode):
    np.save(tmp_path / "references.npy", _images(1, 9, (1, 8, 8)))
    mapped = np.load(tmp_path / "references.npy", mmap_mode=mode)
    mapped[4] = 77
    query = np.full((1, 1, 8, 8), 77, np.uint8)
    distances, indices = nearest(query, mapped[2:], chunk_bytes=600)
    assert (distances.tolist(), indices.tolist()) == ([0.0], [2])
    assert (mapped[4] == 77).all()


@pytest.mark.parametrize(
    ("indices", "message"),
    [([], "0 indices"), ([0, 9], "2 indices do not name images among 9"), ([-1, 3], "2 indices do not name")],
)
def test_a_subset_of_other_images_is_refused(tmp_path, indices, message):
    storage.save_array(tmp_path / "train.npy", np.array(indices, dtype=np.int64))
    with pytest.raises(GeovaeError, match=f"train.npy: {message}"):
        subset_rows(_images(0, 9, (1, 2, 2)), tmp_path / "train.npy")


@settings(derandomize=True, max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    sizes=st.tuples(st.integers(1, 12), st.integers(1, 25)),
    dim=st.integers(1, 6),
    chunk_bytes=st.integers(1, 2000),
)
def test_nearest_features_agree_with_differences(seed, sizes, dim, chunk_bytes):
    rng = np.random.default_rng(seed)
    queries, references = (rng.normal(size=(n, dim)).astype(np.float32) + 100 for n in sizes)
    distances, indices = nearest_features(queries, references, chunk_bytes)
    differences = queries[:, None].astype(np.float64) - references
    expected = np.sqrt((differences**2).sum(-1))
    np.testing.assert_array_equal(indices, expected.argmin(1))
    np.testing.assert_allclose(distances, expected.min(1), rtol=1e-12)


def test_copies_of_features_are_at_distance_zero_at_the_first_index():
    references = np.random.default_rng(0).normal(size=(40, 500)).astype(np.float32) + 1e3
    queries = np.concatenate([references, references])[::-1]
    distances, indices = nearest_features(queries, np.concatenate([references, references]), chunk_bytes=50_000)
    np.testing.assert_array_equal(distances, 0.0)
    np.testing.assert_array_equal(indices, np.tile(np.arange(40), 2)[::-1])


@pytest.mark.parametrize(
    ("queries", "references", "message"),
    [
        (np.ones((3, 2)), np.ones((0, 2)), "there is no reference"),
        (np.ones((3, 2)), np.ones((3, 4)), "cannot be compared"),
        (np.ones((3, 2)), np.full((3, 2), np.nan), "not finite"),
    ],
)
def test_features_that_cannot_be_compared_are_refused(queries, references, message):
    with pytest.raises(GeovaeError, match=f"nearest features: .*{message}"):
        nearest_features(queries, references)


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
