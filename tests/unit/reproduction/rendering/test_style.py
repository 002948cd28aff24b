"""What figures share: a layout that is settled stays, to the same digits in every process."""

import numpy as np

from reproduction.rendering import style


def laid_out():
    figure = style.new_figure(4.0, 5.0)
    figure.set_layout_engine("constrained")
    parts = figure.subfigures(2, 1, height_ratios=(2, 1))
    for part in parts:
        part.suptitle("a title")
        for axes in part.subplots(1, 2):
            axes.plot([0.001, 1000.0])
            axes.set(xlabel="x", ylabel="y")
    return figure, parts


def places(figure, parts) -> np.ndarray:
    boxes = [axes.get_position(original=True) for axes in figure.axes] + [part.bbox_relative for part in parts]
    return np.array([box.get_points() for box in boxes])


def test_a_settled_layout_has_no_digits_of_its_solver_and_stays():
    figure, parts = laid_out()
    before = places(figure, parts)
    style.settle(figure)
    settled = places(figure, parts)
    assert np.abs(settled - before).max() > 0.01
    np.testing.assert_array_equal(settled, settled.round(9))
    figure.draw_without_rendering()
    np.testing.assert_array_equal(places(figure, parts), settled)


def test_it_is_the_layout_that_drawing_comes_to():
    figure, parts = laid_out()
    for _ in range(2):
        figure.draw_without_rendering()
    expected = places(figure, parts)
    other, other_parts = laid_out()
    style.settle(other)
    np.testing.assert_allclose(places(other, other_parts), expected, rtol=0, atol=1e-8)
