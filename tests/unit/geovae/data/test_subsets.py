"""Subsets: nested, stratified, and clear about what cannot be drawn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.base import Images, write_split
from geovae.data.subsets import draw_subset, draw_validation_subset, nested_order, subset_images

CLASSES = ("cat", "dog", "owl")
LABELS = np.repeat(np.arange(3), [60, 30, 10])


@settings(derandomize=True, max_examples=100, deadline=None)
@given(sizes=st.lists(st.integers(1, 40), min_size=1, max_size=8), seed=st.integers(0, 5))
def test_every_prefix_of_the_order_is_stratified_to_less_than_one_image(sizes, seed):
    labels = np.random.default_rng(seed).permutation(np.repeat(np.arange(len(sizes)), sizes))
    order = nested_order(labels, "a key")
    total = len(labels)
    assert sorted(order) == list(range(total))
    counts = np.cumsum(labels[order][:, None] == np.arange(len(sizes)), axis=0)
    # In integers: |count − n·m/N| < 1 for each class of m images and all n.
    shares = np.arange(1, total + 1)[:, None] * np.array(sizes)
    assert np.all(np.abs(counts * total - shares) < total)


def test_the_bounds_hold_at_a_size_where_rounding_would_bite():
    sizes = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    labels = np.repeat(np.arange(10), sizes)
    order = nested_order(labels, "mnist/train")
    for n in (1, 7, 500, 1000, 5000, 10000, 59999):
        counts = np.bincount(labels[order[:n]], minlength=10)
        assert np.all(np.abs(counts - n * np.array(sizes) / 60000) < 1)


@settings(derandomize=True, max_examples=30, deadline=None)
@given(small=st.integers(1, 100), large=st.integers(1, 100))
def test_smaller_subsets_lie_in_larger_ones(small, large):
    small, large = sorted((small, large))
    assert set(draw_subset(LABELS, f"n{small}", "k")) <= set(draw_subset(LABELS, f"n{large}", "k"))


def test_a_subset_has_its_size_and_depends_on_the_key_alone():
    first, again, other = (draw_subset(LABELS, "n20", key) for key in ("k", "k", "other"))
    assert first.dtype == np.int64
    assert len(set(first)) == 20
    assert np.array_equal(first, again)
    assert set(first) != set(other)
    assert np.bincount(LABELS[first]).tolist() == [12, 6, 2]


def test_a_class_is_drawn_at_random_and_not_from_its_beginning():
    chosen = draw_subset(np.zeros(1000, np.int64), "n100", "k")
    assert 400 < chosen.mean() < 600


def test_full_is_everything_in_order():
    assert np.array_equal(draw_subset(LABELS, "full", "k"), np.arange(100))
    assert np.array_equal(draw_validation_subset(LABELS, "full", "k"), np.arange(100))


@pytest.mark.parametrize("draw", [draw_subset, draw_validation_subset])
def test_a_class_is_all_of_its_images_in_order(draw):
    assert np.array_equal(draw(LABELS, "class-dog", "k", CLASSES), np.arange(60, 90))


def test_so_many_of_a_class_are_nested_and_of_it_alone():
    small, large, whole = (draw_subset(LABELS, f"class-dog{size}", "k", CLASSES) for size in (".n7", ".n20", ".n30"))
    assert np.array_equal(large[:7], small)
    assert sorted(whole) == list(range(60, 90))
    assert not np.array_equal(whole, np.sort(whole))
    other = draw_subset(LABELS, "class-dog.n30", "other", CLASSES)
    assert not np.array_equal(whole, other)
    sizes = {20: 4, 3: 1, 5000: 30}
    for asked, size in sizes.items():
        chosen = draw_validation_subset(LABELS, f"class-dog.n{asked}", "k", CLASSES)
        assert len(chosen) == size
        assert set(chosen) <= set(range(60, 90))


def test_a_class_may_be_called_like_a_number_of_another():
    labels, names = np.array([0, 0, 1, 1, 1]), ("a", "a.n1")
    assert draw_subset(labels, "class-a.n1", "k", names).tolist() == [2, 3, 4]
    assert len(draw_subset(labels, "class-a.n1.n2", "k", names)) == 2


@pytest.mark.parametrize(("name", "size"), [("n50", 10), ("n54", 10), ("n500", 100), ("n5000", 100), ("n3", 1)])
def test_validation_has_a_fifth_or_all_there_are(name, size):
    chosen = draw_validation_subset(LABELS, name, "k")
    assert len(set(chosen)) == size
    assert set(chosen) <= set(draw_validation_subset(LABELS, "n500", "k"))


def test_a_set_without_labels_is_drawn_nested_too():
    labels = np.full(50, -1)
    small, large = draw_subset(labels, "n10", "k"), draw_subset(labels, "n30", "k")
    assert len(set(small)) == 10
    assert np.array_equal(large[:10], small)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("n101", "subset n101 of toy/train: only 100 images.*n100"),
        ("class-dog.n31", "class-dog.n31 of toy/train: only 30 images.*n30"),
        ("class-cow.n3", "class-cow.n3 of toy/train.*cat, dog, owl"),
        ("class-dog.n0", "no such class"),
        ("class-", "'class-' of toy/train is not known"),
        ("class-cow", "class-cow of toy/train.*cat, dog, owl"),
        ("class-bat", "class-bat of toy/train has no images"),
        ("n0", "not known"),
        ("half", "'half' of toy/train is not known.*nNUMBER"),
    ],
)
def test_what_cannot_be_drawn_is_named(name, words):
    classes = (*CLASSES, "bat") if name == "class-bat" else CLASSES
    with pytest.raises(GeovaeError, match=words):
        draw_subset(LABELS, name, "toy/train", classes)


def test_a_class_of_a_set_without_labels_is_refused():
    with pytest.raises(GeovaeError, match="no labels"):
        draw_subset(np.full(5, -1), "class-cat", "toy/train")


def test_an_empty_validation_split_is_refused():
    with pytest.raises(GeovaeError, match="no images"):
        draw_validation_subset(np.array([], dtype=np.int64), "n10", "toy/validation")


def test_subset_images_come_in_the_order_of_the_indices(tmp_path):
    images = np.arange(6, dtype=np.uint8).reshape(6, 1, 1, 1)
    card = {"dataset": "toy", "split": "train", "source": "", "license": ""}
    write_split(tmp_path / "train", Images.from_array(images), card)
    storage.save_array(tmp_path / "train.npy", np.array([4, 0, 5]))
    assert subset_images(tmp_path, tmp_path, "train").ravel().tolist() == [4, 0, 5]
    storage.save_array(tmp_path / "train.npy", np.array([4, 6]))
    with pytest.raises(GeovaeError, match=r"train\.npy: it points outside the 6 images"):
        subset_images(tmp_path, tmp_path, "train")
