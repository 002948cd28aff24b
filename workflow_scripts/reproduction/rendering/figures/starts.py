"""The starts of the paper's chains, in the figures that compare them."""

from typing import NamedTuple

from matplotlib.lines import Line2D

from reproduction.rendering import style
from reproduction.rendering.figures import curves
from reproduction.scores.cells import FROM_CENTROIDS


class Start(NamedTuple):
    """Where chains start: what follows the names of its parts of the settings, its words and its look."""

    part: str
    label: str
    look: curves.Look

    @property
    def handle(self) -> Line2D:
        """Its entry in a legend."""
        colour, dashes, marker, width, size, filled, _ = self.look
        face = colour if filled else "white"
        return Line2D(
            [], [], color=colour, linestyle=dashes, linewidth=width, marker=marker, markersize=size,
            markerfacecolor=face, label=self.label,
        )  # fmt: skip


STARTS = (
    Start("", "chains from training means", curves.OUR_LOOK),
    Start(
        FROM_CENTROIDS,
        "chains from centroids",
        curves.Look(style.WINE, style.DASHES[1], "s", width=1.4, size=4.2, filled=False, zorder=4.5),
    ),
)
