"""The six examples of docs/extending.md, made in a copy of the project and built by one start of Snakemake."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from scipy.spatial.distance import cdist
from snakemake.utils import update_config

from helpers.extensions import examples
from helpers.file_server import file_server
from helpers.snakemake_runs import build_once, copy_project, output, run_command
from reproduction.rendering.style import VERMILION

EXAMPLES = examples()
RUNS = "results/runs/digits/full/conv"
VAE = f"{RUNS}/vae/base/seed0"
# Laid over configs/smoke.yaml, so that all six take a minute.
SMALL = {
    "datasets": {"digits": {"training": {"epochs": 1}, "models": {"l1vae": {"beta": 0.25}}}},
    "evaluation": {"n_samples": 100, "prd": {"n_runs": 1}},
    "artefacts": {"table1": {"models": ["vae"], "variants": []}},
}


def stripes() -> np.ndarray:
    """What the file of the data set of the page holds: 300 images of 32×32."""
    ramps = np.arange(32) + np.arange(300)[:, None]
    bands = (ramps // (1 + np.arange(300)[:, None] // 2 % 8) % 2 * 255).astype(np.uint8)
    images = np.repeat(bands[:, :, None], 32, axis=2)
    images[1::2] = images[1::2].transpose(0, 2, 1)
    return images


@pytest.fixture(scope="module")
def extended(tmp_path_factory) -> Path:
    """A copy of the project with all six examples, built."""

    def build(folder: Path) -> None:
        copy_project(folder)
        with file_server() as server:
            server.add("stripes/stripes.bin", stripes().tobytes())
            config = {**SMALL, "mirror": server.url}
            for example in EXAMPLES.values():
                for edit in example.edits:
                    edit.apply(folder)
                update_config(config, example.config)
            (folder / "own.yaml").write_text(yaml.safe_dump(config))
            targets = dict.fromkeys(target for example in EXAMPLES.values() for target in example.targets)
            files = ("--configfile", "configs/smoke.yaml", "own.yaml")
            result = run_command(folder, "snakemake", "--cores", "2", *targets, *files)
        assert result.returncode == 0, output(result)

    return build_once(tmp_path_factory, "extended", build)


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def score(project: Path, sampler: str, variant: str = "base") -> dict:
    return json.loads((project / f"{VAE}/generations/{sampler}/{variant}/pca/score_test.json").read_text())


def test_the_model_is_trained_on_its_own_loss_with_the_configs_options(extended):
    (epoch,) = rows(extended / f"{RUNS}/l1vae/base/seed0/history.csv")
    loss, error, kl = (float(epoch[f"train_{name}"]) for name in ("loss", "reconstruction", "kl"))
    assert 0 < error < 32 * 32  # an absolute error of 32 × 32 pixels in [0, 1]
    assert kl > 0
    assert loss == pytest.approx(error + 0.25 * kl, rel=1e-5)
    description = json.loads((extended / f"{RUNS}/l1vae/base/seed0/model.json").read_text())
    assert (description["model"], description["settings"]) == ("l1vae", {"beta": 0.25})


def test_the_images_of_the_data_set_are_those_of_its_file(extended):
    images = stripes()
    for split, part in {"train": slice(200), "validation": slice(200, 250), "test": slice(250, 300)}.items():
        found = np.load(extended / f"results/data/stripes/{split}/images.npy")
        assert np.array_equal(found, images[part, None])
        assert np.array_equal(np.load(extended / f"results/data/stripes/{split}/labels.npy"), np.arange(300)[part] % 2)
    (entry,) = json.loads((extended / "results/downloads/stripes.json").read_text())["files"].values()
    assert entry["checksum"] == f"md5:{hashlib.md5(images.tobytes()).hexdigest()}"
    assert entry["origin"].startswith("http://127.0.0.1")


def test_the_sampler_has_a_row_in_table_1(extended):
    (row,) = [
        row for row in rows(extended / "results/tables/table1.csv") if row["row"] == "Blends" and row["metric"] == "fid"
    ]
    assert float(row["mean"]) == score(extended, "blend")["fid"]
    assert 0 < float(row["mean"]) < float("inf")
    latents = np.load(extended / f"{VAE}/generations/blend/base/latents.npy")
    means = np.load(extended / f"{VAE}/latents.npz")["mu"]
    # Halfway between two means: the point as far on the other side of one mean is another.
    for latent in latents[:5]:
        assert cdist(2 * latent[None] - means, means).min() == pytest.approx(0, abs=1e-5)


def test_the_backbone_is_behind_the_scores(extended):
    features = np.load(extended / "results/references/digits/pca/full/train.npy")
    assert features.shape == (1000, 32)
    images = np.load(extended / "results/data/digits/train/images.npy").reshape(1000, -1) / 255
    spectrum = np.linalg.eigvalsh(np.cov(images.T))[-32:]
    np.testing.assert_allclose(np.cov(features.T), np.diag(spectrum), atol=1e-3)
    found = score(extended, "manifold")
    assert (found["backbone"], found["backbone_accuracy"]) == ("pca", None)
    assert "features of the backbone pca" in (extended / "results/tables/table1.md").read_text()
    assert not (extended / "results/backbones/digits/classifier").exists()


def test_the_table_holds_the_numbers_of_its_scores(extended):
    found = {row["sampler"]: row for row in rows(extended / "results/scores/table_cost.csv") if row["split"] == "test"}
    assert found.keys() == {"prior", "gmm", "manifold"}
    for suffix in ("md", "html", "tex"):
        text = (extended / f"results/tables/table_cost.{suffix}").read_text()
        for row in found.values():
            assert f"{float(row['fid']):.2f}" in text
            assert f"{float(row['seconds_sampling']):.2f}" in text
    tidy = {row["sampler"]: row for row in rows(extended / "results/tables/table_cost.csv")}
    assert float(tidy["VAE - Ours"]["fid"]) == score(extended, "manifold")["fid"]


def test_the_figure_is_drawn(extended):
    with Image.open(extended / "results/figures/figure_prd.png") as image:
        assert image.size == (1400, 560)
        colours = {colour for _, colour in image.convert("RGB").getcolors(1 << 20)}
    assert tuple(bytes.fromhex(VERMILION[1:])) in colours  # the point of the paper's method
    assert (extended / "results/figures/figure_prd.pdf").read_bytes().startswith(b"%PDF")
    methods = {row["sampler"] for row in rows(extended / "results/scores/figure_prd.csv")}
    assert methods == {"prior", "gmm", "manifold", "reconstruction", "resample", "jitter", "kde"}
