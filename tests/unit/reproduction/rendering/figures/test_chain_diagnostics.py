"""The panels of chains: those that have a line to show, and a note of the others."""

import pytest
from matplotlib.figure import Figure

from geovae.core.errors import GeovaeError
from helpers.score_figure_checks import COMMON, DIGITS, SHAPES, check_words, over_seeds
from reproduction.rendering import style
from reproduction.rendering.figures import chain_diagnostics
from reproduction.rendering.figures.curves import OURS
from reproduction.scores.lookup import Scores

ONE = {
    "lengths": [{**OURS, "n_steps": 100}],
    "betas": [{**OURS, "beta": 1.0, "trial": "base"}],
    "ks": [{**OURS, "k": 100}],
}
LENGTHS = {"lengths": [*ONE["lengths"], {**OURS, "n_steps": 10, "variant": "steps10"}]}
BETAS = {"betas": [*ONE["betas"], {**OURS, "beta": 0.01, "trial": "t00"}]}
KS = {"ks": [*ONE["ks"], {**OURS, "k": 20, "variant": "k20"}]}
OF_LENGTHS = ["acceptance", "displacement", "½ log det G at the end", "active share at the end"]


def draw(changes: dict, panels=(DIGITS,)) -> Figure:
    settings = COMMON | ONE | {"panels": panels} | changes
    columns = {"acceptance": 1.0, "displacement": 4.0, "log_density_end": -36.0, "active_share": 0.25}
    records = []
    for panel in panels:
        for row in ({}, {"variant": "steps10"}, {"trial": "t00"}, {"variant": "k20"}):
            of_row = columns | {"active_share_train": 0.75, "dataset": panel["dataset"]}
            records += over_seeds("manifold", 20.0, **of_row, **row)
    with style.context():
        figure = style.new_figure(style.WIDTH, chain_diagnostics.height(settings))
        figure.set_layout_engine("constrained")
        chain_diagnostics.draw(figure.subfigures(1, 1), Scores.of_settings(records, settings), settings)
    return figure


def notes(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.subfigs[0].texts]


@pytest.mark.parametrize(
    ("changes", "titles", "left_out", "height"),
    [
        (LENGTHS | BETAS | KS, [*OF_LENGTHS, *["active share at the means"] * 2], None, 3.3),
        (LENGTHS | KS, [*OF_LENGTHS, "active share at the means"], "β of the VAE (1)", 3.55),
        (LENGTHS, OF_LENGTHS, "β of the VAE (1), centroids k (100)", 3.55),
        (BETAS, ["active share at the means"], "steps N of a chain (100), centroids k (100)", 1.9),
        ({}, [], "steps N of a chain (100), β of the VAE (1), centroids k (100)", 0.25),
        ({"ks": []}, [], "steps N of a chain (100), β of the VAE (1), centroids k (none)", 0.25),
        ({"ks": ONE["ks"] * 2}, [], "steps N of a chain (100), β of the VAE (1), centroids k (100)", 0.25),
    ],
)
def test_panels_of_fewer_than_two_values_are_left_out_and_noted(changes, titles, left_out, height):
    figure = draw(changes)
    assert [axes.get_title() for axes in figure.axes] == titles
    assert all(len(axes.lines[0].get_xdata()) == 2 for axes in figure.axes)
    assert notes(figure) == ([f"no panel over {left_out}: fewer than two values"] if left_out else [])
    assert figure.get_size_inches()[1] == pytest.approx(height)


@pytest.mark.parametrize("changes", [{}, BETAS, LENGTHS | BETAS | KS])
def test_words_keep_clear_of_each_other_and_in_the_figure(monkeypatch, changes):
    """The paper's N is the largest here, so that its words stand to its left."""
    check_words(draw(changes, (DIGITS, SHAPES)), monkeypatch)


def test_the_words_at_the_papers_length_are_where_there_is_room():
    (left,) = draw(LENGTHS).axes[0].texts
    longer = {"lengths": [*LENGTHS["lengths"], {**OURS, "n_steps": 1000, "variant": "k20"}]}
    (right,) = draw(longer).axes[0].texts
    assert [(text.get_text(), text.get_ha(), text.xyann) for text in (left, right)] == [
        ("paper's N", "right", (-3, 0)),
        ("paper's N", "left", (3, 0)),
    ]


def test_what_a_panel_that_is_left_out_would_need_is_needed_all_the_same():
    with pytest.raises(GeovaeError, match="no record of digits/full/conv/vae/t05/seed0/manifold/base"):
        draw({"betas": [{**OURS, "beta": 1.0, "trial": "t05"}]})
