"""Which runs and generations the artefacts need, and where their files lie."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geovae import config_artefacts, experiments, published
from geovae.config import Config, load_config
from geovae.config_base import MANIFOLD_PATTERN
from geovae.experiments import Generation, Run
from geovae.rendering.classification import Source
from test_config import BASE, overlay, read

ROOT = Path(__file__).parents[2]
CONFIG = load_config(overlay(BASE, {"artefacts": {"table1": {"seeds": [0, 1], "variants": ["k500"]}}}))
DEFAULT = load_config(read("config.yaml"))


def only(*names: str, **sections: dict) -> Config:
    """The tests' config with no artefacts but these."""
    kept = {*names, *sections}
    absent = {name: False if name == "claims" else None for name in experiments.ARTEFACTS if name not in kept}
    return load_config(overlay(overlay(BASE, {"artefacts": sections}), {"artefacts": absent}))


def output_patterns() -> list[re.Pattern]:
    """What the rules' outputs match, read off the rules with the wildcards' constraints."""
    kinds = {
        "run": experiments.RUN_PATTERN,
        "variant": experiments.VARIANT_PATTERN,
        "metric": experiments.VARIANT_PATTERN,
        "subset": experiments.SUBSET_PATTERN,
        "source": experiments.SOURCE_PATTERN,
        "sampler": "|".join(experiments.SAMPLERS),
        "backbone": "classifier|inception",
    }
    patterns = []
    for path in sorted((ROOT / "rules").glob("*.smk")):
        for block in re.findall(r"\n    output:\n(.*?)\n    log:", path.read_text(encoding="utf-8"), re.DOTALL):
            for output in re.findall(r'"(results/[^"]+)"', block):
                parts = re.split(r"\{+(\w+)\}+", output)
                texts = [
                    f"(?:{kinds.get(part, '[a-z0-9_]+')})" if i % 2 else re.escape(part) for i, part in enumerate(parts)
                ]
                patterns.append(re.compile("".join(texts)))
    return patterns


OUTPUTS = output_patterns()


def is_made(path: str) -> bool:
    return any(pattern.fullmatch(path) for pattern in OUTPUTS)


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


@pytest.mark.parametrize(
    "name", ["q3", "k", "k1", "k1e3", "k10.5", "steps0", "k1000_q3", "base_k3", "k10_", "sigma0.1_k10", ""]
)
def test_a_name_that_is_no_variant_is_refused(name):
    with pytest.raises(ValueError, match=f"not a variant: {name}"):
        experiments.variant_options(name)


WHOLE = st.integers(0, 10**9)
POSITIVE = st.floats(1e-12, 1e12, exclude_min=True)
OPTIONS = st.one_of(
    st.fixed_dictionaries(
        {}, optional={"k": st.integers(2, 10**9), "lam": POSITIVE, "steps": st.integers(1, 10**9), "draw": WHOLE}
    ),
    st.fixed_dictionaries({"sigma": POSITIVE}),
    st.fixed_dictionaries({"h": POSITIVE}),
)


@settings(derandomize=True, deadline=None, max_examples=200)
@given(OPTIONS)
def test_a_variants_name_leads_back_to_its_options(options):
    name = experiments.variant_name(**options)
    assert re.fullmatch(experiments.VARIANT_PATTERN, name)
    assert experiments.variant_options(name) == options
    assert list(map(type, experiments.variant_options(name).values())) == list(map(type, options.values()))


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({}, "base"),
        ({"k": 1000, "lam": 0.1}, "k1000_lam0.1"),
        ({"steps": 1_000_000}, "steps1000000"),
        ({"lam": 1e-6}, "lam1e-06"),
        ({"lam": 1.0}, "lam1"),
        ({"h": 1e20}, "h1e20"),
        ({"sigma": 0.123456789}, "sigma0.123456789"),
    ],
)
def test_names_of_variants_are_short_and_exact(options, name):
    assert experiments.variant_name(**options) == name


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("base", ""),
        ("k1000_steps500", "k = 1000, N = 500"),
        ("lam1e-06", "λ = 1e-06"),
        ("sigma0.1", "σ = 0.1"),
        ("h0.5", "h = 0.5"),
    ],
)
def test_variants_in_words(variant, words):
    assert experiments.describe_variant(variant) == words


def test_table1_has_every_row_for_every_seed():
    generations = list(experiments.table1_generations(CONFIG))
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
    shown = [row.label for row, _ in experiments.grid_generations(config, "figure2", "digits") if row.block == "paper"]
    assert shown == ["VAE - N(0, 1)", "VAE - GMM", "VAE - Ours"]


def test_the_models_of_table_1_are_those_of_its_rows():
    assert list(dict.fromkeys(row.model for row in experiments.PAPER_ROWS)) == config_artefacts.ALL_MODELS


# -- the generations of each artefact ---------------------------------------------------------------------------------

TABLE1_ROWS = 13 + 1 + 7  # the paper's, the released chain, controls
SEEDS = {"seeds": [3, 5, 8]}
# Artefact, its section, and how many generations it needs.
COUNTS = [
    ("table1", {"seeds": [0, 1], "variants": ["base", "k50", "steps9"]}, 2 * (TABLE1_ROWS + 2)),
    ("table1", {"models": ["ae", "vae"]}, 2 + 3 + 8),
    ("table3", {"n_trials": 4, **SEEDS}, 2 * 3 * (6 * 4 + 7)),
    ("table3", {"n_trials": 10, "nets": ["mlp"], "models": ["vae_nf", "vae"]}, 10 + 3 + 2),
    ("table6", {"n_trials": 3, **SEEDS}, 4 * 3 * 3 * 4),
    ("table6", {"models": ["iwae"], "datasets": ["digits", "shapes"]}, 2 * 10 * 4),
    ("table7", SEEDS, 2 * 3 * 5),
    ("figure4", {"subsets": ["full", "n500", "n200"], **SEEDS}, 3 * 3 * (13 + 4)),
    ("figure11", {"datasets": ["digits", "shapes"], "models": ["ae"], "subsets": ["full", "n400"]}, 2 * 2 * (2 + 4)),
    ("figure12", {"ks": [100, 500], "k_draws": 300, "n_draws": 4, **SEEDS}, 3 * (3 + 4 + 1 + 2 + 4)),
    ("figure12", {"ks": [100, 500], "k_draws": 500, "n_draws": 4}, 2 + 4 + 1 + 2 + 4),
    ("figure13", {"datasets": ["digits", "shapes"]}, 2 * 3),
    ("figure14", {"lams": [0.1, 1.0], "k": 200, **SEEDS}, 3 * (2 + 1 + 2 + 4)),
    (
        "figure_controls",
        {"scales": [0.1, 0.2], "lengths": [10, 30, 50], "ks": [20], "n_betas": 2, **SEEDS},
        3 * (2 + 1 + 1 + 7 + 1 + 2 * 2 + 3 + 1 + 2),
    ),
]


@pytest.mark.parametrize(("name", "section", "n"), COUNTS)
def test_an_artefact_has_as_many_generations_as_its_cells(name, section, n):
    generations = experiments.scored_generations(only(**{name: section}))
    assert len(generations) == len(set(generations)) == n
    assert generations == sorted(generations)
    assert {generation.run.seed for generation in generations} == set(section.get("seeds", [0]))
    assert {generation.run.dataset for generation in generations} == set(section.get("datasets", ["digits"]))


def test_artefacts_without_scores_need_none():
    unscored = ("table4", "table5", "figure1", "figure2", "figure3", "figure5", "table2", "figure10", "claims")
    config = only(*unscored)
    assert experiments.scored_generations(config) == []
    assert "results/scores.csv" not in experiments.targets(config)
    assert experiments.score_records(config) == []


def test_a_search_is_over_every_net_trial_and_seed():
    config = only(table3={"n_trials": 2, "seeds": [1, 4], "models": ["wae", "vae"]})
    found = {
        (g.run.net, g.run.trial, g.run.seed) for g in experiments.scored_generations(config) if g.run.model == "wae"
    }
    assert found == {(net, trial, seed) for net in ("conv", "resnet") for trial in ("t00", "t01") for seed in (1, 4)}
    assert {g.run.trial for g in experiments.scored_generations(config) if g.run.model == "vae"} == {"base"}
    plugged = only(table6={"n_trials": 1, "net": "mlp", "models": ["aae"]})
    run = Run("digits", "full", "mlp", "aae", "t00", 0)
    samplers = ("jitter", "manifold", "prior", "reconstruction")
    assert experiments.scored_generations(plugged) == [Generation(run, sampler) for sampler in samplers]


def test_the_two_stage_model_is_scored_with_both_stages():
    found = experiments.scored_generations(only(table7={"nets": ["wae"]}))
    assert {generation.run for generation in found} == {Run("digits", "full", "wae", "two_stage", "base", 0)}
    assert {g.sampler for g in found} == {"reconstruction", "prior", "two_stage", "manifold", "jitter"}


def test_random_centroids_are_drawn_as_often_as_asked():
    config = only(figure12={"ks": [100], "k_draws": 300, "n_draws": 3})
    assert experiments.draw_variants(config) == ["k300_draw0", "k300_draw1", "k300_draw2"]
    variants = {g.variant for g in experiments.scored_generations(config) if g.sampler == "manifold"}
    assert variants == {"base", "k100", "k300", "k300_draw0", "k300_draw1", "k300_draw2"}


def test_the_figure_of_controls_has_its_scales_lengths_centroids_and_betas():
    section = {"scales": [0.5], "lengths": [10], "ks": [30], "n_betas": 2, "net": "infogan"}
    config = only(figure_controls=section)
    found = {
        (g.run.model, g.run.net, g.run.trial, g.sampler, g.variant) for g in experiments.scored_generations(config)
    }
    expected = {
        ("vae", "conv", "base", "jitter", "sigma0.5"),
        ("vae", "conv", "base", "kde", "h0.5"),
        ("vae", "conv", "base", "manifold", "steps10"),
        ("vae", "conv", "base", "manifold", "k30"),
        ("vae", "conv", "t00", "manifold", "base"),
        ("vae", "conv", "t01", "manifold", "base"),
        ("two_stage", "infogan", "base", "two_stage", "base"),
    }
    assert expected <= found
    assert experiments.beta_trials(config) == ["t00", "t01"]
    assert experiments.two_stage_run(only(figure_controls={}), 4).net == "conv"


def test_score_records_are_both_splits_of_every_generation_in_order():
    records = experiments.score_records(CONFIG)
    assert len(records) == len(set(records)) == 2 * len(experiments.scored_generations(CONFIG))
    config = only("table1")
    assert experiments.score_records(config)[0] == (
        "results/runs/digits/full/conv/ae/base/seed0/generations/gmm/base/classifier/score_validation.json"
    )


# -- figures of images ------------------------------------------------------------------------------------------------


def test_the_runs_and_generations_of_the_figures_of_images():
    shown = {"dataset": "shapes", "subset": "n300", "seed": 7}
    config = only(figure1={"seed": 2}, figure3={"seed": 4}, figure6=shown, figure13={"seed": 5})
    assert experiments.latent_space_run(config).key == "shapes/full/conv/vae/base/seed2"
    assert experiments.samples_generation(config, "figure6").key == "shapes/n300/conv/vae/base/seed7/manifold/base"
    assert experiments.two_centroids(config, "digits", 5).key == "digits/full/conv/vae/base/seed5/manifold/k2"
    near = experiments.neighbour_generations(config, "figure3", "digits")
    assert {name: generation.sampler for name, generation in near.items()} == experiments.neighbour_samplers()
    assert {generation.run.key for generation in near.values()} == {"digits/full/conv/vae/base/seed4"}


def test_a_grid_shows_every_method_but_noise():
    rows = experiments.grid_generations(CONFIG, "figure7", "digits")
    assert len(rows) == TABLE1_ROWS - 1
    assert [row.label for row, _ in rows[:13]] == [row.label for row in experiments.PAPER_ROWS]
    assert all((g.run.model, g.sampler) == (row.model, row.sampler) for row, g in rows)


def test_a_grid_of_classes_shows_models_trained_on_each_class():
    grid = experiments.class_grid(CONFIG)
    assert list(grid) == ["AD", "CN"]
    for name, rows in grid.items():
        assert len(rows) == 13 + 4
        assert {generation.run.subset for _, generation in rows} == {f"class-{name}"}
        assert {generation.run.dataset for _, generation in rows} == {"phantoms"}


@pytest.mark.parametrize("name", [name for name in experiments.ARTEFACTS if name.startswith("figure")])
def test_what_a_figure_is_drawn_from_is_made_by_a_rule(name):
    inputs = experiments.figure_inputs(DEFAULT, name)
    assert inputs
    assert all(is_made(path) for path in inputs.values())
    assert not any(re.search(r"[\s=]", text) for text in (*inputs, *inputs.values()))  # they go on a command line
    folders = {generation.folder for generation in experiments.shown_generations(DEFAULT)}
    for path in inputs.values():
        if "/generations/" in path:
            assert any(path.startswith(f"{folder}/") for folder in folders)


def test_a_figure_that_does_not_exist_has_no_inputs():
    with pytest.raises(ValueError, match="no such figure: claims"):
        experiments.figure_inputs(DEFAULT, "claims")


# -- the augmentation task --------------------------------------------------------------------------------------------


def test_table_2_has_the_papers_sources_and_controls():
    found = experiments.sources(CONFIG)
    assert len({source.name for source in found}) == len(found) == 2 + 13 + 3
    assert [source.name for source in found[:2]] == ["raw", "resampled"]
    assert {source.name for source in found if source.block == "controls"} == {
        "vae-reconstruction",
        "vae-jitter",
        "vae-kde",
    }
    assert all(re.fullmatch(experiments.SOURCE_PATTERN, source.name) for source in found)
    few = load_config(overlay(BASE, {"artefacts": {"table2": {"models": ["wae"]}}}))
    assert [source.name for source in experiments.sources(few) if source.block == "paper"] == [
        "raw",
        "resampled",
        "wae-prior",
    ]


def test_a_source_is_generated_for_each_class_by_its_own_model():
    config = load_config(overlay(BASE, {"artefacts": {"table2": {"dataset": "shapes", "seed": 6}}}))
    assert experiments.source_generations(config, "raw") == experiments.source_generations(config, "resampled") == {}
    found = experiments.source_generations(config, "vae-manifold")
    assert {name: generation.key for name, generation in found.items()} == {
        name: f"shapes/class-{name}/conv/vae/base/seed6/manifold/base" for name in ("disk", "ring")
    }


def test_every_source_has_a_file_of_records_under_a_key_that_is_read_back():
    records = experiments.classification_records(CONFIG)
    assert len(records) == len(set(records.values())) == 18
    assert records["vae/manifold/base/seed0"] == "results/augmentation/phantoms/vae-manifold.json"
    assert all(is_made(path) for path in records.values())
    assert [str(Source.parse(key)) for key in records] == list(records)


def test_as_many_images_as_the_task_asks_for():
    changes = {"evaluation": {"n_samples": 700}, "artefacts": {"table2": {"n_per_class": 90}}}
    config = load_config(overlay(BASE, changes))
    row = experiments.PAPER_ROWS[0]
    of_class = experiments.class_generation(config, row, "AD")
    assert experiments.n_samples(config, of_class) == 90
    elsewhere = Generation(Run("digits", "class-AD", "conv", "ae", "base", 0), "prior")
    whole = Generation(Run("phantoms", "full", "conv", "ae", "base", 0), "prior")
    assert [experiments.n_samples(config, generation) for generation in (elsewhere, whole)] == [700, 700]
    without = load_config(overlay(BASE, {**changes, "artefacts": {"table2": None, "figure10": None}}))
    assert experiments.n_samples(without, of_class) == 700


# -- the whole build --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config.yaml", "configs/paper.yaml", "configs/smoke.yaml", "configs/mnist_cpu.yaml"])
def test_every_planned_key_is_a_wildcards_value(name):
    config = load_config(overlay(read("config.yaml"), read(name)))
    generations = experiments.shown_generations(config)
    assert generations
    for generation in generations:
        assert re.fullmatch(experiments.RUN_PATTERN, generation.run.key)
        assert Run.parse(generation.run.key) == generation.run
        assert generation.sampler in experiments.SAMPLERS
        assert re.fullmatch(experiments.VARIANT_PATTERN, generation.variant)
        assert re.fullmatch(MANIFOLD_PATTERN, experiments.metric_variant(generation.variant)) or (
            generation.sampler in ("jitter", "kde")
        )
    assert {generation.run for generation in generations} <= set(experiments.shown_runs(config))
    assert all(is_made(path) for path in (*experiments.targets(config), *experiments.score_records(config)))


def test_every_artefact_of_the_default_config_is_built():
    files = experiments.artefact_files(DEFAULT)
    assert list(files) == list(experiments.ARTEFACTS)
    assert len(experiments.targets(DEFAULT)) == len(set(experiments.targets(DEFAULT)))


@pytest.mark.parametrize("name", experiments.ARTEFACTS)
def test_an_artefact_that_is_left_out_is_no_target(name):
    absent = {name: False if name == "claims" else None}
    if name == "table2":
        absent["figure10"] = None  # which shows its images
    config = load_config(overlay(read("config.yaml"), {"artefacts": absent}))
    gone = set(experiments.artefact_files(DEFAULT)[name])
    assert gone
    assert not gone & set(experiments.targets(config))
    assert set(experiments.artefact_files(config)) == set(experiments.ARTEFACTS) - set(absent)
    assert set(experiments.scored_generations(config)) <= set(experiments.scored_generations(DEFAULT))


def test_targets_follow_the_artefacts_asked_for():
    assert experiments.targets(only("figure5")) == [
        "results/figures/figure5.png",
        "results/figures/figure5.pdf",
        "results/runs/digits/full/conv/vae/base/seed0/history.png",
    ]
    assert experiments.targets(only(claims=True)) == ["results/claims.md", "results/claims.html"]
    assert experiments.targets(only()) == []


def test_losses_are_drawn_of_the_main_runs():
    sections = {
        "table1": {"models": ["ae"], "subset": "n300"},
        "table3": {"models": ["vae", "wae"], "nets": ["conv"], "n_trials": 1},
        "figure4": {"models": ["ae"], "subsets": ["n400", "n200"]},
        "figure1": {},
    }
    drawn = {run.key for run in experiments.drawn_histories(only(**sections))}
    assert drawn == {
        "digits/n300/conv/ae/base/seed0",
        "digits/n300/conv/vae/base/seed0",
        "digits/full/conv/vae/base/seed0",
        "shapes/full/conv/vae/base/seed0",
    }
    task = {run.key for run in experiments.drawn_histories(only(table2={"models": ["ae"]}))}
    assert task == {
        f"phantoms/class-{name}/conv/{model}/base/seed0" for name in ("AD", "CN") for model in ("ae", "vae")
    }


def test_planning_never_imports_torch():
    modules = "experiments, slices, render_slices, claim_slices, config, published"
    code = f"import sys; from geovae import {modules}; print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow_scripts", capture_output=True, text=True)
    assert shown.stdout.strip() == "False", shown.stderr


def test_the_papers_rows_of_table_2_have_the_labels_of_its_table():
    default = load_config(read("config.yaml"))
    labels = [source.label for source in experiments.sources(default) if source.block == "paper"]
    assert len(labels) > 5
    assert [label for label in labels if not published.has_row("table2", label)] == []
