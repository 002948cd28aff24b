"""One whole build through Snakemake: what it writes, what it reruns, and that it repeats itself."""

import csv
import shutil

import numpy as np
import pytest

from geovae import experiments
from geovae.evaluation.record import TIMING_COLUMNS
from snakemake_runs import copy_project, output, run_command, run_snakemake


def read_scores(folder):
    with (folder / "results/scores.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def without_timing(folder):
    return [{name: value for name, value in row.items() if name not in TIMING_COLUMNS} for row in read_scores(folder)]


def score(folder, sampler, model="vae", split="test", variant="base"):
    found = [
        row
        for row in read_scores(folder)
        if (row["sampler"], row["model"], row["split"], row["variant"]) == (sampler, model, split, variant)
    ]
    assert len(found) == 1, f"{len(found)} records of {model} {sampler} {variant}"
    return found[0]


def test_every_artefact_is_there_in_every_format(smoke):
    tables = smoke / "results/tables"
    assert r"\toprule" in (tables / "table1.tex").read_text()
    assert "<table" in (tables / "table1.html").read_text()
    assert "| VAE - Ours" in (tables / "table1.md").read_text()
    assert len((tables / "table1.csv").read_text().splitlines()) > 30
    for figure in ("figure1", "figure2", "figure3", "figure5"):
        assert (smoke / f"results/figures/{figure}.png").read_bytes().startswith(b"\x89PNG")
        assert (smoke / f"results/figures/{figure}.pdf").read_bytes().startswith(b"%PDF")


def test_there_is_a_record_of_every_generation_and_split(smoke):
    rows = read_scores(smoke)
    keys = {(row["model"], row["sampler"], row["variant"], row["split"]) for row in rows}
    assert len(rows) == len(keys) == 2 * 15
    assert {row["sampler"] for row in rows} == set(experiments.SAMPLERS) - {"two_stage"}  # Table 7
    assert {row["threads"] for row in rows} == {"1"}
    assert all(0 <= float(row["prd_f8"]) <= 1 and float(row["fid"]) >= 0 for row in rows)


def test_the_controls_order_as_they_must(smoke):
    real, reconstruction, noise = (float(score(smoke, name)["fid"]) for name in ("real", "reconstruction", "noise"))
    assert real < reconstruction < noise
    assert float(score(smoke, "real")["novelty"]) == 0
    assert float(score(smoke, "noise")["novelty"]) > 1


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
    result = run_snakemake(other, "results/scores.csv", cores=1)
    assert result.returncode == 0, output(result)
    assert without_timing(other) == without_timing(smoke)
    for path in (smoke / "results/runs/digits").rglob("*"):
        if path.suffix in (".npy", ".safetensors") or path.name in ("latents.npz", "metric.npz"):
            assert (other / path.relative_to(smoke)).read_bytes() == path.read_bytes(), path


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


def test_touching_code_reruns_nothing(smoke_copy, planned):
    for path in (smoke_copy / "workflow_scripts").rglob("*.py"):
        path.touch()
    assert planned(smoke_copy) == {}


def test_editing_a_model_retrains_it_and_nothing_else(smoke_copy, planned):
    with (smoke_copy / "workflow_scripts/geovae/models/ae.py").open("a") as file:
        file.write("\n# a comment\n")
    trained = planned(smoke_copy)["train_model"]
    assert len(trained) == 1
    assert "/ae/base/seed0/" in trained[0]


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


def test_the_report_holds_every_artefact_with_its_caption(smoke_copy):
    result = run_snakemake(smoke_copy, "--report", "report.html")
    assert result.returncode == 0, output(result)
    report = (smoke_copy / "report.html").read_text()
    captions = ("controls that no method", "The ends were chosen for contrast", "the first 100 samples")
    for text in ("figure1.png", "figure5.png", "table1.html", "Nearest training images and reconstructions", *captions):
        assert text in report, text
