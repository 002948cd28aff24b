"""The record of a training, epoch by epoch: on disk, and on the terminal while it runs."""

import csv
import sys
from pathlib import Path
from typing import TextIO

from geovae import storage
from geovae.errors import GeovaeError

# In a log file, about this many lines tell the course of a training.
LOG_LINES = 20


def save_history(path: str | Path, history: list[dict[str, float]]) -> None:
    """Write the rows that `geovae.training.train` returns as a CSV table."""
    with storage.atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, fieldnames=list(history[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


def load_history(path: str | Path) -> list[dict[str, float]]:
    """Read what `save_history` wrote; `epoch` is an int, everything else a float.

    Raises:
        GeovaeError: the file is missing, empty, or not such a table.
    """
    path = Path(path)
    if not path.is_file():
        raise GeovaeError(f"{path}: no such file. Run the workflow to make it, or correct the path.")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [
                {name: int(value) if name == "epoch" else float(value) for name, value in row.items()}
                for row in csv.DictReader(file)
            ]
    except (ValueError, TypeError, csv.Error) as reason:
        raise GeovaeError(
            f"{path}: not a readable history ({reason}).\nDelete it and run the workflow again."
        ) from reason
    if not rows or "epoch" not in rows[0]:
        raise GeovaeError(f"{path}: not a readable history (no epochs).\nDelete it and run the workflow again.")
    return rows


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
        self.bar = None
        if stream.isatty():
            from tqdm import tqdm

            self.bar = tqdm(total=epochs, unit="epoch", file=stream)

    def __call__(self, row: dict[str, float]) -> None:
        """Report the row of an epoch that has ended."""
        epoch = row["epoch"]
        if self.bar is not None:
            self.bar.set_postfix(train=f"{row['train_loss']:.5g}", validation=f"{row['validation_loss']:.5g}")
            self.bar.update()
            if epoch == self.epochs:
                self.bar.close()
        elif epoch == 1 or epoch == self.epochs or epoch % self.every == 0:
            terms = "  ".join(
                f"{name} {value:.5g}" for name, value in row.items() if name.startswith(("train_", "validation_"))
            )
            print(f"epoch {epoch}/{self.epochs}  lr {row['lr']:.3g}  {terms}", file=self.stream, flush=True)
