"""The searches: what is compared, and that the weights of all trials stand beside a sum over pixels."""

import math

import pytest
import torch

from geovae.models.files import build_model
from helpers.configs import overlay, read
from reproduction.config.config import load_config
from reproduction.config.datasets import Datasets
from reproduction.config.searches import trial_names, trial_settings
from reproduction.config.trials import TRIALS
from reproduction.plan.cells import cells

PAPER = load_config(overlay(read("config.yaml"), read("configs/paper.yaml")))
MNIST, CELEBA = (PAPER.protocol(name) for name in ("mnist", "celeba"))


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("wae", ["base", *(f"t{index:02d}" for index in range(10))]),
        ("rae_gp", ["base", *(f"t{index:02d}" for index in range(10))]),
        # The first trial of these is the config's own.
        ("vamp", ["base", *(f"t{index:02d}" for index in range(1, 11))]),
        ("vae_iaf", ["base", *(f"t{index:02d}" for index in range(1, 10))]),
        ("vae_nf", ["base", *(f"t{index:02d}" for index in range(1, 10))]),
        ("iwae", ["base", *(f"t{index:02d}" for index in range(1, 10))]),
        ("aae", ["base", *(f"t{index:02d}" for index in range(1, 10))]),
        ("vaegan", ["base", *(f"t{index:02d}" for index in range(1, 10))]),
        ("vae", ["base"]),
        ("two_stage", ["base"]),
    ],
)
def test_a_whole_search_compares_the_config_and_every_trial_that_differs(model, expected):
    assert trial_names(model, 10, [MNIST, CELEBA]) == expected


def test_a_shortened_search_has_the_first_trials():
    assert trial_names("wae", 3, [MNIST]) == ["base", "t00", "t01", "t02"]
    assert trial_names("vamp", 3, [MNIST]) == ["base", "t01", "t02"]
    assert trial_names("vamp", 1, [MNIST]) == ["base"]


def test_a_trial_that_differs_on_one_data_set_is_compared_on_all():
    other = Datasets.model_validate({"mnist": {"models": {"vamp": {"n_components": 50}}}}).mnist
    assert trial_names("vamp", 1, [MNIST, other]) == ["base", "t00"]


@pytest.mark.parametrize("table", ["table3", "table6"])
def test_every_row_of_a_search_has_the_trainings_of_the_config_among_its_trials(table):
    """So that no row chooses, by its validation FID, what is worse than Table 1's."""
    searched = [cell for cell in cells(PAPER, table) if cell.model in TRIALS]
    assert searched
    assert all(cell.trials[0] == "base" for cell in searched)
    assert all(len(cell.trials) >= 10 for cell in searched)


def test_the_values_of_a_search_are_those_that_the_paper_names():
    values = {trial_settings(MNIST, "vamp", name)["n_components"] for name in trial_names("vamp", 10, [MNIST])}
    assert values == {10, 20, 30, 50, 100, 150, 200, 250, 300, 189, 500}


def build(model: str, trial: str, protocol):
    description = {
        "model": model,
        "settings": trial_settings(protocol, model, trial),
        "net": "mlp",
        "width": 0.01,
        "latent_dim": protocol.latent_dim,
        "image_shape": protocol.image_shape(),
    }
    return build_model(description, seed=0)


@pytest.mark.parametrize("protocol", [MNIST, CELEBA], ids=["mnist", "celeba"])
@pytest.mark.parametrize("trial", ["t00", "t06"])
@pytest.mark.parametrize(
    ("model", "penalty"), [("wae", {"lam": "mmd"}), ("rae_l2", {"reg_weight": "l2"}), ("rae_gp", {})]
)
def test_a_trials_weights_stand_beside_a_sum_over_pixels(model, penalty, trial, protocol):
    """Of all models and on all data sets, as one list in Appendix C.4."""
    values = dict(TRIALS[model][int(trial[1:])])
    weights = {term: values[name] for name, term in penalty.items()}
    weights |= {"embedding": values["embedding_weight"]} if "embedding_weight" in values else {}
    weights |= {"gradient_penalty": values["reg_weight"]} if model == "rae_gp" else {}
    net = build(model, trial, protocol).eval()
    x = torch.rand(5, *protocol.image_shape(), generator=torch.Generator().manual_seed(1))
    loss = net.loss(x, torch.Generator().manual_seed(2))
    errors = (net.decode(net.encode(x).mu) - x).square().flatten(1).sum(1).mean()
    expected = errors + sum(weight * loss.terms[term] for term, weight in weights.items())
    torch.testing.assert_close(loss.total, expected)


def test_the_configs_weights_stand_beside_a_mean_over_pixels():
    for protocol, published in ((MNIST, 0.03), (CELEBA, 2000 / 12288)):
        net = build("wae", "base", protocol).eval()
        x = torch.rand(5, *protocol.image_shape(), generator=torch.Generator().manual_seed(1))
        loss = net.loss(x, torch.Generator().manual_seed(2))
        mean_error = (net.decode(net.encode(x).mu) - x).square().mean()
        expected = mean_error + published * loss.terms["mmd"]
        torch.testing.assert_close(loss.total / math.prod(protocol.image_shape()), expected, rtol=1e-4, atol=0)
