"""configs/evidence/smoke.yaml through Snakemake, its record, and the page that is rendered of the record alone."""

import shutil

import pytest

from geovae.core.storage import load_json, save_json
from helpers.snakemake_runs import copy_project, output, run_command
from reproduction.evidence.builds import BUILDS, Build, config_content
from reproduction.evidence.keep import keep
from reproduction.evidence.page import figures, page
from reproduction.evidence.record import read_record
from reproduction.rendering.style import save

SMOKE = Build("smoke", "Disks and rings")


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The folder of the build, and that of its record."""
    folder = copy_project(tmp_path_factory.mktemp("evidence") / "project")
    result = run_command(folder, "snakemake", "--cores", "2", "--configfile", SMOKE.config_file)
    assert result.returncode == 0, output(result)
    record = folder / "docs/evidence/smoke"
    keep(config_content(SMOKE.config_file), folder, record, "snakemake --cores 2")
    return folder, record


def test_the_record_alone_gives_the_tables_and_figures_of_the_build(kept, tmp_path):
    folder, kept_in = kept
    shutil.copytree(kept_in, tmp_path / "elsewhere")  # where nothing of the build is
    record = read_record(tmp_path / "elsewhere")
    text = page(SMOKE, {**dict.fromkeys(BUILDS), SMOKE: record})
    assert (folder / "results/tables/table1.md").read_text().strip() in text
    drawn = dict(figures(record))
    assert list(drawn) == ["figure_pullback", "figure_sharpness"]
    for name, drawing in drawn.items():
        save(drawing, tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").read_bytes() == (folder / f"results/figures/{name}.png").read_bytes()
    assert "![Figure 2](images/figure2.png)" in text
    assert "1 training, 3 are needed" in text


def test_the_record_says_what_the_build_took_and_names_no_place_of_it(kept):
    folder, kept_in = kept
    (about,) = read_record(kept_in).about["builds"]
    assert about["jobs"]["train_model"] == 1
    assert about["jobs"]["score_samples"] == 12
    assert 1 < about["processor_seconds"]["score_samples"] < 600
    for path in kept_in.rglob("*"):
        if path.suffix in (".json", ".csv"):
            assert str(folder) not in path.read_text()


def test_another_build_is_scored_on_the_features_of_this_one(kept, tmp_path):
    folder, _ = kept
    another, name = copy_project(tmp_path / "another"), "results/backbones/shapes/classifier"
    taken = f"datasets={{shapes: {{classifier: {folder / name}/model.json}}}}"
    arguments = ("--cores", "2", "--configfile", SMOKE.config_file, "--config", taken, "--", f"{name}/model.json")
    result = run_command(another, "snakemake", *arguments)
    assert result.returncode == 0, output(result)
    assert (another / name / "model.safetensors").read_bytes() == (folder / name / "model.safetensors").read_bytes()
    assert load_json(another / name / "model.json") == load_json(folder / name / "model.json")
    assert "accuracy" not in (another / "results/logs/train_backbone/shapes/classifier.log").read_text()  # none trained


def test_a_taken_classifier_is_an_input_whose_content_counts(kept, tmp_path):
    folder, _ = kept
    another, name = copy_project(tmp_path / "another"), "results/backbones/shapes/classifier"
    shutil.copytree(folder / name, tmp_path / "taken")
    taken = f"datasets={{shapes: {{classifier: {tmp_path}/taken/model.json}}}}"
    given = ("--configfile", SMOKE.config_file, "--config", taken, "--", f"{name}/model.json")

    def start(*arguments: str) -> tuple[int, str]:
        result = run_command(another, "snakemake", "--cores", "2", *arguments, *given)
        return result.returncode, output(result)

    assert start()[0] == 0
    for file in ("model.json", "model.safetensors"):
        (tmp_path / "taken" / file).touch()
    assert "Nothing to be done" in start("--dry-run")[1]
    description = load_json(tmp_path / "taken/model.json")
    save_json(tmp_path / "taken/model.json", description | {"test_accuracy": 0.5}, beside=["model.safetensors"])
    status, text = start()
    assert status == 0, text
    assert load_json(another / name / "model.json")["test_accuracy"] == 0.5
    (tmp_path / "taken/model.safetensors").unlink()
    status, text = start("--dry-run", "--forcerun", "train_backbone")
    assert status == 1
    assert "Missing input files for rule train_backbone" in text
    assert f"{tmp_path}/taken/model.safetensors" in text


def test_images_without_labels_are_scored_on_features_that_need_none(project):
    folder = "datasets={folder: {options: {path: images}}}"
    arguments = ("--cores", "1", "--dry-run", "--config", folder, "--configfile", "configs/evidence/celeba.yaml")
    result = run_command(project, "snakemake", *arguments)
    assert result.returncode == 0, output(result)
    counts = {line.split()[0]: line.split()[1] for line in output(result).splitlines() if len(line.split()) == 2}
    assert counts["fetch_efficientnet"] == "1"
    assert counts["total"] == "351"
    assert "train_backbone" not in counts
