"""Which runs and generations each artefact needs: tables, figures of scores and of images, the augmentation task."""

import re

import pytest

from helpers.configs import BASE, overlay, read
from helpers.experiment_configs import CONFIG, only
from reproduction import published
from reproduction.config import tables
from reproduction.config.config import load_config
from reproduction.config.variants import BASELINES
from reproduction.plan.augmentation import (
    SOURCE_PATTERN,
    class_generation,
    classification_records,
    n_samples,
    source_generations,
    sources,
)
from reproduction.plan.cells import cells, described_metrics, scored_generations, section, two_centroids
from reproduction.plan.figures import (
    class_grid,
    figure_inputs,
    grid_generations,
    latent_space_run,
    neighbour_generations,
    neighbour_samplers,
    samples_generation,
)
from reproduction.plan.keys import SAMPLERS, Generation, Run
from reproduction.plan.rows import PAPER_ROWS, table1_rows
from reproduction.plan.targets import score_records, targets


def test_table1_has_every_row_for_every_seed():
    rows, planned = table1_rows(CONFIG), cells(CONFIG, "table1")
    assert [cell.label for cell in planned] == [row.label for row in rows]
    assert {cell.seeds for cell in planned} == {(0, 1)}
    of_table7 = {"two_stage", "reconstruction_test"}
    assert {row.sampler for row in rows} == set(SAMPLERS) - of_table7 - set(BASELINES) | {"gmm"}
    labels = [published.normal_label(row.label) for row in rows[:13]]
    assert labels == [published.normal_label(label) for label in published.rows("table1")]
    generation = Generation(Run("digits", "full", "conv", "vae", "base", 1), "manifold", "k500")
    assert generation in scored_generations(CONFIG, "table1")


def test_rows_can_be_limited_to_some_models():
    few = {"table1": {"models": ["rae_gp", "ae"]}, "figure2": {"models": ["vae"]}}
    config = load_config(overlay(BASE, {"artefacts": few}))
    paper = [row.label for row in table1_rows(config) if row.block == "paper"]
    assert paper == ["AE - N(0, 1)", "AE - GMM", "RAE (GP)"]
    shown = [row.label for row, _ in grid_generations(config, "figure2", "digits") if row.block == "paper"]
    assert shown == ["VAE - N(0, 1)", "VAE - GMM", "VAE - Ours"]


def test_the_models_of_table_1_are_those_of_its_rows():
    assert list(dict.fromkeys(row.model for row in PAPER_ROWS)) == tables.ALL_MODELS


def test_baselines_stand_in_a_block_of_their_own_between_ours_and_the_controls():
    names = ["parzen", "parzen/nn20_scale0.5", "volume/k10", "gmm/componentsheldout", "gmm/components50"]
    rows = table1_rows(load_config(overlay(BASE, {"artefacts": {"table1": {"baselines": names}}})))
    blocks = list(dict.fromkeys(row.block for row in rows))
    assert blocks.index("baselines") == blocks.index("controls") - 1
    assert [(row.label, row.sampler, row.variant) for row in rows if row.block == "baselines"] == [
        ("VAE - Parzen windows", "parzen", "base"),
        ("VAE - Parzen windows, K = 20, s = 0.5", "parzen", "nn20_scale0.5"),
        ("VAE - Volume, k = 10", "volume", "k10"),
        ("VAE - GMM, chosen", "gmm", "componentsheldout"),
        ("VAE - GMM, components = 50", "gmm", "components50"),
    ]
    assert len({row.label for row in rows}) == len(rows)


# -- the generations of each artefact ---------------------------------------------------------------------------------

TABLE1_ROWS = 13 + 1 + 7  # the paper's, the released chain, controls
SEEDS = {"seeds": [3, 5, 8]}
# Artefact, its section, and how many generations it needs.
COUNTS = [
    ("table1", {"seeds": [0, 1], "variants": ["base", "k50", "steps9"]}, 2 * (TABLE1_ROWS + 2)),
    ("table1", {"models": ["ae", "vae"]}, 2 + 3 + 8),
    # The base and four trials, of which VAMP's and the flows' first is the base.
    ("table3", {"n_trials": 4, **SEEDS}, 2 * 3 * (3 * 5 + 3 * 4 + 7)),
    ("table3", {"n_trials": 10, "nets": ["mlp"], "models": ["vae_nf", "vae"]}, 10 + 3 + 2),
    ("table6", {"n_trials": 3, **SEEDS}, 4 * 3 * 3 * 4),
    ("table6", {"models": ["iwae"], "datasets": ["digits", "shapes"]}, 2 * 10 * 4),
    ("table7", SEEDS, 2 * 3 * 5),
    ("figure4", {"subsets": ["full", "n500", "n200"], **SEEDS}, 3 * 3 * (13 + 4)),
    ("figure11", {"datasets": ["digits", "shapes"], "models": ["ae"], "subsets": ["full", "n400"]}, 2 * 2 * (2 + 4)),
    ("figure12", {"ks": [100, 500], "k_draws": 300, "n_draws": 4, **SEEDS}, 3 * (2 * (3 + 4) + 1 + 2 + 4)),
    ("figure12", {"ks": [100, 500], "k_draws": 500, "n_draws": 4}, 2 * (2 + 4) + 1 + 2 + 4),
    ("figure13", {"datasets": ["digits", "shapes"]}, 2 * 4),
    ("figure13", SEEDS, 3 * 4),
    ("figure_sharpness", {"models": ["ae", "vae"], "datasets": ["digits", "shapes"], **SEEDS}, 2 * 3 * (2 + 3 + 4)),
    ("figure14", {"lams": [0.1, 1.0], "k": 200, **SEEDS}, 3 * (2 + 1 + 2 + 4)),
    ("figure_rho", {"factors": [0.5, 2.0], "datasets": ["digits", "shapes"], **SEEDS}, 2 * 3 * 2 * (2 + 1)),
    (
        "figure_controls",
        {"scales": [0.1, 0.2], "lengths": [10, 30, 50], "ks": [20], "n_betas": 2, **SEEDS},
        3 * (2 + 1 + 1 + 7 + 1 + 2 + 3 + 1 + 2),
    ),
]


@pytest.mark.parametrize(("name", "section", "n"), COUNTS)
def test_an_artefact_has_as_many_generations_as_its_cells(name, section, n):
    generations = scored_generations(only(**{name: section}))
    assert len(generations) == len(set(generations)) == n
    assert generations == sorted(generations)
    assert {generation.run.seed for generation in generations} == set(section.get("seeds", [0]))
    assert {generation.run.dataset for generation in generations} == set(section.get("datasets", ["digits"]))


def test_artefacts_without_scores_need_none():
    unscored = ("table4", "table5", "figure1", "figure2", "figure3", "figure5", "table2", "figure10", "claims")
    config = only(*unscored)
    assert scored_generations(config) == []
    assert "results/scores.csv" not in targets(config)
    assert score_records(config) == []


def test_a_search_is_over_every_net_trial_and_seed():
    config = only(table3={"n_trials": 2, "seeds": [1, 4], "models": ["wae", "vae"]})
    found = {(g.run.net, g.run.trial, g.run.seed) for g in scored_generations(config) if g.run.model == "wae"}
    trials = ("base", "t00", "t01")
    assert found == {(net, trial, seed) for net in ("conv", "resnet") for trial in trials for seed in (1, 4)}
    assert {g.run.trial for g in scored_generations(config) if g.run.model == "vae"} == {"base"}
    plugged = only(table6={"n_trials": 1, "net": "mlp", "models": ["aae"]})
    run = Run("digits", "full", "mlp", "aae", "base", 0)
    samplers = ("jitter", "manifold", "prior", "reconstruction")
    assert scored_generations(plugged) == [Generation(run, sampler) for sampler in samplers]


def test_the_two_stage_model_is_scored_with_both_stages():
    found = scored_generations(only(table7={"rows": [{"dataset": "digits", "net": "wae"}]}))
    assert {generation.run for generation in found} == {Run("digits", "full", "wae", "two_stage", "base", 0)}
    assert {g.sampler for g in found} == {"reconstruction_test", "prior", "two_stage", "manifold", "jitter"}


def test_random_centroids_are_drawn_as_often_as_asked():
    config = only(figure12={"ks": [100], "k_draws": 300, "n_draws": 3})
    assert [draw["variant"] for draw in section(config, "figure12")["draws"]] == [
        "k300_draw0",
        "k300_draw1",
        "k300_draw2",
    ]
    variants = {g.variant for g in scored_generations(config) if g.sampler == "manifold"}
    from_means = {"k100", "k300", "k300_draw0", "k300_draw1", "k300_draw2"}
    assert variants == {"base", *from_means, *(f"{name}_startcentroids" for name in from_means)}


@pytest.mark.parametrize("name", ["figure12", "figure13", "figure_rho"])
def test_the_same_cells_stand_there_for_both_starts(name):
    parts = section(only(**{name: {}}), name)
    paired = [part for part in parts if f"{part}_from_centroids" in parts]
    assert paired == {"figure12": ["ks", "draws"], "figure13": ["two"], "figure_rho": ["rhos", "mahalanobis"]}[name]
    for part in paired:
        other = [{**said, "variant": f"{said['variant']}_startcentroids"} for said in parts[part]]
        assert parts[f"{part}_from_centroids"] == other


def test_the_figure_of_rho_describes_each_of_its_metrics_once():
    config = only(figure_rho={"factors": [2.0, 0.5], "seeds": [0, 1]})
    run = "digits/full/conv/vae/base/seed"
    names = [f"{run}{seed}/{name}" for seed in (0, 1) for name in ("rho0.5", "rho1_distmahalanobis", "rho2")]
    assert list(described_metrics(config)) == names
    assert described_metrics(config)[names[0]] == f"results/runs/{run}0/metric/rho0.5/metric.npz"
    assert [said["rho"] for said in section(config, "figure_rho")["rhos"]] == [0.5, 2.0]


def test_the_figure_of_controls_has_its_scales_lengths_centroids_and_betas():
    section_of = {"scales": [0.5], "lengths": [10], "ks": [30], "n_betas": 2, "net": "infogan"}
    config = only(figure_controls=section_of)
    found = {(g.run.model, g.run.net, g.run.trial, g.sampler, g.variant) for g in scored_generations(config)}
    expected = {
        ("vae", "conv", "base", "jitter", "sigma0.5"),
        ("vae", "conv", "base", "manifold", "steps10"),
        ("vae", "conv", "base", "manifold", "k30"),
        ("vae", "conv", "t00", "manifold", "base"),
        ("vae", "conv", "t01", "manifold", "base"),
        ("two_stage", "infogan", "base", "two_stage", "base"),
    }
    assert expected <= found
    drawn = {(sampler, variant) for *_, sampler, variant in found}
    assert not {sampler for sampler, _ in drawn} & {"posterior_kde", "parzen", "neighbours", "volume"}
    curves = {"posterior_kde": [2.0], "parzen": [0.5], "neighbours": [5, 3], "gmm": [20], "volume": [30]}
    more = only(figure_controls=section_of | {"baselines": ["parzen", "volume/k9"], "baseline_curves": curves})
    assert {(g.sampler, g.variant) for g in scored_generations(more)} - drawn == {
        ("parzen", "base"),
        ("volume", "k9"),
        ("posterior_kde", "scale2"),
        ("parzen", "scale0.5"),
        ("neighbours", "nn3"),
        ("neighbours", "nn5"),
        ("gmm", "components20"),
        ("volume", "k30"),
    }
    points = section(more, "figure_controls")["curves"]
    assert [point["value"] for point in points if point["sampler"] == "neighbours"] == [3, 5]
    assert {cell.net for cell in cells(only(figure_controls={}), "figure_controls")} == {"conv"}


def test_score_records_are_both_splits_of_every_generation_in_order():
    records = score_records(CONFIG)
    assert len(records) == len(set(records)) == 2 * len(scored_generations(CONFIG))
    config = only("table1")
    assert score_records(config)[0] == (
        "results/runs/digits/full/conv/ae/base/seed0/generations/gmm/base/classifier/score_validation.json"
    )


# -- figures of images ------------------------------------------------------------------------------------------------


def test_the_runs_and_generations_of_the_figures_of_images():
    shown = {"dataset": "shapes", "subset": "n300", "seed": 7}
    config = only(figure1={"seed": 2}, figure3={"seed": 4}, figure6=shown, figure13={"seeds": [5, 6]})
    assert latent_space_run(config).key == "shapes/full/conv/vae/base/seed2"
    assert samples_generation(config, "figure6").key == "shapes/n300/conv/vae/base/seed7/manifold/base"
    assert {part: generation.key for part, generation in two_centroids(config, "digits", 5).items()} == {
        "": "digits/full/conv/vae/base/seed5/manifold/k2",
        "_from_centroids": "digits/full/conv/vae/base/seed5/manifold/k2_startcentroids",
    }
    assert list(figure_inputs(config, "figure13").values()) == [  # of the first seed alone
        f"results/runs/digits/full/conv/vae/base/seed5/generations/manifold/{variant}/centroids.npz"
        for variant in ("k2", "k2_startcentroids")
    ]
    near = neighbour_generations(config, "figure3", "digits")
    assert {name: generation.sampler for name, generation in near.items()} == neighbour_samplers()
    assert {generation.run.key for generation in near.values()} == {"digits/full/conv/vae/base/seed4"}


def test_a_grid_shows_every_method_but_noise():
    rows = grid_generations(CONFIG, "figure7", "digits")
    assert len(rows) == TABLE1_ROWS - 1
    assert {row.label for row, _ in rows[:13]} == {row.label for row in PAPER_ROWS}
    assert [row.label for row, _ in rows[:3]] == ["AE - N(0, 1)", "VAE - N(0, 1)", "WAE"]  # 5.1: "(second row)"
    assert rows[12][0].label == "VAE - Ours"
    assert all((g.run.model, g.sampler) == (row.model, row.sampler) for row, g in rows)


def test_a_grid_of_classes_shows_models_trained_on_each_class():
    grid = class_grid(CONFIG)
    assert list(grid) == ["AD", "CN"]
    for name, rows in grid.items():
        assert len(rows) == 13 + 4
        assert {generation.run.subset for _, generation in rows} == {f"class-{name}"}
        assert {generation.run.dataset for _, generation in rows} == {"phantoms"}


# -- the augmentation task --------------------------------------------------------------------------------------------


def test_table_2_has_the_papers_sources_and_controls():
    found = sources(CONFIG)
    assert len({source.name for source in found}) == len(found) == 2 + 13 + 3
    assert [source.name for source in found[:2]] == ["raw", "resampled"]
    assert {source.name for source in found if source.block == "controls"} == {
        "vae-reconstruction",
        "vae-jitter",
        "vae-kde",
    }
    assert all(re.fullmatch(SOURCE_PATTERN, source.name) for source in found)
    few = load_config(overlay(BASE, {"artefacts": {"table2": {"models": ["wae"]}}}))
    assert [source.name for source in sources(few) if source.block == "paper"] == [
        "raw",
        "resampled",
        "wae-prior",
    ]


def test_a_source_is_generated_for_each_class_by_its_own_model():
    config = load_config(overlay(BASE, {"artefacts": {"table2": {"dataset": "shapes", "seeds": [6, 0]}}}))
    assert source_generations(config, "raw") == source_generations(config, "resampled") == {}
    for source, seed in {"vae-manifold-seed6": 6, "vae-manifold": 0}.items():
        assert re.fullmatch(SOURCE_PATTERN, source)
        found = source_generations(config, source)
        assert {name: generation.key for name, generation in found.items()} == {
            name: f"shapes/class-{name}/conv/vae/base/seed{seed}/manifold/base" for name in ("disk", "ring")
        }
        assert classification_records(config)[f"vae/manifold/base/seed{seed}"] == (
            f"results/augmentation/shapes/{source}.json"
        )
    shown = {generation.run.seed for rows in class_grid(config).values() for _, generation in rows}
    assert shown == {6}


def test_as_many_images_as_the_task_asks_for():
    changes = {"evaluation": {"n_samples": 700}, "artefacts": {"table2": {"n_per_class": 90}}}
    config = load_config(overlay(BASE, changes))
    row = PAPER_ROWS[0]
    of_class = class_generation(config, row, 0, "AD")
    assert n_samples(config, of_class) == 90
    elsewhere = Generation(Run("digits", "class-AD", "conv", "ae", "base", 0), "prior")
    whole = Generation(Run("phantoms", "full", "conv", "ae", "base", 0), "prior")
    assert [n_samples(config, generation) for generation in (elsewhere, whole)] == [700, 700]
    without = load_config(overlay(BASE, {**changes, "artefacts": {"table2": None, "figure10": None}}))
    assert n_samples(without, of_class) == 700


def test_the_papers_rows_of_table_2_have_the_labels_of_its_table():
    default = load_config(read("config.yaml"))
    labels = [source.label for source in sources(default) if source.block == "paper"]
    assert len(labels) > 5
    assert [label for label in labels if not published.has_row("table2", label)] == []
