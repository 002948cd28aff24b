"""The score record: its columns, its checks, and the scores that fill it."""

import subprocess
import sys

import numpy as np
import pytest

from geovae.core.errors import GeovaeError
from geovae.evaluation import record
from geovae.evaluation.fid import frechet_distance, frechet_std_error, statistics
from geovae.evaluation.kid import kernel_distance
from geovae.evaluation.novelty import COLUMNS, Distances
from geovae.evaluation.prd import prd_scores
from geovae.evaluation.precision_recall import density_coverage, precision_recall
from geovae.evaluation.reference import EXTRAS, load_reference, save_reference, score
from helpers.paths import SCRIPTS
from reproduction.runtime.provenance import provenance

KEY = {
    "dataset": "digits", "subset": "full", "net": "conv", "model": "vae", "trial": "base", "seed": 0,
    "sampler": "manifold", "variant": "base",
}  # fmt: skip
NOVELTIES = ("novelty", "novelty_latent", "novelty_features")


def _parts() -> list[dict]:
    return [
        KEY,
        {"split": "test", "backbone": "classifier", "resize": None, "backbone_accuracy": 0.98},
        {"n": 500, "fid": 12.5, "prd_f8": 0.9, "prd_f1_8": 0.8, "kid": -0.01, "kid_std_error": 0.02},
        {"novelty": 1.1, "novelty_latent": 0.9, "novelty_features": 1.3},
        {"precision": 0.7, "recall": 0.6, "density": 1.2, "coverage": 0.9, "fid_std_error": 0.3},
        {"sharpness": 0.02, "sharpness_reference": 0.03},
        record.diagnostic_columns({"acceptance": 0.99, "seconds": 3.0}),
        {"config_sha256": "c0ffee"},
        provenance(),
        {"seconds_sampling": 3.0, "seconds_scoring": 1.5, "peak_memory_mb": 700.0},
    ]


def test_a_record_has_all_columns_in_order():
    result = record.build_record(*reversed(_parts()))
    assert tuple(result) == record.COLUMNS
    assert len(set(record.COLUMNS)) == len(record.COLUMNS)
    assert set(record.TIMING_COLUMNS) < set(record.COLUMNS)


def test_diagnostics_that_a_sampler_lacks_are_null_and_unlisted_ones_left_out():
    diagnostics = record.diagnostic_columns({"acceptance": 0.99, "seconds": 3.0})
    assert diagnostics["acceptance"] == 0.99
    assert diagnostics["active_share"] is None
    assert "seconds" not in diagnostics


def test_provenance_gives_exactly_its_columns():
    assert tuple(provenance()) == record.PROVENANCE_COLUMNS
    assert provenance()["numpy_version"] == np.__version__


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("fid", float("nan"), "fid is nan"),
        ("fid", -0.1, "outside"),
        ("fid", None, "may not be"),
        ("fid", "12", "a number is expected"),
        ("prd_f8", 1.5, "outside"),
        ("novelty", -0.1, "outside"),
        ("novelty_latent", -0.1, "outside"),
        ("novelty_latent", float("nan"), "finite"),
        ("novelty_features", -0.1, "outside"),
        ("novelty_features", "1", "a number is expected"),
        ("n", 500.0, "whole number"),
        ("n", True, "a number is expected"),
        ("n", 1, "outside"),
        ("seed", "0", "a number is expected"),
        ("dataset", "", "a text is expected"),
        ("sampler", 3, "a text is expected"),
        ("config_sha256", None, "may not be"),
        ("config_sha256", "", "a text is expected"),
        ("active_share", float("inf"), "finite"),
        ("peak_memory_mb", None, "may not be"),
        ("resize", "", "a text is expected"),
        ("kid", float("nan"), "finite"),
        ("kid_std_error", -0.1, "outside"),
        ("precision", 1.1, "outside"),
        ("recall", -0.1, "outside"),
        ("density", -1.0, "outside"),
        ("coverage", 2.0, "outside"),
        ("fid_std_error", "1", "a number is expected"),
        ("sharpness", None, "may not be"),
        ("sharpness_reference", -0.1, "outside"),
    ],
)
def test_implausible_values_are_named(column, value, message):
    content = {**record.build_record(*_parts()), column: value}
    with pytest.raises(GeovaeError, match=message) as caught:
        record.validate(content, "some/score_test.json")
    assert str(caught.value).startswith(f"some/score_test.json: {column}")


def test_what_may_be_null():
    extras = [column for columns in record.EXTRA_COLUMNS.values() for column in columns]
    assert len(extras) == 7
    nulls = dict.fromkeys([*NOVELTIES, "backbone_accuracy", "resize", *extras])
    record.validate({**record.build_record(*_parts()), **nulls})
    record.validate({**record.build_record(*_parts()), "resize": "tf_legacy"})


def test_missing_unknown_and_double_columns_are_named():
    with pytest.raises(GeovaeError, match=r"missing \['dataset'"):
        record.build_record(*_parts()[1:])
    with pytest.raises(GeovaeError, match=r"unknown \['colour'\]"):
        record.build_record(*_parts(), {"colour": 1})
    with pytest.raises(GeovaeError, match="seed given twice"):
        record.build_record(*_parts(), {"seed": 1})


def test_the_key_must_be_exactly_the_key_columns():
    assert tuple(record.check_key(dict(reversed(KEY.items())))) == record.KEY_COLUMNS
    with pytest.raises(GeovaeError, match=r"missing \['seed'\], unknown \['sead'\]"):
        record.check_key({name.replace("seed", "sead"): value for name, value in KEY.items()})


def test_records_need_neither_torch_nor_numpy():
    code = (
        "import sys, geovae.evaluation.record\n"
        "sys.exit(' '.join({'torch', 'numpy', 'pandas', 'sklearn'} & set(sys.modules)))"
    )
    source = str(SCRIPTS)
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": source}, check=False, capture_output=True, text=True
    )
    assert result.stderr.strip() == ""


UNSEEN = np.random.default_rng(1).uniform(1, 2, 60)


def _pixels(generated: np.ndarray, unseen: np.ndarray = UNSEEN) -> dict[str, Distances]:
    return {"pixels": Distances(generated, unseen)}


@pytest.fixture
def sets(tmp_path):
    rng = np.random.default_rng(0)
    generated, real = (rng.normal(size=(n, 6)).astype(np.float32) for n in (40, 60))
    save_reference(tmp_path / "test.npz", real, np.zeros(60))
    return generated, load_reference(tmp_path / "test.npz")


def test_scores_use_the_first_images_of_the_larger_side(sets):
    generated, reference = sets
    spaces = {
        "pixels": Distances(np.linspace(1.0, 3.0, 40), UNSEEN),
        "latent": Distances(np.linspace(2.0, 4.0, 40), UNSEEN[20:]),
        "features": Distances(np.linspace(0.0, 9.0, 45), UNSEEN[:50]),
    }
    scores = score(generated, spaces, reference, seed=1, n_clusters=5, n_runs=2)
    assert tuple(scores) == record.SCORED_COLUMNS
    assert scores["n"] == 40
    real = reference.features[:40]
    assert scores["fid"] == frechet_distance(statistics(generated), statistics(real))
    assert (scores["prd_f8"], scores["prd_f1_8"]) == prd_scores(generated, real, 1, n_clusters=5, n_runs=2)
    assert scores["novelty"] == pytest.approx(2.0 / np.median(UNSEEN[:40]))
    assert scores["novelty_latent"] == pytest.approx(3.0 / np.median(UNSEEN[20:]))
    assert scores["novelty_features"] == pytest.approx(
        np.linspace(0.0, 9.0, 45)[[19, 20]].mean() / np.median(UNSEEN[:40])
    )


def test_novelty_is_null_in_a_space_without_distances(sets):
    generated, reference = sets
    assert set(COLUMNS.values()) == set(NOVELTIES)
    settings = {"seed": 1, "n_clusters": 5, "n_runs": 1}
    for space, column in COLUMNS.items():
        scores = score(generated, {space: Distances(np.full(40, 3.0), np.full(60, 2.0))}, reference, **settings)
        assert {name: scores[name] for name in NOVELTIES} == dict.fromkeys(NOVELTIES) | {column: 1.5}
        record.validate({**record.build_record(*_parts()), **scores})


def test_extra_scores_are_null_unless_asked_for(sets):
    generated, reference = sets
    real = reference.features[:40]
    settings = {"seed": 3, "n_clusters": 5, "n_runs": 1}
    expected = {
        "kid": (("kid", "kid_std_error"), kernel_distance(generated, real, 3)),
        "precision_recall": (("precision", "recall"), precision_recall(generated, real)),
        "density_coverage": (("density", "coverage"), density_coverage(generated, real)),
        "fid_bootstrap": (("fid_std_error",), (frechet_std_error(generated, real, 3),)),
    }
    assert set(expected) == set(EXTRAS) == set(record.EXTRA_COLUMNS)
    plain = score(generated, _pixels(np.ones(40)), reference, **settings)
    for name, (columns, values) in expected.items():
        scores = score(generated, _pixels(np.ones(40)), reference, extra=[name], **settings)
        assert scores == plain | dict(zip(columns, values, strict=True))
        assert all(plain[column] is None for column in columns)
        record.validate({**record.build_record(*_parts()), **scores})
    with pytest.raises(GeovaeError, match=r"extra: unknown fids. Known are: kid, precision_recall"):
        score(generated, _pixels(np.ones(40)), reference, extra=["kid", "fids"], **settings)


def test_a_whole_reference_is_compared_by_its_stored_statistics(sets):
    _, reference = sets
    more = np.concatenate([reference.features, reference.features[:7] + 5])
    scores = score(more, _pixels(np.ones(67)), reference, seed=1, n_clusters=5, n_runs=2)
    assert scores["n"] == 60
    assert scores["fid"] == pytest.approx(0.0, abs=1e-9)
    marked = reference._replace(statistics=statistics(reference.features + 1))
    scores = score(more, _pixels(np.ones(67)), marked, seed=1, n_clusters=5, n_runs=2)
    assert scores["fid"] == pytest.approx(6.0, rel=1e-6)


@pytest.mark.parametrize("n", [60, 4])
def test_references_come_back_with_a_factor_of_their_covariance(tmp_path, n):
    features = np.random.default_rng(0).normal(size=(n, 6)).astype(np.float32)
    save_reference(tmp_path / "test.npz", features, np.arange(float(n)), "tf_legacy")
    reference = load_reference(tmp_path / "test.npz", "tf_legacy")
    np.testing.assert_array_equal(reference.features, features)
    np.testing.assert_array_equal(reference.sharpness, np.arange(float(n)))
    mean, covariance, factor = reference.statistics
    np.testing.assert_allclose(mean, features.mean(0, dtype=np.float64))
    np.testing.assert_allclose(covariance, np.cov(features.astype(np.float64), rowvar=False), rtol=1e-12)
    np.testing.assert_allclose(factor @ factor.T, covariance, atol=1e-12)


@pytest.mark.parametrize(("written", "read"), [("tf_legacy", "pytorch_fid"), ("tf_legacy", None), (None, "tf_legacy")])
def test_references_of_images_resized_in_another_way_are_refused(tmp_path, written, read):
    save_reference(tmp_path / "test.npz", np.eye(3), np.zeros(3), written)
    with pytest.raises(GeovaeError, match=f"resized by {written or 'nothing'}, the generated ones by {read or 'not'}"):
        load_reference(tmp_path / "test.npz", read)


def test_features_of_another_backbone_and_too_few_distances_are_refused(sets):
    generated, reference = sets
    with pytest.raises(GeovaeError, match="5 features, the reference 6"):
        score(np.ones((9, 5)), _pixels(np.ones(9)), reference, seed=1, n_clusters=5, n_runs=1)
    with pytest.raises(GeovaeError, match=r"novelty \(pixels\): 40 images are scored, but the distances of only 40"):
        score(generated, _pixels(np.ones(40), UNSEEN[:39]), reference, seed=1, n_clusters=5, n_runs=1)
