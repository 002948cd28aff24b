"""What the rules ask for."""

import shlex
import subprocess
import sys
from types import SimpleNamespace

import pytest

from geovae.sampling.table import SAMPLERS
from helpers.configs import BASE, overlay, read
from helpers.paths import SCRIPTS
from reproduction.config.config import load_config
from reproduction.plan import commands, inputs

RUN = "digits/n200/conv/vae/base/seed3"
FOLDER = f"results/runs/{RUN}"
SUBSET = "results/data/digits/subsets/n200"
CONFIG = load_config(read("config.yaml"))
DIGITS_K = {"digits": {"metric": {"k": 50}}}
SPLITS_OF_SUBSET = ("train", "validation")
WITHOUT_TABLE2 = load_config(overlay(read("config.yaml"), {"artefacts": {"table2": None, "figure10": None}}))


def job(**wildcards: str) -> SimpleNamespace:
    return SimpleNamespace(**{"run": RUN, "variant": "base", **wildcards})


IMAGES = {"train": "results/data/digits/train/card.json", "train_images": "results/data/digits/train/images.npy"}
MODEL = {"model": f"{FOLDER}/model.json", "weights": f"{FOLDER}/model.safetensors"}
READ = {
    "prior": {},
    "two_stage": {},
    "noise": {},
    "gmm": {"latents": f"{FOLDER}/latents.npz"},
    "kde": {"latents": f"{FOLDER}/latents.npz", "latents_validation": f"{FOLDER}/latents_validation.npz"},
    "manifold": {"latents": f"{FOLDER}/latents.npz", "metric": f"{FOLDER}/metric/base/metric.npz"},
    "manifold_released": {"latents": f"{FOLDER}/latents.npz", "metric": f"{FOLDER}/metric/base/metric.npz"},
    "volume": {"metric": f"{FOLDER}/metric/base/metric.npz"},
    "real": IMAGES | {"subset": f"{SUBSET}/train.npy"},
    "jitter": {
        "latents": f"{FOLDER}/latents.npz",
        "matched": f"{FOLDER}/generations/manifold/base/diagnostics.json",
    },
    "reconstruction_test": {"latents_test": f"{FOLDER}/latents_test.npz"},
    **{
        name: {"latents": f"{FOLDER}/latents.npz", "latents_validation": f"{FOLDER}/latents_validation.npz"}
        for name in ("posterior_kde", "parzen")
    },
    **{
        name: {"latents": f"{FOLDER}/latents.npz"} for name in ("reconstruction", "resample", "posterior", "neighbours")
    },
}


def test_both_files_of_a_classifier_that_is_taken_are_read_and_none_where_it_is_trained():
    asked = job(dataset="digits", backbone="classifier")
    assert inputs.taken_backbone(CONFIG, asked) == []
    for given in ("../theirs/model.json", "../theirs"):
        config = load_config(overlay(read("config.yaml"), {"datasets": {"digits": {"classifier": given}}}))
        assert inputs.taken_backbone(config, asked) == ["../theirs/model.json", "../theirs/model.safetensors"]
        assert inputs.taken_backbone(config, job(dataset="phantoms", backbone="classifier")) == []


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_sampler_reads_its_model_and_what_its_entry_names(sampler):
    assert inputs.sampler_inputs(CONFIG, job(sampler=sampler)) == MODEL | READ[sampler]


def test_a_metric_is_that_of_the_variant():
    found = inputs.sampler_inputs(CONFIG, job(sampler="manifold", variant="k1000_steps500"))
    assert found["metric"] == f"{FOLDER}/metric/k1000/metric.npz"
    assert inputs.metric_seconds(CONFIG, job(sampler="manifold", variant="k1000_steps500")) == [
        f"{FOLDER}/metric/k1000/seconds.json"
    ]
    assert inputs.metric_seconds(CONFIG, job(sampler="gmm")) == []


def test_validation_means_are_read_where_they_choose_the_number_of_gaussians():
    chosen = inputs.sampler_inputs(CONFIG, job(sampler="gmm", variant="componentsheldout"))
    assert chosen["latents_validation"] == f"{FOLDER}/latents_validation.npz"
    assert "latents_validation" not in inputs.sampler_inputs(CONFIG, job(sampler="gmm", variant="components20"))


def test_noise_of_a_given_size_needs_no_displacement():
    assert "matched" not in inputs.sampler_inputs(CONFIG, job(sampler="jitter", variant="sigma0.5"))
    fixed = load_config(overlay(BASE, {"datasets": {"digits": {"samplers": {"jitter": {"scale": 0.5}}}}}))
    assert "matched" not in inputs.sampler_inputs(fixed, job(sampler="jitter"))


def test_a_run_is_trained_on_its_subset():
    validation = {
        name.replace("train", "validation"): path.replace("train", "validation") for name, path in IMAGES.items()
    }
    subset = {"subset": f"{SUBSET}/train.npy", "subset_validation": f"{SUBSET}/validation.npy"}
    assert inputs.run_data(job()) == IMAGES | validation | subset
    assert inputs.run_data(job(), "test").keys() - inputs.run_data(job()).keys() == {"test", "test_images"}
    assert inputs.labelled("digits", "train") == IMAGES | {"train_labels": "results/data/digits/train/labels.npy"}
    assert inputs.raw_data("mnist") == ["results/downloads/mnist.json"]
    assert inputs.raw_data("digits") == []


def test_the_backbone_is_that_of_the_data_set_or_one_for_all():
    def files(folder: str) -> dict[str, str]:
        return {"backbone": f"{folder}/model.json", "backbone_weights": f"{folder}/model.safetensors"}

    assert inputs.backbone(job(backbone="classifier")) == files("results/backbones/digits/classifier")
    svhn = SimpleNamespace(dataset="svhn", backbone="classifier")
    assert inputs.backbone(svhn) == files("results/backbones/svhn/classifier")
    assert inputs.backbone(job(backbone="inception")) == files("results/backbones/inception")


def test_a_generation_is_scored_against_both_splits():
    found = inputs.scored(job(backbone="classifier", sampler="gmm", variant="components20"))
    features, generation = "results/references/digits/classifier", f"{FOLDER}/generations/gmm/components20"
    assert found == {
        **IMAGES,
        "subset": f"{SUBSET}/train.npy",
        "backbone": "results/backbones/digits/classifier/model.json",
        "backbone_weights": "results/backbones/digits/classifier/model.safetensors",
        "samples": f"{generation}/samples.npy",
        "drawn": f"{generation}/latents.npy",
        "diagnostics": f"{generation}/diagnostics.json",
        "latents": f"{FOLDER}/latents.npz",
        "reference_validation": f"{features}/validation.npz",
        "reference_test": f"{features}/test.npz",
        "features": f"{features}/n200/train.npy",
        "unseen_pixels": f"{SUBSET}/unseen.npz",
        "unseen_latent": f"{FOLDER}/unseen.npz",
        "unseen_features": f"{features}/n200/unseen.npz",
    }


def test_what_stands_beside_the_papers_sampler_are_three_others():
    assert inputs.compared_generations(job()) == {
        name: f"{FOLDER}/generations/{sampler}/base/samples.npy"
        for name, sampler in (("Means + matched noise", "jitter"), ("Decoded means", "resample"), ("N(0, 1)", "prior"))
    }


def test_two_classes_of_many_are_drawn_for_generators_and_classifiers():
    table = {"dataset": "digits", "classes": ["4", "9"], "n_train": [60, 70]}
    config = load_config(overlay(read("config.yaml"), {"artefacts": {"table2": table}, "datasets": DIGITS_K}))
    raw, ours = (SimpleNamespace(dataset="digits", source=source) for source in ("raw", "vae-manifold"))
    folders = {"4": "results/data/digits/subsets/class-4.n60", "9": "results/data/digits/subsets/class-9.n70"}
    found = inputs.augmentation_inputs(config, raw)
    assert set(found["subsets"]) == {f"{path}/{split}.npy" for path in folders.values() for split in SPLITS_OF_SUBSET}
    told = commands.classes(config, found["subsets"])
    assert [word.partition("=")[::2] for word in shlex.split(told) if "=" in word] == [
        (name, f"{path}/train.npy") for name, path in folders.items()
    ]
    samples = inputs.augmentation_inputs(config, ours)["samples"]
    assert samples[0].startswith("results/runs/digits/class-4.n60/conv/vae/base/seed0/generations/")
    told = commands.class_samples(config, ours, samples)
    assert told.startswith("--samples 4=results/runs/digits/class-4.n60/")
    assert told.endswith("--n-per-class 200")
    assert commands.class_samples(config, raw, []) == ""
    assert inputs.augmentation_inputs(CONFIG, SimpleNamespace(dataset="phantoms", source="raw"))["subsets"] == []
    whole = load_config(overlay(read("config.yaml"), {"artefacts": {"table2": table | {"n_train": None}}}))
    assert "results/data/digits/subsets/class-4/train.npy" in inputs.augmentation_inputs(whole, raw)["subsets"]


def test_a_classifier_is_trained_on_the_generated_images_of_each_class():
    found = inputs.augmentation_inputs(CONFIG, SimpleNamespace(dataset="phantoms", source="vae-manifold"))
    assert sorted(found["samples"]) == [
        f"results/runs/phantoms/class-{name}/conv/vae/base/seed0/generations/manifold/base/samples.npy"
        for name in ("AD", "CN")
    ]
    assert found["test"] == "results/data/phantoms/test/card.json"
    assert found["test_labels"] == "results/data/phantoms/test/labels.npy"


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


def test_planning_imports_no_torch():
    code = "import sys; from reproduction.plan import inputs; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=SCRIPTS, check=False).returncode == 0
