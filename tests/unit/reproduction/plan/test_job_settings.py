"""What each job is told of the config: what concerns it, and no more."""

import json
import os

import pytest

from helpers.configs import BASE, overlay
from helpers.slice_checks import DEFAULT, FIGURES, changed
from reproduction.config.config import Config, load_config
from reproduction.config.variants import metric_variant
from reproduction.plan import claim_settings, job_settings, render_settings
from reproduction.plan.keys import Generation, Run
from reproduction.rendering.modules import TABLES

BASE_CONFIG = load_config(BASE)
RUN = Run("digits", "full", "conv", "vae", "base", 0)


# -- trainings, metrics, samplers -------------------------------------------------------------------------------------


def test_a_slice_holds_what_concerns_its_job_and_no_more():
    other = load_config(overlay(BASE, {"datasets": {"digits": {"metric": {"k": 7}}, "shapes": {"width": 0.5}}}))
    assert job_settings.training(BASE_CONFIG, RUN) == job_settings.training(other, RUN)
    assert job_settings.metric(BASE_CONFIG, RUN, "base") != job_settings.metric(other, RUN, "base")
    longer = load_config(overlay(BASE, {"datasets": {"digits": {"training": {"epochs": 7}}}}))
    assert job_settings.training(BASE_CONFIG, RUN) != job_settings.training(longer, RUN)
    assert job_settings.sampler(BASE_CONFIG, Generation(RUN, "gmm")) == job_settings.sampler(
        longer, Generation(RUN, "gmm")
    )


def test_a_training_gets_the_settings_of_its_model_and_net():
    config = load_config(overlay(BASE, {"datasets": {"digits": {"models": {"wae": {"lam": 3.0}}, "latent_dim": 5}}}))
    told = json.loads(job_settings.training(config, Run("digits", "full", "mlp", "wae", "base", 2)))
    assert (told["model"], told["net"], told["latent_dim"], told["width"]) == ("wae", "mlp", 5, 1.0)
    assert told["model_settings"] == {"lam": 3.0, "kernel_bandwidth": 1.0}
    assert told["training"] == config.datasets.digits.training.model_dump(exclude={"select_on", "halve_every"})


def test_an_exception_reaches_the_runs_that_it_concerns():
    exceptions = [
        {"subset": "sized", "select_on": "train", "lr": 0.5},
        {"models": ["wae", "vae"], "lr": 0.25},
        {"subset": "class", "epochs": 3},
        {"subset": "n50", "epochs": 8},
        {"models": ["wae"], "nets": ["resnet"], "halve_every": 7, "latent_dim": 9, "settings": {"lam": 2.5}},
    ]
    config = load_config(overlay(BASE, {"datasets": {"digits": {"exceptions": exceptions}}}))
    usual = config.datasets.digits.training.model_dump(exclude={"select_on", "halve_every"})

    def told(model: str, subset: str) -> dict:
        return json.loads(job_settings.training(config, Run("digits", subset, "mlp", model, "base", 2)))["training"]

    assert told("ae", "full") == usual
    assert told("ae", "n100") == usual | {"select_on": "train", "lr": 0.5}
    assert told("ae", "n50") == usual | {"select_on": "train", "lr": 0.5, "epochs": 8}
    assert told("vae", "full") == usual | {"lr": 0.25}
    assert told("vae", "n100") == usual | {"select_on": "train", "lr": 0.25}  # the last decides
    assert told("ae", "class-3") == usual | {"epochs": 3}
    assert told("wae", "full") == usual | {"lr": 0.25}  # with another net
    one = json.loads(job_settings.training(config, Run("digits", "full", "resnet", "wae", "base", 2)))
    assert one["training"] == usual | {"lr": 0.25, "halve_every": 7}
    assert (one["latent_dim"], one["model_settings"]) == (9, {"lam": 2.5, "kernel_bandwidth": 1.0})


@pytest.mark.parametrize(
    ("model", "trial", "replaced"),
    [
        ("wae", "t04", {"kernel_bandwidth": 0.1, "lam": 100.0 / 1024}),
        ("rae_l2", "t02", {"embedding_weight": 1e-6 * 16 / 1024, "reg_weight": 1e-4 / 1024}),
        ("vamp", "t01", {"n_components": 100}),
        ("vae_nf", "t03", {"flow": "radial", "n_flows": 10}),
        ("vae", "t02", {"beta": 0.01}),
        ("ae", "base", {}),
    ],
)
def test_a_trial_replaces_its_settings_alone(model, trial, replaced):
    base = json.loads(job_settings.training(BASE_CONFIG, Run("digits", "full", "conv", model, "base", 0)))
    told = json.loads(job_settings.training(BASE_CONFIG, Run("digits", "full", "conv", model, trial, 0)))
    assert told["model_settings"] == base["model_settings"] | replaced
    assert {**told, "model_settings": None} == {**base, "model_settings": None}


@pytest.mark.parametrize(
    ("variant", "replaced"),
    [
        ("base", {}),
        ("steps30", {}),
        ("k9_lam0.5_steps3", {"k": 9, "lam": 0.5}),
        ("k40_draw6", {"k": 40, "draw": 6}),
        ("k2", {"k": 2}),
        ("rho0.5", {"rho": 0.5}),
        ("rho1_startprior", {}),
        ("k9_rho2_distmahalanobis", {"k": 9, "rho": 2.0, "dist": "mahalanobis"}),
    ],
)
def test_a_metric_gets_its_part_of_the_variant(variant, replaced):
    told = json.loads(job_settings.metric(BASE_CONFIG, RUN, variant))
    assert told == {"k": 100, "lam": 0.01, "tau": 0.0} | replaced
    assert job_settings.metric(BASE_CONFIG, RUN, metric_variant(variant)) == job_settings.metric(
        BASE_CONFIG, RUN, variant
    )


CHAIN = {"n_steps": 100, "n_lf": 10, "eps_lf": 0.01, "n_long": 100}


@pytest.mark.parametrize(
    ("sampler", "variant", "told"),
    [
        ("manifold", "base", CHAIN),
        ("manifold", "steps7", CHAIN | {"n_steps": 7}),
        ("manifold", "k9_lam0.5_draw1", CHAIN),
        ("manifold", "k9_rho2_startcentroids", CHAIN | {"start": "centroids"}),
        ("manifold_released", "k9_steps3", CHAIN | {"n_steps": 3}),
        ("jitter", "base", {"scale": "matched"}),
        ("jitter", "sigma0.25", {"scale": 0.25}),
        ("kde", "base", {}),
        ("posterior_kde", "scale0.5", {"scale": 0.5}),
        ("gmm", "base", {"n_components": 10}),
        ("gmm", "components20", {"n_components": 20}),
        ("gmm", "componentsheldout", {"n_components": "heldout"}),
        ("parzen", "nn5_scale0.5", {"n_neighbours": 5, "scale": 0.5}),
        ("neighbours", "nn5", {"n_neighbours": 5}),
        ("posterior_kde", "scale2", {"scale": 2.0}),
        ("volume", "k9_rho2", {}),
        *((name, "base", {}) for name in ("posterior_kde", "parzen", "neighbours", "volume")),
        *((name, "base", {}) for name in ("prior", "two_stage", "real", "reconstruction", "resample", "noise")),
    ],
)
def test_a_sampler_gets_its_options_as_the_variant_has_them(sampler, variant, told):
    assert json.loads(job_settings.sampler(BASE_CONFIG, Generation(RUN, sampler, variant))) == told


def test_the_released_pipeline_is_told_where_it_is_asked_for():
    asked = {"batch_statistics": True, "centroids": "first"}
    datasets = {"digits": {"samplers": {"manifold_released": asked}, "metric": {"rho": 2.0}}}
    config = load_config(overlay(BASE, {"datasets": datasets}))
    released = Generation(RUN, "manifold_released")
    assert json.loads(job_settings.sampler(config, released)) == CHAIN | asked
    assert set(job_settings.sampler_reads(config, released)) == {"latents", "metric", "model", "images"}
    assert json.loads(job_settings.sampler(config, Generation(RUN, "manifold"))) == CHAIN
    assert set(job_settings.sampler_reads(config, Generation(RUN, "manifold"))) == {"latents", "metric"}
    assert json.loads(job_settings.metric(config, RUN, "base"))["rho"] == 2.0
    assert "rho" not in json.loads(job_settings.metric(config, RUN, "rho1"))


@pytest.mark.parametrize(
    ("sampler", "variant", "reads"),
    [
        ("prior", "base", ()),
        ("manifold", "k9_steps3", ("latents", "metric")),
        ("real", "base", ("images",)),
        ("jitter", "base", ("latents", "matched")),
        ("jitter", "sigma0.25", ("latents",)),
        ("kde", "base", ("latents", "latents_validation")),
    ],
)
def test_a_sampler_reads_what_the_table_says_as_far_as_its_options_need_it(sampler, variant, reads):
    assert set(job_settings.sampler_reads(BASE_CONFIG, Generation(RUN, sampler, variant))) - {"model"} == set(reads)


def test_noise_of_a_given_deviation_reads_no_displacement():
    changes = {"datasets": {RUN.dataset: {"samplers": {"jitter": {"scale": 0.3}}}}}
    assert job_settings.sampler_reads(load_config(overlay(BASE, changes)), Generation(RUN, "jitter")) == ("latents",)


def test_the_columns_of_a_record_are_the_generations_key():
    run = {"dataset": "digits", "subset": "n9", "net": "mlp", "model": "wae", "trial": "t01", "seed": 3}
    told = json.loads(job_settings.key_fields(Generation(Run(**run), "jitter", "sigma0.5")))
    assert told == run | {"sampler": "jitter", "variant": "sigma0.5"}


def test_further_scores_are_told_once_in_one_order():
    told = []
    for extra in (["kid", "fid_bootstrap", "kid"], ["fid_bootstrap", "kid"]):
        told.append(job_settings.score(load_config(overlay(BASE, {"evaluation": {"extra": extra}}))))
    assert told[0] == told[1]
    assert json.loads(told[0]) == {"n_clusters": 20, "n_runs": 10, "extra": ["fid_bootstrap", "kid"]}


def test_slices_of_data_classifiers_and_geodesics():
    changes = {
        "datasets": {"shapes": {"options": {"n_train": 600}}},
        "evaluation": {"classifier": {"epochs": 3}},
        "artefacts": {"figure1": {"grid": 77}, "table2": {"classifier": {"epochs": 4}}},
    }
    config = load_config(overlay(BASE, changes))
    assert json.loads(job_settings.dataset(config, "shapes"))["n_train"] == 600
    assert job_settings.dataset(load_config(overlay(BASE, {"datasets": {"mnist": {}}})), "mnist") == "{}"
    assert json.loads(job_settings.backbone(config, "classifier", "digits"))["epochs"] == 3
    assert job_settings.backbone(config, "of_ones_own", "digits") == "{}"
    assert json.loads(job_settings.augmentation_classifier(config))["epochs"] == 4
    assert json.loads(job_settings.geodesics(config)) == {"grid": 77, "n_stops": 10}


# -- all slices alike -------------------------------------------------------------------------------------------------


def test_slices_are_json_with_sorted_keys():
    told = [render_settings.table(DEFAULT, name) for name in TABLES]
    told += [render_settings.figure(DEFAULT, name) for name in FIGURES] + [claim_settings.claims(DEFAULT)]
    for text in told:
        assert text == job_settings.text(json.loads(text))
    assert [render_settings.table(DEFAULT, name) for name in ("table4", "table5")] == ["{}", "{}"]
    assert list(json.loads(render_settings.figure(DEFAULT, "figure1"))) == ["title"]


def test_the_split_of_table_1_is_that_of_all_scores():
    config = changed(table1={"split": "validation"})
    assert json.loads(render_settings.table(config, "table6"))["split"] == "validation"
    assert json.loads(render_settings.figure(config, "figure12"))["split"] == "validation"
    assert json.loads(claim_settings.claims(config))["split"] == "validation"
    without = json.loads(claim_settings.claims(changed(table1=None)))
    assert without["split"] == "test"


# -- independence -----------------------------------------------------------------------------------------------------

CHANGES = {
    "table1": {"variants": ["k7"]},
    "table2": {"n_runs": 3},
    "table3": {"n_trials": 9},
    "table6": {"n_trials": 9},
    "table7": {"rows": [{"dataset": "digits", "net": "wae"}]},
    "figure1": {"grid": 60},
    "figure2": {"columns": 3},
    "figure3": {"datasets": ["shapes"]},
    "figure4": {"subsets": ["full", "n300"]},
    "figure5": {"dataset": "shapes"},
    "figure6": {"dataset": "digits"},
    "figure7": {"columns": 3},
    "figure8": {"columns": 3},
    "figure9": {"datasets": ["digits"]},
    "figure10": {"columns": 3},
    "figure11": {"subsets": ["full", "n300"]},
    "figure12": {"n_draws": 9},
    "figure13": {"datasets": ["shapes"]},
    "figure14": {"lams": [0.5]},
    "figure_rho": {"factors": [0.3]},
    "figure_controls": {"scales": [0.3]},
    "figure_pullback": {"beta_datasets": []},
    "figure_interpolation": {"quantile": 0.5},
    "figure_sharpness": {"models": ["vae"]},
}


def all_slices(config: Config) -> dict[str, str]:
    told = {name: render_settings.table(config, name) for name in TABLES}
    told |= {name: render_settings.figure(config, name) for name in FIGURES}
    return told | {"figure1": job_settings.geodesics(config)}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_one_artefact_is_told_to_no_other(name):
    before, after = all_slices(DEFAULT), all_slices(changed(**{name: CHANGES[name]}))
    assert {other for other in before if before[other] != after[other]} == {name}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_one_artefact_concerns_its_own_claims_alone(name):
    before, after = (json.loads(claim_settings.claims(c)) for c in (DEFAULT, changed(**{name: CHANGES[name]})))
    own = name.replace("figure_controls", "controls")
    changed_sections = {other for other in before if before[other] != after[other]}
    assert changed_sections == ({own} if own in before and name != "table2" else set())
    assert job_settings.training(DEFAULT, RUN) == job_settings.training(changed(**{name: CHANGES[name]}), RUN)


def test_the_other_methods_of_table_2_are_those_of_figure_10():
    before, after = all_slices(DEFAULT), all_slices(changed(table2={"models": ["vae"]}))
    assert {other for other in before if before[other] != after[other]} == {"table2", "figure10"}


def test_a_classifier_of_another_build_is_of_its_data_set_alone():
    ours = {"datasets": {"digits": {"classifier": "~/theirs/model.json"}}}
    config = load_config(overlay(BASE, ours))
    told = json.loads(job_settings.backbone(config, "classifier", "digits"))
    assert told == {"trained": os.path.expanduser("~/theirs/model.json")}
    assert "epochs" in json.loads(job_settings.backbone(config, "classifier", "shapes"))
    assert job_settings.backbone(config, "efficientnet", "digits") == "{}"
    generation = Generation(Run("digits", "full", "conv", "vae", "base", 0), "prior", "base")
    hashes = {job_settings.config_sha256(each, generation) for each in (load_config(BASE), config)}
    assert len(hashes) == 2
