"""Adam, and when its learning rate is halved.

The arithmetic of a step is torch's own function. `torch.optim.Adam` and torch's schedulers, which would wrap it, load
torch's compiler when the first is made: more than a second of each process, whether anything is compiled or not.
"""

from collections.abc import Iterable

import torch
from torch.optim.adam import adam

FACTOR = 0.5  # of the learning rate
# Of torch's ReduceLROnPlateau: the share by which a loss must be lower to be better, and the least change of a rate.
THRESHOLD, LEAST_CHANGE = 1e-4, 1e-8


class Adam:
    """Kingma and Ba's Adam, to the bit that of `torch.optim.Adam` at its defaults.

    Args:
        parameters: what is trained.
        lr: the learning rate; may be changed between steps.
        fused: take a step in one pass over all parameters, which rounds otherwise; else as torch does by default.

    Attributes:
        state: by parameter, from its first step on: `step` (), and `exp_avg` and `exp_avg_sq`, which lie in memory as
            the parameter does.
    """

    def __init__(self, parameters: Iterable[torch.nn.Parameter], lr: float, *, fused: bool = False) -> None:
        self.parameters = list(parameters)
        self.lr = lr
        self.fused = fused
        self.state: dict[torch.nn.Parameter, dict[str, torch.Tensor]] = {}

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Change each parameter that has a gradient."""
        trained = [parameter for parameter in self.parameters if parameter.grad is not None]
        states = [self.state.setdefault(parameter, {}) or self._start(parameter) for parameter in trained]
        adam(
            trained,
            [parameter.grad for parameter in trained],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            fused=self.fused or None,  # None: torch takes what it takes by default on the device
            amsgrad=False,
            beta1=0.9,
            beta2=0.999,
            lr=self.lr,
            weight_decay=0.0,
            eps=1e-8,
            maximize=False,
        )

    def _start(self, parameter: torch.nn.Parameter) -> dict[str, torch.Tensor]:
        # Where torch has the count of steps: beside the parameter if the fused step reads it, else on the CPU.
        device = parameter.device if self.fused else "cpu"
        self.state[parameter] = {
            "step": torch.zeros((), dtype=torch.float32, device=device),
            "exp_avg": torch.zeros_like(parameter),
            "exp_avg_sq": torch.zeros_like(parameter),
        }
        return self.state[parameter]


class PlateauSchedule:
    """Halves the rate when the loss has not improved for more than `patience` epochs, as torch's `ReduceLROnPlateau`.

    Args:
        optimizer: whose rate it is.
        patience: at least 0.
    """

    def __init__(self, optimizer: Adam, patience: int) -> None:
        self.optimizer = optimizer
        self.patience = patience
        self.best = float("inf")
        self.num_bad_epochs = 0

    def step(self, loss: float) -> None:
        """Take in the loss of an epoch."""
        if loss < self.best * (1.0 - THRESHOLD):
            self.best, self.num_bad_epochs = loss, 0
            return
        self.num_bad_epochs += 1
        if self.num_bad_epochs > self.patience:
            halved = self.optimizer.lr * FACTOR
            if self.optimizer.lr - halved > LEAST_CHANGE:
                self.optimizer.lr = halved
            self.num_bad_epochs = 0

    def state_dict(self) -> dict[str, float]:
        """What `load_state_dict` takes; finite or infinite numbers."""
        return {"best": self.best, "num_bad_epochs": self.num_bad_epochs}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on from there."""
        self.best, self.num_bad_epochs = state["best"], state["num_bad_epochs"]


class PeriodSchedule:
    """Halves the rate after every `period` epochs, whatever the loss, as torch's `StepLR`.

    Args:
        optimizer: whose rate it is.
        period: at least 1.
    """

    def __init__(self, optimizer: Adam, period: int) -> None:
        self.optimizer = optimizer
        self.period = period
        self.last_epoch = 0

    def step(self, _: float) -> None:
        """Count an epoch."""
        self.last_epoch += 1
        if self.last_epoch % self.period == 0:
            self.optimizer.lr *= FACTOR

    def state_dict(self) -> dict[str, int]:
        """What `load_state_dict` takes."""
        return {"last_epoch": self.last_epoch}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on from there."""
        self.last_epoch = state["last_epoch"]
