"""The workflow as a part of others, from other folders and without its repository: what it reads lies beside it."""

import shutil
from pathlib import Path

import pytest
import yaml

from helpers.dry_runs import jobs_of
from helpers.snakemake_runs import copy_project, output, run_command

SPLIT = "results/data/digits/train/card.json"
SUBSET = "results/data/digits/subsets/full/train.npy"
MODULE = """
configfile: "importer.yaml"


module geovae:
    snakefile:
        "{project}/Snakefile"
    config:
        config["geovae"]
    prefix:
        "vae"


use rule * from geovae as geovae_*


rule all:
    default_target: True
    input:
        "vae/{target}",
    output:
        "done",
    shell:
        "touch {{output}}"
"""


def importer(folder: Path, project: Path, target: str, config: dict) -> Path:
    """A workflow of somebody else's that takes a file of this one."""
    folder.mkdir()
    (folder / "Snakefile").write_text(MODULE.format(project=project, target=target))
    (folder / "importer.yaml").write_text(yaml.safe_dump({"own": 1, "geovae": config}))
    return folder


def commands(text: str) -> list[tuple[str, ...]]:
    return [job.arguments for job in jobs_of(text) if job.arguments]


def test_a_module_is_built_below_its_prefix(project, tmp_path):
    config = {"base": "default", "datasets": {"digits": {"options": {"image_size": 64}}}}
    folder = importer(tmp_path / "importer", project, SUBSET, config)
    result = run_command(folder, "snakemake", "--cores", "2")
    assert result.returncode == 0, output(result)
    assert (folder / "vae" / SUBSET).is_file()
    assert yaml.safe_load((folder / "vae" / SPLIT).read_text())["shape"][-2:] == [64, 64]
    assert not (folder / "results").exists()
    again = run_command(folder, "snakemake", "--cores", "2")
    assert "Nothing to be done" in output(again)


def test_a_module_has_the_default_beneath_the_importers_config_and_the_names_of_its_importer(project, tmp_path):
    table = "results/tables/table1.csv"
    folder = importer(tmp_path / "importer", project, table, {"base": "default", "evaluation": {"n_samples": 123}})
    result = run_command(folder, "snakemake", "--dry-run", "--printshellcmds")
    assert result.returncode == 0, output(result)
    jobs = jobs_of(result.stdout)
    assert {job.rule for job in jobs if job.rule != "all"} == {
        f"geovae_{name}"
        for name in (
            *("prepare_dataset", "draw_subset", "train_backbone", "extract_reference", "measure_unseen"),
            *("extract_training_features", "train_model", "embed_latents", "build_metric", "draw_samples"),
            *("score_samples", "collect_scores", "render_table"),
        )
    }
    drawn = next(job for job in jobs if job.rule == "geovae_draw_samples").arguments
    assert drawn[drawn.index("--n") + 1] == "123"
    assert drawn[0] == str(project / "workflow_scripts/draw_samples.py")
    assert all(path.startswith("vae/results/") for job in jobs if job.rule != "all" for path in job.outputs)
    trained = next(job for job in jobs if job.rule == "geovae_train_model" and "digits" in str(job.outputs))
    assert '"epochs": 12' in str(trained.arguments)  # of config.yaml; the paper's are 100


def test_the_config_of_a_module_says_what_it_is_laid_over(project, tmp_path):
    folder = importer(tmp_path / "importer", project, SPLIT, {"evaluation": {"n_samples": 77}})
    result = run_command(folder, "snakemake", "--dry-run")
    assert result.returncode == 1
    assert "base: no such key in `config` of the module. Say what the file is laid over" in result.stderr


@pytest.mark.parametrize("option", ["--snakefile", "--directory"])
def test_another_folder_is_built_in(project, tmp_path, option):
    """With the working directory elsewhere, and with Snakemake told to go there."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    options = ("--snakefile", str(project / "Snakefile"))
    start = folder if option == "--snakefile" else tmp_path
    options += ("--directory", str(folder)) if option == "--directory" else ()
    config = str(project / "configs/smoke.yaml")
    words = ("snakemake", "--cores", "2", *options, SUBSET, "--configfile", config)
    result = run_command(start, *words)
    assert result.returncode == 0, output(result)
    assert (folder / SUBSET).is_file()
    assert not (project / ".snakemake").exists()


def test_what_was_built_in_the_project_is_not_built_again_from_elsewhere(project, tmp_path):
    words = ("snakemake", "--cores", "2", SUBSET, "--configfile")
    result = run_command(project, *words, "configs/smoke.yaml")
    assert result.returncode == 0, output(result)
    options = ("--snakefile", str(project / "Snakefile"), "--directory", str(project))
    again = run_command(tmp_path, *words[:3], *options, *words[3:], str(project / "configs/smoke.yaml"))
    assert "Nothing to be done" in output(again)


def test_a_copy_is_planned_from_elsewhere_without_a_repository(tmp_path):
    """A copy without git, which is what an archive of the sources is."""
    project = copy_project(tmp_path / "unpacked")
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    here = run_command(project, "snakemake", "--dry-run", "--printshellcmds", "table1")
    there = run_command(folder, "snakemake", "--snakefile", str(project / "Snakefile"), "--dry-run", "-p", "table1")
    assert (here.returncode, there.returncode) == (0, 0), output(there)
    place = str(project / "workflow_scripts")
    assert commands(there.stdout)
    found = [(script.replace(place, "workflow_scripts"), *rest) for script, *rest in commands(there.stdout)]
    assert sorted(found) == sorted(commands(here.stdout))


def test_a_config_file_that_is_damaged_is_named_from_elsewhere(project, tmp_path):
    (project / "config.yaml").write_text("a: [")
    result = run_command(tmp_path, "snakemake", "--snakefile", str(project / "Snakefile"), "--dry-run")
    assert result.returncode == 1
    assert f"{project}/config.yaml, line 1: this is no YAML" in result.stderr
    shutil.copy2(project / "configs/smoke.yaml", tmp_path / "mine.yaml")
    (project / "config.yaml").unlink()
    result = run_command(tmp_path, "snakemake", "-s", str(project / "Snakefile"), "-n", "--configfile", "mine.yaml")
    assert f"{project}/config.yaml: No such file or directory" in result.stderr
