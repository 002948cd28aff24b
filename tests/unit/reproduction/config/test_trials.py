"""The trials of Tables 3 and 6: settings that their models have, and every value that the paper names."""

import pytest

from geovae.core.errors import GeovaeError
from reproduction.config.models import Models
from reproduction.config.tables import Table3, Table6
from reproduction.config.trials import BETAS, TRIALS, WEIGHTED, describe_trial, trial_values

# Appendix C.4 (WAE, RAE, VAMP) and Appendix G (VAEGAN, AAE, IWAE; VAMP without 189).
FACTORS = {1e-6, 1e-4, 1e-3, 0.01, 0.1, 1}
PAPER = [
    ("wae", "kernel_bandwidth", {0.01, 0.1, 0.5, 1, 2, 5}),
    ("wae", "lam", {0.01, 0.1, 1, 10, 100}),
    ("rae_gp", "embedding_weight", FACTORS),
    ("rae_gp", "reg_weight", FACTORS),
    ("rae_l2", "embedding_weight", FACTORS),
    ("rae_l2", "reg_weight", FACTORS),
    ("vamp", "n_components", {10, 20, 30, 50, 100, 150, 200, 250, 300, 189, 500}),
    ("vaegan", "reconstruction_layer", {2, 3, 4}),
    ("vaegan", "adversarial_loss_scale", {0.3, 0.5, 0.7, 0.8, 0.9, 0.99, 0.999}),
    ("aae", "adversarial_loss_scale", {0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999}),
    ("iwae", "n_samples", {2, 3, 4, 5, 6, 7, 8, 9, 10, 12}),
    ("vae_nf", "flow", {"planar", "radial"}),
]


@pytest.mark.parametrize(("model", "setting", "values"), PAPER, ids=[f"{model}-{name}" for model, name, _ in PAPER])
def test_every_value_of_the_paper_occurs_and_no_other(model, setting, values):
    assert {trial[setting] for trial in TRIALS[model]} == values


@pytest.mark.parametrize("model", TRIALS)
def test_a_model_has_ten_trials_no_two_alike(model):
    trials = [tuple(sorted(trial.items())) for trial in TRIALS[model]]
    assert len(trials) == len(set(trials)) == (11 if model == "vamp" else 10)


@pytest.mark.parametrize("model", [*TRIALS, "vae"])
def test_trials_set_what_their_model_has_to_what_it_takes(model):
    section = getattr(Models(), model)
    trials = [dict(trial_values(model, f"t{index:02d}")) for index in range(len(TRIALS.get(model, BETAS)))]
    for trial in trials:
        merged = section.model_dump() | trial
        assert type(section).model_validate(merged).model_dump() == merged
    assert {frozenset(trial) for trial in trials} == {frozenset(trials[0])}


@pytest.mark.parametrize(
    ("model", "first"),
    [
        ("wae", {"kernel_bandwidth": 1.0}),
        ("vamp", {"n_components": 500}),
        ("vae_iaf", {"n_blocks": 2}),
        ("vae_nf", {"flow": "planar", "n_flows": 5}),
        ("iwae", {"n_samples": 10}),
        ("aae", {"adversarial_loss_scale": 0.9}),
        ("vaegan", {"adversarial_loss_scale": 0.8, "reconstruction_layer": 3}),
    ],
)
def test_the_first_trial_is_the_default(model, first):
    shown = trial_values(model, "t00")
    assert {name: shown[name] for name in first} == first
    defaults = getattr(Models(), model).model_dump()
    assert {name: defaults[name] for name in first} == first


def test_the_searched_models_are_those_of_the_tables():
    without = {"ae", "vae"}  # the paper varies nothing of them
    assert set(TRIALS) == ({*Table3().models} - without) | {*Table6().models}


def test_base_replaces_nothing():
    assert all(trial_values(model, "base") == {} for model in Models.model_fields)
    assert describe_trial("wae", "base") == "the config's"


def test_the_vae_has_one_trial_for_each_beta():
    assert BETAS == (1.0, 0.1, 0.01, 0.001)
    assert [trial_values("vae", f"t{index:02d}") for index in range(4)] == [{"beta": beta} for beta in BETAS]


def test_the_models_with_weights_are_those_whose_trials_name_some():
    names = {"lam", "embedding_weight", "reg_weight"}
    assert set(WEIGHTED) == {model for model, trials in TRIALS.items() if names & set(trials[0])}


def test_trials_in_words():
    assert describe_trial("wae", "t00") == "kernel_bandwidth 1, lam 10"
    assert describe_trial("vae_nf", "t01") == "radial, n_flows 5"
    assert describe_trial("vae", "t03") == "beta 0.001"


@pytest.mark.parametrize(("model", "trial", "n"), [("wae", "t10", 10), ("ae", "t00", 0), ("vae", "t04", 4)])
def test_an_unknown_trial_is_named(model, trial, n):
    with pytest.raises(GeovaeError) as caught:
        trial_values(model, trial)
    assert str(caught.value) == f"trial {trial} of {model}: it has {n} trials, the first is t00."
