"""The estimate of a build: what is counted, and what the speeds are taken from."""

import re

import pytest
import torch
from torch import nn

from geovae.core import storage
from geovae.nets.table import NETS
from geovae.training.history import save_history
from helpers.configs import configured
from helpers.paths import ROOT
from reproduction.config.config import load_config
from reproduction.costs.estimate import (
    FORK_START,
    FORK_STARTS,
    ON_GPU,
    START,
    STARTS,
    VALIDATION_SHARE,
    Cost,
    Estimator,
    artefact_costs,
    cost,
    epochs,
)
from reproduction.costs.jobs import planned_jobs
from reproduction.costs.report import costs_text
from reproduction.costs.throughput import (
    Throughput,
    images_per_second,
    preferred,
    read_histories,
    read_measured,
)
from reproduction.costs.workloads import backbone_macs, count_macs, n_train, net_macs, run_macs, training_macs
from reproduction.plan.keys import Generation, Run
from reproduction.plan.targets import ARTEFACTS

NONE = dict.fromkeys(ARTEFACTS) | {"claims": False}
RUN = Run("digits", "full", "conv", "vae", "base", 0)


def config(**artefacts):
    return load_config({"datasets": {"digits": {}}, "artefacts": NONE | artefacts})


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (nn.Conv2d(2, 3, 3, stride=2, padding=1), (1, 2, 8, 6), 4 * 3 * 2 * 3 * 9),
        (nn.ConvTranspose2d(3, 4, 5, stride=2), (1, 3, 4, 2), 4 * 2 * 3 * 4 * 25),
        (nn.Linear(256, 5), (1, 256), 256 * 5),
    ],
)
def test_multiplications_of_a_layer(layer, shape, expected):
    assert count_macs(layer, torch.zeros(shape)) == expected


def test_multiplications_of_a_net_are_those_of_its_encoder_and_of_its_decoder():
    hidden = 1000 * 500
    assert net_macs("mlp", (3, 32, 32), 8, 1.0) == (3072 * 1000 + hidden + 500 * 16, 8 * 500 + hidden + 1000 * 3072)


def test_the_vaegan_trains_a_discriminator_on_three_images_too():
    vae, vaegan = (Run("digits", "full", "resnet", model, "base", 0) for model in ("vae", "vaegan"))
    assert training_macs(config(), vae) == sum(run_macs(config(), vae)) == sum(run_macs(config(), vaegan))
    sides, widths = (16, 8, 4, 2), (1, 128, 256, 512, 1024)
    convolutions = sum(side**2 * 16 * widths[i] * widths[i + 1] for i, side in enumerate(sides))
    assert training_macs(config(), vaegan) - training_macs(config(), vae) == 3 * (convolutions + 4096)


def test_a_training_that_chooses_its_epoch_on_its_own_images_passes_them_once_more():
    exceptions = {"exceptions": [{"subset": "sized", "select_on": "train", "epochs": 50}]}
    usual, other = (
        Estimator(load_config({"datasets": {"digits": section}, "artefacts": NONE}), "cpu", KNOWN)
        for section in ({}, exceptions)
    )
    small, full = (Run("digits", subset, "conv", "vae", "base", 0) for subset in ("n200", "full"))
    start = FORK_STARTS["train_model"]
    assert other.seconds("train_model", full) == usual.seconds("train_model", full)
    assert other.seconds("train_model", small) - start == pytest.approx(
        (usual.seconds("train_model", small) - start)
        / 2
        * (1 + (1 + VALIDATION_SHARE) / 3)
        / (1 + VALIDATION_SHARE / 3)
    )


@pytest.mark.parametrize("net", sorted(NETS))
def test_every_net_is_counted_without_its_weights(net):
    assert min(net_macs(net, (3, 32, 32), 8, 0.125)) > 1e4


def test_sizes_of_the_data_sets():
    made = load_config(
        {
            "datasets": {"digits": {}, "celeba": {}, "phantoms": {"options": {"downscale": 4}}, "oasis": {}},
            "artefacts": NONE,
        }
    )
    shapes = {name: made.protocol(name).image_shape() for name in ("digits", "celeba", "phantoms", "oasis")}
    assert shapes == {"digits": (1, 32, 32), "celeba": (3, 64, 64), "phantoms": (1, 52, 44), "oasis": (1, 208, 176)}
    assert n_train(made, Run("celeba", "full", "conv", "vae", "base", 0)) == 162_770
    assert n_train(made, Run("digits", "n200", "conv", "vae", "base", 0)) == 200
    assert n_train(made, Run("oasis", "class-AD", "conv", "vae", "base", 0)) == 145
    assert n_train(made, Run("digits", "class-4.n60", "conv", "vae", "base", 0)) == 60


def test_the_classes_that_a_classifier_is_trained_on_are_drawn():
    table = {"dataset": "digits", "classes": ["4", "9"], "n_train": [100, 316], "models": ["vae"]}
    jobs = planned_jobs(config(table2=table))
    assert jobs["draw_subset"] == {("digits", "class-4.n100"), ("digits", "class-9.n316")}
    assert {run.subset for run in jobs["train_model"]} == {"class-4.n100", "class-9.n316"}
    assert len(jobs["train_classifier"]) == 2 + 3 + 3  # real images, the VAE's samplers, controls


KNOWN = [
    Throughput("cpu", "conv", "vae", 1e6, 1000.0),
    Throughput("cpu", "conv", "vae", 1e8, 20.0),
    Throughput("cpu", "mlp", "vae", 1e6, 5000.0),
    Throughput("cpu", "conv", "rhvae", 1e6, 100.0),
]


@pytest.mark.parametrize(
    ("net", "model", "macs", "expected"),
    [
        ("conv", "vae", 1e6, 1000.0),
        ("conv", "vae", 2e6, 500.0),
        ("conv", "vae", 5e7, 40.0),
        ("mlp", "vae", 1e6, 5000.0),
        ("mlp", "rhvae", 1e6, 100.0),
        ("conv", "wae", 1e6, 1000.0),
        ("resnet", "rhvae", 1e7, 10.0),
    ],
)
def test_a_speed_is_that_of_the_most_similar_training(net, model, macs, expected):
    assert images_per_second(KNOWN, "cpu", net, model, macs) == pytest.approx(expected)


def write_run(folder, key, speeds, device="cpu", threads=1):
    path = folder / "runs" / key
    path.mkdir(parents=True)
    storage.save_json(path / "model.json", {"device": device, "threads": threads, "net": "conv", "model": "vae"})
    save_history(path / "history.csv", [{"epoch": n, "images_per_second": s} for n, s in enumerate(speeds, start=1)])


def test_histories_give_the_median_speed_of_a_core(tmp_path):
    write_run(tmp_path, "a", [10, 100, 120])
    write_run(tmp_path, "b", [400], threads=2)
    write_run(tmp_path, "c", [7000], device="NVIDIA H100")
    found = list(read_histories(tmp_path, {"a": 5.0, "b": 6.0, "c": 7.0, "not trained": 8.0}))
    assert found == [
        Throughput("cpu", "conv", "vae", 5.0, 100.0),
        Throughput("cpu", "conv", "vae", 6.0, 200.0),
        Throughput("cuda", "conv", "vae", 7.0, 7000.0, "NVIDIA H100"),
    ]


def test_own_trainings_stand_in_front_of_the_table():
    own = [Throughput("cpu", "conv", "vae", 3e6, 77.0)]
    known = preferred(own, KNOWN)
    assert known == [own[0], KNOWN[3]]
    assert images_per_second(known, "cpu", "conv", "vae", 3e6) == 77.0


def test_every_model_was_measured_once_on_a_core():
    table = read_measured()
    assert {"vae", "rhvae", "vaegan", "two_stage", "iwae", "aae"} <= {entry.model for entry in table}
    assert {entry.device for entry in table} == {"cpu"}
    assert all(entry.macs > 1e4 and entry.images_per_second > 0.1 for entry in table)


def test_the_seconds_of_a_training_grow_with_epochs_and_images():
    def seconds(epochs, run):
        made = load_config({"datasets": {"digits": {"training": {"epochs": epochs}}}, "artefacts": NONE})
        return Estimator(made, "cpu", KNOWN).seconds("train_model", run)

    start = seconds(1, RUN) - (seconds(2, RUN) - seconds(1, RUN))
    assert seconds(10, RUN) - start == pytest.approx(10 * (seconds(1, RUN) - start))
    small = Run("digits", "n200", "conv", "vae", "base", 0)
    assert seconds(10, small) - start == pytest.approx((seconds(10, RUN) - start) / 5)


def test_chains_cost_in_proportion_to_centroids_and_steps():
    estimator = Estimator(config(), "cpu", KNOWN)

    def seconds(sampler, variant):
        return estimator.seconds("draw_samples", Generation(RUN, sampler, variant))

    def chains(variant):
        return seconds("manifold", variant) - seconds("prior", "base")

    assert chains("k200") == pytest.approx(2 * chains("k100"))
    assert chains("k100_steps500") == pytest.approx(5 * chains("k100_steps100"))
    assert chains("k100_lam0.1") == pytest.approx(chains("k100"))


def test_jobs_of_one_thread_on_one_machines_processor_are_forks():
    def start(rule, device="cpu", **more):
        return Estimator(config(**more), device, KNOWN).start_seconds(rule)

    assert start("train_model") == FORK_STARTS["train_model"] < STARTS["train_model"] == start("train_model", "cuda")
    assert start("embed_latents") == FORK_START < START == start("embed_latents", "cuda")


def test_comparisons_cost_in_proportion_to_means_and_pairs():
    def seconds(rule, **artefacts):
        return Estimator(config(**artefacts), "cpu", KNOWN).seconds(rule, RUN)

    def pullback(n):
        return seconds("compare_pullback", figure_pullback={"n_points": n}) - FORK_START

    def interpolation(n):
        return seconds("compare_interpolation", figure_interpolation={"n_pairs": n, "n_stops": 1}) - FORK_START

    assert pullback(400) == pytest.approx(4 * pullback(100))
    assert pullback(2000) == pullback(1000)  # there are no more means
    assert interpolation(40) == pytest.approx(4 * interpolation(10))
    assert interpolation(10) > 5


def test_the_whole_build_shares_what_artefacts_have_in_common():
    made = config(table1={"datasets": ["digits"], "models": ["vae"]}, figure5={"dataset": "digits"})
    costs = artefact_costs(Estimator(made, "cpu", KNOWN))
    assert list(costs) == ["table1", "figure5", "whole build"]
    assert costs["table1"].trainings == costs["figure5"].trainings == costs["whole build"].trainings == 1
    assert costs["whole build"].jobs < costs["table1"].jobs + costs["figure5"].jobs
    assert costs["table1"].core_hours < costs["whole build"].core_hours


def test_a_gpu_takes_its_jobs_from_the_cores():
    made = config(figure5={"dataset": "digits"})
    jobs, measured = planned_jobs(made, "figure5"), [Throughput("cuda", "conv", "vae", 1e6, 1e4)]
    on_cpu, on_gpu = (
        cost(Estimator(made, device, known), jobs) for device, known in (("cpu", KNOWN), ("cuda", measured))
    )
    assert on_cpu.gpu_hours == 0
    assert 0 < on_gpu.core_hours < on_cpu.core_hours
    assert on_gpu.gpu_hours > 0
    assert on_gpu.jobs == on_cpu.jobs


def test_the_jobs_on_a_gpu_are_those_whose_rules_ask_for_one():
    text = "".join(path.read_text() for path in (ROOT / "rules").glob("*.smk"))
    _, *rules = re.split(r"^rule (\w+):$", text, flags=re.MULTILINE)
    asking = {name for name, content in zip(rules[::2], rules[1::2], strict=True) if "gpu=GPUS" in content}
    assert set(ON_GPU) == asking


def test_the_second_stage_of_a_model_has_epochs_of_its_own():
    training = {"training": {"epochs": 6}, "models": {"two_stage": {"second_epochs": 2.0}}}
    made = load_config({"datasets": {"digits": training}, "artefacts": NONE})
    assert epochs(made, Run("digits", "full", "infogan", "two_stage", "base", 0)) == 18
    assert epochs(made, RUN) == 6


def test_the_table_is_aligned_and_says_what_it_rests_on():
    costs = {"table1": Cost(79, 10, 0.5, 0.0), "whole build": Cost(429, 37, 12.0, 0.0)}
    lines = costs_text(costs, "cpu", 1405).splitlines()
    assert lines[0].split() == ["artefact", "jobs", "trainings", "core", "hours", "GPU", "hours"]
    assert lines[2].split() == ["table1", "79", "10", "0.50", "-"]
    assert lines[4].split() == ["whole", "build", "429", "37", "12", "-"]
    assert len({len(line) for line in lines[:5]}) == 1
    assert lines[-1] == "With profiles/slurm the whole build makes 1,405 submissions."
    assert costs_text({"whole build": Cost(9, 1, 1.0, 2.5)}, "cuda", 9).splitlines()[3].split()[-2:] == ["1.00", "2.50"]


def test_a_shared_backbone_costs_the_same_on_all_images():
    for shape in ((1, 32, 32), (3, 64, 64)):
        # Its authors print 407 million, which counts the last layer's 1.28 million that the features leave out.
        assert backbone_macs("efficientnet", shape, 1.0) == pytest.approx(407e6 - 1.28e6, rel=0.06)
        assert backbone_macs("inception", shape, 1.0) == 5.7e9


def test_the_papers_build_is_counted_in_full():
    made = load_config(configured("configs/paper.yaml"))
    jobs = planned_jobs(made)
    assert len(jobs["train_model"]) > 400
    assert sum(map(len, jobs.values())) > 3000
    assert {run.dataset for run in jobs["train_model"]} >= {"mnist", "svhn", "cifar10", "celeba", "oasis"}
