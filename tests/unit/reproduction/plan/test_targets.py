"""Which files a build makes: the targets, what they are drawn from, a rule for each; and no torch to plan them."""

import re
import subprocess
import sys

import pytest

from geovae.evaluation.table import BACKBONES
from helpers.configs import configured, overlay, read
from helpers.experiment_configs import CONFIG, only
from helpers.paths import ROOT
from reproduction.config.base import SUBSET_PATTERN
from reproduction.config.config import load_config
from reproduction.config.variants import METRIC_PATTERN, VARIANT_PATTERN, metric_variant
from reproduction.plan.augmentation import SOURCE_PATTERN, classification_records
from reproduction.plan.cells import scored_generations
from reproduction.plan.figures import figure_inputs
from reproduction.plan.inputs import labelled
from reproduction.plan.keys import RUN_PATTERN, SAMPLERS, Run
from reproduction.plan.targets import (
    ARTEFACTS,
    artefact_files,
    drawn_histories,
    score_records,
    shown_generations,
    shown_runs,
    targets,
)
from reproduction.scores.classification import Source

DEFAULT = load_config(read("config.yaml"))


def output_patterns() -> list[re.Pattern]:
    """What the rules' outputs match, read off the rules with the wildcards' constraints."""
    kinds = {
        "run": RUN_PATTERN,
        "variant": VARIANT_PATTERN,
        "metric": METRIC_PATTERN,
        "subset": SUBSET_PATTERN,
        "source": SOURCE_PATTERN,
        "sampler": "|".join(SAMPLERS),
        "backbone": "|".join(BACKBONES),
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


@pytest.mark.parametrize("name", [name for name in ARTEFACTS if name.startswith("figure")])
def test_what_a_figure_is_drawn_from_is_made_by_a_rule(name):
    inputs = figure_inputs(DEFAULT, name)
    assert inputs
    assert all(is_made(path) for path in inputs.values())
    assert not any(re.search(r"[\s=]", text) for text in (*inputs, *inputs.values()))  # they go on a command line
    folders = {generation.folder for generation in shown_generations(DEFAULT)}
    for path in inputs.values():
        if "/generations/" in path:
            assert any(path.startswith(f"{folder}/") for folder in folders)


def test_a_figure_that_does_not_exist_has_no_inputs():
    with pytest.raises(ValueError, match="no such figure: claims"):
        figure_inputs(DEFAULT, "claims")


def test_every_source_has_a_file_of_records_under_a_key_that_is_read_back():
    records = classification_records(CONFIG)
    assert len(records) == len(set(records.values())) == 18
    assert records["vae/manifold/base/seed0"] == "results/augmentation/phantoms/vae-manifold.json"
    assert all(is_made(path) for path in records.values())
    assert [str(Source.parse(key)) for key in records] == list(records)


# -- the whole build --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["config.yaml", "configs/paper.yaml", "configs/smoke.yaml", "configs/mnist_cpu.yaml"])
def test_every_planned_key_is_a_wildcards_value(name):
    config = load_config(configured(name))
    generations = shown_generations(config)
    assert generations
    for generation in generations:
        assert re.fullmatch(RUN_PATTERN, generation.run.key)
        assert Run.parse(generation.run.key) == generation.run
        assert generation.sampler in SAMPLERS
        assert re.fullmatch(VARIANT_PATTERN, generation.variant)
        assert re.fullmatch(METRIC_PATTERN, metric_variant(generation.variant))
    assert {generation.run for generation in generations} <= set(shown_runs(config))
    assert all(is_made(path) for path in (*targets(config), *score_records(config)))


def test_every_artefact_of_the_default_config_is_built():
    files = artefact_files(DEFAULT)
    assert list(files) == list(ARTEFACTS)
    assert len(targets(DEFAULT)) == len(set(targets(DEFAULT)))


@pytest.mark.parametrize("name", ARTEFACTS)
def test_an_artefact_that_is_left_out_is_no_target(name):
    absent = {name: False if name == "claims" else None}
    if name == "table2":
        absent["figure10"] = None  # which shows its images
    config = load_config(overlay(read("config.yaml"), {"artefacts": absent}))
    gone = set(artefact_files(DEFAULT)[name])
    assert gone
    assert not gone & set(targets(config))
    assert set(artefact_files(config)) == set(ARTEFACTS) - set(absent)
    assert set(scored_generations(config)) <= set(scored_generations(DEFAULT))


def test_targets_follow_the_artefacts_asked_for():
    data = list(labelled("digits").values())
    assert [path for path in targets(only("figure5")) if path not in data] == [
        "results/figures/figure5.png",
        "results/figures/figure5.pdf",
        "results/runs/digits/full/conv/vae/base/seed0/history.png",
    ]
    assert targets(only(claims=True)) == ["results/claims.md", "results/claims.html"]
    assert targets(only()) == []


def test_losses_are_drawn_of_the_first_training_of_each_main_run():
    sections = {
        "table1": {"models": ["ae"], "subset": "n300"},
        "table3": {"models": ["vae", "wae"], "nets": ["conv"], "n_trials": 1},
        "figure4": {"models": ["ae"], "subsets": ["n400", "n200"]},
        "figure1": {},
    }
    drawn = {run.key for run in drawn_histories(only(**sections))}
    assert drawn == {
        "digits/n300/conv/ae/base/seed0",
        "digits/n300/conv/vae/base/seed0",
        "digits/full/conv/vae/base/seed0",
        "digits/full/conv/wae/base/seed0",
        "shapes/full/conv/vae/base/seed0",
    }
    assert {run.key for run in drawn_histories(only(table1={"models": ["ae"], "seeds": [3, 1, 12]}))} == {
        f"digits/full/conv/{model}/base/seed1" for model in ("ae", "vae")
    }
    task = {run.key for run in drawn_histories(only(table2={"models": ["ae"]}))}
    assert task == {
        f"phantoms/class-{name}/conv/{model}/base/seed0" for name in ("AD", "CN") for model in ("ae", "vae")
    }


def test_planning_never_imports_torch():
    plan = "targets job_settings render_settings claim_settings inputs"
    names = ["config.config", "config.documents", "published", *(f"plan.{name}" for name in plan.split())]
    modules = ", ".join(f"reproduction.{name}" for name in names)
    code = f"import sys, {modules}; print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT / "workflow_scripts", capture_output=True, text=True)
    assert shown.stdout.strip() == "False", shown.stderr


def test_a_whole_build_asks_for_its_data_so_that_what_was_deleted_of_them_is_made_again():
    asked = targets(DEFAULT)
    assert len(asked) == len(set(asked))
    for dataset in ("digits", "shapes", "phantoms"):
        for split in ("train", "validation", "test"):
            for name in ("images.npy", "labels.npy", "card.json"):
                assert f"results/data/{dataset}/{split}/{name}" in asked
