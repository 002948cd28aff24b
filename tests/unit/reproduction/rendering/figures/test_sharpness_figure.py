"""The figure of sharpness: a bar a row, and the line of the real images."""

import pytest
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer

from geovae.core.errors import GeovaeError
from helpers.score_figure_checks import COMMON, DIGITS, ROWS, SHAPES, score, strangers
from helpers.score_figure_checks import table as table  # a fixture
from reproduction.rendering import style
from reproduction.rendering.figures.render import render

VALUES = {"prior": 0.1, "manifold": 0.2, "resample": 0.3}
SETTINGS = COMMON | {"panels": [DIGITS, SHAPES], "rows": ROWS}


def records() -> list[dict]:
    return [
        score(sampler, 1.0, seed, dataset=dataset, sharpness=value * scale + seed / 100, sharpness_reference=scale)
        for dataset, scale in (("digits", 1.0), ("shapes", 2.0))
        for sampler, value in VALUES.items()
        for seed in range(3)
    ]


def test_bars_are_means_over_the_seeds_beside_the_line_of_the_real_images(table):
    extra = {"sharpness": 9.0, "sharpness_reference": 9.0}
    figure = render("figure_sharpness", table([*records(), *strangers(**extra)]), SETTINGS)
    for axes, scale, title in zip(figure.axes, (1.0, 2.0), ("Digits", "Shapes"), strict=True):
        assert axes.get_title() == title
        bars = [group.patches[0] for group in axes.containers if isinstance(group, BarContainer)]
        assert [bar.get_width() for bar in bars] == pytest.approx([value * scale + 0.01 for value in VALUES.values()])
        assert list(axes.lines[-1].get_xdata()) == [scale, scale]
        assert to_hex(bars[1].get_facecolor()).upper() == style.VERMILION
    labels = [[label.get_text() for label in axes.get_yticklabels()] for axes in figure.axes]
    assert labels == [[row["label"] for row in ROWS], []]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["test images"]


def test_a_training_without_a_record_is_named(table):
    with pytest.raises(GeovaeError, match="no record of shapes/full/conv/vae/base/seed0/prior/base"):
        render("figure_sharpness", table([record for record in records() if record["dataset"] == "digits"]), SETTINGS)
