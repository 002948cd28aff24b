"""Novelty in pixels, features and latent space: what copies and real images get, and where there is none."""

import numpy as np
import pytest

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.data.generations import save_generation
from geovae.evaluation.neighbours import nearest, nearest_features
from geovae.evaluation.novelty import COLUMNS, Distances, latent_distances, novelties, novelty

D = 3


def _latents(seed: int, n: int, d: int = D) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def _images(seed: int, n: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(256, size=(n, 1, 6, 6), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path):
    """A generation folder `samples`, and the means of 40 training images."""
    storage.save_arrays(tmp_path / "train.npz", mu=_latents(0, 40), log_var=_latents(3, 40))
    _generate(tmp_path, _latents(2, 30))
    return tmp_path


def _generate(folder, latents: np.ndarray, **diagnostics: float) -> None:
    images = np.zeros((len(latents), 1, 2, 2), np.uint8)
    save_generation(folder / "samples", images, latents, {"seconds": 1.0, **diagnostics})


def _latent_distances(folder) -> np.ndarray | None:
    return latent_distances(folder / "samples", folder / "train.npz")


def _brute_force(queries: np.ndarray, references: np.ndarray) -> np.ndarray:
    differences = queries[:, None].astype(np.float64) - references[None]
    return np.sqrt((differences**2).sum(-1)).min(1)


def _pixel_distances(generated: np.ndarray, unseen: np.ndarray, train: np.ndarray) -> Distances:
    return Distances(nearest(generated, train)[0], nearest(unseen, train)[0])


def _feature_distances(generated: np.ndarray, unseen: np.ndarray, train: np.ndarray) -> Distances:
    return Distances(nearest_features(generated, train)[0], nearest_features(unseen, train)[0])


def test_novelty_is_zero_for_copies_one_for_real_images_and_a_ratio_of_medians():
    train, unseen = _images(0, 60), _images(1, 30)
    unit = nearest(unseen, train)[0]
    assert novelty(nearest(train[:20], train)[0], unit) == 0.0
    assert novelty(unit, unit) == 1.0
    assert novelty(np.array([1.0, 2.0, 30.0]), np.array([4.0, 4.0])) == 0.5


def test_novelty_has_no_unit_where_unseen_images_are_copies_of_training_images():
    assert novelty(np.ones(3), np.array([0.0, 0.0, 1.0])) is None


def test_copies_of_training_images_are_at_zero_and_real_images_at_one_in_every_space(folder):
    images = _images(5, 90)
    features = _latents(6, 90, 8)
    mu, mu_unseen = _latents(0, 40), _latents(1, 25)
    for generated, expected in ((slice(7, 32), 0.0), (slice(40, 65), 1.0)):
        _generate(folder, mu[generated] if expected == 0.0 else mu_unseen)
        spaces = {
            "pixels": _pixel_distances(images[generated], images[40:65], images[:40]),
            "features": _feature_distances(features[generated], features[40:65], features[:40]),
            "latent": Distances(_latent_distances(folder), nearest_features(mu_unseen, mu)[0]),
        }
        assert set(spaces) == set(COLUMNS)
        assert novelties(spaces, 25) == dict.fromkeys(COLUMNS.values(), expected)


def test_latent_distances_are_those_of_brute_force(folder):
    generated, unseen = _latent_distances(folder), np.array([3.0, 1.0, 2.0] * 8)
    np.testing.assert_allclose(generated, _brute_force(_latents(2, 30), _latents(0, 40)), rtol=1e-12)
    found = novelties({"latent": Distances(generated, unseen)}, 20)
    assert found["novelty_latent"] == pytest.approx(np.median(generated[:20]) / np.median(unseen[:20]), rel=1e-12)
    assert (found["novelty"], found["novelty_features"]) == (None, None)


def test_each_space_fills_its_own_column_from_the_first_distances():
    spaces = {
        "pixels": Distances(np.array([2.0, 4.0, 6.0, 99.0]), np.array([8.0, 8.0, 8.0])),
        "latent": Distances(np.array([3.0, 3.0, 3.0]), np.array([1.0, 2.0, 3.0, 0.0, 0.0])),
        "features": Distances(np.array([1.0, 0.0, 5.0]), np.array([4.0, 4.0, 1.0])),
    }
    assert novelties(spaces, 3) == {"novelty": 0.5, "novelty_latent": 1.5, "novelty_features": 0.25}
    assert novelties({}, 3) == {"novelty": None, "novelty_latent": None, "novelty_features": None}


def test_controls_without_latents_have_no_latent_novelty(folder):
    _generate(folder, np.empty((30, 0), np.float32), among_means=1.0)
    assert _latent_distances(folder) is None


@pytest.mark.parametrize(("diagnostics", "taken"), [({"among_means": 0.0}, False), ({"among_means": 1.0}, True)])
def test_latents_that_are_not_among_the_means_have_no_latent_novelty(folder, diagnostics, taken):
    _generate(folder, _latents(2, 30), **diagnostics)
    assert (_latent_distances(folder) is not None) == taken


def test_novelty_is_null_where_half_of_the_unseen_images_are_copies():
    mu, mu_unseen = _latents(0, 40), _latents(1, 25)
    for n_copies, is_null in ((13, True), (12, False)):
        unseen = np.concatenate([mu[:n_copies], mu_unseen[n_copies:]])
        found = novelties({"latent": _feature_distances(_latents(2, 30), unseen, mu)}, 25)
        assert (found["novelty_latent"] is None) == is_null


@pytest.mark.parametrize("space", COLUMNS)
@pytest.mark.parametrize(("n_generated", "n_unseen"), [(9, 12), (12, 9)])
def test_too_few_distances_are_refused(space, n_generated, n_unseen):
    spaces = {space: Distances(np.ones(n_generated), np.ones(n_unseen))}
    assert novelties(spaces, 9)[COLUMNS[space]] == 1.0
    message = rf"novelty \({space}\): 10 images are scored, .* only {n_generated} generated and {n_unseen} unseen"
    with pytest.raises(GeovaeError, match=message):
        novelties(spaces, 10)


def test_files_that_do_not_fit_are_named(folder):
    storage.save_arrays(folder / "train.npz", log_var=_latents(1, 25))
    with pytest.raises(GeovaeError, match=r"train\.npz: not a readable \.npz file \(it lacks mu\)"):
        _latent_distances(folder)
    storage.save_arrays(folder / "train.npz", mu=_latents(1, 25, D + 1))
    with pytest.raises(GeovaeError, match="cannot be compared"):
        _latent_distances(folder)
    (folder / "samples/diagnostics.json").unlink()
    with pytest.raises(GeovaeError, match=r"diagnostics\.json: no such file"):
        _latent_distances(folder)


def test_without_a_unit_in_pixels_there_is_none_in_the_other_spaces():
    copies = Distances(np.ones(5), np.array([0.0, 0.0, 0.0, 1.0, 1.0]))
    nearly = Distances(np.ones(5), np.array([1e-9, 1e-9, 1e-9, 1.0, 1.0]))
    assert novelties({"pixels": copies, "features": nearly, "latent": nearly}, 5) == dict.fromkeys(COLUMNS.values())
    assert novelties({"features": nearly}, 5)["novelty_features"] == pytest.approx(1e9)
