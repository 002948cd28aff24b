"""The script render_table: the files it writes, what they are made from, and what is said of scores that it lacks."""

import csv
import json

import numpy as np
import pytest
import torch

import render_table
from geovae.augmentation.network import AugmentationClassifier
from geovae.core.tables import save_table
from geovae.nets.build import build_net
from helpers.script_runs import fails, run
from reproduction.scores.classification import columns

torch.set_num_threads(1)


def rendered(folder, name: str, *more) -> list[dict[str, str]]:
    run(render_table, name, "--output-dir", folder, *more)
    for suffix in ("md", "tex", "html"):
        assert (folder / f"{name}.{suffix}").read_text(encoding="utf-8")
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def n_parameters(*modules: torch.nn.Module) -> int:
    return sum(parameter.numel() for module in modules for parameter in module.parameters())


def test_table_4_needs_no_scores_and_counts_every_parameter(tmp_path):
    rows = rendered(tmp_path, "table4")
    with torch.device("meta"):
        nets = {
            "mnist": build_net("conv", (1, 32, 32), 16, width=1.0, log_var=True),
            "svhn": build_net("mlp", (3, 32, 32), 16, width=1.0, log_var=True),
        }
    for dataset, net in nets.items():
        total = sum(int(row["n_parameters"]) for row in rows if row["dataset"] == dataset)
        assert total == n_parameters(*net)
    assert {row["dataset"] for row in rows} == {"mnist", "cifar10", "svhn", "celeba", "oasis"}


def test_table_5_needs_no_scores_and_counts_every_parameter(tmp_path):
    rows = rendered(tmp_path, "table5")
    assert [row["layer"] for row in rows] == ["1", "2", "3", "4", "5", "6"]
    assert sum(int(row["n_parameters"]) for row in rows) == n_parameters(AugmentationClassifier((1, 208, 176), 2, 1.0))


def test_table_2_reads_the_runs_of_the_classifier(tmp_path):
    names = columns(["AD", "CN"])
    accuracies = {"raw": (0.5, 0.7), "vae/manifold": (0.8, 0.9)}
    lines = []
    for source, values in accuracies.items():
        model, _, sampler = source.partition("/")
        for run_number, value in enumerate(values):
            row = dict.fromkeys(names, 0.25) | {"dataset": "phantoms", "source": source, "run": run_number}
            row |= {"n_train": 40, "n_test": 84, "best_epoch": 3, "balanced_accuracy": value}
            generation = (model, sampler, "base", 0) if sampler else (None,) * 4
            row |= dict(zip(("model", "sampler", "variant", "seed"), generation, strict=True))
            lines.append([row[name] for name in names])
    save_table(tmp_path / "classification.csv", names, lines)
    info = {"phantoms": {"title": "Brain phantoms", "width": 0.25}}
    labels = {"Original*": "raw", "VAE - Ours": "vae/manifold"}
    table = [{"label": label, "source": source, "block": "paper"} for label, source in labels.items()]
    settings = {"dataset": "phantoms", "datasets_info": info, "classes": ["AD", "CN"], "n_per_class": 20, "n_runs": 2}
    arguments = ("--scores", tmp_path / "classification.csv", "--settings", json.dumps(settings | {"rows": table}))
    rows = rendered(tmp_path, "table2", *arguments)
    found = {row["source"]: row for row in rows if row["metric"] == "balanced_accuracy"}
    for source, values in accuracies.items():
        assert float(found[source]["mean"]) == pytest.approx(100 * np.mean(values))
        assert float(found[source]["std"]) == pytest.approx(100 * np.std(values, ddof=1))
        assert found[source]["n_runs"] == "2"
    assert {row["mean"] for row in rows if row["metric"] == "f1"} == {"25.0"}


def test_tables_name_what_they_lack(tmp_path):
    arguments = ("--output-dir", tmp_path, "--settings", "{}")
    assert "table1" in fails(render_table, "table11", *arguments)
    assert "none.csv: no such file" in fails(render_table, "table2", *arguments, "--scores", tmp_path / "none.csv")
    for name in ("table1", "table2"):
        assert f"{name}: --scores is missing" in fails(render_table, name, *arguments)
