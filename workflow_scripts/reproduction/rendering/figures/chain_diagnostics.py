"""The lower part of the figure of controls: what the paper's chains do, and where the metric is active."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.scores.lookup import Scores

COLUMNS = 3
ROW_HEIGHT = 1.65  # inches
NOTE_HEIGHT = 0.25
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


def shown(settings: Mapping) -> list[Diagnostic]:
    """The panels that have a line to show: those over entries of two values or more."""
    return [diagnostic for diagnostic in DIAGNOSTICS if len(_values(settings, diagnostic)) > 1]


def height(settings: Mapping) -> float:
    """What `draw` takes, in inches."""
    return ROW_HEIGHT * _n_rows(settings) + (NOTE_HEIGHT if _note(settings) else 0)


def draw(part: SubFigure, scores: Scores, settings: Mapping) -> None:
    """Draw up to six panels with a line per data set; the paper's N is marked where N is the x axis.

    What has a single value, over which there is no line, has no panel; a note says so.

    Args:
        part: of the figure.
        scores: all score records.
        settings: `split`, `backbone`, `seeds`, `panels` (see `controls`), and `lengths` (n_steps, variant), `betas`
            (beta, trial) and `ks` (k, variant).

    Raises:
        GeovaeError: a generation without a record, or a record without the diagnostic.
    """
    if note := _note(settings):
        part.suptitle(note, fontsize=7)
    # All are read, for a record that is missing is missing whether it is drawn or not.
    points = {diagnostic: _points(scores, settings, diagnostic) for diagnostic in DIAGNOSTICS}
    diagnostics = shown(settings)
    if not diagnostics:
        return
    grid = part.subplots(_n_rows(settings), COLUMNS, squeeze=False).ravel()
    for axes, diagnostic in zip(grid, diagnostics, strict=False):
        _draw_panel(axes, points[diagnostic], settings, diagnostic)
    for axes in grid[len(diagnostics) :]:
        axes.remove()
    if len(settings["panels"]) > 1:
        handles, labels = grid[0].get_legend_handles_labels()
        part.legend(handles, labels, loc="outside lower center", ncols=len(handles))


def _values(settings: Mapping, diagnostic: Diagnostic) -> set[float]:
    return {entry[diagnostic.key] for entry in settings[diagnostic.entries]}


def _n_rows(settings: Mapping) -> int:
    return -(-len(shown(settings)) // COLUMNS)


def _note(settings: Mapping) -> str:
    """What there is no panel over, with the value that it has; "" if there are all panels."""
    left_out = [diagnostic for diagnostic in DIAGNOSTICS if diagnostic not in shown(settings)]
    values = {AXIS_TITLES[diagnostic.key]: _values(settings, diagnostic) for diagnostic in left_out}
    names = [f"{title} ({', '.join(map(_plain, found)) or 'none'})" for title, found in values.items()]
    return f"no panel over {', '.join(names)}: fewer than two values" if names else ""


def _points(scores: Scores, settings: Mapping, diagnostic: Diagnostic) -> list[pd.DataFrame]:
    """The line of each data set."""
    entries: Sequence[Mapping] = sorted(settings[diagnostic.entries], key=lambda entry: entry[diagnostic.key])
    lines = []
    for panel in settings["panels"]:
        found = [(entry[diagnostic.key], curves.find(scores, settings, panel, entry)) for entry in entries]
        lines.append(curves.tidy(found, diagnostic.column))
    return lines


def _draw_panel(axes: Axes, lines: Sequence[pd.DataFrame], settings: Mapping, diagnostic: Diagnostic) -> None:
    for i, (panel, points) in enumerate(zip(settings["panels"], lines, strict=True)):
        colour, marker = SETS[i % len(SETS)]
        curves.draw_curve(axes, points, curves.Look(colour, marker=marker, width=1.2, size=4.0), panel["title"])
    values = sorted(_values(settings, diagnostic))
    curves.log_ticks(axes, values, curves.count_text if diagnostic.key != "beta" else _plain)
    if diagnostic.key == "n_steps":
        axes.axvline(PAPER_STEPS, color=style.FAINT, linewidth=0.8, linestyle=(0, (1, 1.5)), zorder=0.5)
    if diagnostic.column == "acceptance":
        last = values[-1] <= PAPER_STEPS  # to its right there is no room
        axes.annotate(
            "paper's N", (PAPER_STEPS, 0.06), xycoords=("data", "axes fraction"), xytext=(-3 if last else 3, 0),
            textcoords="offset points", ha="right" if last else "left", fontsize=7,
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
