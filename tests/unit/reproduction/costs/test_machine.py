"""Files of machines, what is estimated for one, and what is printed of it."""

import pytest
import yaml

from geovae.core.errors import GeovaeError
from helpers.paths import ROOT
from reproduction.config.config import load_config
from reproduction.costs.estimate import STARTS, VALIDATION_SHARE
from reproduction.costs.graph import Job, job_graph
from reproduction.costs.jobs import planned_jobs
from reproduction.costs.machine import load_machine
from reproduction.costs.machine_estimate import MachineEstimator, measured_on
from reproduction.costs.scale import duration, plan_machine, scale_text
from reproduction.costs.step_flops import training_steps
from reproduction.costs.throughput import Throughput, read_measured
from reproduction.costs.workloads import training_macs
from reproduction.plan.keys import Generation, Run
from reproduction.plan.targets import ARTEFACTS

NONE = dict.fromkeys(ARTEFACTS) | {"claims": False}
TRAINING = {"epochs": 3, "batch_size": 100, "precision": "float32"}
DATASETS = {"digits": {"training": TRAINING, "metric": {"k": 100}}}
CONFIG = load_config({"datasets": DATASETS, "artefacts": NONE | {"figure5": {"dataset": "digits"}}})
RUN = Run("digits", "full", "conv", "vae", "base", 0)
GPU = {
    "name": "A GPU",
    "device": "cuda",
    "counts": [1, 2],
    "price_per_hour": 2.0,
    "currency": "EUR",
    "peak": {"float32": 10.0, "bfloat16": 100.0, "memory": 1000.0},
    "efficiency": {"float32": 0.5, "bfloat16": 0.1, "memory": 0.5},
    "source": "a test",
}


def machine(tmp_path, **changes):
    path = tmp_path / "machine.yaml"
    path.write_text(yaml.safe_dump({name: value for name, value in (GPU | changes).items() if value is not None}))
    return load_machine(path)


@pytest.mark.parametrize("path", sorted((ROOT / "configs/machines").glob("*.yaml")), ids=lambda path: path.stem)
def test_our_files_are_whole_and_name_no_price(path):
    made = load_machine(path)
    assert made.price_per_hour is None
    assert made.device == ("cpu" if path.stem == "cores" else "cuda")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gpus": 8}, "machine.yaml: gpus: unknown key"),
        ({"counts": [0]}, "counts.0 = 0: "),
        ({"counts": [2, 2]}, "2 is given twice"),
        ({"source": None}, "source"),
        ({"currency": None}, "price_per_hour and currency belong together: give both, or neither"),
        ({"efficiency": None}, "peak and efficiency belong together: give both, or neither"),
        ({"peak": None, "efficiency": None}, "peak is missing"),
        ({"device": "cpu", "cores_per_device": 2}, "cores_per_device = 2: a device of a CPU is one core"),
        ({"efficiency": {"float32": 1.5, "bfloat16": 0.1, "memory": 0.5}}, "efficiency.float32 = 1.5: "),
    ],
)
def test_a_mistake_in_a_file_is_named(tmp_path, changes, message):
    with pytest.raises(GeovaeError) as error:
        machine(tmp_path, **changes)
    assert message in str(error.value)
    assert "machine.yaml" in str(error.value)


def test_a_training_that_was_not_measured_takes_its_flops_or_its_operations(tmp_path):
    (step,) = training_steps(CONFIG, RUN)
    passes = 3 * 10 * (1 + VALIDATION_SHARE / 3)  # 3 epochs of 10 steps
    by_flops = MachineEstimator(CONFIG, machine(tmp_path), [])
    assert by_flops.training_seconds(RUN) == pytest.approx(passes * step.flops / 5e12)
    assert by_flops.counted == {RUN}
    by_operations = MachineEstimator(CONFIG, machine(tmp_path, launch_seconds=0.01), [])
    assert by_operations.training_seconds(RUN) == pytest.approx(passes * step.operations * 0.01)


def test_the_precision_of_a_training_decides_which_peak_counts(tmp_path):
    narrow = load_config(
        {"datasets": {"digits": {"training": TRAINING | {"precision": "bfloat16"}}}, "artefacts": NONE}
    )
    in_float32, in_bfloat16 = (
        MachineEstimator(config, machine(tmp_path), []).training_seconds(RUN) for config in (CONFIG, narrow)
    )
    assert in_float32 / in_bfloat16 == pytest.approx(2.0)  # 5 and 10 TFLOP/s


def test_a_training_that_was_measured_takes_what_was_measured(tmp_path):
    measured = Throughput("cuda", "conv", "vae", training_macs(CONFIG, RUN), 1000.0, "A GPU")
    estimator = MachineEstimator(CONFIG, machine(tmp_path), [measured])
    assert estimator.training_seconds(RUN) == pytest.approx(3 * (1 + VALIDATION_SHARE / 3))
    assert estimator.counted == set()


def test_trainings_on_another_device_say_nothing(tmp_path):
    rows = "device,net,model,macs,images_per_second\nA GPU,conv,vae,1000,70\nAnother,conv,vae,1000,90\n"
    (tmp_path / "speeds.csv").write_text(rows)
    own, other = (Throughput("cuda", "conv", "ae", 1.0, 2.0, name) for name in ("A GPU", "Another"))
    made = machine(tmp_path, throughputs=str(tmp_path / "speeds.csv"))
    assert measured_on(made, [own, other]) == [own, Throughput("cuda", "conv", "vae", 1000.0, 70.0, "A GPU")]
    core = Throughput("cpu", "conv", "ae", 1.0, 2.0)
    on_cpu = measured_on(load_machine(ROOT / "configs/machines/cores.yaml"), [own, core])
    assert on_cpu == [core, *(entry for entry in read_measured() if entry.model != "ae")]


def test_chains_are_bound_by_memory_in_few_dimensions_and_by_flops_in_many(tmp_path):
    estimator = MachineEstimator(CONFIG, machine(tmp_path), [])
    assert estimator.chain_seconds(10, 1000, 2) == pytest.approx(10 * 48 * 1000 / 5e11)
    assert estimator.chain_seconds(10, 1000, 512) == pytest.approx(10 * 12 * 1000 * 512 / 5e12)


def test_the_start_of_a_device_counts_for_its_jobs_alone(tmp_path):
    usual, slow = (MachineEstimator(CONFIG, machine(tmp_path, start_seconds=start), []) for start in (0.0, 9.0))
    generation = Generation(RUN, "manifold")
    assert slow.seconds("draw_samples", generation) == pytest.approx(usual.seconds("draw_samples", generation) + 9.0)
    assert slow.seconds("build_metric", (RUN, "base")) == usual.seconds("build_metric", (RUN, "base"))
    assert usual.seconds("build_metric", (RUN, "base")) == STARTS["build_metric"]


def test_the_graph_has_the_planned_jobs_and_their_order():
    graph = job_graph(CONFIG)
    assert {(job.rule, job.item) for job in graph} == {
        (rule, item) for rule, items in planned_jobs(CONFIG).items() for item in items
    }
    assert graph[Job("draw_samples", Generation(RUN, "manifold"))] == {
        Job("train_model", RUN),
        Job("embed_latents", RUN),
        Job("build_metric", (RUN, "base")),
    }
    assert graph[Job("train_model", RUN)] == {Job("draw_subset", ("digits", "full"))}


def test_the_plan_names_hours_money_and_the_critical_path(tmp_path):
    estimator = MachineEstimator(CONFIG, machine(tmp_path, launch_seconds=1.0), [])
    scale = plan_machine(estimator)
    text = scale_text(scale, estimator)
    one = scale.plans[1].seconds
    assert scale.plans[2].seconds == pytest.approx(one, rel=0.01)  # one training, and what waits for it
    assert f"| 1 | {duration(one)} | {one / 3600:.2f} |" in text
    assert f"| {one / 3600 * 2.0:,.2f} |" in text
    assert f"`train_model` {RUN.key} ({duration(scale.seconds[Job('train_model', RUN)])})" in text
    assert "Trainings: 0 from 0 measured speeds, 1 from FLOPs and stated efficiency." in text


def test_without_a_price_none_is_made_up(tmp_path):
    estimator = MachineEstimator(CONFIG, machine(tmp_path, price_per_hour=None, currency=None), [])
    assert "| no price given |" in scale_text(plan_machine(estimator), estimator)


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0 s"), (119, "119 s"), (120, "2.0 min"), (7200, "2.0 h"), (1.8e6, "20.8 days")]
)
def test_durations_are_in_the_largest_unit_of_which_they_are_two(seconds, expected):
    assert duration(seconds) == expected
