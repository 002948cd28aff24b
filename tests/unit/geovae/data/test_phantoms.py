"""Brain phantoms: their format, their anatomy, and how far the two classes differ."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import label as components

from geovae.core.errors import GeovaeError
from geovae.data import phantoms
from geovae.data.phantoms import draw, load

SIZES = {1: (208, 176), 2: (104, 88), 4: (52, 44)}


def _draw(counts, shape=(52, 44), seed=0):
    labels = np.repeat([0, 1], counts)
    return labels, *draw(labels, shape, np.random.default_rng(seed))


def _pixels(images):
    return next(iter(images.chunks()))


@pytest.fixture(scope="module")
def population():
    return _draw((632, 200))


@pytest.fixture(scope="module")
def large():
    return _draw((6, 6), SIZES[1], seed=3)


def _best_balanced_accuracy(values, labels):
    """Of all thresholds, with AD above."""
    return max(((values[labels == 1] > cut).mean() + (values[labels == 0] <= cut).mean()) / 2 for cut in values)


@pytest.mark.parametrize("downscale", [1, 2, 4])
def test_the_size_follows_downscale(downscale):
    splits = load({"downscale": downscale, "n_cn": 6, "n_ad": 4})
    assert [splits[split].shape for split in ("train", "validation", "test")] == [
        (count, 1, *SIZES[downscale]) for count in (7, 1, 2)
    ]
    assert all(images.class_names == ("CN", "AD") for images in splits.values())


def test_the_default_is_as_large_as_oasis_at_half_the_size():
    splits = load({})
    assert [splits[split].shape for split in ("train", "validation", "test")] == [
        (290, 1, 104, 88),
        (42, 1, 104, 88),
        (84, 1, 104, 88),
    ]
    labels = np.concatenate([images.labels for images in splits.values()])
    assert np.bincount(labels).tolist() == [316, 100]


@settings(derandomize=True, max_examples=30, deadline=None)
@given(total=st.integers(6, 500))
def test_split_sizes_are_a_fifth_rounded_up_and_a_tenth_rounded(total):
    # An image of one pixel: only the sizes matter here.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(phantoms, "draw", lambda labels, *_: (np.zeros((len(labels), 1, 1, 1), np.uint8), {}))
        splits = load({"n_cn": total - 1, "n_ad": 1})
    sizes = {split: len(images.labels) for split, images in splits.items()}
    assert 0 <= sizes["test"] - Fraction(total, 5) < 1
    assert sizes["validation"] == round(Fraction(total, 10))
    assert min(sizes.values()) >= 1
    assert sum(sizes.values()) == total
    assert sum(images.labels.sum() for images in splits.values()) == 1


def test_splits_share_no_image_and_hold_all_that_were_drawn():
    options = {"downscale": 4, "n_cn": 20, "n_ad": 10, "seed": 5}
    images = np.concatenate([_pixels(images) for images in load(options).values()])
    assert len({image.tobytes() for image in images}) == 30


def test_the_seed_decides_images_and_split():
    options = {"downscale": 4, "n_cn": 12, "n_ad": 8}
    first, again, other = (load(options | {"seed": seed}) for seed in (1, 1, 2))
    for split in first:
        np.testing.assert_array_equal(_pixels(first[split]), _pixels(again[split]))
        np.testing.assert_array_equal(first[split].labels, again[split].labels)
    assert not np.array_equal(_pixels(first["test"]), _pixels(other["test"]))
    assert any(not np.array_equal(first[split].labels, other[split].labels) for split in first)


def test_each_image_uses_the_whole_range_and_lies_on_black(large):
    _, images, _ = large
    assert images.dtype == np.uint8
    assert (images.min((1, 2, 3)) == 0).all()
    assert (images.max((1, 2, 3)) == 255).all()
    for edge in (images[..., :4], images[..., -4:], images[..., :4, :], images[..., -4:, :]):
        assert not edge.any()
    # Semi-axes of 67 and 85 mm cover 49 % of the field of view.
    share = (images > 0).mean((1, 2, 3))
    assert (np.abs(share - np.pi * 67 * 85 / (208 * 176)) < 0.06).all()


def test_the_brain_is_one_piece_and_holds_two_dark_ventricles_of_the_stated_area(large):
    _, images, anatomy = large
    for image, stated in zip(images[:, 0], anatomy["ventricle_share"], strict=True):
        inside = image > 0
        assert components(inside)[1] == 1
        # Within 45 mm of the middle fluid is found in the ventricles and at the ends of the fissure.
        dark = (image < 90) & inside
        dark[:55], dark[-55:], dark[:, :50], dark[:, -50:] = False, False, False, False
        pieces, count = components(dark)
        areas = np.sort([np.sum(pieces == piece) for piece in range(1, count + 1)])[::-1]
        assert areas[:2].sum() / inside.sum() == pytest.approx(stated, rel=0.15)
        assert areas[1] > 0.5 * areas[0]


def test_brains_are_about_the_same_left_and_right_but_not_exactly(large):
    _, images, _ = large
    mirrored = images[..., ::-1]
    difference = np.abs(images.astype(int) - mirrored).mean((1, 2, 3))
    others = np.abs(images.astype(int) - np.roll(images, 20, axis=3)).mean((1, 2, 3))
    assert (difference > 1).all()
    assert (difference < others).all()


@pytest.mark.parametrize(("downscale", "tolerance"), [(2, 0.03), (4, 0.08)])
def test_smaller_images_show_the_same_brains(large, downscale, tolerance):
    labels, images, anatomy = large
    small, of_small = draw(labels, SIZES[downscale], np.random.default_rng(3))
    for name in ("age", "cortical_thickness", "sulcus_width"):
        np.testing.assert_array_equal(anatomy[name], of_small[name])
    np.testing.assert_allclose(anatomy["ventricle_share"], of_small["ventricle_share"], rtol=tolerance)
    blocks = (len(images), SIZES[downscale][0], downscale, SIZES[downscale][1], downscale)
    averaged = images.reshape(blocks).mean((2, 4))
    for ours, full in zip(small[:, 0], averaged, strict=True):
        # Each is scaled by its own brightest pixel, so up to a factor.
        assert np.corrcoef(ours.ravel(), full.ravel())[0, 1] > 0.985


def test_an_image_does_not_depend_on_how_many_follow():
    images, _ = draw(np.array([0, 1, 1]), (52, 44), np.random.default_rng(7))
    fewer, _ = draw(np.array([0, 1]), (52, 44), np.random.default_rng(7))
    np.testing.assert_array_equal(images[:2], fewer)


def test_ventricles_separate_the_classes_well_but_not_perfectly(population):
    labels, _, anatomy = population
    share = anatomy["ventricle_share"]
    assert 0.75 < _best_balanced_accuracy(share, labels) < 0.85
    assert share[labels == 1].mean() > 1.4 * share[labels == 0].mean()
    # Real overlap: each class reaches beyond the other's median.
    assert (share[labels == 0] > np.median(share[labels == 1])).mean() > 0.03
    assert (share[labels == 1] < np.median(share[labels == 0])).mean() > 0.03


def test_the_cortex_is_thinner_and_the_sulci_are_wider_in_ad(population):
    labels, _, anatomy = population
    assert 0.7 < _best_balanced_accuracy(-anatomy["cortical_thickness"], labels) < 0.88
    assert 0.7 < _best_balanced_accuracy(anatomy["sulcus_width"], labels) < 0.88


def test_ad_differs_from_cn_of_the_same_age_too(population):
    labels, _, anatomy = population
    old = (anatomy["age"] > 65) & (anatomy["age"] < 90)
    ad, cn = old & (labels == 1), old & (labels == 0)
    assert anatomy["ventricle_share"][ad].mean() > 1.2 * anatomy["ventricle_share"][cn].mean()
    assert anatomy["cortical_thickness"][ad].mean() < anatomy["cortical_thickness"][cn].mean() - 0.15


def test_sulci_and_ventricles_widen_with_age_within_a_class(population):
    labels, _, anatomy = population
    age = anatomy["age"][labels == 0]
    for name, sign in (("ventricle_share", 1), ("sulcus_width", 1), ("cortical_thickness", -1)):
        assert sign * np.corrcoef(age, anatomy[name][labels == 0])[0, 1] > 0.3


def test_wider_sulci_are_darker_images(population):
    _, images, anatomy = population
    # Fluid is dark: the mean grey level inside the brain falls as fluid spreads.
    fluid = anatomy["sulcus_width"]
    inside = (images > 0).sum((1, 2, 3))
    dark = ((images > 0) & (images < 110)).sum((1, 2, 3)) / inside
    assert np.corrcoef(fluid, dark)[0, 1] > 0.5


def test_no_labels_give_no_images():
    images, anatomy = draw(np.array([], np.int64), (52, 44), np.random.default_rng(0))
    assert images.shape == (0, 1, 52, 44)
    assert {name: values.shape for name, values in anatomy.items()} == dict.fromkeys(anatomy, (0,))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"downscale": 3}, "downscale is 3, but it must be 1, 2 or 4"),
        ({"n_cn": 0}, "n_cn = 0 and n_ad = 100"),
        ({"n_ad": 0}, "n_cn = 316 and n_ad = 0"),
        ({"n_cn": 2, "n_ad": 2}, "6 in all"),
        ({"down_scale": 2}, "Did you mean 'downscale'"),
    ],
)
def test_wrong_options_are_named(options, words):
    with pytest.raises(GeovaeError, match=words):
        load(options)
