"""The lower half of the figure of controls: what the paper's chains do, and where the metric is active."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.scores.lookup import Scores

HEIGHT = 3.3  # inches
PAPER_STEPS = 100
"""N of the paper's chains."""
SETS = ((style.VERMILION, "o"), (style.BLUE, "s"), (style.GREEN, "^"), (style.PURPLE, "D"), (style.INK, "v"))


class Diagnostic(NamedTuple):
    """A panel: the column it shows, what it is drawn against (an entry of the settings and its key), and its title."""

    column: str
    entries: str
    key: str
    title: str
    share: bool = False


DIAGNOSTICS = (
    Diagnostic("acceptance", "lengths", "n_steps", "acceptance", share=True),
    Diagnostic("displacement", "lengths", "n_steps", "displacement"),
    Diagnostic("log_density_end", "lengths", "n_steps", "½ log det G at the end"),
    Diagnostic("active_share", "lengths", "n_steps", "active share at the end", share=True),
    Diagnostic("active_share_train", "betas", "beta", "active share at the means", share=True),
    Diagnostic("active_share_train", "ks", "k", "active share at the means", share=True),
)
AXIS_TITLES = {"n_steps": "steps N of a chain", "beta": "β of the VAE", "k": "centroids k"}


def draw(part: SubFigure, scores: Scores, settings: Mapping) -> None:
    """Draw six panels with a line per data set; the paper's N is marked where N is the x axis.

    Args:
        part: of the figure.
        scores: all score records.
        settings: `split`, `backbone`, `seeds`, `panels` (see `controls`), and `lengths` (n_steps, variant), `betas`
            (beta, trial) and `ks` (k, variant).

    Raises:
        GeovaeError: a generation without a record, or a record without the diagnostic.
    """
    grid = part.subplots(2, 3).ravel()
    for axes, diagnostic in zip(grid, DIAGNOSTICS, strict=True):
        _draw_panel(axes, scores, settings, diagnostic)
    if len(settings["panels"]) > 1:
        handles, labels = grid[0].get_legend_handles_labels()
        part.legend(handles, labels, loc="outside lower center", ncols=len(handles))


def _draw_panel(axes: Axes, scores: Scores, settings: Mapping, diagnostic: Diagnostic) -> None:
    entries: Sequence[Mapping] = sorted(settings[diagnostic.entries], key=lambda entry: entry[diagnostic.key])
    for i, panel in enumerate(settings["panels"]):
        colour, marker = SETS[i % len(SETS)]
        found = [(entry[diagnostic.key], curves.find(scores, settings, panel, entry)) for entry in entries]
        look = curves.Look(colour, marker=marker, width=1.2, size=4.0)
        curves.draw_curve(axes, curves.tidy(found, diagnostic.column), look, panel["title"])
    write = curves.count_text if diagnostic.key != "beta" else _plain
    curves.log_ticks(axes, [entry[diagnostic.key] for entry in entries], write)
    if diagnostic.key == "n_steps":
        axes.axvline(PAPER_STEPS, color=style.FAINT, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0.5)
    if diagnostic.column == "acceptance":
        axes.annotate(
            "paper's N", (PAPER_STEPS, 0.06), xycoords=("data", "axes fraction"), xytext=(3, 0),
            textcoords="offset points", fontsize=7,
        )  # fmt: skip
    if diagnostic.share:
        axes.set_ylim(-0.04, 1.04)
        axes.set_yticks([0, 0.5, 1])
    else:
        curves.linear_ticks(axes, 4)
    curves.grid(axes)
    axes.set_title(diagnostic.title)
    axes.set_xlabel(AXIS_TITLES[diagnostic.key], labelpad=1.5)


def _plain(value: float) -> str:
    return f"{value:g}"
