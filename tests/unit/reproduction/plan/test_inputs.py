"""What the rules ask for."""

import subprocess
import sys
from types import SimpleNamespace

import pytest

from geovae.core.errors import GeovaeError
from geovae.sampling import prior
from geovae.sampling.table import SAMPLERS
from helpers.configs import BASE, overlay, read
from helpers.paths import SCRIPTS
from reproduction.config.config import load_config
from reproduction.plan import inputs

RUN = "digits/n200/conv/vae/base/seed3"
FOLDER = f"results/runs/{RUN}"
SUBSET = "results/data/digits/subsets/n200"
CONFIG = load_config(read("config.yaml"))
WITHOUT_TABLE2 = load_config(overlay(read("config.yaml"), {"artefacts": {"table2": None, "figure10": None}}))


def job(**wildcards: str) -> SimpleNamespace:
    return SimpleNamespace(**{"run": RUN, "variant": "base", **wildcards})


READ = {
    "prior": {},
    "two_stage": {},
    "noise": {},
    "gmm": {"latents": f"{FOLDER}/latents.npz"},
    "kde": {"latents": f"{FOLDER}/latents.npz", "latents_validation": f"{FOLDER}/latents_validation.npz"},
    "manifold": {"latents": f"{FOLDER}/latents.npz", "metric": f"{FOLDER}/metric/base/metric.npz"},
    "manifold_released": {"latents": f"{FOLDER}/latents.npz", "metric": f"{FOLDER}/metric/base/metric.npz"},
    "real": {"subset": f"{SUBSET}/train.npy"},
    "jitter": {
        "latents": f"{FOLDER}/latents.npz",
        "matched": f"{FOLDER}/generations/manifold/base/diagnostics.json",
    },
    "reconstruction_test": {"latents_test": f"{FOLDER}/unseen_test.npz"},
    **{name: {"latents": f"{FOLDER}/latents.npz"} for name in ("reconstruction", "resample", "posterior")},
}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_reads_its_model_and_what_its_entry_names(sampler):
    expected = {"model": f"{FOLDER}/model.json"} | READ[sampler]
    assert inputs.sampler_inputs(CONFIG, job(sampler=sampler)) == expected


def test_a_metric_is_that_of_the_variant():
    found = inputs.sampler_inputs(CONFIG, job(sampler="manifold", variant="k1000_steps500"))
    assert found["metric"] == f"{FOLDER}/metric/k1000/metric.npz"


def test_noise_of_a_given_size_needs_no_displacement():
    assert "matched" not in inputs.sampler_inputs(CONFIG, job(sampler="jitter", variant="sigma0.5"))
    fixed = load_config(overlay(BASE, {"datasets": {"digits": {"samplers": {"jitter": {"scale": 0.5}}}}}))
    assert "matched" not in inputs.sampler_inputs(fixed, job(sampler="jitter"))


def test_inputs_become_options_of_their_names():
    given = {"latents_validation": "a.npz", "metric": "b.npz", "model": "c"}
    assert inputs.flags(given, "latents", "latents_validation", "metric") == (
        "--latents-validation a.npz --metric b.npz"
    )


def test_a_sampler_is_told_how_long_its_metric_took():
    given = {"latents": "l.npz", "metric": "run/metric/k10/metric.npz", "model": "c"}
    assert inputs.sampler_flags(given, "latents", "metric", "subset") == (
        "--latents l.npz --metric run/metric/k10/metric.npz --metric-seconds run/metric/k10/seconds.json"
    )
    assert (
        inputs.sampler_flags({"latents": "l.npz", "subset": "t.npy"}, "latents", "metric", "subset")
        == "--latents l.npz --subset t.npy"
    )
    assert inputs.sampler_flags({}, "latents", "metric") == ""


def test_a_run_is_trained_on_its_subset():
    assert inputs.run_data(job()) == {
        "train": "results/data/digits/train/card.json",
        "validation": "results/data/digits/validation/card.json",
        "subset": f"{SUBSET}/train.npy",
        "subset_validation": f"{SUBSET}/validation.npy",
    }
    assert inputs.raw_data("mnist") == ["results/downloads/mnist.json"]
    assert inputs.raw_data("digits") == []


def test_the_backbone_is_that_of_the_data_set_or_one_for_all():
    assert inputs.backbone_of(job(backbone="classifier")) == "results/backbones/digits/classifier"
    assert inputs.backbone_of(SimpleNamespace(dataset="svhn", backbone="classifier")) == (
        "results/backbones/svhn/classifier"
    )
    assert inputs.backbone_of(job(backbone="inception")) == "results/backbones/inception"
    assert inputs.resize_option(CONFIG, job(backbone="classifier")) == ""
    resized = f"--resize {CONFIG.evaluation.resize}"
    assert inputs.resize_option(CONFIG, job(backbone="inception")) == resized


def test_a_generation_is_scored_against_both_splits():
    found = inputs.references(job(backbone="classifier", sampler="gmm"))
    features = "results/references/digits/classifier"
    assert found == {
        "validation": f"{features}/validation.npz",
        "test": f"{features}/test.npz",
        "unseen_validation": f"{SUBSET}/unseen_validation.npy",
        "unseen_test": f"{SUBSET}/unseen_test.npy",
        "subset": f"{SUBSET}/train.npy",
        "features": f"{features}/n200/train.npy",
        "backbone": "results/backbones/digits/classifier/model.json",
    }


def test_what_stands_beside_the_papers_sampler_is_quoted_for_the_shell():
    text = inputs.comparisons(job())
    assert f"--compare 'Decoded means={FOLDER}/generations/resample/base'" in text
    assert f"--compare 'N(0, 1)={FOLDER}/generations/prior/base'" in text
    assert "Ours" not in text
    assert inputs.n_neighbours(CONFIG) == CONFIG.artefacts.figure3.n_examples


def test_a_classifier_is_trained_on_the_generated_images_of_each_class():
    generated = SimpleNamespace(dataset="phantoms", source="vae-manifold")
    folders = {
        name: f"results/runs/phantoms/class-{name}/conv/vae/base/seed0/generations/manifold/base"
        for name in ("CN", "AD")
    }
    found = inputs.augmentation_inputs(CONFIG, generated)
    assert sorted(found["samples"]) == sorted(f"{folder}/samples.npy" for folder in folders.values())
    assert found["test"] == "results/data/phantoms/test/card.json"
    options = inputs.augmentation_samples(CONFIG, generated)
    assert all(f"--samples {name}={folder}" in options for name, folder in folders.items())
    assert options.endswith("--n-per-class 200")
    assert inputs.augmentation_samples(CONFIG, SimpleNamespace(dataset="phantoms", source="raw")) == ""


def test_tables_of_architectures_need_no_scores():
    assert inputs.table_scores("table4") == inputs.table_scores("table5") == []
    assert inputs.table_scores("table2") == ["results/classification.csv"]
    assert inputs.table_scores("table1") == ["results/scores/table1.csv"]


def test_claims_are_judged_by_what_the_build_has():
    shapes, digits = "results/runs/shapes/full/mlp/vae/base/seed0", "results/runs/digits/full/conv/vae/base/seed0"
    measured = {
        f"{kind}_{dataset}_base_seed0_scores": f"{folder}/{kind}.json"
        for kind in ("pullback", "interpolation")
        for dataset, folder in (("shapes", shapes), ("digits", digits))
    }
    assert inputs.claims_inputs(CONFIG) == measured | {
        "scores": "results/scores.csv",
        "classification": "results/classification.csv",
    }
    assert inputs.claims_inputs(WITHOUT_TABLE2).keys() == {"scores", *measured}
    assert sorted(inputs.claims_records(CONFIG).split()[1::2]) == sorted(f"{k}={path}" for k, path in measured.items())


def test_an_entry_of_a_table_leads_to_its_module():
    assert inputs.place("geovae.models.vae:VAE") == "geovae.models.vae"
    assert inputs.place("geovae.data.digits") == "geovae.data.digits"
    assert inputs.place(prior) == inputs.place(prior.sample_prior) == "geovae.sampling.prior"
    assert inputs.place(SimpleNamespace) == "types"


def test_a_job_is_made_of_what_its_wildcards_name():
    code = inputs.sampler_code("draw_samples.py", job(sampler="gmm"))
    assert "workflow_scripts/geovae/sampling/mixture.py" in code
    assert "workflow_scripts/geovae/sampling/controls.py" not in code
    assert "workflow_scripts/geovae/data/digits.py" in inputs.dataset_code("prepare_dataset.py", "digits")
    assert "workflow_scripts/geovae/models/vae.py" in inputs.run_code("train_model.py", job())
    evaluation = "workflow_scripts/geovae/evaluation"
    near = inputs.neighbours_code("find_neighbours.py", job(backbone="classifier"))
    assert {f"{evaluation}/classifier.py", "workflow_scripts/geovae/models/vae.py"} < set(near)
    scored = inputs.backbone_code("score_samples.py", job(backbone="inception"))
    assert {f"{evaluation}/inception.py", f"{evaluation}/resizing.py"} < set(scored)
    assert f"{evaluation}/classifier.py" not in scored
    assert f"{evaluation}/classifier.py" in inputs.backbone_training_code("train_backbone.py", "classifier")


def test_a_table_is_made_of_the_nets_that_it_is_read_off():
    module = "reproduction.rendering.tables.table4"
    nets = {f"workflow_scripts/geovae/nets/{name}.py" for name in ("conv", "mlp")}
    assert nets < set(inputs.table_code("render_table.py", module, "table4"))
    assert not nets & set(inputs.table_code("render_table.py", module.replace("4", "1"), "table1"))


def test_raw_files_and_their_mirror_become_options_where_there_are_any():
    config = load_config(overlay(BASE, {"data_dir": "raw files", "mirror": "http://there/a b"}))
    assert inputs.raw_option(config, "mnist") == "--data-dir 'raw files'"
    assert inputs.raw_option(config, "digits") == ""
    assert inputs.mirror_option(config) == "--mirror 'http://there/a b'"
    assert inputs.mirror_option(load_config(BASE)) == ""


def test_the_source_of_a_classifier_says_what_it_is_trained_on():
    assert [inputs.training_set(name) for name in ("raw", "resampled", "vae-manifold")] == [
        "raw",
        "resampled",
        "generated",
    ]
    records = inputs.classification_options(CONFIG).split()
    assert records[:2] == [f"{name}=results/augmentation/phantoms/{name}.json" for name in ("raw", "resampled")]
    assert "vae/manifold/base/seed0=results/augmentation/phantoms/vae-manifold.json" in records


def test_a_figure_is_drawn_from_files_with_names():
    assert inputs.figure_options(CONFIG, "figure4") == "--input scores=results/scores/figure4.csv"
    assert inputs.figure_options(CONFIG, "figure3").endswith(
        "digits=results/runs/digits/full/conv/vae/base/seed0/generations/manifold/base/classifier/neighbours.npz"
    )


def test_an_artefact_has_a_title_and_files():
    titles = {"table2": "Table 2", "figure12": "Figure 12", "figure_controls": "Controls"}
    titles |= {"table_of_costs": "Of costs", "figure10": "Figure 10", "figure_rho": "Choice of ρ"}
    titles |= {"figure_pullback": "Pull-back metric"}
    assert {name: inputs.artefact_title(name) for name in titles} == titles
    assert inputs.artefact_targets(CONFIG, "figure1") == ["results/figures/figure1.png", "results/figures/figure1.pdf"]
    with pytest.raises(GeovaeError, match=r"artefacts\.table2 is left out"):
        inputs.artefact_targets(WITHOUT_TABLE2, "table2")


def test_planning_imports_no_torch():
    code = "import sys; from reproduction.plan import inputs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=False).returncode == 0


@pytest.mark.parametrize(
    ("run", "option"),
    [
        ("digits/full/conv/wae/t03/seed0", "--keep-diverged"),
        ("digits/full/conv/wae/base/seed0", ""),
        ("digits/full/conv/vae/t01/seed0", ""),  # β of the figure of controls, not a search
    ],
)
def test_only_a_search_goes_on_with_a_training_that_diverged(run, option):
    assert inputs.diverged_option(job(run=run)) == option
