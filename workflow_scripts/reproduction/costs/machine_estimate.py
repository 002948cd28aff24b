"""Seconds of jobs on a machine that a file describes: from trainings measured there, else from FLOPs and efficiency."""

import math
from collections.abc import Iterable, Sequence

from reproduction.config.config import Config
from reproduction.costs.estimate import ON_GPU, WITHOUT_TORCH, Estimator, passes
from reproduction.costs.machine import Machine
from reproduction.costs.step_flops import training_steps
from reproduction.costs.throughput import MEASURED, Throughput, preferred, read_measured
from reproduction.costs.workloads import n_train
from reproduction.plan.keys import Run, protocol_of

# A gradient of the metric's log-density has four products with the centroids: [x², x] with 2d × k, weights with k × d,
# 1/G with d × k, weights with k × 2d. Multiplications, and bytes that pass the weights' memory (n, k) in float32, once
# for every reading or writing of `geometry.expansion.Expansion.evaluate`.
CHAIN_MULTIPLICATIONS = 6
BYTES_PER_WEIGHT = 4 * 12


def measured_on(machine: Machine, histories: Iterable[Throughput]) -> list[Throughput]:
    """The trainings that were measured on this kind of device: of this folder's results, and of the machine's table.

    Cores have no names: on a CPU every training of the folder counts, before those of the default build's table.
    """
    if machine.device == "cpu":
        own = [entry for entry in histories if entry.device == "cpu"]
        return own if machine.peak else preferred(own, read_measured(machine.throughputs or MEASURED))
    rows = read_measured(machine.throughputs) if machine.throughputs else []
    named = [row._replace(device="cuda", name=row.device) for row in rows if row.device == machine.name]
    return [entry for entry in histories if entry.name == machine.name] + named


class MachineEstimator(Estimator):
    """Seconds of jobs on one device of a machine; those that use no GPU on one of its cores.

    Args:
        config: the build's.
        machine: its device.
        known: measured throughputs of its kind of device.

    Attributes:
        counted: the runs whose seconds follow from FLOPs.
    """

    def __init__(self, config: Config, machine: Machine, known: Sequence[Throughput]) -> None:
        super().__init__(config, machine.device, known)
        self.machine, self.counted = machine, set()
        if machine.peak:
            self.forward = self.distances = machine.flops("float32") / 2

    def seconds(self, rule: str, item: object) -> float:
        """Seconds of one job; `item` as in `planned_jobs`."""
        on_device = rule in ON_GPU if self.machine.device == "cuda" else rule not in WITHOUT_TORCH
        return super().seconds(rule, item) + (self.machine.start_seconds if on_device else 0.0)

    def chain_seconds(self, n_gradients: float, k: int, d: int) -> float:
        """Seconds of so many gradients, all with all centroids: by FLOPs or by memory, whichever takes longer."""
        if not self.machine.peak:
            return super().chain_seconds(n_gradients, k, d)
        by_flops = 2 * CHAIN_MULTIPLICATIONS * k * d / self.machine.flops("float32")
        return n_gradients * max(by_flops, BYTES_PER_WEIGHT * k / self.machine.bytes_per_second())

    def training_seconds(self, run: Run) -> float:
        """Seconds of a training beyond the start of its job."""
        same = any(entry.model == run.model and entry.net == run.net for entry in self.known)
        if same or not self.machine.peak:
            return super().training_seconds(run)
        self.counted.add(run)
        training = protocol_of(self.config, run).training
        n_steps = math.ceil(n_train(self.config, run) / training.batch_size)
        speed = self.machine.flops(training.precision)
        return passes(self.config, run) * sum(
            step.epochs * n_steps * max(step.flops / speed, step.operations * self.machine.launch_seconds)
            for step in training_steps(self.config, run)
        )
