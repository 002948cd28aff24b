"""Which runs and generations the artefacts need, where their files lie, and what each job is told."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geovae import config_artefacts, experiments, published, slices
from geovae.config import load_config
from geovae.experiments import Generation, Run
from test_config import BASE, overlay

ROOT = Path(__file__).parents[2]
CONFIG = load_config(overlay(BASE, {"artefacts": {"table1": {"seeds": [0, 1], "variants": ["k500"]}}}))


@given(
    st.sampled_from(["digits", "shapes"]),
    st.sampled_from(["full", "n100", "class-ring"]),
    st.sampled_from(["conv", "mlp"]),
    st.sampled_from(experiments.MODELS),
    st.sampled_from(["base", "t07"]),
    st.integers(0, 10**6),
)
def test_a_runs_key_leads_back_to_it(dataset, subset, net, model, trial, seed):
    run = Run(dataset, subset, net, model, trial, seed)
    assert Run.parse(run.key) == run
    assert re.fullmatch(experiments.RUN_PATTERN, run.key)


@pytest.mark.parametrize(
    ("variant", "options", "metric"),
    [
        ("base", {}, "base"),
        ("k1000", {"k": 1000}, "k1000"),
        ("steps1000", {"steps": 1000}, "base"),
        ("k50_lam0.1_steps7", {"k": 50, "lam": 0.1, "steps": 7}, "k50_lam0.1"),
        ("lam1e-06", {"lam": 1e-6}, "lam1e-06"),
    ],
)
def test_variants_carry_options_and_name_their_metric(variant, options, metric):
    assert experiments.variant_options(variant) == options
    assert experiments.metric_variant(variant) == metric


def test_a_name_that_is_no_variant_is_refused():
    with pytest.raises(ValueError, match="not a variant: q3"):
        experiments.variant_options("q3")


def test_table1_has_every_row_for_every_seed():
    generations = experiments.table1_generations(CONFIG)
    rows = experiments.table1_rows(CONFIG)
    assert len(generations) == len(set(generations)) == 2 * len(rows)
    assert {row.sampler for row in rows} == set(experiments.SAMPLERS) - {"two_stage"}  # Table 7
    labels = [published.normal_label(row.label) for row in rows[:13]]
    assert labels == [published.normal_label(label) for label in published.rows("table1")]
    assert Generation(Run("digits", "full", "conv", "vae", "base", 1), "manifold", "k500") in generations


def test_rows_can_be_limited_to_some_models():
    few = {"table1": {"models": ["rae_gp", "ae"]}, "figure2": {"models": ["vae"]}}
    config = load_config(overlay(BASE, {"artefacts": few}))
    paper = [row.label for row in experiments.table1_rows(config) if row.block == "paper"]
    assert paper == ["AE - N(0, 1)", "AE - GMM", "RAE (GP)"]
    shown = [row.label for row, _ in experiments.figure2_generations(config, "digits") if row.block == "paper"]
    assert shown == ["VAE - N(0, 1)", "VAE - GMM", "VAE - Ours"]


def test_the_models_of_table_1_are_those_of_its_rows():
    assert list(dict.fromkeys(row.model for row in experiments.PAPER_ROWS)) == config_artefacts.ALL_MODELS


def test_score_records_are_both_splits_of_every_generation_in_order():
    records = experiments.score_records(CONFIG)
    assert len(records) == 2 * len(experiments.scored_generations(CONFIG))
    assert records[0] == (
        "results/runs/digits/full/conv/ae/base/seed0/generations/gmm/base/classifier/score_validation.json"
    )


def test_targets_follow_the_artefacts_asked_for():
    none = dict.fromkeys(["table1", "figure1", "figure2", "figure3"])
    only = load_config(overlay(BASE, {"artefacts": none}))
    assert experiments.targets(only) == [
        "results/figures/figure5.png",
        "results/figures/figure5.pdf",
        "results/runs/digits/full/conv/vae/base/seed0/history.png",
    ]


def test_a_slice_holds_what_concerns_its_job_and_no_more():
    run = Run("digits", "full", "conv", "vae", "base", 0)
    other = load_config(overlay(BASE, {"datasets": {"digits": {"metric": {"k": 7}}, "shapes": {"width": 0.5}}}))
    assert slices.training(CONFIG, run) == slices.training(other, run)
    assert slices.metric(CONFIG, run, "base") != slices.metric(other, run, "base")
    assert json.loads(slices.metric(other, run, "k9_lam0.5_steps3")) == {"k": 9, "lam": 0.5, "tau": 0.0}
    settings = json.loads(slices.sampler(CONFIG, Generation(run, "manifold_released", "k9_steps3")))
    assert settings == {"n_steps": 3, "n_lf": 10, "eps_lf": 0.01, "n_long": 100}
    assert slices.sampler(CONFIG, Generation(run, "kde")) == "{}"


def test_planning_never_imports_torch():
    code = "import sys; from geovae import experiments, slices, config, published; print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow_scripts", capture_output=True, text=True)
    assert shown.stdout.strip() == "False", shown.stderr
