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
from reproduction.rendering.figures.starts import STARTS
from reproduction.scores.lookup import Scores

PANEL_HEIGHT = 2.2  # inches
MEDOIDS_WIDTH = 0.8  # of the line at the k-medoids' own value, in columns of dots


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw a row per data set: at the left FID against k, at the right FID over random centroids.

    Chains that start at training means and at centroids are told apart by colour and form. A dot at the right is one
    choice of centroids; trainings (seeds) stand side by side there and are not averaged.

    Args:
        inputs: `scores`, the table `scores.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title, net and subset; `ks`, each with k
            and variant; `draws`, each with the variant of random centroids, and `k_draws`, their number, which is one
            of the ks; `ks_from_centroids` and `draws_from_centroids`, the same of the other start; `peers`, drawn as
            levels: label, model, sampler, variant, block.

    Raises:
        GeovaeError: a generation without a record, or `k_draws` that is none of the ks.
    """
    scores, panels = curves.load(inputs, settings), settings["panels"]
    if not any(point["k"] == settings["k_draws"] for point in settings["ks"]):
        raise GeovaeError(f"k_draws = {settings['k_draws']} is none of ks; the k-medoids' own score belongs beside it.")
    with style.context():
        figure = style.new_figure(style.WIDTH, len(panels) * PANEL_HEIGHT + 0.45)
        figure.set_layout_engine("constrained")
        grid = figure.subplots(len(panels), 2, squeeze=False, width_ratios=(2.1, 1))
        drawn = []
        for (left, right), panel in zip(grid, panels, strict=True):
            drawn += _draw_counts(left, scores, settings, panel)
            _draw_choices(right, scores, settings, panel)
        curves.scale_scores(list(grid[:, 0]), drawn)
        figure.legend(handles=_handles(), loc="outside lower center", ncols=4, handlelength=2.6)
        figure.align_ylabels(grid)
        curves.spread_levels(figure)
    return figure


def _draw_counts(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> list[float]:
    """FID against k; returns the means."""
    means = []
    for start in STARTS:
        found = [(point["k"], curves.find(scores, settings, panel, point)) for point in settings[f"ks{start.part}"]]
        curves.draw_curve(axes, curves.tidy(found, "fid"), start.look)
        means += [curves.measured(records, "fid").mean for _, records in found]
    means += curves.draw_peers(axes, scores, settings, panel)
    curves.log_ticks(axes, [k for k, _ in found], curves.count_text)
    axes.set(xlabel="centroids k (k-medoids)", ylabel="FID ↓", title=f"{panel['title']}: VAE - Ours")
    return means


def _draw_choices(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> None:
    """FID of each random choice of centroids, and of the k-medoids: two columns a training, one a start."""
    k, seeds = settings["k_draws"], settings["seeds"]
    rows, medoids = [], []
    for start in STARTS:
        rows += [
            (str(record["seed"]), start.label, float(record["fid"]))
            for draw in settings[f"draws{start.part}"]
            for record in curves.find(scores, settings, panel, draw)
        ]
        (point,) = [point for point in settings[f"ks{start.part}"] if point["k"] == k]
        medoids.append({r["seed"]: float(r["fid"]) for r in curves.find(scores, settings, panel, point)})
    sns.swarmplot(
        pd.DataFrame(rows, columns=["seed", "start", "fid"]), x="seed", y="fid", hue="start", dodge=True, ax=axes,
        order=[str(seed) for seed in seeds], hue_order=[start.label for start in STARTS], legend=False,
        palette=[start.look.colour for start in STARTS], size=3.6, linewidth=0.5, edgecolor="white",
    )  # fmt: skip
    width = 0.8 / len(STARTS)  # of seaborn's columns: the categories are 0.8 wide
    for column, (start, fids) in enumerate(zip(STARTS, medoids, strict=True)):
        for i, seed in enumerate(seeds):
            centre, half = i - 0.4 + (column + 0.5) * width, MEDOIDS_WIDTH * width / 2
            axes.hlines(fids[seed], centre - half, centre + half, color=start.look.colour, linewidth=1.2, zorder=1)
    axes.set_xlim(-0.6, len(seeds) - 0.4)
    axes.margins(y=0.12)
    fids = [fid for _, _, fid in rows] + [fid for by_seed in medoids for fid in by_seed.values()]
    curves.scale_scores([axes], fids)
    axes.set(xlabel="training (seed)", ylabel="FID ↓", title=f"k = {k:,} at random")


def _handles() -> list[Line2D]:
    """Of the legend: the starts, then what dots and lines at the right are."""
    return [
        *(start.handle for start in STARTS),
        Line2D([], [], linestyle="", marker="o", markersize=3.6, color=style.CONTROL, label="one random choice"),
        Line2D([], [], color=style.CONTROL, linewidth=1.2, label="k-medoids"),
    ]
