"""The arithmetic of the benchmarks, and which scripts load torch."""

import ast
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import checkouts
import measuring
import overhead
import precision_speed
import quick
from reproduction.evidence.builds import config_content
from reproduction.plan.code import SCRIPTS

# Scripts that compute with torch; all others start without it.
COMPUTING = {
    "build_metric",
    "describe_metrics",
    "compare_interpolation",
    "compare_pullback",
    "draw_samples",
    "embed_latents",
    "extract_reference",
    "extract_training_features",
    "fetch_efficientnet",
    "fetch_inception",
    "find_neighbours",
    "measure_unseen",
    "plan_costs",  # counts the multiplications of the nets themselves
    "score_samples",
    "show_centroids",
    "trace_geodesics",
    "train_backbone",
    "train_classifier",
    "train_model",
}


def test_ratios_are_taken_within_a_round():
    times = measuring.Paired(ours=(1.0, 2.0, 4.0), other=(3.0, 4.0, 16.0))
    assert times.ratios == [2.0, 3.0, 4.0]
    assert times.ratio == 3.0
    assert times.seconds == (2.0, 4.0)
    assert times.ratio_text() == "3.0 (2.0–4.0)"


def test_both_procedures_run_in_turn_after_a_warm_up():
    calls: list[str] = []
    times = measuring.paired(lambda: calls.append("ours"), lambda: calls.append("other"), rounds=2)
    assert calls == ["ours", "other"] * 3
    assert len(times.ours) == len(times.other) == 2


def test_a_ratio_is_worse_below_what_noise_explains():
    record = {"steady": [10.0, 10.2], "noisy": [8.0, 12.0], "unmeasured": [1.0, 1.0]}
    assert quick.worse({"steady": 9.1, "noisy": 4.1, "unrecorded": 0.1}, record) == []
    assert quick.worse({"steady": 8.9, "noisy": 4.1}, record) == ["steady"]
    assert quick.worse({"steady": 12.0, "noisy": 3.9}, record) == ["noisy"]


@pytest.mark.parametrize(("second", "kept", "is_worse"), [(9.0, 9.0, False), (7.0, 8.0, True)])
def test_a_worse_ratio_is_measured_again_and_its_better_time_counts(monkeypatch, second, kept, is_worse):
    asked = []

    def answers(*values):
        ratios = iter(values)
        return SimpleNamespace(quick=lambda threads: asked.append(values) or next(ratios))

    modules = {"fast": answers({"a": 10.0}), "slow": answers({"b": 8.0}, {"b": second})}
    monkeypatch.setattr(quick, "SCRIPTS", tuple(modules))
    monkeypatch.setattr(quick.importlib, "import_module", modules.get)
    record = {"a": [10.0, 10.5], "b": [10.0, 10.5]}
    found = quick.measure(2, record)
    assert found == {"a": 10.0, "b": kept}
    assert bool(quick.worse(found, record)) == is_worse
    assert len(asked) == 3


def test_a_table_is_markdown():
    assert measuring.table(("a", "b"), [("x", 1)]) == "| a | b |\n| -- | --: |\n| x | 1 |"


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.py")), ids=lambda path: path.stem)
def test_only_scripts_that_compute_load_torch(script: Path):
    _, libraries = overhead.import_seconds(script)
    assert ("torch" in libraries) == (script.stem in COMPUTING)


def test_every_import_of_a_script_is_timed(tmp_path: Path):
    script = tmp_path / "script.py"
    script.write_text("import json\n\n\ndef main():\n    from pathlib import Path\n    return Path, json\n")
    statements = ast.unparse(ast.parse(overhead.script_imports(script)))
    assert statements.splitlines() == ["import json", "from pathlib import Path"]


def test_checkouts_are_compared_by_rule_and_by_the_whole_build():
    fast = checkouts.Build(9.0, 50.0, {"few": [1.0, 3.0], "many": [1.0] * 4, "new": [1.0]})
    slow = checkouts.Build(9.0, 100.0, {"few": [4.0, 4.0], "many": [4.0] * 4})
    slower = slow._replace(processor=200.0)
    assert checkouts.rows([(fast, slow), (fast, slower), (fast, slow)]) == [
        ("many", 4, "1.00", "4.00", "0.25"),
        ("few", 2, "2.00", "4.00", "0.50"),
        ("the build", 7, "50", "100", "0.50"),
    ]


def test_the_default_build_can_be_asked_for_what_it_made_before():
    artefacts = config_content("benchmarks/as_before.yaml")["artefacts"]
    assert (artefacts["table1"]["seeds"], artefacts["table1"]["baselines"]) == ([0], [])
    assert not any(artefacts["figure_controls"]["baseline_curves"].values())
    assert artefacts["figure12"]["ks"] == [10, 100, 1000]  # of the default, not of the paper


def test_seconds_of_jobs_are_read_by_rule(tmp_path):
    for path, seconds in {"draw/a/b.tsv": "1.5", "draw/c.tsv": "2.5", "fetch.tsv": "4"}.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(f"s\th:m:s\n{seconds}\t0:00:01\n")
    found = checkouts.job_seconds(tmp_path)
    assert {rule: sorted(times) for rule, times in found.items()} == {"draw": [1.5, 2.5], "fetch": [4.0]}


def test_processor_seconds_of_a_build_are_those_of_its_jobs(tmp_path, monkeypatch):
    """In the place of Snakemake a program whose child is busy."""
    program = tmp_path / "bin/snakemake"
    program.parent.mkdir()
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    program.write_text(
        f'#!/bin/sh\n"{sys.executable}" -c "{busy}"; test "$2" != 9 || {{ echo no such thing >&2; exit 1; }}\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(
        measuring, "environment", lambda: os.environ | {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    )
    built = checkouts.build(measuring.ROOT, "", 1)
    assert 0.5 <= built.processor < 1.0
    assert built.jobs == {}
    with pytest.raises(SystemExit, match="no such thing"):
        checkouts.build(measuring.ROOT, "", 9)


def test_a_row_says_how_far_auto_is_from_the_faster_precision():
    speeds = {"float32": [100.0, 200.0, 100.0], "bfloat16": [80.0, 100.0, 90.0], "ours": [88.0]}
    row = precision_speed.row("mlp", 0.0625, 1, speeds, "bfloat16")
    assert row == ("mlp", "0.0625", 1, "100", "90", "0.80 (0.50–0.90)", "bfloat16", "0.90", "88", "")


def test_images_are_counted_over_whole_steps():
    times = iter([0.0, 0.1, 0.2, 0.4])
    steps = []
    assert precision_speed.images_per_second(lambda: steps.append(1), lambda: next(times)) == 200 / 0.4
    assert len(steps) == 2
