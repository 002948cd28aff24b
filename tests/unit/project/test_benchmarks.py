"""The arithmetic of the benchmarks, and which scripts load torch."""

import ast
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import checkouts
import measuring
import overhead
import precision_speed
import quick
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


PRINTED = """
    output: results/a
Shell command: python workflow_scripts/draw_samples.py --settings '{"n": 1}' --threads 1 > results/logs/a.log 2>&1
Shell command: None
Shell command: python workflow_scripts/draw_samples.py --n 2 > results/logs/b.log 2>&1
Shell command: python workflow_scripts/collect_scores.py --threads 1 > results/logs/c.log 2>&1
"""


def test_jobs_are_found_in_what_snakemake_prints():
    assert checkouts.commands(PRINTED) == {
        "draw_samples": [
            ["python", "workflow_scripts/draw_samples.py", "--settings", '{"n": 1}', "--threads", "1"],
            ["python", "workflow_scripts/draw_samples.py", "--n", "2"],
        ],
        "collect_scores": [["python", "workflow_scripts/collect_scores.py", "--threads", "1"]],
    }


@pytest.mark.parametrize(("jobs", "most", "chosen"), [(1, 2, [0]), (7, 2, [0, 6]), (7, 3, [0, 3, 6])])
def test_the_jobs_that_are_run_lie_evenly(jobs, most, chosen):
    assert checkouts.spread([[str(index)] for index in range(jobs)], most) == [[str(index)] for index in chosen]


def test_checkouts_are_compared_by_the_seconds_of_all_jobs_of_the_default_build():
    found = {"few": measuring.Paired((1.0, 3.0, 2.0), (4.0, 4.0, 4.0)), "many": measuring.Paired((1.0,), (1.0,))}
    assert checkouts.rows(found, checkouts.Counter(few=2, many=4, other=9)) == [
        ("many", 4, "1.00", "1.00", "1.00"),
        ("few", 2, "2.00", "4.00", "0.50"),
        ("all of these", 6, "8", "12", "0.67"),
    ]


def test_processor_seconds_are_those_of_the_command(tmp_path):
    idle = checkouts.processor_seconds([sys.executable, "-c", "import time; time.sleep(0.5)"], tmp_path)
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    assert idle < 0.4 < checkouts.processor_seconds([sys.executable, "-c", busy], tmp_path) < 1.0
    with pytest.raises(SystemExit, match="no such thing"):
        checkouts.processor_seconds([sys.executable, "-c", "raise SystemExit('no such thing')"], tmp_path)


def test_a_row_says_how_far_auto_is_from_the_faster_precision():
    speeds = {"float32": [100.0, 200.0, 100.0], "bfloat16": [80.0, 100.0, 90.0], "ours": [88.0]}
    row = precision_speed.row("mlp", 0.0625, 1, speeds, "bfloat16")
    assert row == ("mlp", "0.0625", 1, "100", "90", "0.80 (0.50–0.90)", "bfloat16", "0.90", "88", "")


def test_images_are_counted_over_whole_steps():
    times = iter([0.0, 0.1, 0.2, 0.4])
    steps = []
    assert precision_speed.images_per_second(lambda: steps.append(1), lambda: next(times)) == 200 / 0.4
    assert len(steps) == 2
