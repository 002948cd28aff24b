"""What the rules put into commands."""

import shlex
from pathlib import Path
from types import SimpleNamespace

import pytest

from geovae.core.errors import GeovaeError
from helpers.configs import BASE, overlay, read
from reproduction.config.config import load_config
from reproduction.plan import commands

CONFIG = load_config(read("config.yaml"))
WITHOUT_TABLE2 = load_config(overlay(read("config.yaml"), {"artefacts": {"table2": None, "figure10": None}}))


def job(**wildcards: str) -> SimpleNamespace:
    return SimpleNamespace(**wildcards)


def test_inputs_become_options_of_their_names():
    given = {"latents_validation": "a.npz", "metric": "b c.npz", "model": "c"}
    assert commands.flags(given, "latents", "latents_validation", "metric") == (
        "--latents-validation a.npz --metric 'b c.npz'"
    )


def test_a_training_keeps_its_state_where_the_config_says_or_in_the_store_of_the_build():
    store = SimpleNamespace(address="s3://builds/first")
    given = load_config(overlay(BASE, {"resume_dir": "/volume/a b"}))
    assert commands.resume(CONFIG, None) == ""
    assert commands.resume(CONFIG, store) == " --resume-dir s3://builds/first/resume"
    assert commands.resume(given, None) == commands.resume(given, store) == " --resume-dir '/volume/a b'"


def test_a_sampler_gets_its_files_and_how_long_its_metric_took():
    names = ("latents", "metric", "subset")
    given = {"latents": "l.npz", "metric": "k10/metric.npz", "metric_seconds": "k10/seconds.json", "model": "c"}
    assert commands.sampler_files(given, *names) == (
        "--latents l.npz --metric k10/metric.npz --metric-seconds k10/seconds.json"
    )
    real = {"train": "data/train/card.json", "subset": "t.npy", "metric_seconds": []}
    assert commands.sampler_files(real, *names) == "--subset t.npy --data data/train/card.json"
    assert commands.sampler_files({"metric_seconds": []}, *names) == ""


def test_files_under_names_of_their_own_are_quoted_for_the_shell():
    text = commands.named("--compare", ["N(0, 1)", "$(rm)"], ["a b.npy", "c.npy"])
    assert shlex.split(text) == ["--compare", "N(0, 1)=a b.npy", "--compare", "$(rm)=c.npy"]
    assert commands.named("", ["a", "b"], ["x", "y"]) == "a=x b=y"
    given = {"scores": "s.csv", "pullback": "p.json"}
    assert commands.named_inputs(given) == "--input scores=s.csv --input pullback=p.json"
    assert commands.named_inputs(given, "--record", but=["scores"]) == "--record pullback=p.json"


def test_each_file_needs_a_name():
    with pytest.raises(ValueError, match="argument 2 is longer"):
        commands.named("--input", ["a"], ["x", "y"])


@pytest.mark.parametrize(
    ("found", "root"),
    [("results/a.json", "."), ("store/s3/bucket/results/a.json", "store/s3/bucket"), ("/w/results/a.json", "/w")],
)
def test_records_are_looked_for_where_snakemake_has_them(found, root):
    assert commands.root([found], ["results/a.json"]) == root
    assert commands.root([], []) == "."


def test_images_are_resized_where_the_backbone_knows_several_ways():
    assert commands.resize(CONFIG, job(backbone="classifier")) == ""
    assert commands.resize(CONFIG, job(backbone="inception")) == f"--resize {CONFIG.evaluation.resize}"


def test_neighbours_are_looked_up_for_as_many_images_as_are_shown():
    assert commands.n_neighbours(CONFIG) == CONFIG.artefacts.figure3.n_examples


def test_a_classifier_gets_the_generated_images_of_each_class():
    generated = job(dataset="phantoms", source="vae-manifold")
    assert commands.class_samples(CONFIG, generated, ["a.npy", "b.npy"]) == (
        "--samples AD=a.npy --samples CN=b.npy --n-per-class 200"
    )
    assert commands.class_samples(CONFIG, job(dataset="phantoms", source="raw"), []) == ""


def test_a_build_is_planned_for_a_named_machine_or_for_what_it_computes_on():
    def told(**keys):
        return shlex.split(commands.machine(load_config(overlay(BASE, keys)), Path("a project"), 3))

    assert told() == ["--machine", "a project/configs/machines/cores.yaml", "--count", "3"]
    assert told(device="cuda") == ["--machine", "a project/configs/machines/a100.yaml"]
    assert told(device="cuda", machine="my own.yaml") == ["--machine", "my own.yaml"]


def test_raw_files_and_their_mirror_become_options_where_there_are_any():
    config = load_config(overlay(BASE, {"data_dir": "raw files", "mirror": "http://there/a'b"}))
    assert shlex.split(commands.raw(config, "mnist", ["a b.json"])) == [
        *("--data-dir", "raw files", "--downloads", "a b.json", "--mirror", "http://there/a'b")
    ]
    assert commands.raw(load_config(BASE), "mnist", ["a.json"]) == "--data-dir data --downloads a.json"
    assert commands.raw(config, "digits", []) == ""
    assert shlex.split(commands.mirror(config)) == ["--mirror", "http://there/a'b"]
    assert commands.mirror(load_config(BASE)) == ""


def test_the_password_of_a_mirror_goes_by_the_environment_and_is_in_no_command():
    config = load_config(overlay(BASE, {"mirror": "https://bob:SE%40CRET@there:8080/a"}))
    assert commands.mirror(config) == "--mirror https://there:8080/a"
    assert commands.mirror_login(config) == {"GEOVAE_MIRROR_LOGIN": "bob:SE%40CRET"}
    assert commands.mirror_login(load_config(overlay(BASE, {"mirror": "https://there"}))) == {}
    assert commands.mirror_login(load_config(BASE)) == {}


def test_the_source_of_a_classifier_says_what_it_is_trained_on():
    assert [commands.training_set(name) for name in ("raw", "resampled", "vae-manifold")] == [
        "raw",
        "resampled",
        "generated",
    ]


def test_an_artefact_has_a_title_and_files():
    titles = {"table2": "Table 2", "figure12": "Figure 12", "figure_controls": "Controls"}
    titles |= {"table_of_costs": "Of costs", "figure10": "Figure 10", "figure_rho": "Choice of ρ"}
    titles |= {"figure_pullback": "Pull-back metric"}
    assert {name: commands.artefact_title(name) for name in titles} == titles
    assert commands.artefact_targets(CONFIG, "figure1") == [
        "results/figures/figure1.png",
        "results/figures/figure1.pdf",
    ]
    with pytest.raises(GeovaeError, match=r"artefacts\.table2 is left out"):
        commands.artefact_targets(WITHOUT_TABLE2, "table2")


@pytest.mark.parametrize(
    ("run", "option"),
    [
        ("digits/full/conv/wae/t03/seed0", "--keep-diverged"),
        ("digits/full/conv/wae/base/seed0", ""),
        ("digits/full/conv/vae/t01/seed0", ""),  # β of the figure of controls, not a search
    ],
)
def test_only_a_search_goes_on_with_a_training_that_diverged(run, option):
    assert commands.keep_diverged(job(run=run)) == option
