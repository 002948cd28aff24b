"""The figure of controls: novelties and chains on its axes, and that no words lie over others."""

import numpy as np
import pytest

from geovae.core.errors import GeovaeError
from helpers.score_figure_checks import COMMON, DIGITS, SHAPES, check_words, line, mean_std, over_seeds, strangers
from helpers.score_figure_checks import table as table  # a fixture
from reproduction.rendering.figures import controls
from reproduction.rendering.figures.curves import OURS

BASE = {"variant": "base", "trial": "base"}
POINTS = [
    {"label": "VAE - Ours", "model": "vae", "sampler": "manifold", **BASE, "block": "paper"},
    {"label": "VAE - N(0, 1)", "model": "vae", "sampler": "prior", **BASE, "block": "paper"},
    {"label": "Real images", "model": "vae", "sampler": "real", **BASE, "block": "controls"},
]
NOISE = [
    {"label": "Means + noise", "sampler": "jitter", "model": "vae", "value": v, "variant": f"sigma{v:g}"}
    for v in (1.0, 0.1, 0.5)
]
KERNELS = [
    {"label": "KDE", "sampler": "posterior_kde", "model": "vae", "value": v, "variant": f"scale{v:g}"}
    for v in (0.2, 0.4)
]
CURVE_OF_NEIGHBOURS = [
    {"label": "VAE - Neighbours", "sampler": "neighbours", "model": "vae", "value": v, "variant": f"nn{v}"}
    for v in (3, 50)
]
LENGTHS = ((1000, "steps1000"), (10, "steps10"), (100, "base"))
NOVELTIES = ("novelty", "novelty_latent", "novelty_features")
CHAIN = ("acceptance", "displacement", "active_share", "log_density_end", "active_share_train")


def new(value: float) -> dict:
    return {"novelty": value, "novelty_latent": value + 0.1, "novelty_features": value + 0.2}


def others(record: dict) -> dict:
    """Precision, recall and coverage that follow from the novelty."""
    novelty = record["novelty"]
    return record | {"precision": 1 - novelty / 4, "recall": 0.5 + novelty / 4, "coverage": novelty / 2}


def chain(value: float) -> dict:
    return dict(zip(CHAIN, (value, 2 * value, value / 2, -value, value / 4), strict=True))


def control_scores(dataset: str = "digits") -> list[dict]:
    at = {"dataset": dataset}
    records = over_seeds("manifold", 20.0, **new(0.5), **chain(0.5), **at) + over_seeds("prior", 60.0, **new(1.1), **at)
    records += over_seeds("real", 2.0, 0.1, novelty=0.0, novelty_features=0.1, **at)
    for v in (0.1, 0.5, 1.0):
        records += over_seeds("jitter", 15 + 40 * v, variant=f"sigma{v:g}", **new(0.4 + v / 2), **at)
    for v in (0.2, 0.4):
        records += over_seeds("posterior_kde", 14 + 40 * v, variant=f"scale{v:g}", **new(0.4 + v / 2), **at)
    for n in (10, 1000):
        records += over_seeds("manifold", 25.0, variant=f"steps{n}", **new(0.5), **chain(n / 2000), **at)
    for trial, value in (("t00", 0.2), ("t01", 0.8)):
        records += over_seeds("manifold", 25.0, trial=trial, **new(0.5), **chain(value), **at)
    records += over_seeds("manifold", 25.0, variant="k10", **new(0.5), **chain(0.04), **at)
    return records


def control_settings(**changes) -> dict:
    base = {
        "panels": [DIGITS], "points": POINTS, "curves": NOISE + KERNELS,
        "lengths": [{**OURS, "n_steps": n, "variant": variant} for n, variant in LENGTHS],
        "betas": [{**OURS, "beta": 1.0, "trial": "t01"}, {**OURS, "beta": 0.01, "trial": "t00"}],
        "ks": [{**OURS, "k": 10, "variant": "k10"}, {**OURS, "k": 100}],
    }  # fmt: skip
    return COMMON | base | changes


def test_controls_show_fid_against_each_novelty(table):
    figure = controls.render(table([*control_scores(), *strangers()]), control_settings())
    panels = figure.axes[:3]
    assert [axes.get_xlabel() for axes in panels] == ["novelty, pixels", "novelty, latent space", "novelty, features"]
    for axes, shift in zip(panels, (0.0, 0.1, 0.2), strict=True):
        noise, kernels = [line for line in axes.lines if len(line.get_xdata()) > 1 and line.get_marker() in "sv"]
        np.testing.assert_allclose(noise.get_xdata(), np.array([0.45, 0.65, 0.9]) + shift)
        np.testing.assert_allclose(noise.get_ydata(), [mean_std(15 + 40 * v)[0] for v in (0.1, 0.5, 1.0)])
        np.testing.assert_allclose(kernels.get_xdata(), np.array([0.5, 0.6]) + shift)
        for letter, novelty, fid in (("A", 0.5, 20.0), ("B", 1.1, 60.0)):
            (place,) = line(axes, letter).get_xydata()
            np.testing.assert_allclose(place, [novelty + shift, mean_std(fid)[0]])
        assert any(list(line.get_xdata()) == [1, 1] for line in axes.lines)
        words = {text.get_text(): text.xy for text in axes.texts}
        # Real images are no sampler, widen no axis and have no latents.
        assert set(words) == ({"A", "B"} if shift == 0.1 else {"A", "B", "C 2.2"})
        np.testing.assert_allclose(words["B"], (1.1 + shift, mean_std(60.0)[0]))
        hollow = [line for line in axes.lines if line.get_markerfacecolor() == "white"]
        starts = [(line.get_xdata()[0], line.get_ydata()[0]) for line in hollow]
        np.testing.assert_allclose(starts, [(0.45 + shift, mean_std(19)[0]), (0.5 + shift, mean_std(22)[0])])
    assert len({axes.get_ylim() for axes in panels}) == 1
    words = [text.get_text() for text in figure.legends[0].get_texts()]
    curves = ["Means + noise, σ 0.1 to 1", "KDE, s 0.2 to 0.4"]
    assert words[:5] == ["A  VAE - Ours", "B  VAE - N(0, 1)", "C  Real images", *curves]


def test_a_score_that_is_zero_everywhere_has_an_axis_from_zero(table):
    records = [others(record) | {"recall": 0.0} for record in control_scores()]
    axes = controls.render(table(records), control_settings()).axes[4]
    low, high = axes.get_ylim()
    assert axes.get_ylabel() == "recall ↑"
    assert -0.02 < low < 0 < high
    np.testing.assert_array_equal(line(axes, "A").get_ydata(), [0])
    assert min(tick for tick in axes.get_yticks() if tick >= low) == 0


def test_other_scores_stand_against_novelty_in_pixels(table):
    figure = controls.render(table([others(record) for record in control_scores()]), control_settings())
    panels = figure.axes[3:6]
    assert [axes.get_ylabel() for axes in panels] == ["precision ↑", "recall ↑", "coverage ↑"]
    expected = (lambda x: 1 - x / 4, lambda x: 0.5 + x / 4, lambda x: x / 2)
    for axes, score in zip(panels, expected, strict=True):
        assert axes.get_xlabel() == "novelty, pixels"
        assert axes.get_xlim() == figure.axes[0].get_xlim()
        for letter, novelty in (("A", 0.5), ("B", 1.1)):
            np.testing.assert_allclose(line(axes, letter).get_xydata(), [(novelty, score(novelty))])
        (noise,) = [found for found in axes.lines if found.get_marker() == "s" and len(found.get_xdata()) == 3]
        np.testing.assert_allclose(noise.get_ydata(), [score(v) for v in (0.45, 0.65, 0.9)])
        low, high = axes.get_ylim()
        assert low < min(score(0.5), score(1.1)) < max(score(0.5), score(1.1)) < high


def test_scores_that_were_not_taken_leave_their_row_out(table):
    without = controls.render(table(control_scores()), control_settings())
    part = [record | {"coverage": None} for record in map(others, control_scores())]
    whole = controls.render(table(part), control_settings())
    assert (len(without.axes), len(whole.axes)) == (9, 12)
    assert without.get_size_inches()[1] < whole.get_size_inches()[1]
    assert [text.get_text() for text in whole.axes[5].texts] == ["not taken"]


def test_what_is_far_from_the_other_samplers_is_marked_at_the_edge(table):
    """One FID of 2,000 beside 20 and 60: the axes stay with these, and ours is on them whatever it is."""
    far = {"label": "Far", "model": "vae", "sampler": "gmm", **BASE, "block": "paper"}
    records = [*control_scores(), *over_seeds("gmm", 2000.0, **new(0.8))]
    axes = controls.render(table(records), control_settings(points=[*POINTS, far])).axes[0]
    low, high = axes.get_ylim()
    assert 10 < low < 22 < 62 < high < 100
    words = {text.get_text(): text.xy for text in axes.texts}
    mean = mean_std(2000.0)[0]
    x, y = words[f"D {mean:.3g}"]
    assert x == pytest.approx(0.8)
    assert 0.9 * high < y < high
    (marker,) = [found for found in axes.lines if found.get_marker() == "^" and list(found.get_xdata()) == [x]]
    assert marker.get_ydata()[0] == y
    worse = [
        record | ({"fid": 3000.0} if (record["sampler"], record["variant"]) == ("manifold", "base") else {})
        for record in records
    ]
    axes = controls.render(table(worse), control_settings(points=[*POINTS, far])).axes[0]
    assert axes.get_ylim()[1] > 3000


def test_a_point_of_a_curve_that_is_far_is_named_at_the_edge(table):
    """Noise of σ = 9 has an FID of 900, and its line leaves the axes where its mark stands."""
    far = {"label": "Means + noise", "sampler": "jitter", "model": "vae", "value": 9.0, "variant": "sigma9"}
    records = [*control_scores(), *over_seeds("jitter", 900.0, variant="sigma9", **new(1.05))]
    axes = controls.render(table(records), control_settings(curves=[*NOISE, *KERNELS, far])).axes[0]
    words = {text.get_text(): text.xy for text in axes.texts}
    assert set(words) == {"A", "B", "C 2.2", f"σ=9: {mean_std(900.0)[0]:.3g}"}
    x, y = words["σ=9: 902"]
    low, high = axes.get_ylim()
    assert (x, y) == pytest.approx((1.05, high - 0.025 * (high - low)))
    (marker,) = [found for found in axes.lines if found.get_marker() == "^"]
    assert marker.get_xydata().tolist() == [[x, y]]
    assert marker.get_color() == controls.LOOKS["jitter"].colour


def test_novelty_1_is_named_at_the_edge_where_all_samplers_are_far_from_it(table):
    records = [
        record | ({"novelty_features": 4 + record["novelty_features"] / 10} if record["novelty_features"] else {})
        for record in control_scores()
    ]
    figure = controls.render(table(records), control_settings())
    found = [[text.xy for text in axes.texts if text.get_text() == "novelty 1"] for axes in figure.axes[:3]]
    left, right = figure.axes[2].get_xlim()
    assert found[:2] == [[], []]
    assert found[2][0][0] == pytest.approx(left + 0.025 * (right - left))
    assert (left, right) == pytest.approx((4.065 - 0.1 * 0.065, 4.13 + 0.1 * 0.065))


def test_the_axis_of_fid_is_linear_where_what_it_holds_is_of_one_size(table):
    """From 21 to 62: the margins make it more than fourfold, and the axis is none the less linear."""
    axes = controls.render(table(control_scores()), control_settings()).axes[0]
    low, high = axes.get_ylim()
    assert axes.get_yscale() == "linear"
    assert high / low > 4
    places = {text.get_text(): text.xy for text in axes.texts}
    assert places["C 2.2"][1] == pytest.approx(low + 0.025 * (high - low))


def test_controls_have_bars_both_ways(table):
    records = control_scores()
    for record in records:
        if record["sampler"] == "prior":
            record["novelty"] += 0.1 * record["seed"]
    figure = controls.render(table(records), control_settings())
    mean, std = mean_std(60.0)
    found = []
    for container in figure.axes[0].containers:
        across, upright = (part.get_segments()[0] for part in container.lines[2])
        found.append((*across[:, 0], *upright[:, 1]))
    assert any(ends == pytest.approx((1.1, 1.3, mean - std, mean + std)) for ends in found)


def test_chains_against_their_length_beta_and_k(table):
    figure = controls.render(table(control_scores()), control_settings())
    panels = figure.axes[3:]  # no other scores were taken
    shown = [(axes.lines[0].get_xdata().tolist(), axes.lines[0].get_ydata().tolist()) for axes in panels]
    lengths = [10, 100, 1000]
    values = [0.005, 0.5, 0.5]
    assert shown == [
        (lengths, pytest.approx(values)),
        (lengths, pytest.approx([0.01, 1.0, 1.0])),
        (lengths, pytest.approx([-0.005, -0.5, -0.5])),
        (lengths, pytest.approx([0.0025, 0.25, 0.25])),
        ([0.01, 1.0], pytest.approx([0.05, 0.2])),
        ([10, 100], pytest.approx([0.01, 0.125])),
    ]
    marked = [any(list(line.get_xdata()) == [100, 100] for line in axes.lines) for axes in panels]
    assert marked == [True] * 4 + [False] * 2


@pytest.mark.parametrize("panels", [[DIGITS], [DIGITS, SHAPES]])
def test_controls_have_no_words_over_others(table, monkeypatch, panels):
    samplers = ("posterior", "resample", "reconstruction", "two_stage", "manifold_released", "gmm")
    crowd = [{**POINTS[1], "label": f"Point {name}", "sampler": name} for name in samplers]
    records = [*control_scores(), *control_scores("shapes")]
    for i, name in enumerate(samplers):
        for panel in panels:
            records += over_seeds(name, 20.0 + 0.2 * i, 0.1, dataset=panel["dataset"], **new(0.5 + 0.005 * i))
    baselines = [{**point, "block": "baselines", "variant": "base"} for point in CURVE_OF_NEIGHBOURS[:1]]
    for panel in panels:
        for v, variant in ((1, "base"), (3, "nn3"), (50, "nn50")):
            records += over_seeds(
                "neighbours", 18.0 + v, dataset=panel["dataset"], variant=variant, **new(0.5 + v / 90)
            )
    settings = control_settings(
        panels=panels, points=[*POINTS, *crowd, *baselines], curves=[*NOISE, *KERNELS, *CURVE_OF_NEIGHBOURS]
    )
    figure = controls.render(table([others(record) for record in records]), settings)
    words = check_words(figure, monkeypatch)
    assert words.count("A") == 6 * len(panels)
    assert words.count("VAE - Neighbours, K 3 to 50") == 1
    assert words.count("Digits") == (1 if len(panels) == 1 else 2)  # its head, and the legend of the chains


def test_a_novelty_that_no_generation_has_is_said_to_be_missing(table):
    records = [record | {"novelty_latent": None} for record in control_scores()]
    figure = controls.render(table(records), control_settings())
    assert [[text.get_text() for text in axes.texts].count("not taken") for axes in figure.axes[:3]] == [0, 1, 0]


def test_a_chain_without_diagnostics_is_named(table):
    records = control_scores()
    for record in records:
        if record["variant"] == "steps10" and record["seed"] == 1:
            record["acceptance"] = None
    with pytest.raises(GeovaeError, match="no acceptance of digits/full/conv/vae/base/seed1/manifold/steps10"):
        controls.render(table(records), control_settings())
    with pytest.raises(GeovaeError, match="no record of digits/full/conv/vae/t05/seed0/manifold/base"):
        controls.render(table(control_scores()), control_settings(betas=[{**OURS, "beta": 1.0, "trial": "t05"}]))
    with pytest.raises(GeovaeError, match="points: 27, but there are 26 letters"):
        controls.render(table(control_scores()), control_settings(points=POINTS * 9))
