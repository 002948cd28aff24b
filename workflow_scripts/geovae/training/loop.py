"""The training loop of all models (section 5 and App. D of the paper).

Adam; the learning rate is halved when the validation loss has not improved for `patience` epochs; the weights of the
epoch with the lowest validation loss are kept. On request the loss of the training images decides in its place. All
randomness of an epoch comes from the run's key and the epoch's number, so that an epoch depends on nothing but the
state it starts from, and an interrupted training ends as one that was not.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

from geovae.core.errors import GeovaeError
from geovae.core.images import require_images, to_unit
from geovae.core.quantities import real, whole
from geovae.core.seeding import torch_generator
from geovae.core.stopwatch import Stopwatch
from geovae.models.base import ALL, Autoencoder, Loss
from geovae.training.checkpoint import Checkpoint
from geovae.training.history import KEEPS_LAST, SELECTION_LOSS, deciding_loss
from geovae.training.precision import autocast_dtype
from geovae.training.state import DivergedError, TrainingState

TOTAL = "loss"
LAST = "last"
SELECTIONS = ("validation", "train", LAST)
BLOCK = 1024  # batches whose losses are kept in one tensor

Row = dict[str, float]


def train(
    model: Autoencoder,
    train_images: torch.Tensor,
    validation_images: torch.Tensor,
    *,
    epochs: int,
    batch_size: int,
    lr: float,
    patience: int,
    key: str,
    select_on: str = "validation",
    halve_every: int | None = None,
    precision: str = "float32",
    device: str | torch.device = "cpu",
    checkpoint: Checkpoint | None = None,
    report: Callable[[Row], None] | None = None,
) -> list[Row]:
    """Train `model` in place; at the end it holds its best weights, on `device`, in evaluation mode and float32.

    Args:
        model: as `geovae.models.files.build_model` gives it.
        train_images: (N, C, H, W) uint8, N at least 2; held on the device as they are.
        validation_images: (M, C, H, W) uint8, M at least 1.
        epochs: number of epochs (paper: 100; CIFAR10: 200); a model trained in stages derives those of each from it.
        batch_size: images per step (paper: 100).
        lr: Adam's first learning rate (paper: 1e-3; CIFAR10: 5e-4).
        patience: epochs without a better validation loss after which the learning rate is halved (paper: 5).
        key: the run's key, from which all randomness is drawn.
        select_on: the images whose loss, in evaluation mode after each epoch, chooses the weights that are kept and
            the learning rate: `validation`, or `train` (paper: CIFAR10's small training sets); or `last`, whose weights
            are kept whatever their loss.
        halve_every: epochs after which the learning rate is halved, whatever the loss, in the place of `patience`; of a
            model trained in stages those of a first stage of `epochs`, and in proportion in the others.
        precision: of the nets: `auto`, `float32` or `bfloat16` (see `geovae.training.precision`).
        device: where to train.
        checkpoint: where the state is kept after every epoch, and taken up from if it is there; left in place at the
            end, for the caller to delete when all results are written.
        report: called with the row of every epoch when it ends.

    Returns:
        One row per epoch: epoch, lr, `train_` and `validation_` means of every term and of the loss, seconds,
        images_per_second, peak_memory_mb; for a model trained in stages also the phase; where the training images
        decide, `selection_loss`, their loss; where the last epoch is kept, `keeps_last`, 1. Selection and validation
        losses are those of sampled latents, with the same noise in every epoch.

    Raises:
        GeovaeError: a number is out of range, or there are too few images.
        DivergedError: the loss became NaN or infinite; the model then holds its best weights of the epochs before, if
            there are any.

    Examples:
        >>> import torch
        >>> from geovae import build_model, train
        >>> description = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
        >>> description["image_shape"] = [1, 4, 4]
        >>> model = build_model(description, seed=0)
        >>> images = torch.zeros(60, 1, 4, 4, dtype=torch.uint8)
        >>> rows = train(model, images[:50], images[50:], epochs=3, batch_size=10, lr=0.01, patience=5, key="example")
        >>> [row["epoch"] for row in rows]
        [1, 2, 3]
        >>> rows[-1]["validation_loss"] < rows[0]["validation_loss"]
        True
    """
    for name, given in (("training", train_images), ("validation", validation_images)):
        require_images(given, f"{key}: {name} images", model.image_shape)
    _check(train_images, validation_images, epochs, batch_size, lr, key)
    if select_on not in SELECTIONS:
        raise GeovaeError(f"{key}: select_on is {select_on!r}, but it must be {' or '.join(SELECTIONS)}.")
    device = torch.device(device)
    model.to(device)
    images = train_images.to(device), validation_images.to(device)
    model.autocast_dtype = autocast_dtype(precision, device, model)
    loaded = checkpoint.load() if checkpoint else None
    phases = model.phases(epochs)
    first = loaded[1]["phase"] if loaded else 0
    history: list[Row] = []
    for index, phase in enumerate(phases):
        if index < first:
            continue
        model.start_phase(phase.name)
        period = max(1, round(halve_every * phase.epochs / epochs)) if halve_every else None
        keep_last = select_on == LAST
        state = TrainingState(model, index, lr, patience, history, period=period, keep_last=keep_last)
        if loaded and index == first:
            state.restore(*loaded)
        before = sum(earlier.epochs for earlier in phases[:index])
        for epoch in range(state.epoch + 1, phase.epochs + 1):
            with _kept_if_diverged(state):
                row = _run_epoch(state, before + epoch, *images, batch_size, key, phase.name, select_on)
            state.epoch = epoch
            if checkpoint:
                checkpoint.save(*state.content())
            if report is not None:
                report(row)
        history = state.history
        model.load_state_dict(state.best_weights)
    _finish(model)
    return history


@contextmanager
def _kept_if_diverged(state: TrainingState) -> Iterator[None]:
    """Leave the model with its best weights, and the error with the history, where the loss becomes NaN or infinite."""
    try:
        yield
    except DivergedError as error:
        error.history = state.history
        if state.best_weights:
            state.model.load_state_dict(state.best_weights)
        _finish(state.model)
        raise


def _finish(model: Autoencoder) -> None:
    """Bring the model back to evaluation mode and full precision."""
    model.autocast_dtype = None
    model.eval()


def _check(
    train_images: torch.Tensor, validation_images: torch.Tensor, epochs: int, batch_size: int, lr: float, key: str
) -> None:
    if len(train_images) < 2:
        raise GeovaeError(f"{key}: {len(train_images)} training images, but at least 2 are needed. Use another subset.")
    if len(validation_images) == 0:
        raise GeovaeError(f"{key}: no validation images, so no best epoch could be chosen. Use another subset.")
    whole(epochs, f"{key}: epochs", 1)
    whole(batch_size, f"{key}: batch_size (of batch normalisation)", 2)
    real(lr, f"{key}: lr", 0.0)


def _run_epoch(
    state: TrainingState,
    epoch: int,
    train_images: torch.Tensor,
    validation_images: torch.Tensor,
    batch_size: int,
    key: str,
    phase: str,
    select_on: str,
) -> Row:
    """Train for one epoch, validate, and bring the learning rates, the best weights and the history up to date."""
    lr, start = state.lr, time.perf_counter()
    train_means = _train_epoch(state, epoch, train_images, batch_size, key)
    train_seconds = time.perf_counter() - start
    state.model.eval()
    with torch.no_grad():
        state.model.end_epoch(train_images, batch_size)
        validation_means = _evaluate(state, epoch, "validation", validation_images, batch_size, key)
        selection = _evaluate(state, epoch, "selection", train_images, batch_size, key) if select_on == "train" else {}
    row: Row = {"epoch": epoch} | ({"phase": phase} if phase else {}) | {"lr": lr}
    row |= {f"train_{name}": value for name, value in train_means.items()}
    row |= {f"validation_{name}": value for name, value in validation_means.items()}
    row |= {SELECTION_LOSS: selection[TOTAL]} if selection else {}
    row |= {KEEPS_LAST: 1.0} if state.keep_last else {}
    state.judge(deciding_loss(row))
    row |= {"seconds": time.perf_counter() - start, "images_per_second": len(train_images) / train_seconds}
    row["peak_memory_mb"] = Stopwatch.peak_memory_mb(train_images.device)
    state.history.append(row)
    return row


def _train_epoch(state: TrainingState, epoch: int, images: torch.Tensor, batch_size: int, key: str) -> dict[str, float]:
    """Go once through the training images in a new order; return the means of the terms."""
    state.model.train()
    # Drawn on the CPU, the order is the same on every device.
    order = torch.randperm(len(images), generator=torch_generator(key, "order", epoch)).to(images.device)
    noise = torch_generator(key, "noise", epoch, device=images.device.type)
    means = _Means()
    for indices in _batches(order, batch_size):
        means.add(_step(state, to_unit(images.index_select(0, indices)), noise), len(indices))
    return means.result(f"{key}: epoch {epoch}, training", state.lr)


def _step(state: TrainingState, x: torch.Tensor, noise: torch.Generator) -> Loss:
    """One gradient step of every parameter group on the batch `x`, all from one forward pass; returns its loss."""
    loss = state.model.loss(x, noise)
    objectives = loss.objectives or {ALL: loss.total}
    for optimizer in state.optimizers.values():
        optimizer.zero_grad()
    for count, (group, objective) in enumerate(objectives.items(), start=1):
        objective.backward(inputs=state.groups[group], retain_graph=count < len(objectives))
    for group in objectives:
        state.optimizers[group].step()
    return loss


def _evaluate(
    state: TrainingState, epoch: int, purpose: str, images: torch.Tensor, batch_size: int, key: str
) -> dict[str, float]:
    """The means of the terms on all images, in evaluation mode."""
    # The same noise in every epoch: epochs are compared with one another.
    noise = torch_generator(key, "validation noise", device=images.device.type)
    means = _Means()
    for batch in images.split(batch_size):
        means.add(state.model.loss(to_unit(batch), noise), len(batch))
    return means.result(f"{key}: epoch {epoch}, {purpose}", state.lr)


def _batches(order: torch.Tensor, batch_size: int) -> Iterator[torch.Tensor]:
    """Split `order` into batches; a last batch of one image is left out, as it has no batch statistics."""
    return (indices for indices in order.split(batch_size) if len(indices) > 1)


class _Means:
    """Means of the loss and its terms over an epoch, weighted by batch size; they stay on the device until the end.

    They lie in blocks: a small tensor that stays after each batch would keep the memory between two of them from being
    used again, gigabytes in an epoch of wide nets.
    """

    def __init__(self) -> None:
        self.names: list[str] = []
        self.blocks: list[torch.Tensor] = []
        self.sizes: list[int] = []

    def add(self, loss: Loss, size: int) -> None:
        """Take in the loss of a batch of `size` images."""
        self.names = [*loss.terms, TOTAL]
        values = torch.stack([*loss.terms.values(), loss.total]).detach()
        row = len(self.sizes) % BLOCK
        if row == 0:
            self.blocks.append(values.new_empty(BLOCK, len(values)))
        self.blocks[-1][row] = values
        self.sizes.append(size)

    def result(self, where: str, lr: float) -> dict[str, float]:
        """The means by name; `where` and `lr` go into the error if one is not finite."""
        values = torch.cat(self.blocks)[: len(self.sizes)].double().cpu()
        broken = (~torch.isfinite(values)).nonzero()
        if len(broken):
            batch, term = broken[0].tolist()
            raise DivergedError(
                f"{where}, batch {batch + 1}: {self.names[term]} is {values[batch, term].item()}.\n"
                f"Lower `lr` (now {lr:g}) in the settings of this training."
            )
        sizes = torch.tensor(self.sizes, dtype=torch.float64)
        return dict(zip(self.names, (sizes @ values / sizes.sum()).tolist(), strict=True))
