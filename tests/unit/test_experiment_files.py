"""Which files a build makes: the targets, what they are drawn from, a rule for each; and no torch to plan them."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiment_configs import CONFIG, only
from geovae import experiments
from geovae.config import load_config
from geovae.config_base import MANIFOLD_PATTERN
from geovae.experiments import Run
from geovae.rendering.classification import Source
from test_config import overlay, read

ROOT = Path(__file__).parents[2]
DEFAULT = load_config(read("config.yaml"))


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


def test_every_source_has_a_file_of_records_under_a_key_that_is_read_back():
    records = experiments.classification_records(CONFIG)
    assert len(records) == len(set(records.values())) == 18
    assert records["vae/manifold/base/seed0"] == "results/augmentation/phantoms/vae-manifold.json"
    assert all(is_made(path) for path in records.values())
    assert [str(Source.parse(key)) for key in records] == list(records)


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
