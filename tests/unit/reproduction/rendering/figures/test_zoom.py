"""The part of a panel that is shown: which values are near the bulk, and what stands at the edge for the others."""

import math

import pytest

from reproduction.rendering.figures.curves import Look
from reproduction.rendering.figures.zoom import Mark, Window, near, window_of
from reproduction.scores.score_table import Statistic

# Means on CelebA, by letter: novelty in features, and FID. The prior and the two-stage VAE are far from all others.
FACES = {
    "I": (1.24, 107), "G": (1.252, 102), "B": (1.254, 101), "H": (1.26, 102.5), "L": (1.27, 98.9), "D": (1.274, 103.2),
    "M": (1.276, 99.6), "N": (1.28, 99.5), "J": (1.3, 102.7), "F": (1.32, 108), "P": (1.33, 115), "E": (1.331, 116),
    "C": (1.334, 116.5), "O": (1.337, 118), "Q": (1.45, 141), "A": (1.71, 206),
}  # fmt: skip


def mark(x: float, y: float, label: str = "A", curve: str = "", sampler: bool = True, always: bool = False) -> Mark:
    return Mark(Statistic(x, None, 1), Statistic(y, None, 1), label, curve, Look("black"), sampler, always)


def test_near_is_no_farther_from_the_bulk_than_it_is_wide():
    assert near([*range(1, 10), 100]) == (2 - 7, 9 + 7)
    assert near([-500, -400, *range(1, 11), 100, 200]) == (1 - 9, 10 + 9)  # 14 values: without two at either end
    assert near([3, 2, 1, 4]) == (1, 4)


@pytest.mark.parametrize("n", range(1, 60))
def test_values_that_are_spread_evenly_are_all_near(n):
    low, high = near(range(n))
    assert low <= 0
    assert n - 1 <= high


def test_few_values_or_equal_ones_say_of_none_that_it_is_far():
    everything = (-math.inf, math.inf)
    assert near([1, 2, 1000]) == everything
    assert near([0] * 20 + [0.5]) == everything
    assert near([]) == everything


def test_a_value_that_several_panels_show_counts_once():
    assert near([*range(1, 11), 100, 200] * 3) == near([*range(1, 11), 100, 200]) == (3 - 7, 10 + 7)


def test_a_few_that_are_far_stretch_neither_axis():
    marks = [mark(x, y, letter) for letter, (x, y) in FACES.items()]
    window = window_of([*marks, mark(0.6, 12.1, "K", sampler=False)], logarithmic=True)
    assert window.x == pytest.approx((1.24 - 0.0097, 1.337 + 0.0097))
    assert window.y == pytest.approx((98.9 - 0.14 * 19.1, 118 + 0.14 * 19.1))
    assert not window.logarithmic
    places = {each.label: window.place(each) for each in marks}
    assert {letter for letter, place in places.items() if place.edge} == {"A", "Q"}
    assert [places[letter].label for letter in "ACQ"] == ["A 206", "C", "Q 141"]
    assert places["C"][:2] == (1.334, 116.5)
    # Unseen images have a novelty of 1, which would push all samplers to the right.
    unseen = window.place_of_unseen()
    assert (unseen.label, unseen.edge) == ("novelty 1", "<")
    assert (unseen.x, unseen.y) == pytest.approx((1.2303 + 0.025 * 0.1164, 96.226 + 0.75 * 24.448))


def test_each_axis_is_chosen_by_its_own_values():
    """Far in FID, a sampler still has its place on the axis of novelty."""
    marks = [mark(x / 10, 20 + x, str(x)) for x in range(10)]
    window = window_of([*marks, mark(1.2, 900.0, "A")])
    assert window.x == pytest.approx((-0.12, 1.32))
    assert window.y == pytest.approx((20 - 0.14 * 9, 29 + 0.14 * 9))
    place = window.place(mark(1.2, 900.0, "A"))
    assert (place.x, place.label, place.edge) == (1.2, "A 900", "^")
    assert window.place_of_unseen() is None


def test_ours_and_curves_are_held_by_the_axes_and_real_images_are_not():
    marks = [mark(0.5 + x / 10, 20 + x) for x in range(6)] + [mark(0.5 + x / 20, 30 + x, curve="noise") for x in (1, 2)]
    assert window_of(marks).y == pytest.approx((20 - 0.14 * 12, 32 + 0.14 * 12))
    with_ours = window_of([*marks, mark(0.8, 400.0, always=True)])
    assert with_ours.y == pytest.approx((20 - 0.14 * 380, 400 + 0.14 * 380))
    assert window_of([*marks, mark(0.8, 400.0, sampler=False)]) == window_of(marks)
    assert window_of([mark(0.8, 400.0, sampler=False)]) is None


@pytest.mark.parametrize(
    ("x", "y", "edge", "label", "place"),
    [
        (0.5, 9.0, "^", "A 9", (0.5, 1.95)), (0.5, -3.0, "v", "A -3", (0.5, 0.05)),
        (7.125, 1.0, ">", "A 7.12", (0.975, 1.0)), (-7.0, 1.0, "<", "A -7", (0.025, 1.0)),
        (3.0, 9.0, (3, 0, -45), "A 9", (0.975, 1.95)), (-3.0, 9.0, (3, 0, 45), "A 9", (0.025, 1.95)),
        (-3.0, -9.0, (3, 0, 135), "A -9", (0.025, 0.05)), (3.0, -9.0, (3, 0, -135), "A -9", (0.975, 0.05)),
    ],
)  # fmt: skip
def test_what_lies_outside_stands_at_the_edge_that_it_is_beyond(x, y, edge, label, place):
    found = Window((0.0, 1.0), (0.0, 2.0)).place(mark(x, y))
    assert (found.edge, found.label) == (edge, label)
    assert (found.x, found.y) == pytest.approx(place)


def test_a_point_of_a_curve_is_named_at_the_edge_alone():
    window = Window((0.0, 1.0), (1.0, 100.0), logarithmic=True)
    step = mark(0.5, 10.0, "σ=1.5:", curve="noise")
    assert window.place(step) == (0.5, 10.0, "", "")
    beyond = window.place(step._replace(y=Statistic(250.0, None, 1)))
    assert (beyond.label, beyond.edge) == ("σ=1.5: 250", "^")
    assert beyond.y == pytest.approx(100 * 100**-0.025)


def test_the_mark_of_unseen_images_stands_high_on_a_logarithmic_axis_too():
    place = Window((1.5, 2.5), (1.0, 16.0), logarithmic=True).place_of_unseen()
    assert (place.x, place.y) == pytest.approx((1.525, 8.0))
    assert Window((0.2, 0.6), (0.0, 4.0)).place_of_unseen().edge == ">"


def test_scores_of_which_one_is_several_times_another_may_be_on_a_logarithmic_axis():
    marks = [mark(x / 10, 2.0**x) for x in range(5)]
    assert window_of(marks, logarithmic=True).logarithmic
    assert not window_of(marks).logarithmic
    assert not window_of([mark(x / 10, 10.0 + x) for x in range(5)], logarithmic=True).logarithmic
