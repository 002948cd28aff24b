"""The figure of interpolations: distances in units of the threshold, shares of far images, and which are framed."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from geovae.core import storage
from reproduction.rendering.figures.render import render

N_PAIRS, N_STOPS = 5, 4


@pytest.fixture
def drawn(tmp_path):
    """Two data sets of two trainings each; thresholds are 2 and 4."""
    generator, inputs, rows = np.random.default_rng(0), {}, []
    for name in ("digits", "shapes"):
        trainings = []
        for seed in range(2):
            names = {"arrays": f"{name}_seed{seed}_arrays", "scores": f"{name}_seed{seed}_scores"}
            inputs |= {
                names["arrays"]: tmp_path / f"{name}{seed}.npz",
                names["scores"]: tmp_path / f"{name}{seed}.json",
            }
            storage.save_arrays(
                inputs[names["arrays"]],
                distances=generator.uniform(1, 5, (3, N_PAIRS, N_STOPS)),
                threshold=np.float64(2 + 2 * seed),
                images=generator.integers(0, 256, (3, 2, N_STOPS, 1, 8, 8), dtype=np.uint8),
            )
            shares = {"affine": 0.3 + seed / 5, "potential": 0.1, "geodesic": 0.2}
            storage.save_json(inputs[names["scores"]], {f"{kind}_far_share": share for kind, share in shares.items()})
            trainings.append(names)
        rows.append({"title": name, "latent_dim": 3, "inputs": trainings})
    return inputs, {"rows": rows, "quantile": 0.95}


def axes_of(figure, label: str, of=lambda axes: axes.get_ylabel()) -> list:
    return [axes for axes in figure.axes if of(axes) == label]


def test_distances_are_means_over_the_pairs_of_all_trainings_in_units_of_their_thresholds(drawn):
    inputs, settings = drawn
    figure = render("figure_interpolation", inputs, settings)
    assert [text.get_text() for text in figure.texts] == ["digits, d = 3", "shapes, d = 3"]
    along = axes_of(figure, "distance to training images")[1]
    parts = [storage.load_arrays(inputs[f"shapes_seed{seed}_arrays"]) for seed in range(2)]
    relative = np.concatenate([part["distances"] / part["threshold"] for part in parts], 1)
    for kind, expected in zip(("affine", "potential", "geodesic"), relative, strict=True):
        (line,) = [line for line in along.lines if line.get_gid() == kind]
        np.testing.assert_allclose(line.get_xydata(), np.stack([[0.2, 0.4, 0.6, 0.8], expected.mean(0)], 1))


def test_the_share_of_far_images_is_a_mean_over_trainings(drawn):
    figure = render("figure_interpolation", *drawn)
    bars = axes_of(figure, "share of far images")[0]
    assert [patch.get_height() for patch in bars.patches] == pytest.approx([0.4, 0.1, 0.2])
    assert [text.get_text() for text in bars.texts] == ["40.0 %", "10.0 %", "20.0 %"]


def test_an_axis_of_shares_has_none_below_zero(drawn):
    inputs, settings = drawn
    for name in (name for name in inputs if name.endswith("_scores")):
        storage.save_json(inputs[name], {f"{kind}_far_share": 0.0 for kind in ("affine", "potential", "geodesic")})
    low, high = axes_of(render("figure_interpolation", inputs, settings), "share of far images")[0].get_ylim()
    assert low == 0 < high


def test_the_images_of_the_first_pairs_are_shown_and_far_ones_framed(drawn):
    inputs, settings = drawn
    figure = render("figure_interpolation", inputs, settings)
    strips = axes_of(figure, "images of pair 2", lambda axes: axes.get_title())
    arrays = storage.load_arrays(inputs["digits_seed0_arrays"])
    shown = np.stack([np.asarray(image.get_array()) for image in strips[0].get_images()])
    np.testing.assert_array_equal(shown, arrays["images"][:, 1].reshape(-1, 8, 8))
    framed = [patch for patch in strips[0].patches if isinstance(patch, Rectangle)]
    cells = {(int(patch.get_y()), int(patch.get_x())) for patch in framed}
    assert cells == {tuple(cell) for cell in np.argwhere(arrays["distances"][:, 1] > 2)}
    assert [text.get_text() for text in strips[0].texts] == ["affine", "Eq. 12", "geodesic"]
