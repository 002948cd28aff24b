"""Loss curves of a training."""

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

from geovae.core.errors import GeovaeError
from geovae.training.history import SELECTION_LOSS, kept_row
from reproduction.rendering import style

TITLES = {"loss": "total loss", "kl": "KL"}
COLUMNS_NEEDED = ("epoch", "lr", "train_loss", "validation_loss")


def draw(history: Sequence[Mapping[str, float]]) -> Figure:
    """Draw the total loss, each of its terms, and the learning rate beneath; the best epoch is marked.

    Args:
        history: rows of `history.csv` (see `geovae.training.history.load_history`).
    """
    missing = [name for name in COLUMNS_NEEDED if name not in history[0]]
    if missing:
        raise GeovaeError(f"history: no column {', '.join(missing)}. Delete the run's history and train again.")
    numbers = [name for name in history[0] if name != "phase"]
    columns = {name: np.array([row[name] for row in history], dtype=float) for name in numbers}
    names = ["loss", *_terms(columns)]
    with style.context():
        figure = style.new_figure(style.WIDTH, 2.8)
        figure.set_layout_engine("constrained")
        grid = figure.add_gridspec(2, len(names), height_ratios=(5, 1))
        best = history.index(kept_row(history))
        for i, name in enumerate(names):
            axes = figure.add_subplot(grid[0, i])
            _draw_term(axes, columns, name, best)
            if i == 0:
                figure.legend(*axes.get_legend_handles_labels(), loc="outside upper center", ncols=3)
            axes.tick_params(labelbottom=False)
            _draw_rate(figure.add_subplot(grid[1, i], sharex=axes), columns, best, labelled=i == 0)
    return figure


def _terms(columns: Mapping[str, np.ndarray]) -> list[str]:
    """Names of the loss terms, in the order of the file; a sole term would repeat the total."""
    terms = [name.removeprefix("train_") for name in columns if name.startswith("train_") and name != "train_loss"]
    terms = [term for term in terms if f"validation_{term}" in columns]
    return terms if len(terms) > 1 else []


def _draw_term(axes: Axes, columns: Mapping[str, np.ndarray], name: str, best: int) -> None:
    epochs = columns["epoch"]
    marker = "o" if len(epochs) == 1 else None
    train, validation = columns[f"train_{name}"], columns[f"validation_{name}"]
    decides = validation
    axes.plot(epochs, train, color=style.BLUE, linewidth=1.1, marker=marker, markersize=4, label="train")
    axes.plot(epochs, validation, color=style.ORANGE, linewidth=1.1, marker=marker, markersize=4, label="validation")
    if name == "loss" and SELECTION_LOSS in columns:
        decides = columns[SELECTION_LOSS]
        axes.plot(epochs, decides, color=style.INK, linewidth=0.7, marker=marker, markersize=4, label="train, decides")
    axes.axvline(epochs[best], color=style.FAINT, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0)
    axes.plot(
        epochs[best], decides[best], linestyle="", marker="o", markersize=5, markerfacecolor="white",
        markeredgecolor=style.ORANGE if decides is validation else style.INK, label=f"best: epoch {int(epochs[best])}",
    )  # fmt: skip
    values = np.concatenate([train, validation, decides])
    values = values[np.isfinite(values)]
    if len(values) and values.min() > 0 and values.max() > 10 * values.min():
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.yaxis.set_major_formatter(lambda value, position: f"{value:g}")
        axes.yaxis.set_minor_locator(NullLocator())
    axes.set_title(TITLES.get(name, name.replace("_", " ")))


def _draw_rate(axes: Axes, columns: Mapping[str, np.ndarray], best: int, labelled: bool) -> None:
    axes.step(columns["epoch"], columns["lr"], where="post", color=style.INK, linewidth=0.9)
    axes.axvline(columns["epoch"][best], color=style.FAINT, linewidth=0.7, linestyle=(0, (3, 2)), zorder=0)
    rates = columns["lr"]
    if rates.min() > 0 and rates.max() > 10 * rates.min():
        axes.set_yscale("log")
        axes.minorticks_off()
    else:
        axes.set_ylim(0, 1.15 * rates.max())
        axes.set_yticks([rates.max()], [f"{rates.max():.3g}"])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_xlabel("epoch")
    if labelled:
        axes.set_ylabel("lr", rotation=0, ha="right", va="center")
    else:
        axes.tick_params(labelleft=False)
