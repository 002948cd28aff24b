"""What all figures share: sizes, fonts, colours, and writing to files."""

from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.scale import register_scale
from matplotlib.transforms import Bbox

from geovae.core.storage import atomic
from reproduction.rendering.log_scale import LogScale

register_scale(LogScale)

WIDTH = 7.0
"""Inches: the text width of an A4 or letter page, so that fonts print at the size they are given here."""

DPI = 200
_DIGITS = 9  # of places in a figure, as shares of it: a millionth of a pixel

# Okabe and Ito's colours, told apart with any colour vision.
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#CC79A7",
    "#56B4E9",
    "#F0E442",
)
WINE = "#882255"
"""Of the paper's sampler with another start: no method that stands beside it has this colour."""
CLASS_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, YELLOW, VERMILION, "#7F7F7F", "#332288", WINE)
METHOD_COLOURS = (BLUE, ORANGE, GREEN, PURPLE, SKY, "#332288")
"""Of methods other than ours, which is vermilion: lines in yellow are not seen on white."""
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
DASHES = ("-", (0, (4, 1.4)), (0, (1.2, 1.2)), (0, (5, 1.2, 1.2, 1.2)))
CONTROL = "#6E7781"
CONTROL_MARKERS = ("x", "+", "1", "2", "3", "4", "|")
CONTROL_DASHES = ((0, (5, 2)), (0, (2, 2)), (0, (6, 2, 1, 2)), (0, (1, 1.5)), (0, (9, 2)), (0, (3, 1, 1, 1, 1, 1)))
GRID = "#E6E8EB"
BAD = "#D7191C"
INK = "#1B1F24"
FAINT = "#8C959F"

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "legend.fontsize": 7,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "axes.edgecolor": INK,
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    "pdf.fonttype": 42,
    "image.interpolation": "auto",
    "savefig.dpi": DPI,
    "figure.dpi": DPI,
}


def context():
    """Matplotlib's defaults with this project's style on top, whatever a user's own matplotlibrc says."""
    return mpl.rc_context({**mpl.rcParamsDefault, **_STYLE, "backend": mpl.rcParams["backend"]})


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, in inches, that belongs to no window."""
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def settle(figure: Figure) -> None:
    """Lay the figure out once and for all, for what is placed by the pixels of its axes.

    The solver of matplotlib's layout goes by addresses in memory, and its last digits are others in another process.
    The place where a leader line is cut at its label then jumps, by shades of its pixels.
    """
    for _ in range(2):  # the second takes the sizes that ticks have after the first
        figure.draw_without_rendering()
    figure.set_layout_engine("none")
    for part in _subfigures(figure):
        part.bbox_relative.set_points(part.bbox_relative.get_points().round(_DIGITS))
    for axes in figure.axes:
        axes.set_position(Bbox(axes.get_position(original=True).get_points().round(_DIGITS)))


def _subfigures(figure: Figure | SubFigure) -> Iterator[SubFigure]:
    for part in figure.subfigs:
        yield part
        yield from _subfigures(part)


def save(figure: Figure, *paths: str | Path) -> None:
    """Write the figure to each path, in the format of its suffix (.png or .pdf).

    The same figure gives the same bytes: no date and no software version is written.
    """
    metadata = {
        ".png": {"Software": "geovae"},
        ".pdf": {"CreationDate": None, "Creator": "geovae", "Producer": "geovae"},
    }
    with context():
        for path in map(Path, paths):
            with atomic(path) as temporary:
                figure.savefig(temporary, dpi=DPI, metadata=metadata[path.suffix], facecolor="white")
