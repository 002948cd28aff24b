"""Figures of scores against training sizes, centroids and λ: records, axes, and that no words lie over others."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as rounds
from hypothesis import strategies as st
from matplotlib.collections import LineCollection

from geovae.core.errors import GeovaeError
from helpers.score_figure_checks import (
    COMMON,
    DIGITS,
    ROWS,
    SHAPES,
    check_words,
    line,
    mean_std,
    over_seeds,
    score,
    strangers,
)
from helpers.score_figure_checks import table as table  # a fixture
from reproduction.plan.rows import CONTROL_ROWS, PAPER_ROWS, RELEASED_ROW
from reproduction.rendering import style
from reproduction.rendering.figures import centroid_count, curves, regularisation, training_size
from reproduction.rendering.figures.starts import STARTS

SIZES = [{"subset": "full", "n": 12000}, {"subset": "n500", "n": 500}, {"subset": "n1000", "n": 1000}]
PEERS = [ROWS[0], ROWS[2]]


def bars(axes) -> list[np.ndarray]:
    """Low and high ends of the vertical error bars, an array (n, 2) a container."""
    ends = []
    for container in axes.containers:
        (collection,) = [part for part in container.lines[2] if isinstance(part, LineCollection)]
        ends.append(np.array([segment[:, 1] for segment in collection.get_segments()]))
    return ends


# -- training sizes ---------------------------------------------------------------------------------------------------


def sized_scores(dataset: str = "digits", factor: float = 1.0) -> list[dict]:
    records = []
    for row in ROWS:
        for size in SIZES:
            fid = factor * {"prior": 60.0, "manifold": 20.0, "resample": 5.0}[row["sampler"]] + size["n"] / 1000
            records += over_seeds(row["sampler"], fid, dataset=dataset, subset=size["subset"])
    return records


def sized_settings(**changes) -> dict:
    return COMMON | {"panels": [DIGITS, SHAPES], "sizes": {"digits": SIZES, "shapes": SIZES}, "rows": ROWS} | changes


def test_training_sizes_show_means_and_deviations_of_the_wanted_records(table):
    inputs = table([*sized_scores(), *sized_scores("shapes", 2.0), *strangers(), *strangers(dataset="shapes")])
    figure = training_size.render(inputs, sized_settings())
    assert [axes.get_title() for axes in figure.axes] == ["Digits", "Shapes"]
    for axes, factor in zip(figure.axes, (1.0, 2.0), strict=True):
        assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
        assert [tick.get_text() for tick in axes.get_xticklabels()] == ["500", "1k", "full\n(12k)"]
        for i, (row, fid) in enumerate(zip(ROWS, (60.0, 20.0, 5.0), strict=True)):
            expected = [mean_std(factor * fid + n / 1000) for n in (500, 1000, 12000)]
            drawn = line(axes, row["label"])
            np.testing.assert_array_equal(drawn.get_xdata(), [500, 1000, 12000])
            np.testing.assert_allclose(drawn.get_ydata(), [mean for mean, _ in expected])
            np.testing.assert_allclose(bars(axes)[i], [(mean - std, mean + std) for mean, std in expected])


def test_training_sizes_of_one_seed_have_no_bars(table):
    figure = training_size.render(table(sized_scores()), sized_settings(seeds=[2], panels=[DIGITS]))
    (axes,) = figure.axes
    assert axes.containers == []
    np.testing.assert_allclose(line(axes, "VAE - Ours").get_ydata(), [25.5, 26.0, 37.0])


def test_ours_stands_out_in_lines_and_legend(table):
    figure = training_size.render(table(sized_scores()), sized_settings(panels=[DIGITS]))
    widths = {row["label"]: line(figure.axes[0], row["label"]).get_linewidth() for row in ROWS}
    assert widths["VAE - Ours"] >= 2 * max(width for label, width in widths.items() if label != "VAE - Ours")
    assert line(figure.axes[0], "VAE - Ours").get_color() == style.VERMILION
    weights = {text.get_text(): text.get_fontweight() for text in figure.legends[0].get_texts()}
    assert weights == {"VAE - N(0, 1)": "normal", "VAE - Ours": "bold", "Decoded means": "normal"}


@pytest.mark.parametrize("n_panels", [1, 3])
def test_training_sizes_of_all_methods_have_no_words_over_others(table, monkeypatch, n_panels):
    rows = [row._asdict() for row in (*PAPER_ROWS, RELEASED_ROW, *CONTROL_ROWS)]
    sizes = [{"subset": "full", "n": 50000}, {"subset": "n10000", "n": 10000}, {"subset": "n5000", "n": 5000}]
    panels = [{**DIGITS, "dataset": f"d{i}", "title": f"Data {i}"} for i in range(n_panels)]
    records = [
        score(row["sampler"], 3.0 + 9 * i, dataset=panel["dataset"], model=row["model"], subset=size["subset"])
        for panel in panels
        for size in sizes
        for i, row in enumerate(rows)
    ]
    figure = training_size.render(
        table(records),
        COMMON | {"seeds": [0], "panels": panels, "sizes": {panel["dataset"]: sizes for panel in panels}, "rows": rows},
    )
    words = check_words(figure, monkeypatch)
    assert all(words.count(row["label"]) == 1 for row in rows)
    boxes = [axes.get_window_extent() for axes in figure.axes]
    assert not any(box.overlaps(figure.legends[0].get_window_extent()) for box in boxes)


def test_no_two_methods_look_the_same():
    rows = [row._asdict() for row in (*PAPER_ROWS, RELEASED_ROW, *CONTROL_ROWS)]
    looks = curves.looks(rows)
    for part in (looks, looks[:13], looks[14:]):
        assert len({(look.colour, look.dashes, look.marker) for look in part}) == len(part)
    assert len({look.marker for look in looks[:12]}) == 12
    assert len({look.dashes for look in looks[:6]}) == 1  # drawn from the prior
    assert looks[0].dashes != looks[6].dashes  # and from a mixture
    with pytest.raises(GeovaeError, match="row 'x' is in block 'odd'; use paper, variants, controls"):
        curves.looks([{"label": "x", "model": "ae", "sampler": "gmm", "variant": "base", "block": "odd"}])


def test_a_generation_without_a_record_is_named(table):
    records = [r for r in sized_scores() if (r["sampler"], r["subset"], r["seed"]) != ("prior", "n500", 1)]
    settings = sized_settings(panels=[DIGITS])
    with pytest.raises(
        GeovaeError,
        match=r"scores: no record of digits/n500/conv/vae/base/seed1/prior/base, split test, backbone classifier\.",
    ):
        training_size.render(table(records), settings)
    with pytest.raises(GeovaeError, match="input 'scores' is missing"):
        training_size.render({}, settings)
    with pytest.raises(GeovaeError, match="several records of a seed"):
        training_size.render(table(sized_scores() * 2), settings)


# -- centroids and λ --------------------------------------------------------------------------------------------------

KS = [{**curves.OURS, "k": k, "variant": variant} for k, variant in ((1000, "k1000"), (10, "k10"), (100, "base"))]
DRAWS = [{**curves.OURS, "variant": f"k100_draw{draw}"} for draw in range(4)]
KS_FROM_CENTROIDS = [{**point, "variant": f"k{point['k']}_startcentroids"} for point in KS]
DRAWS_FROM_CENTROIDS = [{**draw, "variant": f"{draw['variant']}_startcentroids"} for draw in DRAWS]
FID_OF_K = {10: 30.0, 100: 21.0, 1000: 19.0}


def centroid_scores(dataset: str = "digits") -> list[dict]:
    records = over_seeds("prior", 24.0, 0.5, dataset=dataset) + over_seeds("resample", 23.0, 0.5, dataset=dataset)
    for point in KS:
        records += over_seeds("manifold", FID_OF_K[point["k"]], variant=point["variant"], dataset=dataset)
    for i, draw in enumerate(DRAWS):
        records += over_seeds("manifold", 20.0 + i, variant=draw["variant"], dataset=dataset)
    for point in KS_FROM_CENTROIDS:
        records += over_seeds("manifold", 2 * FID_OF_K[point["k"]], variant=point["variant"], dataset=dataset)
    for i, draw in enumerate(DRAWS_FROM_CENTROIDS):
        records += over_seeds("manifold", 40.0 + i, variant=draw["variant"], dataset=dataset)
    return records


def centroid_settings(**changes) -> dict:
    parts = {"ks": KS, "draws": DRAWS, "ks_from_centroids": KS_FROM_CENTROIDS}
    parts |= {"draws_from_centroids": DRAWS_FROM_CENTROIDS, "k_draws": 100, "peers": PEERS}
    return COMMON | {"panels": [DIGITS]} | parts | changes


def test_centroid_counts_and_peers(table):
    figure = centroid_count.render(table([*centroid_scores(), *strangers()]), centroid_settings())
    left = figure.axes[0]
    drawn = [curve for curve in left.lines if curve.get_linestyle() != "None" and curve.get_gid() is None]
    for i, (curve, factor) in enumerate(zip(drawn, (1, 2), strict=True)):  # from means, from centroids
        np.testing.assert_array_equal(curve.get_xdata(), [10, 100, 1000])
        expected = [mean_std(factor * FID_OF_K[k]) for k in (10, 100, 1000)]
        np.testing.assert_allclose(curve.get_ydata(), [mean for mean, _ in expected])
        np.testing.assert_allclose(bars(left)[i], [(mean - std, mean + std) for mean, std in expected])
    assert len({curve.get_color() for curve in drawn}) == len({curve.get_linestyle() for curve in drawn}) == 2
    assert [text.get_text() for text in figure.legends[0].get_texts()[:2]] == [start.label for start in STARTS]
    assert [tick.get_text() for tick in left.get_xticklabels()] == ["10", "100", "1k"]
    for peer, fid, band in zip(PEERS, (24.0, 23.0), left.patches, strict=True):
        mean, std = mean_std(fid, 0.5)
        (level,) = [line for line in left.lines if line.get_gid() == peer["label"]]
        np.testing.assert_allclose(level.get_ydata(), mean)
        assert (band.get_y(), band.get_height()) == pytest.approx((mean - std, 2 * std))
        (name,) = [text for text in left.texts if text.get_text() == peer["label"]]
        assert name.xy == (1, pytest.approx(mean))


def test_random_centroids_are_a_dot_each_beside_the_k_medoids_of_their_training(table):
    figure = centroid_count.render(table(centroid_scores()), centroid_settings())
    figure.canvas.draw()
    right = figure.axes[1]
    assert [tick.get_text() for tick in right.get_xticklabels()] == ["0", "1", "2"]
    columns = [part for part in right.collections if not isinstance(part, LineCollection)]
    lowest = [20 + step + more for step in (0, 1, 5) for more in (0, 20)]  # a pair of starts for each training
    for column, low in zip(columns, lowest, strict=True):
        np.testing.assert_allclose(sorted(column.get_offsets()[:, 1]), [low, low + 1, low + 2, low + 3])
    medoids = [part.get_segments()[0] for part in right.collections if isinstance(part, LineCollection)]
    expected = [(x + shift, fid + more) for shift, more in ((-0.2, 0), (0.2, 21)) for x, fid in enumerate((21, 22, 26))]
    for segment, (x, fid) in zip(medoids, expected, strict=True):
        np.testing.assert_allclose(segment[:, 1], fid)
        assert segment[:, 0].mean() == pytest.approx(x)
    for column, (x, _) in zip(columns, sorted(expected), strict=True):
        assert column.get_offsets()[:, 0].mean() == pytest.approx(x, abs=0.1)


def test_centroid_figures_have_no_words_over_others(table, monkeypatch):
    bunched = [
        {"label": f"Peer {i}", "model": "vae", "sampler": "gmm", "variant": f"k{i + 2}", "block": "paper"}
        for i in range(8)
    ]
    records = [
        score("gmm", 22.0 + 0.1 * i, variant=f"k{i + 2}", dataset=d) for i in range(8) for d in ("digits", "shapes")
    ]
    settings = centroid_settings(seeds=[0], panels=[DIGITS, SHAPES], peers=bunched)
    figure = centroid_count.render(table([*records, *centroid_scores(), *centroid_scores("shapes")]), settings)
    words = check_words(figure, monkeypatch)
    assert all(words.count(f"Peer {i}") == 2 for i in range(8))
    heights = [text.get_position()[1] for text in figure.axes[0].texts]
    assert heights == sorted(heights)


def test_k_of_the_random_centroids_is_one_of_the_ks(table):
    with pytest.raises(GeovaeError, match="k_draws = 50 is none of ks"):
        centroid_count.render(table(centroid_scores()), centroid_settings(k_draws=50))
    with pytest.raises(GeovaeError, match="seed0/manifold/k100_draw9"):
        centroid_count.render(
            table(centroid_scores()), centroid_settings(draws=[{**curves.OURS, "variant": "k100_draw9"}])
        )


def test_regularisation(table, monkeypatch):
    lams = {1.0: 20.0, 1e-6: 21.0, 0.01: 19.0, 0.25: 22.0}
    records = over_seeds("prior", 90.0, 0.5) + over_seeds("resample", 15.0, 0.5) + strangers()
    for lam, fid in lams.items():
        records += over_seeds("manifold", fid, variant=f"k1000_lam{lam:g}")
    points = [{**curves.OURS, "lam": lam, "variant": f"k1000_lam{lam:g}"} for lam in lams]
    settings = COMMON | {"panels": [DIGITS], "lams": points, "k": 1000, "peers": PEERS}
    figure = regularisation.render(table(records), settings)
    (axes,) = figure.axes
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [1e-6, 0.01, 0.25, 1.0])
    expected = [mean_std(lams[lam]) for lam in (1e-6, 0.01, 0.25, 1.0)]
    np.testing.assert_allclose(axes.lines[0].get_ydata(), [mean for mean, _ in expected])
    np.testing.assert_allclose(bars(axes)[0], [(mean - std, mean + std) for mean, std in expected])
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    words = check_words(figure, monkeypatch)
    for word in ("$10^{-6}$", "$10^{-2}$", "0.25", "1", "λ (k = 1,000)", "Decoded means"):
        assert word in words
    with pytest.raises(GeovaeError, match="no record of digits/full/conv/vae/base/seed0/manifold/k1000_lam9"):
        regularisation.render(table(records), settings | {"lams": [{**curves.OURS, "lam": 9, "variant": "k1000_lam9"}]})


@rounds(derandomize=True, deadline=None, max_examples=60)
@given(wanted=st.lists(st.floats(0, 1), min_size=1, max_size=7), gap=st.floats(0.01, 0.15))
def test_spread_keeps_order_distance_and_bounds(wanted, gap):
    positions = curves.spread(wanted, gap, 0.0, 1.0)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(positions[order]) >= gap - 1e-9).all()
    assert positions.min() >= -1e-9
    assert positions.max() <= 1 + 1e-9
    if len(wanted) == 1 or np.diff(np.sort(wanted)).min() >= gap:
        np.testing.assert_allclose(positions, wanted, atol=1e-9)


def test_spread_shares_what_is_moved():
    np.testing.assert_allclose(curves.spread([0.5, 0.5, 0.5], 0.1, 0, 1), [0.4, 0.5, 0.6])
    np.testing.assert_allclose(curves.spread([0.9, 0.0, 1.0], 0.2, 0, 1), [0.8, 0.0, 1.0])
    np.testing.assert_allclose(curves.spread([0.5, 0.2, 0.9], 0.6, 0, 1), [0.6, 0.0, 1.2])  # from the foot upwards


def test_counts_in_few_characters():
    assert [curves.count_text(n) for n in (2, 500, 1000, 5000, 58605)] == ["2", "500", "1k", "5k", "58.6k"]
