"""Figures: the images they show, where, under which words, and what is framed."""

import importlib
import os
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import matplotlib.image
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.legend import Legend
from matplotlib.patches import Rectangle

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.generations import save_generation
from geovae.training.history import save_history
from helpers.paths import SCRIPTS
from reproduction.config.artefacts import Artefacts
from reproduction.rendering import style
from reproduction.rendering.figures import grids, history, latent_space, sample_grid, two_centroids
from reproduction.rendering.figures.render import FIGURES, render


def random_images(n: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (n, channels, 8, 8), dtype=np.uint8)


def shown(axes: Axes) -> np.ndarray:
    return np.stack([np.asarray(image.get_array()) for image in axes.get_images()])


def frames(axes: Axes) -> list[tuple[float, float]]:
    """Cells (column, row) that are framed in red."""
    found = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert all(to_hex(patch.get_edgecolor()).upper() == style.BAD for patch in found)
    return [(np.floor(patch.get_x()), np.floor(patch.get_y())) for patch in found]


def texts(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [text.get_text() for text in figure.texts]


def smallest_font(figure) -> float:
    figure.canvas.draw()
    found = figure.findobj(lambda artist: hasattr(artist, "get_fontsize") and hasattr(artist, "get_text"))
    return min(text.get_fontsize() for text in found if text.get_text() and text.get_visible())


def save_images(folder: Path, images: np.ndarray) -> Path:
    save_generation(folder, images, np.empty((len(images), 0)), {"seconds": 1.0})
    return folder / "samples.npy"


@pytest.fixture
def samples(tmp_path):
    return save_images(tmp_path, random_images(120))


@pytest.fixture
def geodesics(tmp_path):
    rng = np.random.default_rng(1)
    axis_x, axis_y = np.linspace(-2, 3, 30), np.linspace(-1, 2, 20)
    ends = np.array([[[2.0, 1.0], [-1.0, 0.0]], [[0.0, 0.0], [1.0, 1.0]]])  # the first pair belongs to the second start
    affine = ends[:, :1] + np.linspace(0, 1, 15)[None, :, None] * (ends[:, 1:] - ends[:, :1])
    affine_bad = np.zeros((2, 5), dtype=bool)
    affine_bad[0, 2:4] = True
    geodesic_bad = np.zeros((2, 5), dtype=bool)
    geodesic_bad[1, 0] = True
    images = random_images(20).reshape(2, 2, 5, 1, 8, 8)
    arrays = {
        "axis_x": axis_x, "axis_y": axis_y, "log_volume": rng.normal(size=(20, 30)), "mu": rng.normal(size=(40, 2)),
        "labels": np.arange(40) % 2, "class_names": np.array(["disk", "ring"]), "starts": ends[::-1, 0],
        "distances": rng.uniform(0, 5, (2, 20, 30)), "ends": ends, "affine": affine, "geodesic": affine + 0.1,
        "affine_images": images[0], "geodesic_images": images[1], "affine_bad": affine_bad,
        "geodesic_bad": geodesic_bad, "affine_stops": affine[:, ::3], "geodesic_stops": affine[:, ::3] + 0.1,
    }  # fmt: skip
    path = tmp_path / "geodesics.npz"
    storage.save_arrays(path, **arrays)
    return path, arrays


def test_every_figure_of_the_config_has_a_module_that_renders_it():
    assert set(FIGURES) == {name for name in Artefacts.model_fields if name.startswith("figure")}
    for module in set(FIGURES.values()):
        assert callable(importlib.import_module(module).render)


def test_pictures_of_one_and_three_channels():
    grey, colour = random_images(1)[0], random_images(1, channels=3)[0]
    np.testing.assert_array_equal(grids.to_picture(grey), grey[0])
    np.testing.assert_array_equal(grids.to_picture(colour), colour.transpose(1, 2, 0))
    with pytest.raises(GeovaeError, match="2 channels"):
        grids.to_picture(random_images(1, channels=2)[0])


def test_figure1_maps(geodesics):
    path, arrays = geodesics
    figure = render("figure1", {"geodesics": path}, {})
    maps = [axes for axes in figure.axes if axes.get_title() in ("Latent space", "Riemannian distance from ★")]
    assert len(maps) == 3
    for axes, values in zip(maps, [arrays["log_volume"], *arrays["distances"]], strict=True):
        np.testing.assert_array_equal(np.asarray(axes.get_images()[0].get_array()), values)
        left, right, bottom, top = axes.get_images()[0].get_extent()
        assert (left + right) / 2 == pytest.approx(0.5)
        assert (bottom + top) / 2 == pytest.approx(0.5)
        # A pixel is as wide as a step of the grid, so that its centre lies at the point that it stands for.
        assert (right - left) / 30 == pytest.approx(arrays["axis_x"][1] - arrays["axis_x"][0])
        assert (top - bottom) / 20 == pytest.approx(arrays["axis_y"][1] - arrays["axis_y"][0])
    limits = [axes.get_images()[0].get_clim() for axes in maps[1:]]
    assert limits == [(0.0, distances.max()) for distances in arrays["distances"]]
    words = [[text.get_text() for text in legend.get_texts()] for legend in figure.findobj(Legend)]
    assert words == [["disk", "ring"], ["affine", "geodesic (Eq. 12)", "far from any training image"]]
    assert smallest_font(figure) >= 7


def test_figure1_draws_each_pair_over_the_distance_from_its_own_start(geodesics):
    path, arrays = geodesics
    np.testing.assert_array_equal(latent_space.start_of_pairs(arrays["starts"], arrays["ends"]), [1, 0])
    figure = render("figure1", {"geodesics": path}, {})
    distances = [axes for axes in figure.axes if axes.get_title() == "Riemannian distance from ★"]
    for axes, pair, start in zip(distances, (1, 0), arrays["starts"], strict=True):
        curves = [line for line in axes.lines if len(line.get_xdata()) == 15]
        assert [line.get_linestyle() for line in curves] == ["--", "-"]
        np.testing.assert_allclose(curves[0].get_xydata(), arrays["affine"][pair])
        np.testing.assert_allclose(curves[1].get_xydata(), arrays["geodesic"][pair])
        (star,) = [line for line in axes.lines if line.get_marker() == "*"]
        np.testing.assert_allclose(star.get_xydata()[0], start)


def test_figure1_frames_and_marks_bad_stops_only(geodesics):
    path, arrays = geodesics
    figure = render("figure1", {"geodesics": path}, {})
    strips = [axes for axes in figure.axes if axes.get_title().startswith("decoded")]
    assert [axes.get_title()[-1] for axes in strips] == ["A", "B"]
    for pair, axes in enumerate(strips):
        images = np.concatenate([arrays["affine_images"][pair], arrays["geodesic_images"][pair]])[:, 0]
        np.testing.assert_array_equal(shown(axes), images)
        assert [text.get_text() for text in axes.texts] == ["affine", "geodesic"]
    assert [frames(axes) for axes in strips] == [[(2, 0), (3, 0)], [(0, 1)]]
    latent = figure.axes[0]
    marks = np.concatenate([c.get_offsets() for c in latent.collections if c.get_gid() == "bad"])
    expected = [*arrays["affine_stops"][0, 2:4], arrays["geodesic_stops"][1, 0]]
    np.testing.assert_allclose(marks, expected)


def test_figure2_shows_the_first_samples_under_their_labels(tmp_path):
    inputs = {}
    for i in range(3):
        inputs[f"row{i}"] = save_images(tmp_path / str(i), random_images(6, seed=i))
    blocks = ("paper", "paper", "controls")
    rows = [{"label": f"Row {i}", "input": f"row{i}", "block": block} for i, block in enumerate(blocks)]
    panels = [{"title": "One", "rows": rows}, {"title": "Two", "rows": rows[::-1]}]
    figure = render("figure2", inputs, {"panels": panels, "columns": 4})
    for axes, order in zip(figure.axes, ((0, 1, 2), (2, 1, 0)), strict=True):
        expected = np.concatenate([random_images(6, seed=i)[:4, 0] for i in order])
        np.testing.assert_array_equal(shown(axes), expected)
        assert [text.get_text() for text in axes.texts] == [f"Row {i}" for i in order]
        assert len(axes.lines) == 1  # between the paper's rows and the controls
    assert [axes.get_title() for axes in figure.axes] == ["One", "Two"]
    assert smallest_font(figure) >= 7


def test_figure2_rows_leave_a_gap_between_blocks_and_equal_labels_are_written_once(samples):
    rows = [{"label": b, "input": "s", "block": b} for b in ("paper", "controls")]
    panels = [{"title": t, "rows": rows} for t in "ab"]
    figure = render("figure2", {"s": samples}, {"panels": panels, "columns": 3})
    assert [len(axes.texts) for axes in figure.axes] == [2, 0]
    tops = [image.get_extent()[3] for image in figure.axes[0].get_images()]
    assert tops[3] - tops[0] == pytest.approx(1 + sample_grid.BLOCK_GAP)
    extents = [image.get_extent() for image in figure.axes[0].get_images()[:3]]
    assert all(right <= left for (_, right, *_), (left, *_) in pairwise(extents))


def test_figure10_has_one_line_between_two_blocks_however_many_rows(samples):
    rows = [{"label": str(i), "input": "s", "block": "paper" if i < 13 else "controls"} for i in range(17)]
    figure = render("figure10", {"s": samples}, {"panels": [{"title": "a", "rows": rows}], "columns": 3})
    (line,) = figure.axes[0].lines
    np.testing.assert_allclose(line.get_ydata(), 13 + sample_grid.BLOCK_GAP / 2)


def test_figure3_triplets_and_fids(tmp_path):
    near = {name: random_images(6, channels=3, seed=i) for i, name in enumerate(
        ("generated", "nearest_train", "nearest_reconstruction"))}  # fmt: skip
    path = tmp_path / "neighbours.npz"
    storage.save_arrays(
        path, **near, distance_train=np.arange(6.0), distance_reconstruction=np.arange(6.0) / 4,
        fid_names=np.array(["generated", "Decoded means"]), fid_values=np.array([11.271, 0.5]), fid_n=np.array(2000),
    )  # fmt: skip
    figure = render("figure3", {"digits": path}, {"titles": {"digits": "Digits"}})
    expected = np.stack([near[name][i] for i in range(6) for name in near]).transpose(0, 2, 3, 1)
    np.testing.assert_array_equal(shown(figure.axes[0]), expected)
    tops = [round(image.get_extent()[3]) for image in figure.axes[0].get_images()[::3]]
    assert tops == [0, 0, 0, 0, 1, 1]
    words = texts(figure)
    assert "Digits" in words
    for word in ("Gen.", "Near.\ntrain", "Near.\nrec."):
        assert words.count(word) == 4
    for word in ("5.00", "1.25", "Ours", "11.27", "Decoded means", "0.50", "2,000 images each"):
        assert word in words
    assert "generated" not in words
    assert "Ours, in the paper" not in words
    assert smallest_font(figure) >= 7
    beside = texts(render("figure3", {"celeba": path}, {}))
    assert beside[beside.index("Ours, in the paper") + 1] == "30.12"


def test_figure5_is_a_square_of_the_first_100(samples, tmp_path):
    figure = render("figure5", {"samples": samples}, {"title": "Digits"})
    np.testing.assert_array_equal(shown(figure.axes[0]), random_images(120)[:100, 0])
    corners = [image.get_extent()[::3] for image in figure.axes[0].get_images()]
    assert [(int(x), int(y)) for x, y in corners] == [(i % 10, i // 10) for i in range(100)]
    few = save_images(tmp_path / "few", random_images(99))
    with pytest.raises(GeovaeError, match=r"few/samples\.npy: 99 images, but the figure shows 100"):
        render("figure5", {"samples": few}, {})


def save_centroids(path: Path, owner: list[int], counts: list[int], seed: int = 0) -> dict[str, np.ndarray]:
    images = random_images(2 * len(counts) + len(owner), seed=seed)
    arrays = {
        "centroids": images[: len(counts)], "nearest_train": images[len(counts) : 2 * len(counts)],
        "distance_train": np.arange(len(counts), dtype=np.float32), "samples": images[2 * len(counts) :],
        "owner": np.array(owner), "counts": np.array(counts),
    }  # fmt: skip
    storage.save_arrays(path, **arrays)
    return arrays


def cells(axes: Axes) -> list[tuple[float, int]]:
    """The cell (left edge, row) of each image."""
    extents = [image.get_extent() for image in axes.get_images()]
    return [(round((left + right) / 2 - 0.5, 6), int(top)) for left, right, _, top in extents]


def test_figure13_shows_each_centroid_its_nearest_image_and_its_samples(tmp_path):
    arrays = save_centroids(tmp_path / "c.npz", [0, 1, 0, 0], [1200, 34])
    figure = render("figure13", {"digits": tmp_path / "c.npz"}, {"titles": {"digits": "Digits"}})
    (axes,) = figure.axes
    rows = [[arrays[name][row : row + 1] for name in ("centroids", "nearest_train")] for row in (0, 1)]
    expected = [*rows[0], arrays["samples"][[0, 2, 3]], *rows[1], arrays["samples"][[1]]]
    np.testing.assert_array_equal(shown(axes), np.concatenate(expected)[:, 0])
    first = 2 + two_centroids.GAP
    assert cells(axes) == [(0, 0), (1, 0), (first, 0), (first + 1, 0), (first + 2, 0), (0, 1), (1, 1), (first, 1)]
    words = texts(figure)
    assert words[-1] == "Digits"
    assert words[3:5] == ["Centroid 1\n1,200 of 1,234\nsamples", "Centroid 2\n34 of 1,234\nsamples"]
    assert smallest_font(figure) >= 7


def test_figure13_with_a_centroid_that_no_sample_is_nearest_to(tmp_path):
    arrays = save_centroids(tmp_path / "c.npz", [1, 1], [0, 2])
    figure = render("figure13", {"digits": tmp_path / "c.npz"}, {})
    (axes,) = figure.axes
    assert [row for _, row in cells(axes)] == [0, 0, 1, 1, 1, 1]
    np.testing.assert_array_equal(shown(axes)[-2:], arrays["samples"][:, 0])
    assert {"digits", "Centroid 1\n0 of 2\nsamples", "Centroid 2\n2 of 2\nsamples"} <= set(texts(figure))


def test_figure13_has_a_panel_an_input_with_cells_of_one_size(tmp_path):
    inputs = {name: tmp_path / f"{name}.npz" for name in ("digits", "shapes")}
    save_centroids(inputs["digits"], [0] * 8 + [1] * 3, [8, 3])
    save_centroids(inputs["shapes"], [0, 1], [1, 1], seed=1)
    figure = render("figure13", inputs, {"titles": {"shapes": "Rings"}})
    assert [len(axes.get_images()) for axes in figure.axes] == [15, 6]
    assert [text.get_text() for text in figure.texts] == ["digits", "Rings"]
    boxes = [axes.get_position() for axes in figure.axes]
    assert boxes[0].y0 > boxes[1].y1
    assert boxes[1].y0 >= 0
    assert [axes.get_xlim() for axes in figure.axes] == [(0, 10 + two_centroids.GAP)] * 2
    width, height = figure.get_size_inches()
    for box in boxes:
        assert box.width * width / (10 + two_centroids.GAP) == pytest.approx(box.height * height / 2)


def test_figure13_names_an_array_that_is_missing(tmp_path):
    storage.save_arrays(tmp_path / "c.npz", centroids=random_images(2))
    with pytest.raises(GeovaeError, match="nearest_train"):
        render("figure13", {"digits": tmp_path / "c.npz"}, {})


def test_unknown_figures_and_missing_inputs_are_named(samples):
    with pytest.raises(GeovaeError, match="figure 'figure55' is not known"):
        render("figure55", {}, {})
    with pytest.raises(GeovaeError, match="input 'samples' is missing; given: sample"):
        render("figure5", {"sample": samples}, {})


def rows_of_history(losses: list[float]) -> list[dict]:
    return [
        {
            "epoch": i + 1, "lr": 1e-3 / (i + 1), "train_loss": loss, "validation_loss": loss + 1,
            "train_reconstruction": loss - 0.5, "validation_reconstruction": loss + 0.5, "train_kl": 0.5,
            "validation_kl": 0.5, "seconds": 1.0, "images_per_second": 10.0,
        }
        for i, loss in enumerate(losses)
    ]  # fmt: skip


def test_history_draws_every_term_and_marks_the_best_epoch():
    figure = history.draw(rows_of_history([200.0, 20.0, 5.0, 7.0]))
    top, bottom = figure.axes[::2], figure.axes[1::2]
    assert [axes.get_title() for axes in top] == ["total loss", "reconstruction", "KL"]
    np.testing.assert_array_equal(top[0].lines[0].get_ydata(), [200.0, 20.0, 5.0, 7.0])
    np.testing.assert_array_equal(top[0].lines[1].get_ydata(), [201.0, 21.0, 6.0, 8.0])
    assert [axes.get_yscale() for axes in top] == ["log", "log", "linear"]
    (best,) = [line for line in top[0].lines if line.get_label() == "best: epoch 3"]
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (3, 6.0)
    np.testing.assert_allclose(bottom[0].lines[0].get_ydata(), [1e-3, 5e-4, 1e-3 / 3, 2.5e-4])
    assert smallest_font(figure) >= 7


def test_history_marks_the_best_epoch_on_the_loss_that_decides():
    rows = rows_of_history([9.0, 5.0, 7.0])
    for row, loss in zip(rows, (8, 6, 4), strict=True):
        row["selection_loss"] = loss
    top = history.draw(rows).axes[::2]
    (decides,) = [line for line in top[0].lines if line.get_label() == "train, decides"]
    np.testing.assert_array_equal(decides.get_ydata(), [8, 6, 4])
    (best,) = [line for line in top[0].lines if line.get_label() == "best: epoch 3"]
    assert (best.get_xdata()[0], best.get_ydata()[0]) == (3, 4)
    assert all("train, decides" not in [line.get_label() for line in axes.lines] for axes in top[1:])


def test_history_of_one_epoch_and_of_a_model_with_one_term():
    rows = [{name: value for name, value in row.items() if "_kl" not in name} for row in rows_of_history([3.0])]
    figure = history.draw(rows)
    assert [axes.get_title() for axes in figure.axes[::2]] == ["total loss"]
    assert figure.axes[0].get_yscale() == "linear"
    with pytest.raises(GeovaeError, match="no column lr"):
        history.draw([{"epoch": 1, "train_loss": 1.0, "validation_loss": 1.0}])


def test_scripts_write_the_same_bytes_in_every_process(samples, tmp_path):
    save_history(tmp_path / "history.csv", rows_of_history([9.0, 3.0]))
    written = []
    for i in range(2):
        environment = os.environ | {"PYTHONHASHSEED": str(i + 1), "MPLBACKEND": "Agg"}
        png, pdf, curve = (tmp_path / f"{i}.png", tmp_path / f"{i}.pdf", tmp_path / f"{i}_history.png")
        figure = [
            "render_figure.py",
            "figure5",
            "--input",
            f"samples={samples}",
            "--output-png",
            png,
            "--output-pdf",
            pdf,
        ]
        losses = ["render_history.py", "--history", tmp_path / "history.csv", "--output", curve]
        for script, *arguments in (figure, losses):
            subprocess.run([sys.executable, SCRIPTS / script, *arguments], check=True, env=environment)
        written.append([path.read_bytes() for path in (png, pdf, curve)])
    assert written[0] == written[1]
    assert b"CreationDate" not in written[0][1]
    size = matplotlib.image.imread(tmp_path / "0.png").shape[:2]
    assert size[1] == pytest.approx(5.08 * style.DPI, abs=1)


def test_a_users_matplotlibrc_changes_nothing(samples, tmp_path):
    style.save(render("figure5", {"samples": samples}, {"title": "x"}), tmp_path / "a.png")
    with matplotlib.rc_context({"font.size": 30, "savefig.bbox": "tight", "image.cmap": "jet", "lines.linewidth": 9}):
        style.save(render("figure5", {"samples": samples}, {"title": "x"}), tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
