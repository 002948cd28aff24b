"""The check of a GPU: rehearsed on the CPU with torch alone, resumed, and at the protocol of the paper's config."""

import csv
import inspect
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.cluster import KMeans
from sklearn.mixture import GaussianMixture

from geovae.core.registry import resolve
from geovae.geometry.centroids import medoid_cost, select_centroids
from geovae.models.base import ALL
from geovae.models.table import MODELS
from geovae.sampling.table import SAMPLERS
from gpu_check import standins, table1
from gpu_check.digits import drawn_digits, find_mnist, splits
from gpu_check.kept import OutOfTimeError, TimedCheckpoint
from gpu_check.models import fresh
from gpu_check.noise import Noise, same_noise
from gpu_check.report import Check, write_page
from gpu_check.scales import SCALES
from helpers.blocked_imports import without_others
from helpers.configs import configured
from helpers.paths import ROOT
from reproduction.config.config import load_config
from reproduction.plan import job_settings
from reproduction.plan.keys import Generation, Run
from reproduction.plan.rows import CONTROL_ROWS, PAPER_ROWS

torch.set_num_threads(1)
BARE = {"torch", "torchvision", "numpy"}


def check(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """The command, on a Python that has what a bare machine has."""
    script = ROOT / "benchmarks/check_gpu.py"
    code = f"{without_others(BARE)}\nimport runpy\nsys.argv[0] = {str(script)!r}\n"
    code += f"sys.path.insert(0, {str(script.parent)!r})\nrunpy.run_path({str(script)!r}, run_name='__main__')"
    places = [f"--{name}={folder / name}" for name in ("output", "state", "data")]
    settings = "--device=cpu", "--scale=tiny", "--threads=1", *places, *options
    return subprocess.run([sys.executable, "-c", code, *settings], capture_output=True, text=True, check=False)


def test_the_whole_check_is_rehearsed_on_a_bare_machine_and_resumed(tmp_path):
    result = check(tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    output = tmp_path / "output"
    summary = json.loads((output / "summary.json").read_text())
    assert (summary["failed"], summary["broken_off"]) == ([], [])
    found = {
        path.stem: json.loads(path.read_text())["rows"] for path in output.glob("*.json") if path.stem != "summary"
    }
    assert [row["what"] for row in found["models"]] == [row["what"] for row in found["repeated"]] == list(MODELS)
    assert all(row["ok"] for part in ("models", "sampling", "repeated") for row in found[part])
    assert {row["what"].split(",")[0].split(" d ")[0] for row in found["speed"]} == {
        *("matrix product", "training vae", "training hvae", "sampler", "features")
    }
    rows = {row["what"]: row for row in found["table1"]}
    assert list(rows) == [row.label for row in table1.ROWS if row.model in SCALES["tiny"].models]
    assert all(np.isfinite(row["fid"]) and row["data"] == "drawn" for row in rows.values())
    assert rows["Real images"]["novelty"] == 0
    assert rows["Real images"]["fid"] < rows["VAE - Ours"]["fid"]
    assert rows["VAE - GMM"]["stand_ins"].split(", ")[-2:] == ["sklearn", "kmedoids"]
    with (output / "table1.csv").open() as file:
        assert [float(row["fid"]) for row in csv.DictReader(file)] == [row["fid"] for row in rows.values()]
    assert "No check failed." in (output / "report.md").read_text()
    assert sum(path.stat().st_size for path in output.iterdir()) < 200_000

    again = check(tmp_path, "--parts", "table1")
    assert again.returncode == 0, again.stderr
    assert "epoch" not in again.stdout
    resumed = {row["what"]: row for row in json.loads((output / "table1.json").read_text())["rows"]}
    assert {name: row["fid"] for name, row in resumed.items()} == {name: row["fid"] for name, row in rows.items()}


def given(folder: Path, seconds: float) -> Check:
    """What the part with the rows gets when so many seconds are left."""
    tiny = replace(SCALES["tiny"], models=("rae",), table1_epochs=3)
    places = {name: folder / name for name in ("output", "state", "data")}
    return Check("table1", torch.device("cpu"), tiny, **places, deadline=time.monotonic() + seconds)


def test_rows_that_no_time_is_left_for_wait(tmp_path):
    check = given(tmp_path, 1.0)  # less than is kept back for the end
    table1.build_rows(check)
    assert [(row["what"], row["state"]) for row in check.rows] == [("RAE", "waits for another call")]


def test_a_row_whose_training_was_cut_off_ends_as_one_that_was_not(tmp_path, capsys):
    whole, cut = (given(tmp_path / name, 1000.0) for name in ("whole", "cut"))
    table1.build_rows(whole)
    bench = table1.Bench(cut, *splits(cut.data, cut.scale.table1_splits))
    row = next(row for row in table1.ROWS if row.model == "rae")
    assert bench.score(row, time.monotonic()) == {"state": "its training goes on in another call"}
    assert "rae: epoch 1," in capsys.readouterr().out
    table1.build_rows(cut)
    assert "rae: epoch 1," not in capsys.readouterr().out
    for name in ("fid", "prd_f8", "novelty"):
        assert cut.rows[0][name] == whole.rows[0][name]


def test_what_is_not_finite_and_what_goes_wrong_is_told(tmp_path):
    check = given(tmp_path, 1.0)
    check.attempt("broken", lambda: {"ok": False, "error_device": float("nan")})
    check.attempt("refused", lambda: torch.zeros(2) @ torch.zeros(3))
    check.attempt("sound", lambda: {"ok": True, "error_device": 0.5})
    assert not write_page(check.output, {"device": "cpu"}, {"table1": "done"})
    told = json.loads((check.output / "summary.json").read_text())
    assert told["failed"] == ["table1: broken", "table1: refused"]
    page = (check.output / "report.md").read_text()
    assert "| broken | **no** |  | nan |" in page
    assert "RuntimeError: " in page
    assert write_page(check.output, {}, {})
    assert not write_page(check.output, {}, {"speed": "its time was over"})


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_gpu_that_is_not_there_is_named(tmp_path):
    result = check(tmp_path, "--parts", "repeated", "models", "--device", "cuda")
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert result.stdout.startswith("repeated: there is no such device\n")
    assert "cuda was asked for, but torch finds no CUDA device" in result.stderr
    assert json.loads((tmp_path / "output/summary.json").read_text())["broken_off"]
    assert "cuda was asked for" in (tmp_path / "output/repeated-error.txt").read_text()


CONFIG = load_config(configured("configs/paper.yaml"))


def defaults(function) -> dict:
    parameters = inspect.signature(function).parameters.values()
    return {entry.name: entry.default for entry in parameters if entry.kind is entry.KEYWORD_ONLY}


@pytest.mark.parametrize("model", sorted({row.model for row in table1.ROWS}))
def test_models_are_trained_as_the_papers_config_says(model):
    told = json.loads(job_settings.training(CONFIG, Run("mnist", "full", "conv", model, "base", 0)))
    full = SCALES["full"]
    training = {"epochs": full.table1_epochs, **table1.TRAINING}
    assert told.pop("training") == training | {"compile": False, "deterministic": True}
    assert told.pop("model_settings") == defaults(resolve(MODELS[model]))
    assert told == {"model": model, "width": full.table1_width, **table1.NET}


def test_rows_are_sampled_and_scored_as_the_papers_config_says():
    run = Run("mnist", "full", "conv", "vae", "base", 0)
    told = json.loads(job_settings.metric(CONFIG, run, "base"))
    assert {"k": told.pop("k"), "lam": told.pop("lam")} == table1.METRIC
    assert told == {"tau": 0.0}
    for sampler in {row.sampler for row in table1.ROWS}:
        told = json.loads(job_settings.sampler(CONFIG, Generation(run, sampler)))
        given = defaults(resolve(SAMPLERS[sampler].function))
        assert told.items() <= given.items(), sampler
    assert CONFIG.evaluation.n_samples == SCALES["full"].n_samples
    assert CONFIG.evaluation.classifier.model_dump() == {
        "epochs": SCALES["full"].classifier_epochs,
        **table1.CLASSIFIER,
    }
    prd = CONFIG.evaluation.prd
    assert (prd.n_clusters, prd.n_runs) == (20, 10)


def test_rows_are_those_of_table_1():
    ours = {(row.label, row.model, row.sampler) for row in table1.ROWS if row.k == 100 and row.n_steps == 100}
    assert ours >= {(row.label, row.model, row.sampler) for row in PAPER_ROWS}
    assert ours <= {(row.label, row.model, row.sampler) for row in (*PAPER_ROWS, *CONTROL_ROWS)}
    assert set(CONFIG.artefacts.table1.variants) == {"k1000", "steps1000"}
    assert {(row.k, row.n_steps) for row in table1.ROWS} == {(100, 100), (1000, 100), (100, 1000)}


@pytest.mark.parametrize("name", MODELS)
def test_the_same_noise_reaches_a_model_in_both_types(name):
    """Losses of the same draws differ by rounding alone, where other draws would change the first digits."""
    x = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    losses = []
    for dtype in (torch.float32, torch.float64):
        model = fresh(name, 0.02).to(dtype)
        model.start_phase(model.phases(1)[0].name)
        with same_noise(dtype):
            loss = model.loss(x.to(dtype), Noise().manual_seed(0))
        assert set(loss.objectives or {ALL: 0}) == set(model.parameter_groups())
        losses.append(loss.total.item())
    assert losses[0] == pytest.approx(losses[1], rel=1e-4)


def test_noise_is_brought_where_it_is_asked_for():
    with same_noise():
        drawn = torch.randn(3, generator=torch.Generator("meta").manual_seed(0), device="meta")
        expected = torch.rand(2, generator=torch.Generator().manual_seed(0))
    assert drawn.device.type == "meta"
    assert torch.equal(expected, torch.rand(2, generator=torch.Generator().manual_seed(0)))


def points(n: int = 600, d: int = 3) -> torch.Tensor:
    """Six clusters of different spread."""
    generator = torch.Generator().manual_seed(0)
    centres = 6 * torch.randn(6, d, generator=generator)
    spread = torch.linspace(0.3, 1.0, 6)
    rows = torch.arange(n) % 6
    return centres[rows] + spread[rows, None] * torch.randn(n, d, generator=generator)


def test_the_stand_in_for_k_means_costs_what_scikit_learns_does():
    x = points()
    centres, labels = standins.k_means(x, 6, "a key")
    cost = (x - centres[labels]).square().sum().item()
    assert cost < 1.05 * KMeans(6, n_init=10, random_state=0).fit(x.numpy()).inertia_


def test_the_stand_in_for_k_medoids_costs_little_more():
    x = points()
    rows = standins.medoids(x, 20, "a key").numpy()
    assert len(set(rows)) == 20
    assert (np.diff(rows) > 0).all()
    best = medoid_cost(x.numpy(), x.numpy()[select_centroids(x.numpy(), 20, seed=0)])
    assert medoid_cost(x.numpy(), x.numpy()[rows]) < 1.15 * best


def test_the_stand_in_for_the_mixture_is_as_likely_as_scikit_learns():
    x = points().double()
    weights, means, factors = standins.mixture(x, 6, "a key", tolerance=1e-6)
    assert weights.sum().item() == pytest.approx(1.0)
    fitted = GaussianMixture(6, random_state=0, n_init=5, tol=1e-6).fit(x.numpy())
    ours = torch.distributions.MixtureSameFamily(
        torch.distributions.Categorical(weights), torch.distributions.MultivariateNormal(means, scale_tril=factors)
    )
    assert ours.log_prob(x).mean().item() == pytest.approx(fitted.score(x.numpy()), abs=0.05)


def test_drawn_digits_can_be_told_apart():
    train, labels = drawn_digits(600, "train")
    test, wanted = drawn_digits(100, "test")
    assert (train.shape, train.dtype, labels.dtype) == ((600, 1, 32, 32), np.uint8, np.int64)
    a, b = (torch.from_numpy(part.reshape(len(part), -1)).float() for part in (test, train))
    guessed = labels[torch.cdist(a, b).argmin(1).numpy()]
    assert (guessed == wanted).mean() > 0.8
    assert np.array_equal(test, drawn_digits(100, "test")[0])


def test_mnist_is_not_looked_for_elsewhere(tmp_path):
    assert find_mnist(tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_a_training_is_kept_when_time_is_over_and_only_then(tmp_path):
    tensors, content = {"a": torch.arange(3)}, {"epoch": 2}
    early = TimedCheckpoint(tmp_path / "resume.pt", "key", time.monotonic() + 60)
    early.save(tensors, content)
    assert early.load() is None
    late = TimedCheckpoint(tmp_path / "resume.pt", "key", time.monotonic())
    with pytest.raises(OutOfTimeError):
        late.save(tensors, content)
    loaded, rest = late.load()
    assert torch.equal(loaded["a"], tensors["a"])
    assert rest == content
    assert TimedCheckpoint(tmp_path / "resume.pt", "another", 0.0).load() is None
    (tmp_path / "resume.pt").write_bytes((tmp_path / "resume.pt").read_bytes()[:100])
    assert late.load() is None
