"""Mistakes and damage, through Snakemake: a short clear error, a non-zero exit, and nothing finished lost."""

import re
import subprocess

import pytest

from helpers.snakemake_runs import output, run_command, run_snakemake

RUN = "results/runs/digits/full/conv/vae/base/seed0"


def change(folder, old, new, name="configs/smoke.yaml"):
    path = folder / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  digits:\n    width", "  digts:\n    width", "config: datasets.digts: unknown key; did you mean 'digits'?"),
        ("epochs: 2", "epochs: '2'", "config: datasets.digits.training.epochs = '2': a whole number is expected"),
        ("k: 20", "k: 5000", "config: datasets.digits.metric.k = 5000: subset"),
        ("variants: [k10]", "subset: n5000", "artefacts.table1.subset = 'n5000': digits has 1000 training images"),
    ],
)
def test_a_mistake_in_the_config_stops_before_any_job(project, old, new, sentence):
    change(project, old, new)
    result = run_snakemake(project)
    assert result.returncode != 0
    assert sentence in result.stderr
    assert "Traceback" not in output(result)
    assert not any((project / "results").iterdir())


def test_text_from_the_command_line_is_no_number(project):
    result = run_command(project, "snakemake", "-n", "--config", "datasets={digits: {latent_dim: 9}}")
    assert result.returncode != 0
    assert "config: datasets.digits.latent_dim = '9': a whole number is expected, this is text" in result.stderr


def test_a_read_only_results_folder_is_said(project):
    lock = f"mount --bind {project}/results {project}/results && mount -o remount,bind,ro {project}/results"
    if subprocess.run(["unshare", "--mount", "bash", "-c", lock], capture_output=True).returncode != 0:
        pytest.skip("mounting a folder read-only needs the rights of root")
    command = f"{lock} && snakemake --cores 1 figure5"
    result = run_command(project, "unshare", "--mount", "bash", "-c", command)
    assert result.returncode != 0
    assert "results: the folder cannot be written" in result.stderr
    assert "Traceback" not in output(result)


def test_training_that_diverges_names_the_batch_and_the_term(project):
    change(project, "epochs: 2", "epochs: 2\n      lr: 1.0e+3")
    result = run_snakemake(project, f"{RUN}/model.json")
    assert result.returncode != 0
    assert "error: digits/full/conv/vae/base/seed0: epoch 1, training, batch" in output(result)
    assert "Lower `lr`" in output(result)
    assert not (project / RUN / "model.safetensors").exists()
    assert (project / "results/data/digits/train/card.json").exists()


@pytest.mark.parametrize(
    ("name", "target", "forced"),
    [
        ("latents.npz", "metric/k11/metric.npz", "build_metric"),
        ("model.safetensors", "generations/prior/base/samples.npy", "draw_samples"),
        ("generations/prior/base/samples.npy", "generations/prior/base/classifier/score_test.json", "score_samples"),
    ],
)
def test_a_truncated_file_is_named_and_the_rest_is_kept(smoke_copy, name, target, forced):
    broken = smoke_copy / RUN / name
    broken.write_bytes(broken.read_bytes()[:100])
    others = {path: path.stat().st_mtime_ns for path in (smoke_copy / "results/runs").rglob("*.safetensors")}
    result = run_snakemake(smoke_copy, f"{RUN}/{target}", "--forcerun", forced, "--rerun-triggers", "params")
    assert result.returncode != 0
    assert f"error: {RUN}/{name}: not a readable {broken.suffix} file" in output(result)
    record = {".safetensors": " and model.json,", ".npy": " and diagnostics.json,"}.get(broken.suffix, "")
    assert f"Delete it{record} and run the workflow again." in output(result)
    assert "Traceback" not in (smoke_copy / "results/logs").joinpath(_log_of(smoke_copy, forced)).read_text()
    assert {path: path.stat().st_mtime_ns for path in others} == others


def _log_of(folder, rule):
    """The newest log of a rule, relative to results/logs."""
    logs = folder / "results/logs"
    return max((logs / rule).rglob("*.log"), key=lambda path: path.stat().st_mtime_ns).relative_to(logs)


def test_a_config_file_that_does_not_say_what_it_is_laid_over_is_refused(project):
    (project / "mine.yaml").write_text("seeds: [1]\n")
    result = run_command(project, "snakemake", "-n", "--configfile", "mine.yaml")
    assert result.returncode != 0
    said = output(result).strip().splitlines()[-1]
    assert re.fullmatch(r"base: no such key in \S*mine\.yaml\. Say what .*`base: paper`.*", said)


def test_an_artefact_that_is_switched_off_cannot_be_asked_for(project):
    (project / "off.yaml").write_text("{base: default, artefacts: {figure5: null}}\n")
    result = run_command(project, "snakemake", "-n", "figure5", "--configfile", "off.yaml")
    assert result.returncode != 0
    assert "config: artefacts.figure5 is left out; give it a section (claims: true) to build it." in output(result)
