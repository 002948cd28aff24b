"""What one step of a training takes: FLOPs and operations of torch, counted on tensors without values."""

import json
from typing import NamedTuple

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from geovae.models.base import ALL, Autoencoder
from geovae.models.files import build_model
from reproduction.config.config import Config
from reproduction.plan.job_settings import training
from reproduction.plan.keys import Run, protocol_of


class Step(NamedTuple):
    """A training step of one phase of a model.

    Attributes:
        epochs: of the phase.
        flops: of convolutions and products of matrices, forward and backward, for a whole batch.
        operations: calls into torch, of which a device runs one after the other.
    """

    epochs: int
    flops: float
    operations: int


_COUNTED: dict[tuple, tuple[Step, ...]] = {}


def training_steps(config: Config, run: Run) -> tuple[Step, ...]:
    """The step of every phase of a run's training, one for most models.

    Counted once for all runs that differ in fractional settings alone: those weigh terms, and whole numbers count.
    """
    told, shape = json.loads(training(config, run)), protocol_of(config, run).image_shape()
    epochs, batch_size = told["training"]["epochs"], told["training"]["batch_size"]
    settings = told["model_settings"]
    sizes = {name: value for name, value in settings.items() if not isinstance(value, float)}
    net = told["net"], told["width"], told["latent_dim"]
    key = (run.model, json.dumps(sizes, sort_keys=True), net, shape, epochs, batch_size)
    if key not in _COUNTED:
        description = dict(zip(("net", "width", "latent_dim"), net, strict=True)) | {"image_shape": list(shape)}
        description |= {"model": run.model, "settings": settings}
        _COUNTED[key] = _steps(description, epochs, batch_size)
    return _COUNTED[key]


def _steps(description: dict, epochs: int, batch_size: int) -> tuple[Step, ...]:
    steps = []
    with torch.device("meta"), _Answers():
        model = build_model(description)
        model.train()
        for phase in model.phases(epochs):
            model.start_phase(phase.name)
            x = torch.empty(batch_size, *description["image_shape"])
            with FlopCounterMode(display=False) as flops, _Operations() as operations:
                _step(model, x)
            steps.append(Step(phase.epochs, flops.get_total_flops(), operations.count))
    return tuple(steps)


def _step(model: Autoencoder, x: torch.Tensor) -> None:
    """The forward and backward passes of `geovae.training.loop`; the optimiser is a few fused operations more."""
    loss = model.loss(x, _Noise())
    objectives, groups = loss.objectives or {ALL: loss.total}, model.parameter_groups()
    for count, (group, objective) in enumerate(objectives.items(), start=1):
        objective.backward(inputs=groups[group], retain_graph=count < len(objectives))


class _Noise(torch.Generator):
    """A generator that says it lives where the tensors have no values."""

    device = torch.device("meta")


class _Answers(TorchFunctionMode):
    """Says what tensors without values cannot: a number is 1, at which all players of the VAEGAN make their step."""

    def __torch_function__(self, function, types, args=(), kwargs=None):
        if function is torch.Tensor.item:
            return 1.0
        return function(*args, **{name: value for name, value in (kwargs or {}).items() if name != "generator"})


class _Operations(TorchDispatchMode):
    """Counts calls of operations."""

    count = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.count += 1
        return function(*args, **(kwargs or {}))
