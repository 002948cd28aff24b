"""The record of a training, epoch by epoch: on disk, and on the terminal while it runs."""

import sys
from pathlib import Path
from typing import TextIO

from geovae.core import storage, tables

# The column of the training images' loss in evaluation mode, where that decides.
SELECTION_LOSS = "selection_loss"
# The column that is 1 where the last epoch is kept, whatever the losses.
KEEPS_LAST = "keeps_last"
# In a log file, about this many lines tell the course of a training.
LOG_LINES = 20


def save_history(path: str | Path, history: list[dict[str, float]]) -> None:
    """Write the rows that `geovae.training.loop.train` returns as a CSV table."""
    # Phases of a training have terms of their own: a field that a row lacks is empty.
    columns = list(dict.fromkeys(name for row in history for name in row))
    tables.save_table(path, columns, [[row.get(name) for name in columns] for row in history])


def load_history(path: str | Path) -> list[dict[str, float]]:
    """Read what `save_history` wrote; `epoch` is an int, `phase` text, everything else a float, NaN where empty.

    Raises:
        GeovaeError: the file is missing or damaged, has no epoch, or is another table.
    """
    rows = tables.load_table(path, ("epoch",))
    try:
        return [{name: _typed(name, value) for name, value in row.items()} for row in rows]
    except ValueError as reason:
        raise storage.unreadable(path, reason) from reason


def kept_row(history: list[dict[str, float]]) -> dict[str, float]:
    """The row of the epoch whose weights were kept: the lowest deciding loss of the last phase, or the last row."""
    if history[-1].get(KEEPS_LAST):
        return history[-1]
    last = history[-1].get("phase")
    return min((row for row in history if row.get("phase") == last), key=deciding_loss)


def deciding_loss(row: dict[str, float]) -> float:
    """The loss by which an epoch is judged: of the training images where they decide, else of the validation images."""
    return row.get(SELECTION_LOSS, row["validation_loss"])


def _typed(name: str, value: str) -> int | float | str:
    if name == "phase":
        return value
    return int(value) if name == "epoch" else float("nan" if value == "" else value)


class EpochReport:
    """Tells the course of a training: a progress bar on a terminal, some twenty plain lines in a log.

    Args:
        epochs: how many epochs there will be.
        stream: where to write.
    """

    def __init__(self, epochs: int, stream: TextIO = sys.stderr) -> None:
        self.epochs = epochs
        self.stream = stream
        self.every = -(-epochs // LOG_LINES)
        self.done = 0
        self.bar = None
        if stream.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=epochs, unit="epoch", file=stream)

    def __call__(self, row: dict[str, float]) -> None:
        """Report the row of an epoch that has ended."""
        epoch = row["epoch"]
        if epoch > self.done + 1:
            print(f"going on after epoch {epoch - 1} of an interrupted training", file=self.stream, flush=True)
        steps, self.done = epoch - self.done, epoch
        if self.bar is not None:
            self.bar.set_postfix(train=f"{row['train_loss']:.5g}", validation=f"{row['validation_loss']:.5g}")
            self.bar.update(steps)
            if epoch == self.epochs:
                self.bar.close()
        elif epoch == 1 or epoch == self.epochs or epoch % self.every == 0:
            told = ("train_", "validation_", "selection_")
            terms = "  ".join(f"{name} {value:.5g}" for name, value in row.items() if name.startswith(told))
            print(f"epoch {epoch}/{self.epochs}  lr {row['lr']:.3g}  {terms}", file=self.stream, flush=True)
