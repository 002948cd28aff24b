"""The figure of ρ: the curves of both starts, the curves of the metric, and where ρ by Mahalanobis distances lies."""

import statistics

import numpy as np
import pytest

from geovae.core.errors import GeovaeError
from geovae.core.tables import load_table, save_table
from helpers.score_figure_checks import COMMON, DIGITS, SHAPES, check_words, mean_std, over_seeds, strangers
from helpers.score_figure_checks import table as table  # a fixture
from reproduction.rendering.figures import choice_of_rho, curves
from reproduction.scores.metric_table import write_metrics

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
FID = {0.25: 40.0, 0.5: 30.0, 1.0: 12.0, 2.0: 9.0, 4.0: 6.0}
MAHALANOBIS = "rho1_distmahalanobis"
SECOND = "_from_centroids", "_startcentroids"


def entries(part: str, more: str) -> dict:
    rhos = [
        {**curves.OURS, "rho": factor, "variant": f"rho{factor:g}{more}", "metric": f"rho{factor:g}"}
        for factor in FACTORS
    ]
    mahalanobis = {**curves.OURS, "rho": 1.0, "variant": f"{MAHALANOBIS}{more}", "metric": MAHALANOBIS}
    return {f"rhos{part}": rhos, f"mahalanobis{part}": [mahalanobis]}


def settings(**changes) -> dict:
    return COMMON | {"panels": [DIGITS]} | entries("", "") | entries(*SECOND) | changes


def records(dataset: str = "digits") -> list[dict]:
    found = []
    for more, times in (("", 1.0), ("_startcentroids", 2.0)):
        for factor, fid in FID.items():
            chains = {"displacement": 3.0 / times / factor, "active_share": min(1.0, 0.2 * times * factor)}
            chains |= {"novelty": 1.0 + 0.1 * factor / times, "dataset": dataset}
            found += over_seeds("manifold", fid * times, variant=f"rho{factor:g}{more}", **chains)
        chains = {"displacement": 0.2, "active_share": 1.0, "novelty": 0.7, "dataset": dataset}
        found += over_seeds("manifold", 5.0 * times, variant=f"{MAHALANOBIS}{more}", **chains)
    return found


def metrics(path) -> None:
    """ρ of the paper is 2, 3 and 4 in the three trainings; by Mahalanobis distances it is 15, 30 and 40 times that."""
    rows = {}
    for dataset in ("digits", "shapes"):
        for seed, times in ((0, 15), (1, 30), (2, 40)):
            run = f"{dataset}/full/conv/vae/base/seed{seed}"
            for factor in FACTORS:
                numbers = {"identity_error": 10.0 ** (2 * factor - 4 + seed), "connected_share": factor / 4}
                rows[f"{run}/rho{factor:g}"] = {"k": 100, "rho": (2 + seed) * factor, **numbers}
            numbers = {"identity_error": 1e6, "connected_share": 1.0}
            rows[f"{run}/{MAHALANOBIS}"] = {"k": 100, "rho": (2 + seed) * times, **numbers}
    write_metrics(rows, path)


@pytest.fixture
def inputs(table, tmp_path):
    metrics(tmp_path / "metrics.csv")
    given = table([*records(), *records("shapes"), *strangers()])
    return given | {"metrics": tmp_path / "metrics.csv"}


def lines(axes) -> list:
    return [line for line in axes.lines if line.get_linestyle() != "None"]


def stars(axes) -> list[tuple[float, float]]:
    return [
        (line.get_xdata()[0], line.get_ydata()[0])
        for line in axes.lines
        if line.get_linestyle() == "None" and line.get_marker() == "*"
    ]


def test_both_starts_have_a_curve_and_a_star(inputs):
    figure = choice_of_rho.render(inputs, settings())
    axes = figure.axes[0]
    assert axes.get_title() == "FID ↓"
    for line, times in zip(lines(axes), (1.0, 2.0), strict=True):
        np.testing.assert_array_equal(line.get_xdata(), FACTORS)
        np.testing.assert_allclose(line.get_ydata(), [mean_std(times * fid)[0] for fid in FID.values()])
    place = statistics.fmean((15, 30, 40))
    assert stars(axes) == [(pytest.approx(place), pytest.approx(mean_std(times * 5.0)[0])) for times in (1.0, 2.0)]
    assert len({line.get_color() for line in lines(axes)}) == 2
    assert [tick.get_text() for tick in axes.get_xticklabels()] == ["0.25", "0.5", "1", "2", "4", f"{place:.3g}"]


def test_the_metric_has_one_curve(inputs):
    figure = choice_of_rho.render(inputs, settings(seeds=[1]))
    error, connected = figure.axes[4:]
    (line,) = lines(error)
    np.testing.assert_allclose(line.get_ydata(), [10.0 ** (2 * factor - 3) for factor in FACTORS])
    assert stars(error) == [(30.0, 1e6)]
    assert error.get_yscale() == "log"
    (line,) = lines(connected)
    np.testing.assert_allclose(line.get_ydata(), [factor / 4 for factor in FACTORS])
    assert connected.get_ylim() == (-0.04, 1.04)


@pytest.mark.parametrize("panels", [[DIGITS], [DIGITS, SHAPES]], ids=len)
def test_every_data_set_has_a_block_without_words_over_others(inputs, panels, monkeypatch):
    figure = choice_of_rho.render(inputs, settings(panels=panels))
    assert len(figure.axes) == 6 * len(panels)
    words = check_words(figure, monkeypatch)
    for panel in panels:
        assert f"{panel['title']}: VAE - Ours" in words
    for word in ("chains from training means", "chains from centroids", "ρ by Mahalanobis distances"):
        assert words.count(word) == 1


def test_what_is_missing_is_named(inputs):
    stranger = {**curves.OURS, "rho": 9.0, "variant": "rho9", "metric": "rho9"}
    with pytest.raises(GeovaeError, match="no record of digits/full/conv/vae/base/seed0/manifold/rho9"):
        choice_of_rho.render(inputs, settings(rhos=[*settings()["rhos"], stranger]))
    rows = load_table(inputs["metrics"])
    kept = [row for row in rows if (row["dataset"], row["seed"], row["metric"]) != ("digits", "1", "rho2")]
    save_table(inputs["metrics"], [*rows[0]], [[*row.values()] for row in kept])
    with pytest.raises(GeovaeError, match="metrics: no row of digits/full/conv/vae/base/seed1/rho2"):
        choice_of_rho.render(inputs, settings())
