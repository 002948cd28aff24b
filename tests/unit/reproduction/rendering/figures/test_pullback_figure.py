"""The figure of the pull-back metric: what is drawn against what, and the correlations written above."""

import numpy as np
import pytest
from matplotlib.container import BarContainer

from geovae.core import storage
from geovae.core.errors import GeovaeError
from reproduction.rendering.figures.render import render

SCORES = ("posterior_rank_log_volume", "posterior_rank_diagonal", "metric_rank_log_volume", "off_diagonal_pullback")


@pytest.fixture
def drawn(tmp_path):
    """Five columns of two trainings each; the scores of column c and seed s are (c + s)/10."""
    inputs, columns = {}, []
    for c in range(5):
        trainings = []
        for s in range(2):
            names = {"arrays": f"c{c}s{s}_arrays", "scores": f"c{c}s{s}_scores"}
            trainings.append(names)
            inputs[names["arrays"]] = tmp_path / f"{c}{s}.npz"
            inputs[names["scores"]] = tmp_path / f"{c}{s}.json"
            names_of = ("pullback", "posterior", "metric")
            volumes = {f"log_volume_{name}": np.arange(4.0) + c for name in names_of}
            diagonals = {f"diagonal_{name}": 1.0 + c + np.arange(8.0).reshape(4, 2) for name in names_of}
            storage.save_arrays(inputs[names["arrays"]], **volumes, **diagonals)
            storage.save_json(inputs[names["scores"]], dict.fromkeys(SCORES, (c + s) / 10))
        columns.append({"title": f"Set {c}", "beta": 0.1, "latent_dim": 2, "inputs": trainings})
    return inputs, {"columns": columns}


def test_every_column_has_its_scatters_and_correlations(drawn):
    figure = render("figure_pullback", *drawn)
    scatters = [axes for axes in figure.axes if axes.get_title().startswith("rank correlation")]
    assert len(scatters) == 5 * 3
    headings = [text.get_text() for axes in scatters for text in axes.texts]
    assert headings == [f"Set {c}, β = 0.1, d = 2" for c in range(5)]
    second = [axes for axes in scatters if axes.get_title() == "rank correlation 0.15 ± 0.07"]
    assert len(second) == 3
    points = second[0].collections[0].get_offsets()
    np.testing.assert_allclose(points, np.stack([np.arange(4.0) + 1] * 2, 1))


def test_the_bars_are_means_over_the_trainings(drawn):
    figure = render("figure_pullback", *drawn)
    heights = {}
    for axes in figure.axes[-2:]:
        groups = [group for group in axes.containers if isinstance(group, BarContainer)]
        heights[axes.get_ylabel()] = [bar.get_height() for group in groups for bar in group]
    means = [(2 * c + 1) / 20 for c in range(5)]
    assert heights["share off the diagonal"] == pytest.approx(means)
    assert heights["rank correlation"] == pytest.approx(means * 2)


def test_a_correlation_that_is_not_defined_is_said_to_be_so(drawn):
    inputs, settings = drawn
    for s in range(2):
        storage.save_json(inputs[f"c0s{s}_scores"], dict.fromkeys(SCORES, 0.5) | {"metric_rank_log_volume": None})
    figure = render("figure_pullback", inputs, settings)
    assert "rank correlation not defined" in [axes.get_title() for axes in figure.axes]


def test_a_record_that_is_missing_is_named(drawn):
    inputs, settings = drawn
    del inputs["c3s0_arrays"]
    with pytest.raises(GeovaeError, match="'c3s0_arrays' is missing"):
        render("figure_pullback", inputs, settings)
