"""What a call of the check leaves for the next: trainings in progress, trained weights, and the scores of rows."""

import json
import pickle
import time
from pathlib import Path

import torch

from geovae.core import storage
from geovae.training.checkpoint import Checkpoint

SAVE_SECONDS = 20.0  # between two states on disk


class OutOfTimeError(Exception):
    """The time of this call is over; the state is on disk."""


class TimedCheckpoint(Checkpoint):
    """A checkpoint that is written now and then, in torch's own format, and ends the training when time is over.

    Args:
        path, key: as of `Checkpoint`.
        deadline: by `time.monotonic`.
    """

    def __init__(self, path: str | Path, key: str, deadline: float) -> None:
        super().__init__(path, key)
        self.deadline = deadline
        self.saved = time.monotonic()

    def save(self, tensors: dict[str, torch.Tensor], content: dict) -> None:
        """As of `Checkpoint`, if it is time to.

        Raises:
            OutOfTimeError: the deadline has passed; this state was written.
        """
        now = time.monotonic()
        if now < self.deadline and now - self.saved < SAVE_SECONDS:
            return
        save_tensors(self.path, tensors, {"key": self.key, "content": content})
        self.saved = time.monotonic()
        if now >= self.deadline:
            raise OutOfTimeError

    def load(self) -> tuple[dict[str, torch.Tensor], dict] | None:
        """As of `Checkpoint`."""
        found = load_tensors(self.path)
        return None if found is None or found[1].get("key") != self.key else (found[0], found[1]["content"])


def save_tensors(path: str | Path, tensors: dict[str, torch.Tensor], content: dict) -> None:
    """Write tensors, and what JSON holds, to one file, which is there whole or not at all."""
    with storage.atomic(path) as temporary:
        copies = {name: tensor.detach().cpu() for name, tensor in tensors.items()}
        torch.save({"tensors": copies, "content": json.dumps(content)}, temporary)


def load_tensors(path: str | Path) -> tuple[dict[str, torch.Tensor], dict] | None:
    """What `save_tensors` wrote; None where there is no such file, or one that cannot be read."""
    try:
        found = torch.load(path, map_location="cpu", weights_only=True)
        return found["tensors"], json.loads(found["content"])
    except (FileNotFoundError, EOFError, RuntimeError, KeyError, ValueError, pickle.UnpicklingError):
        return None
