"""What configs/paper.yaml gives every model on every data set: the values, wherever they are inherited from."""

import json
import math

import pytest

from helpers.configs import overlay, read
from reproduction.config.config import load_config
from reproduction.config.datasets import PAPER_DATASETS
from reproduction.config.models import SHARE_BETA, Models
from reproduction.config.settings_table import BEGIN, END, insert
from reproduction.plan import job_settings
from reproduction.plan.keys import run_of
from reproduction.plan.targets import shown_runs

PAPER = load_config(overlay(read("config.yaml"), read("configs/paper.yaml")))
# The released code's.
BETAS = {"mnist": 0.01, "svhn": 0.01, "cifar10": 0.001, "celeba": 0.05, "oasis": 1.0}
METRICS = {"mnist": (100, 0.01), "svhn": (100, 0.01), "cifar10": (100, 0.1), "celeba": (100, 1.0), "oasis": (50, 1.0)}
# Weights beside a sum over pixels: RAE's of 0.03, 0.006 and 100/0.05, the first for data sets that it has not.
WAE = {"mnist": 30.72, "svhn": 92.16, "cifar10": 18.432, "celeba": 2000.0, "oasis": 1098.24}
# RAE's weight of the latents' mean square, and of the penalty, beside a mean over pixels.
RAES = {
    "mnist": {"rae": 5e-4, "rae_gp": (1e-4, 5e-8), "rae_l2": (1e-4, 1e-7), "rae_sn": 0.009},
    "cifar10": {"rae": 0.01, "rae_gp": (9e-4, 0.0), "rae_l2": (1e-3, 1e-6), "rae_sn": 0.03},
    "celeba": {"rae": 1e-4, "rae_gp": (1e-4, 1e-7), "rae_l2": (1e-4, 1e-7), "rae_sn": 0.0024},
}
RAES |= dict.fromkeys(("svhn", "oasis"), RAES["mnist"])
PSEUDO_INPUTS = {
    "mnist": (500, 0.05, 0.01),
    "svhn": (500, 0.4, 0.05),
    "cifar10": (500, 0.4, 0.05),
    "celeba": (500, 0.4, 0.05),
    "oasis": (50, 0.05, 0.01),
}
# Epochs, batch size, learning rate, patience: Appendix D.
TRAININGS = {
    "mnist": (100, 100, 1e-3, 5),
    "svhn": (100, 100, 1e-3, 5),
    "cifar10": (200, 100, 5e-4, 5),
    "celeba": (100, 100, 1e-3, 5),
    "oasis": (1000, 100, 1e-4, 20),
}


def told(dataset: str, model: str, subset: str = "full") -> dict:
    """What the job of a training is told."""
    return json.loads(job_settings.training(PAPER, run_of(PAPER, dataset, model, 0, subset=subset)))


def of_model(dataset: str, model: str) -> dict:
    return told(dataset, model)["model_settings"]


def test_the_data_sets_are_the_papers():
    assert set(BETAS) == set(PAPER_DATASETS)


def test_every_model_with_a_beta_shares_the_vaes_or_has_another_objective():
    with_beta = {name for name in Models.model_fields if "beta" in getattr(Models(), name).model_dump()}
    # A Bernoulli likelihood, and errors of features.
    assert with_beta == {"vae", *SHARE_BETA} | {"hvae", "rhvae", "vaegan"}


@pytest.mark.parametrize("dataset", BETAS)
@pytest.mark.parametrize("model", ["vae", *SHARE_BETA])
def test_beta_is_one_for_all_models_of_a_data_set(dataset, model):
    assert of_model(dataset, model)["beta"] == BETAS[dataset]


@pytest.mark.parametrize("dataset", BETAS)
def test_the_weights_of_wae_and_the_raes_are_rescaled_with_the_number_of_pixels(dataset):
    pixels = math.prod(PAPER.protocol(dataset).image_shape())
    assert of_model(dataset, "wae")["lam"] * pixels == pytest.approx(WAE[dataset], rel=1e-4)
    for model, weights in RAES[dataset].items():
        assert tuple(of_model(dataset, model).values()) == (weights if isinstance(weights, tuple) else (weights,))


@pytest.mark.parametrize("dataset", BETAS)
def test_what_else_depends_on_the_data_set(dataset):
    protocol = PAPER.protocol(dataset)
    vamp = of_model(dataset, "vamp")
    assert tuple(vamp[name] for name in ("n_components", "pseudo_mean", "pseudo_std")) == PSEUDO_INPUTS[dataset]
    assert (protocol.metric.k, protocol.metric.lam) == METRICS[dataset]
    assert of_model(dataset, "hvae")["n_lf"] == (1 if dataset == "celeba" else 3)
    chain = protocol.samplers.manifold
    assert (chain.n_steps, chain.n_lf, chain.eps_lf) == (100, 10, 0.01)


@pytest.mark.parametrize("dataset", BETAS)
@pytest.mark.parametrize("model", Models.model_fields)
def test_the_optimisation_is_that_of_appendix_d(dataset, model):
    training = told(dataset, model)["training"]
    epochs, batch_size, lr, patience = TRAININGS[dataset]
    if (dataset, model) == ("svhn", "rhvae"):  # the released code's
        lr = 5e-4
    assert (training["epochs"], training["batch_size"], training["patience"]) == (epochs, batch_size, patience)
    assert training["lr"] == lr


def test_every_training_multiplies_in_float32():
    runs = [run for run in shown_runs(PAPER) if run.dataset in {*PAPER_DATASETS, "shapes"}]
    assert {run.dataset for run in runs} >= {"mnist", "svhn", "cifar10", "celeba", "oasis", "shapes"}
    assert {json.loads(job_settings.training(PAPER, run))["training"]["precision"] for run in runs} == {"float32"}


@pytest.mark.parametrize("dataset", ["mnist", "svhn", "cifar10"])
@pytest.mark.parametrize("subset", ["full", "n10000", "n5000", "n1000"])
def test_small_training_sets_of_cifar10_choose_the_epoch_on_themselves(dataset, subset):
    """The validation images decide where nothing is said."""
    expected = "train" if dataset == "cifar10" and subset != "full" else None
    assert told(dataset, "vae", subset)["training"].get("select_on") == expected


def test_the_table_of_settings_stands_between_its_markers():
    document = f"before\n{BEGIN}\nan old table\n{END}\nafter\n"
    text = insert(document, read("configs/paper.yaml")["datasets"])
    assert text.startswith(f"before\n{BEGIN}\n\n| setting | MNIST | SVHN | CIFAR10 | CelebA | OASIS |\n")
    assert text.endswith(f"\n\n{END}\nafter\n")
    assert "an old table" not in text
    rows = {line.split(" | ")[0].strip("| "): line.strip("| ").split(" | ")[1:] for line in text.splitlines()}
    assert rows["`models.vae.beta` (β)"] == ["0.01", "0.01", "0.001", "0.05", "1"]
    assert rows["`metric.lam` (λ)"] == ["0.01", "0.01", "0.1", "1", "1"]
    assert rows["`metric.k` (k)"] == ["100", "100", "100", "100", "50"]
    assert rows["`models.vamp.n_components` (K)"] == ["500"] * 4 + ["50"]
    assert rows["`samplers.manifold.n_lf` (n_lf)"] == ["10"] * 5
    exceptions = rows["`exceptions`"]
    assert exceptions[:3] == ["none", "rhvae: lr 0.0005", "all models on nNUMBER: select_on train"]
    assert exceptions[3].startswith("two_stage with infogan: epochs 400, batch_size 64, lr 0.0001")
    assert exceptions[4] == "none"
    assert insert(text, read("configs/paper.yaml")["datasets"]) == text
