"""The figure of sharpness: variance of the Laplacian by row, beside that of the test images."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.scores.lookup import Scores

COLUMNS = 2  # panels side by side
BAR = 0.165  # inches, from bar to bar
HEAD = 0.75  # inches of a panel beside its bars


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw a panel a data set and a bar a row.

    Args:
        inputs: `scores`, the table `scores.csv`.
        settings: `split`, `backbone`, `seeds`; `panels`, each with dataset, title and net; `rows` with label, model,
            sampler, variant and block.

    Raises:
        GeovaeError: a generation without a record.
    """
    scores, panels, rows = curves.load(inputs, settings), settings["panels"], settings["rows"]
    n_columns = min(COLUMNS, len(panels))
    n_rows = -(-len(panels) // n_columns)
    with style.context():
        figure = style.new_figure(style.WIDTH, n_rows * (HEAD + BAR * len(rows)) + 0.2)
        figure.set_layout_engine("constrained")
        grid = figure.subplots(n_rows, n_columns, squeeze=False).ravel()
        for i, (axes, panel) in enumerate(zip(grid, panels, strict=False)):
            _draw_panel(axes, scores, settings, panel)
            _label_rows(axes, rows if i % n_columns == 0 else [])
        for axes in grid[len(panels) :]:
            axes.remove()
        line = Line2D([], [], color=style.INK, linewidth=1.0, linestyle=(0, (4, 2)))
        figure.legend([line], [f"{settings['split']} images"], loc="outside upper right")
    return figure


def _draw_panel(axes: Axes, scores: Scores, settings: Mapping, panel: Mapping) -> None:
    rows = settings["rows"]
    found = [curves.find(scores, settings, panel, row) for row in rows]
    for y, (row, records) in enumerate(zip(rows, found, strict=True)):
        value = curves.measured(records, "sharpness")
        axes.barh(
            y, value.mean, 0.72, xerr=value.std, color=_colour(row), error_kw={"elinewidth": 0.8, "ecolor": style.INK}
        )
    axes.axvline(
        curves.measured(found[0], "sharpness_reference").mean, color=style.INK, linewidth=1.0, linestyle=(0, (4, 2))
    )
    axes.set_xlim(left=0)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.grid(True, color=style.GRID, linewidth=0.5)
    axes.set_axisbelow(True)
    axes.set(title=panel["title"], xlabel="variance of the Laplacian")


def _label_rows(axes: Axes, rows: Sequence[Mapping[str, str]]) -> None:
    """The names of the rows at the left of the axes; none where those of another panel stand for them."""
    axes.set_yticks(range(len(rows)), [row["label"] for row in rows])
    for tick, row in zip(axes.get_yticklabels(), rows, strict=True):
        tick.set_fontweight("bold" if curves.is_ours(row) else "normal")
    axes.tick_params(axis="y", length=0)


def _colour(row: Mapping[str, str]) -> str:
    """Ours stands out, controls are grey."""
    if curves.is_ours(row):
        return style.VERMILION
    return style.FAINT if row["block"] == "controls" else style.SKY
