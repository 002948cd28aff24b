"""The hash of settings in a score record: changed by what the scores follow from, and by nothing else."""

import pytest

from helpers.configs import BASE, overlay, read
from reproduction.config.config import load_config
from reproduction.plan import job_settings
from reproduction.plan.cells import scored_generations
from reproduction.plan.keys import Generation, Run

CONTENT = overlay(read("config.yaml"), {})
CONFIG = load_config(CONTENT)
RUN = Run("shapes", "full", "mlp", "vae", "base", 0)
OURS = Generation(RUN, "manifold")


def digest(changes: dict | None = None, generation: Generation = OURS) -> str:
    return job_settings.config_sha256(load_config(overlay(CONTENT, changes or {})), generation)


def shapes(**sections) -> dict:
    return {"datasets": {"shapes": sections}}


@pytest.mark.parametrize(
    "changes",
    [
        shapes(options={"seed": 9}),
        shapes(width=0.75),
        shapes(training={"epochs": 7}),
        shapes(training={"precision": "float32", "lr": 0.125}),
        shapes(models={"vae": {"beta": 0.5}}),
        shapes(metric={"k": 11}),
        shapes(metric={"lam": 0.5}),
        shapes(samplers={"manifold": {"n_lf": 3}}),
        {"evaluation": {"n_samples": 77}},
        {"evaluation": {"prd": {"n_clusters": 5}}},
        {"evaluation": {"extra": ["kid"]}},
        {"evaluation": {"classifier": {"epochs": 3}}},
        {"evaluation": {"backbone": "inception"}},
    ],
)
def test_a_setting_of_any_stage_changes_the_hash(changes):
    assert digest(changes) != digest()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        shapes(models={"wae": {"lam": 3.0}}),
        shapes(samplers={"gmm": {"n_components": 3}, "jitter": {"scale": 0.5}}),
        {"datasets": {"digits": {"width": 0.5, "training": {"epochs": 3}, "metric": {"k": 7}}}},
        {"evaluation": {"resize": "pytorch_fid"}},  # of Inception's images alone
        {"artefacts": {"figure1": {"grid": 60}, "table1": {"seeds": [0, 1]}, "figure14": None}},
        {"data_dir": "elsewhere", "threads": 2, "device": "cpu"},
    ],
)
def test_a_setting_of_something_else_does_not(changes):
    assert digest(changes) == digest()


def test_what_a_sampler_does_not_use_is_left_out():
    for sampler in ("prior", "gmm", "reconstruction", "kde"):
        generation = Generation(RUN, sampler)
        assert digest(shapes(metric={"k": 11}), generation) == digest(None, generation)
        assert digest(shapes(training={"epochs": 7}), generation) != digest(None, generation)
    inception = {"evaluation": {"backbone": "inception"}}
    assert digest({"evaluation": inception["evaluation"] | {"classifier": {"epochs": 3}}}) == digest(inception)
    assert digest({"evaluation": inception["evaluation"] | {"resize": "pytorch_fid"}}) != digest(inception)


def test_matched_noise_follows_from_the_chain_that_it_is_matched_to():
    matched, fixed = Generation(RUN, "jitter"), Generation(RUN, "jitter", "sigma0.5")
    for changes in (shapes(metric={"k": 11}), shapes(samplers={"manifold": {"n_steps": 7}})):
        assert digest(changes, matched) != digest(None, matched)
        assert digest(changes, fixed) == digest(None, fixed)


def test_the_options_of_a_name_count_and_seeds_and_subsets_do_not():
    variants = ["base", "k11", "k11_lam0.5", "steps7", "k11_draw1", "k11_draw2"]
    assert len({digest(None, Generation(RUN, "manifold", variant)) for variant in variants}) == len(variants)
    trials = [Run("shapes", "full", "mlp", "vae", trial, 0) for trial in ("t00", "t01", "t02")]
    assert len({digest(None, Generation(run, "prior")) for run in trials}) == 3
    others = [Run("shapes", "full", "mlp", "vae", "base", 7), Run("shapes", "n100", "mlp", "vae", "base", 0)]
    assert {digest(None, Generation(run, "manifold")) for run in others} == {digest()}


def test_every_planned_generation_has_one():
    for name in ("configs/smoke.yaml", "configs/paper.yaml", "configs/mnist_cpu.yaml"):
        config = load_config(overlay(CONTENT, read(name)))
        digests = {g: job_settings.config_sha256(config, g) for g in scored_generations(config)}
        assert all(len(found) == 64 and set(found) <= set("0123456789abcdef") for found in digests.values())
        without = {(g.run.dataset, g.run.net, g.run.model, g.run.trial, g.sampler, g.variant) for g in digests}
        assert 1 < len(set(digests.values())) <= len(without)
    assert job_settings.config_sha256(
        load_config(BASE), Generation(Run("digits", "full", "conv", "ae", "base", 0), "gmm")
    )
