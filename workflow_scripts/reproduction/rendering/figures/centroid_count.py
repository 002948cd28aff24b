"""Figure 12: FID against the number of centroids in the metric, and over random choices of them."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from geovae.core.errors import GeovaeError
from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.scores.lookup import Scores

PANEL_HEIGHT = 2.2  # inches
MEDOIDS_HALF_WIDTH = 0.32  # of the line at the k-medoids' own value, in columns


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw a row a data set: at the left FID against k, at the right FID over random centroids.

    A dot at the right is one choice of centroids; trainings (seeds) stand side by side there and are not averaged.

    Args:
        inputs: `scores`, the table `scores.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title, net and subset; `ks`, each with k
            and variant; `draws`, each with the variant of random centroids, and `k_draws`, their number, which is one
            of the ks; `peers`, drawn as levels: label, model, sampler, variant, block.

    Raises:
        GeovaeError: a generation without a record, or `k_draws` that is none of the ks.
    """
    scores, panels = curves.load(inputs, settings), settings["panels"]
    if not any(point["k"] == settings["k_draws"] for point in settings["ks"]):
        raise GeovaeError(f"k_draws = {settings['k_draws']} is none of ks; the k-medoids' own score belongs beside it.")
    with style.context():
        figure = style.new_figure(style.WIDTH, len(panels) * PANEL_HEIGHT + 0.3)
        figure.set_layout_engine("constrained")
        grid = figure.subplots(len(panels), 2, squeeze=False, width_ratios=(2.1, 1))
        drawn = []
        for (left, right), panel in zip(grid, panels, strict=True):
            drawn += _draw_counts(left, scores, settings, panel)
            _draw_choices(right, scores, settings, panel)
        curves.scale_scores(list(grid[:, 0]), drawn)
        figure.legend(handles=_choice_handles(), loc="outside lower right", ncols=2, handlelength=1.4)
        figure.align_ylabels(grid)
        curves.spread_levels(figure)
    return figure


def _draw_counts(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> list[float]:
    """FID against k; returns the means."""
    found = [(point["k"], curves.find(scores, settings, panel, point)) for point in settings["ks"]]
    curves.draw_curve(axes, curves.tidy(found, "fid"), curves.OUR_LOOK)
    means = [curves.measured(records, "fid").mean for _, records in found]
    means += curves.draw_peers(axes, scores, settings, panel)
    curves.log_ticks(axes, [k for k, _ in found], curves.count_text)
    axes.set(xlabel="centroids k (k-medoids)", ylabel="FID ↓", title=f"{panel['title']}: VAE - Ours")
    return means


def _draw_choices(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> None:
    """FID of each random choice of centroids, and of the k-medoids, a column a training."""
    k, seeds = settings["k_draws"], settings["seeds"]
    (medoids,) = [point for point in settings["ks"] if point["k"] == k]
    rows = [
        (str(record["seed"]), float(record["fid"]))
        for draw in settings["draws"]
        for record in curves.find(scores, settings, panel, draw)
    ]
    choices = pd.DataFrame(rows, columns=["seed", "fid"])
    sns.swarmplot(
        choices, x="seed", y="fid", order=[str(seed) for seed in seeds], ax=axes, color=style.VERMILION, size=3.6,
        linewidth=0.5, edgecolor="white",
    )  # fmt: skip
    fids = {record["seed"]: record["fid"] for record in curves.find(scores, settings, panel, medoids)}
    for i, seed in enumerate(seeds):
        axes.hlines(
            fids[seed], i - MEDOIDS_HALF_WIDTH, i + MEDOIDS_HALF_WIDTH, color=style.INK, linewidth=1.2, zorder=1,
        )  # fmt: skip
    axes.set_xlim(-0.6, len(seeds) - 0.4)
    axes.margins(y=0.12)
    curves.linear_ticks(axes)
    curves.grid(axes)
    axes.set(xlabel="training (seed)", ylabel="FID ↓", title=f"k = {k:,} at random")


def _choice_handles() -> list[Line2D]:
    return [
        Line2D([], [], linestyle="", marker="o", markersize=3.6, color=style.VERMILION, label="one random choice"),
        Line2D([], [], color=style.INK, linewidth=1.2, label="k-medoids"),
    ]
