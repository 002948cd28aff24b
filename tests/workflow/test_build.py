"""One whole build through Snakemake: what it writes, what it reruns, and that it repeats itself."""

import csv
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml
from snakemake.utils import update_config

from geovae.evaluation.record import KEY_COLUMNS, TIMING_COLUMNS
from helpers.snakemake_runs import copy_project, output, run_command, run_snakemake
from reproduction.config.config import load_config
from reproduction.plan.cells import SCORED, scored_generations
from reproduction.plan.keys import SAMPLERS


def read_scores(folder):
    with (folder / "results/scores.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def score(folder, sampler, model="vae", split="test", variant="base"):
    wanted = {"sampler": sampler, "model": model, "split": split, "variant": variant}
    wanted |= {"dataset": "digits", "subset": "full", "net": "conv", "trial": "base"}
    found = [row for row in read_scores(folder) if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1, f"{len(found)} records of {model} {sampler} {variant}"
    return found[0]


def test_the_table_of_an_artefact_has_the_rows_of_the_whole_one(smoke):
    def rows(path: Path) -> list[str]:
        """Without the seals at their ends, which say as which row of which table they stand."""
        return [line.rpartition(",")[0] for line in path.read_text().splitlines()]

    whole = rows(smoke / "results/scores.csv")
    parts = {path.stem: rows(path) for path in (smoke / "results/scores").iterdir()}
    assert parts.keys() == set(SCORED) - {"figure13"}
    assert all(part[0] == whole[0] and set(part) < set(whole) for part in parts.values())
    others = set(whole).difference(*parts.values())
    # Figure 13 shows them, for both starts of the chains and in both splits, and prints no score.
    assert len(others) == 2 * 2
    assert all(re.search("manifold,k2(_startcentroids)?,", row) for row in others)


def test_every_artefact_is_there_in_every_format(smoke):
    for number in range(1, 8):
        table = smoke / f"results/tables/table{number}"
        assert r"\toprule" in table.with_suffix(".tex").read_text()
        assert "<table" in table.with_suffix(".html").read_text()
        assert "|" in table.with_suffix(".md").read_text()
        assert len(table.with_suffix(".csv").read_text().splitlines()) > 3
    assert "| VAE - Ours" in (smoke / "results/tables/table1.md").read_text()
    own = ("figure_controls", "figure_rho", "figure_pullback", "figure_interpolation", "figure_sharpness")
    for figure in (*(f"figure{number}" for number in range(1, 15)), *own):
        assert (smoke / f"results/figures/{figure}.png").read_bytes().startswith(b"\x89PNG")
        assert (smoke / f"results/figures/{figure}.pdf").read_bytes().startswith(b"%PDF")
    claims = (smoke / "results/claims.md").read_text()
    assert "stand-in" in claims
    assert "not decided by this run" in claims
    assert "<html" in (smoke / "results/claims.html").read_text()


def test_there_is_a_record_of_every_generation_and_split(smoke):
    rows = read_scores(smoke)
    keys = {tuple(row[name] for name in (*KEY_COLUMNS, "split")) for row in rows}
    assert len(rows) == len(keys) == 2 * 56
    assert {row["sampler"] for row in rows} == set(SAMPLERS)
    assert {row["threads"] for row in rows} == {"1"}
    assert all(0 <= float(row["prd_f8"]) <= 1 and float(row["fid"]) >= 0 for row in rows)
    assert all(float(row["fid_std_error"]) > 0 for row in rows)


def test_the_controls_order_as_they_must(smoke):
    real, reconstruction, noise = (float(score(smoke, name)["fid"]) for name in ("real", "reconstruction", "noise"))
    assert real < reconstruction < noise


def test_the_classifiers_of_table_2_ran_on_real_and_on_generated_images(smoke):
    with (smoke / "results/classification.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["source"] for row in rows} >= {"raw", "resampled", "vae/manifold", "vae/prior", "vae/jitter"}
    assert {int(row["n_train"]) for row in rows if row["source"] == "vae/manifold"} == {60}
    assert all(0 <= float(row["balanced_accuracy"]) <= 1 for row in rows)


def test_novelty_tells_copies_from_other_images(smoke):
    real, noise = score(smoke, "real"), score(smoke, "noise")
    assert float(real["novelty"]) == float(real["novelty_features"]) == 0
    assert real["novelty_latent"] == ""
    assert float(noise["novelty"]) > 1
    means = score(smoke, "resample")
    assert float(means["novelty_latent"]) == pytest.approx(0, abs=1e-6)
    assert float(score(smoke, "jitter", variant="sigma0.5")["novelty_latent"]) > float(means["novelty_latent"])


def test_samples_have_the_shape_and_number_asked_for(smoke):
    folder = smoke / "results/runs/digits/full/conv/vae/base/seed0/generations/manifold/base"
    samples, latents = np.load(folder / "samples.npy"), np.load(folder / "latents.npy")
    assert (samples.shape, samples.dtype) == ((120, 1, 32, 32), np.uint8)
    assert latents.shape == (120, 16)
    assert samples.std() > 10


def test_a_second_build_has_nothing_to_do(smoke_copy):
    result = run_snakemake(smoke_copy)
    assert result.returncode == 0
    assert "Nothing to be done" in output(result)


def test_another_clone_on_another_number_of_cores_gives_the_same_bytes(smoke, tmp_path):
    other = copy_project(tmp_path / "other")
    run = "results/runs/digits/full/conv/vae/base/seed0/generations"
    records = [f"{run}/{name}/classifier/score_test.json" for name in ("manifold/base", "gmm/base", "jitter/base")]
    result = run_snakemake(other, *records, cores=1)
    assert result.returncode == 0, output(result)
    for path in records:
        first, second = (json.loads((folder / path).read_text()) for folder in (smoke, other))
        for name in first.keys() - {*TIMING_COLUMNS, "seal"}:
            assert first[name] == second[name], f"{path}: {name}"
    compared = 0
    for path in (other / "results/runs/digits").rglob("*"):
        if path.suffix in (".npy", ".safetensors") or path.name in ("latents.npz", "metric.npz"):
            assert (smoke / path.relative_to(other)).read_bytes() == path.read_bytes(), path
            compared += 1
    assert compared >= 9


def test_no_job_takes_more_processor_time_than_its_thread_has(smoke):
    for path in (smoke / "results/benchmarks/train_model").rglob("*.tsv"):
        (row,) = csv.DictReader(path.open(), delimiter="\t")
        seconds, processor = float(row["s"]), float(row["cpu_time"])
        assert processor <= 1.3 * seconds + 1, f"{path}: {processor} s of processor in {seconds} s"


def test_a_command_that_was_printed_can_be_run_by_hand(smoke_copy):
    target = "results/runs/digits/full/conv/vae/base/seed0/latents.npz"
    folder = (smoke_copy / target).parent
    lines = output(run_snakemake(smoke_copy, "--dry-run", "--force", target)).splitlines()
    printed = next(line for line in lines if "python workflow_scripts/embed_latents.py" in line)
    command = printed[printed.index("python") :]
    before = (folder / "latents.npz").read_bytes()
    (folder / "latents.npz").unlink()
    by_hand = run_command(smoke_copy, "bash", "-c", command)
    assert by_hand.returncode == 0, output(by_hand)
    assert (folder / "latents.npz").read_bytes() == before


@pytest.mark.parametrize(
    ("old", "new", "rerun", "kept"),
    [
        ("k: 20\n    samplers", "k: 21\n    samplers", "build_metric", "train_model"),
        ("n_runs: 2", "n_runs: 3", "score_samples", "draw_samples"),
        ("columns: 6", "columns: 5", "render_figure", "draw_samples"),
    ],
)
def test_a_change_of_config_reruns_what_it_concerns(smoke_copy, planned, old, new, rerun, kept):
    config = smoke_copy / "configs/smoke.yaml"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new))
    jobs = planned(smoke_copy)
    assert rerun in jobs
    assert kept not in jobs


def test_a_named_target_builds_one_artefact(smoke_copy, planned):
    shutil.rmtree(smoke_copy / "results/tables")
    (smoke_copy / "results/figures/figure5.png").unlink()
    assert set(planned(smoke_copy, "figure5")) == {"figure5", "render_figure"}
    assert set(planned(smoke_copy, "table1")) == {"table1", "render_table"}


def test_one_figure_alone_needs_no_model_that_it_does_not_show(project, planned):
    jobs = planned(project, "figure14")
    (training,) = jobs["train_model"]
    assert "results/runs/digits/full/conv/vae/base/seed0/" in training
    content = yaml.safe_load((project / "config.yaml").read_text())
    update_config(content, yaml.safe_load((project / "configs/smoke.yaml").read_text()))
    config = load_config(content)
    generations = scored_generations(config, "figure14")
    assert len(generations) == len(jobs["draw_samples"]) == len(jobs["score_samples"]) == 9
    assert {g.variant for g in generations if g.sampler == "manifold"} == {"base", "k10_lam0.01", "k10_lam1"}
    assert jobs["collect_scores"] == ["results/scores/figure14.csv"]
    assert not jobs.keys() & {"render_table", "render_history", "train_classifier", "collect_all_scores"}


def test_the_report_holds_every_artefact_with_its_caption(smoke_copy):
    result = run_snakemake(smoke_copy, "--report", "report.html")
    assert result.returncode == 0, output(result)
    report = (smoke_copy / "report.html").read_text()
    captions = ("controls that no method", "The ends were chosen for contrast", "the first 100 samples")
    for text in (
        "figure1.png",
        "figure_controls.png",
        "claims.html",
        "provenance.html",
        "figure5.png",
        "table1.html",
        "Nearest training images and reconstructions",
        *captions,
        "what configs/smoke.yaml asks for, on digits, phantoms, shapes",  # on the first page
    ):
        assert text in report, text
