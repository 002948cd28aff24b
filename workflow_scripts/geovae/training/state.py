"""Everything that one epoch of a training hands to the next, and its two written forms."""

import torch

from geovae.core.errors import GeovaeError
from geovae.models.base import Autoencoder
from geovae.training.optimiser import Adam, PeriodSchedule, PlateauSchedule


class DivergedError(GeovaeError):
    """A loss became NaN or infinite.

    Attributes:
        history: the rows of the epochs before.
    """

    history: list[dict]


class TrainingState:
    """Optimisers, schedules, history and best weights of one phase of a training.

    Args:
        model: on its device, with the phase started.
        phase: number of the phase, from 0.
        lr, patience: as in `geovae.training.loop.train`.
        history: rows of the earlier phases.
        period: epochs of this phase after which the rate is halved, in the place of `patience`.
        keep_last: keep the weights of the last epoch, not the best.
    """

    def __init__(
        self,
        model: Autoencoder,
        phase: int,
        lr: float,
        patience: int,
        history: list[dict],
        *,
        period: int | None = None,
        keep_last: bool = False,
    ) -> None:
        self.model = model
        self.phase = phase
        self.epoch = 0  # epochs of this phase that are done
        self.history = list(history)
        self.keep_last = keep_last
        self.best_loss = float("inf")
        self.best_weights: dict[str, torch.Tensor] = {}
        self.groups = model.parameter_groups()
        self.optimizers = {name: Adam(parameters, lr, fused=True) for name, parameters in self.groups.items()}
        self.schedulers = {
            name: PeriodSchedule(optimizer, period) if period else PlateauSchedule(optimizer, patience)
            for name, optimizer in self.optimizers.items()
        }

    @property
    def lr(self) -> float:
        """The learning rate as it is now; it is the same for all groups."""
        return next(iter(self.optimizers.values())).lr

    def judge(self, loss: float) -> None:
        """Halve the rates if it is time to, and keep the weights if they are the best so far, or the last."""
        for scheduler in self.schedulers.values():
            scheduler.step(loss)
        if self.keep_last or loss < self.best_loss:
            self.best_loss = loss
            self.best_weights = {name: tensor.clone() for name, tensor in self.model.state_dict().items()}

    def content(self) -> tuple[dict[str, torch.Tensor], dict]:
        """The state as tensors, and as what JSON holds."""
        tensors = {f"model/{name}": tensor for name, tensor in self.model.state_dict().items()}
        tensors |= {f"best/{name}": tensor for name, tensor in self.best_weights.items()}
        for group, optimizer in self.optimizers.items():
            for index, parameter in enumerate(self.groups[group]):
                for name, tensor in optimizer.state.get(parameter, {}).items():
                    tensors[f"optimizer/{group}/{index}/{name}"] = tensor
        rest = {
            "phase": self.phase,
            "epoch": self.epoch,
            "best_loss": self.best_loss,
            "history": self.history,
            "rates": {group: optimizer.lr for group, optimizer in self.optimizers.items()},
            "schedulers": {group: scheduler.state_dict() for group, scheduler in self.schedulers.items()},
        }
        return tensors, rest

    def restore(self, tensors: dict[str, torch.Tensor], rest: dict) -> None:
        """Become the state that `content` described."""
        device = next(self.model.parameters()).device
        named: dict[str, dict[str, torch.Tensor]] = {"model": {}, "best": {}}
        for name, tensor in tensors.items():
            kind, _, key = name.partition("/")
            if kind in named:
                named[kind][key] = tensor
            else:
                group, index, part = key.split("/")
                parameter = self.groups[group][int(index)]
                # As the parameter lies in memory: the fused step runs through both side by side.
                kept = torch.empty_like(parameter).copy_(tensor) if part != "step" else tensor.to(device)
                self.optimizers[group].state.setdefault(parameter, {})[part] = kept
        self.model.load_state_dict(named["model"])
        self.best_weights = {name: tensor.to(device) for name, tensor in named["best"].items()}
        self.phase, self.epoch, self.best_loss = rest["phase"], rest["epoch"], rest["best_loss"]
        self.history = rest["history"]
        for group, optimizer in self.optimizers.items():
            optimizer.lr = rest["rates"][group]
            self.schedulers[group].load_state_dict(rest["schedulers"][group])
