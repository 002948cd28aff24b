"""The figures of what is measured on trained VAEs: their runs, their records, and what their renderers are told."""

import json

from helpers.experiment_configs import only
from reproduction.costs.jobs import planned_jobs
from reproduction.plan import job_settings, render_settings
from reproduction.plan.comparisons import compared_runs, comparison_inputs, pullback_runs
from reproduction.plan.keys import Run
from reproduction.plan.targets import shown_runs

SHAPES = {"datasets": ["digits", "shapes"], "n_betas": 2, "seeds": [0, 1]}


def test_each_beta_is_trained_once_a_seed_and_the_largest_comes_first():
    found = pullback_runs(only(figure_pullback=SHAPES))
    digits = [(trial, beta) for trial, beta in (("t00", 1.0), ("t01", 0.1), ("base", 0.01))]
    expected = {
        Run("digits", "full", "conv", "vae", trial, seed): beta for trial, beta in digits for seed in (0, 1)
    } | {Run("shapes", "full", "conv", "vae", "base", seed): 0.01 for seed in (0, 1)}
    assert list(found.items()) == list(expected.items())
    every = pullback_runs(only(figure_pullback={"datasets": ["digits"]}))
    assert [(run.trial, beta) for run, beta in every.items()] == [*digits, ("t03", 0.001)]


def test_a_figure_of_comparisons_has_two_records_a_run():
    config = only(figure_pullback=SHAPES)
    inputs = comparison_inputs(config, "figure_pullback")
    assert len(inputs) == 2 * len(compared_runs(config, "figure_pullback")) == 16
    assert inputs["digits_t00_seed1_arrays"] == "results/runs/digits/full/conv/vae/t00/seed1/pullback.npz"
    assert inputs["shapes_base_seed0_scores"] == "results/runs/shapes/full/conv/vae/base/seed0/pullback.json"


def test_the_runs_are_trained_and_their_jobs_counted():
    config = only(figure_pullback=SHAPES)
    runs = set(compared_runs(config, "figure_pullback"))
    assert set(shown_runs(config)) == runs
    jobs = planned_jobs(config, "figure_pullback")
    assert jobs["compare_pullback"] == jobs["train_model"] == jobs["embed_latents"] == runs
    assert jobs["build_metric"] == {(run, "base") for run in runs}


def test_interpolations_are_those_of_the_configs_own_vaes():
    config = only(figure_interpolation={"datasets": ["shapes", "digits"], "seeds": [3, 4], "n_pairs": 7})
    runs = compared_runs(config, "figure_interpolation")
    assert [run.key for run in runs] == [
        f"{name}/full/conv/vae/base/seed{seed}" for name in ("shapes", "digits") for seed in (3, 4)
    ]
    assert json.loads(job_settings.interpolation(config)) == {"n_pairs": 7, "n_stops": 10, "quantile": 0.95}
    told = json.loads(render_settings.figure(config, "figure_interpolation"))
    assert [(row["title"], row["latent_dim"]) for row in told["rows"]] == [
        ("Disks and rings, 500 training images", 2),
        ("Digits, 1,000 training images", 16),
    ]
    assert told["rows"][1]["inputs"][0] == {"arrays": "digits_base_seed3_arrays", "scores": "digits_base_seed3_scores"}
    named = {name for row in told["rows"] for training in row["inputs"] for name in training.values()}
    assert named == set(comparison_inputs(config, "figure_interpolation"))
    jobs = planned_jobs(config, "figure_interpolation")
    assert jobs["measure_unseen"] == {("shapes", "full"), ("digits", "full")}
    assert jobs["compare_interpolation"] == set(runs)


def test_a_column_of_the_pull_back_metric_has_the_records_of_its_seeds():
    config = only(figure_pullback=SHAPES)
    columns = json.loads(render_settings.figure(config, "figure_pullback"))["columns"]
    assert [(c["title"], c["beta"], c["latent_dim"]) for c in columns] == [
        ("Digits", 1.0, 16),
        ("Digits", 0.1, 16),
        ("Digits", 0.01, 16),
        ("Disks and rings", 0.01, 2),
    ]
    assert columns[0]["inputs"][1] == {"arrays": "digits_t00_seed1_arrays", "scores": "digits_t00_seed1_scores"}
    named = {name for column in columns for training in column["inputs"] for name in training.values()}
    assert named == set(comparison_inputs(config, "figure_pullback"))
