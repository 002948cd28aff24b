"""Figure 1: a two-dimensional latent space, Riemannian distances in it, and interpolations decoded."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patheffects import Normal, Stroke
from matplotlib.ticker import MaxNLocator

from geovae.core import storage
from reproduction.rendering import style
from reproduction.rendering.figures.grids import draw_row, grid_axes
from reproduction.rendering.figures.inputs import input_path

ARRAYS = (
    "axis_x", "axis_y", "log_volume", "mu", "labels", "class_names", "starts", "distances", "ends",
    "affine", "geodesic", "affine_images", "geodesic_images", "affine_bad", "geodesic_bad", "affine_stops",
    "geodesic_stops",
)  # fmt: skip
CURVES = ("affine", "geodesic")
PANEL = 1.72  # inches, width of a map
LEFTS = (0.46, 2.76, 4.9)
HEAD, GAP, BAR = 0.66, 0.56, 0.055
STRIPS = 2  # side by side
STRIP_LABEL = 0.62  # inches
STRIP_GAP = 0.3
LETTERS = "ABCDEFGHIJ"
DASHES = (0, (2.6, 1.6))
HALO = [Stroke(linewidth=2.6, foreground="white"), Normal()]


def render(inputs: Mapping[str, str | Path], settings: Mapping) -> Figure:
    """Draw the input `geodesics` (geodesics.npz): three maps above, decoded curves beneath.

    `settings` may have a `title`.
    """
    arrays = storage.load_arrays(input_path(inputs, "geodesics"), *ARRAYS)
    n_pairs, n_stops = arrays["affine_images"].shape[:2]
    strips = min(STRIPS, n_pairs)
    cell = min(0.42, (style.WIDTH / strips - STRIP_LABEL - 0.12) / n_stops)
    strip_rows = -(-n_pairs // strips)
    strip_height = 2 * cell + STRIP_GAP
    map_height = PANEL * _aspect(arrays)
    height = HEAD + map_height + GAP + strip_rows * strip_height - STRIP_GAP + 0.04
    with style.context():
        figure = style.new_figure(style.WIDTH, height)
        bottom = height - HEAD - map_height
        boxes = [(x / style.WIDTH, bottom / height, PANEL / style.WIDTH, map_height / height) for x in LEFTS]
        _draw_latents(figure, boxes[0], arrays)
        _draw_distances(figure, boxes[1:], arrays)
        _explain_curves(figure)
        title = settings.get("title", "")
        figure.text(0.05 / style.WIDTH, 1 - 0.12 / height, title, fontsize=9, fontweight="bold", va="center")
        for pair in range(n_pairs):
            left = (pair % strips) * style.WIDTH / strips
            top = bottom - GAP - (pair // strips) * strip_height
            _draw_strip(figure, arrays, pair, left, top, cell)
    return figure


# -- maps -------------------------------------------------------------------------------------------------------------


def _aspect(arrays: Mapping[str, np.ndarray]) -> float:
    """Height over width of the maps: that of the grid, so that a circle looks like one, within reason."""
    x, y = arrays["axis_x"], arrays["axis_y"]
    return float(np.clip((y[-1] - y[0]) / (x[-1] - x[0]), 0.6, 1.4))


def _map(figure: Figure, box: tuple[float, float, float, float], arrays: Mapping[str, np.ndarray], title: str) -> Axes:
    axes = figure.add_axes(box)
    axes.set_title(title, pad=4)
    axes.set_xlim(arrays["axis_x"][0], arrays["axis_x"][-1])
    axes.set_ylim(arrays["axis_y"][0], arrays["axis_y"][-1])
    axes.set_xlabel("$z_1$", labelpad=1)
    axes.tick_params(pad=2)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(nbins=5, prune="both"))
    for spine in axes.spines.values():
        spine.set_visible(True)
    return axes


def _field(axes: Axes, arrays: Mapping[str, np.ndarray], values: np.ndarray, cmap: str, **limits_of_colour: float):
    """Show values (H, W) on the grid: their first row lies at axis_y[0]; the image reaches half a step beyond."""
    x, y = arrays["axis_x"], arrays["axis_y"]
    dx, dy = (x[1] - x[0]) / 2, (y[1] - y[0]) / 2
    limits = axes.get_xlim(), axes.get_ylim()
    extent = (x[0] - dx, x[-1] + dx, y[0] - dy, y[-1] + dy)
    shown = axes.imshow(
        values, origin="lower", extent=extent, cmap=cmap, aspect="auto", interpolation="bilinear", **limits_of_colour
    )
    axes.set_xlim(limits[0])
    axes.set_ylim(limits[1])
    return shown


def _bar(figure: Figure, box: tuple[float, float, float, float], shown, label: str) -> None:
    bar_axes = figure.add_axes((box[0] + box[2] + 0.05 / style.WIDTH, box[1], BAR / style.WIDTH, box[3]))
    bar = figure.colorbar(shown, cax=bar_axes)
    bar.outline.set_linewidth(0.4)
    bar.ax.tick_params(pad=1.5, length=2)
    bar.ax.locator_params(nbins=5)
    bar.ax.set_title(label, fontsize=7, pad=4)


def _draw_latents(figure: Figure, box: tuple[float, float, float, float], arrays: Mapping[str, np.ndarray]) -> None:
    axes = _map(figure, box, arrays, "Latent space")
    axes.set_ylabel("$z_2$", labelpad=0)
    shown = _field(axes, arrays, arrays["log_volume"], "gray")
    _bar(figure, box, shown, r"$\log\sqrt{\det\,G}$")
    handles = []
    for label, name in enumerate(arrays["class_names"]):
        points = arrays["mu"][arrays["labels"] == label]
        colour = style.CLASS_COLOURS[label % len(style.CLASS_COLOURS)]
        axes.scatter(*points.T, s=3.5, color=colour, linewidths=0, alpha=0.9)
        handles.append(Line2D([], [], color=colour, linestyle="", marker="o", markersize=4, label=str(name)))
    for pair in range(len(arrays["ends"])):
        _draw_curves(axes, arrays, pair)
    _legend(figure, handles, [handle.get_label() for handle in handles], left=LEFTS[0], handletextpad=0.1)


def _legend(figure: Figure, handles: list, labels: list[str], left: float, **options: float) -> None:
    """A legend in one line above the titles of the maps, `left` inches from the edge."""
    place = (left / style.WIDTH, 1 - 0.345 / figure.get_figheight())
    figure.add_artist(
        Legend(
            figure, handles, labels, loc="upper left", bbox_to_anchor=place, bbox_transform=figure.transFigure,
            ncols=5, columnspacing=1.2, borderaxespad=0.0, borderpad=0.0, **options,
        )
    )  # fmt: skip


def _draw_distances(
    figure: Figure, boxes: list[tuple[float, float, float, float]], arrays: Mapping[str, np.ndarray]
) -> None:
    owner = start_of_pairs(arrays["starts"], arrays["ends"])
    for i, (box, start, values) in enumerate(zip(boxes, arrays["starts"], arrays["distances"], strict=True)):
        axes = _map(figure, box, arrays, "Riemannian distance from ★")
        axes.tick_params(labelleft=False)
        finite = np.ma.masked_invalid(values)
        shown = _field(axes, arrays, finite, "cividis", vmin=0.0)
        axes.contour(arrays["axis_x"], arrays["axis_y"], finite, levels=8, colors="white", linewidths=0.35, alpha=0.75)
        _bar(figure, box, shown, "")
        for pair in np.flatnonzero(owner == i):
            _draw_curves(axes, arrays, int(pair))
        axes.plot(
            *start,
            marker="*",
            markersize=10,
            color=style.YELLOW,
            markeredgecolor="black",
            markeredgewidth=0.6,
            zorder=7,
        )


def start_of_pairs(starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """For each pair of ends (P, 2, 2), the index of the starting point (S, 2) nearest to its first end."""
    return np.linalg.norm(ends[:, :1] - starts[None], axis=-1).argmin(axis=1)


def _draw_curves(axes: Axes, arrays: Mapping[str, np.ndarray], pair: int) -> None:
    for kind, line in zip(CURVES, (DASHES, "-"), strict=True):
        axes.plot(*arrays[kind][pair].T, color="black", linewidth=1.2, linestyle=line, path_effects=HALO)
        stops = arrays[f"{kind}_stops"][pair][arrays[f"{kind}_bad"][pair]]
        if len(stops):
            axes.scatter(
                *stops.T, marker="x", s=16, color=style.BAD, linewidths=1.3, zorder=4, path_effects=HALO, gid="bad"
            )
    ends = arrays["ends"][pair]
    axes.plot(*ends.T, linestyle="", marker="o", markersize=3.6, color="white", markeredgecolor="black", zorder=5)
    # Beyond the end, seen from the start, and within the map: there no curve of the pair passes.
    place = axes.transLimits.transform(ends[1])
    offset = 9 * (ends[1] - ends[0]) / max(np.linalg.norm(ends[1] - ends[0]), 1e-12)
    offset[((place > 0.9) & (offset > 0)) | ((place < 0.1) & (offset < 0))] *= 0.3
    axes.annotate(
        LETTERS[pair % len(LETTERS)], ends[1], xytext=tuple(offset), textcoords="offset points", fontsize=8,
        fontweight="bold", ha="center", va="center", path_effects=HALO, zorder=6,
    )  # fmt: skip


def _explain_curves(figure: Figure) -> None:
    """The legend of the curves, above the maps of distances."""
    handles = [
        Line2D([], [], color="black", linewidth=1.2, linestyle=DASHES),
        Line2D([], [], color="black", linewidth=1.2),
        Line2D([], [], color=style.BAD, linestyle="", marker="x", markersize=4, markeredgewidth=1.3),
    ]
    labels = ["affine", "geodesic (Eq. 12)", "far from any training image"]
    _legend(figure, handles, labels, left=LEFTS[1], handlelength=2.2)


# -- decoded curves ---------------------------------------------------------------------------------------------------


def _draw_strip(
    figure: Figure, arrays: Mapping[str, np.ndarray], pair: int, left: float, top: float, cell: float
) -> None:
    """Both curves of a pair, decoded at the same number of stops, one beneath the other."""
    width, height = figure.get_size_inches()
    n_stops = arrays["affine_images"].shape[1]
    box = ((left + STRIP_LABEL) / width, (top - 2 * cell) / height, n_stops * cell / width, 2 * cell / height)
    axes = figure.add_axes(box)
    grid_axes(axes, n_stops, 2)
    axes.set_title(f"decoded from ★ to {LETTERS[pair % len(LETTERS)]}", fontsize=8, pad=3)
    for y, kind in enumerate(CURVES):
        draw_row(axes, arrays[f"{kind}_images"][pair], y, bad=arrays[f"{kind}_bad"][pair])
        axes.text(-0.15, y + 0.5, kind, ha="right", va="center", fontsize=7.5)
