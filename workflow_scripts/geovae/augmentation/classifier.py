"""The classifier of the data augmentation task: its training (appendix D of the paper)."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from geovae.augmentation.network import AugmentationClassifier
from geovae.augmentation.scores import balanced_accuracy, classification_scores
from geovae.augmentation.training_sets import LabelledImages
from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.core.seeding import seed_from, torch_generator
from geovae.core.stopwatch import Stopwatch
from geovae.training.classification import fit
from geovae.training.optimiser import Adam, PlateauSchedule

EVALUATION_BATCH = 500


class Settings(NamedTuple):
    """How the classifier is trained; the defaults are the paper's (appendix D).

    Attributes:
        epochs, batch_size: at least 1 and 2.
        lr: Adam's learning rate at the start, above 0.
        patience: epochs without a better validation loss after which the learning rate is halved, at least 0.
        width: factor on the net's layer widths, above 0.
    """

    epochs: int = 50
    batch_size: int = 200
    lr: float = 1e-4
    patience: int = 5
    width: float = 1.0

    def check(self) -> None:
        """Raise GeovaeError if a setting is out of range."""
        for name, least in (("epochs", 1), ("batch_size", 2), ("patience", 0)):
            whole(getattr(self, name), f"classifier: {name}", least)
        for name in ("lr", "width"):
            real(getattr(self, name), f"classifier: {name}", 0.0)


class Trained(NamedTuple):
    """A classifier with the weights of its best epoch, in evaluation mode, and that epoch's number and scores."""

    model: AugmentationClassifier
    best_epoch: int
    validation_balanced_accuracy: float
    validation_loss: float


@torch.no_grad()
def predict(model: AugmentationClassifier, images: np.ndarray) -> Tensor:
    """Class scores (N, n_classes) on the CPU of uint8 images (N, C, H, W), in evaluation mode."""
    model.eval()
    device = next(model.parameters()).device
    batches = (images[start : start + EVALUATION_BATCH] for start in range(0, len(images), EVALUATION_BATCH))
    return torch.cat([model(torch.from_numpy(np.array(batch)).to(device)).cpu() for batch in batches])


def train(
    training: LabelledImages,
    validation: LabelledImages,
    *,
    n_classes: int,
    key: str,
    run: int,
    settings: Settings,
    device: str | torch.device = "cpu",
) -> Trained:
    """Train a classifier with Adam and cross-entropy (appendix D of the paper).

    The learning rate is halved when the validation loss has not improved for `patience` epochs. The epoch with the best
    balanced accuracy on the validation images is kept; of several, the one with the lowest validation loss.

    Args:
        training, validation: at least 2 and 1 images, of one shape.
        n_classes: labels are in [0, n_classes).
        key, run: what seeds weights and batch orders; nothing else is random.
        settings: see `Settings`.
        device: where to train.

    Raises:
        GeovaeError: settings out of range, images that are too few or too small, or a loss that is not finite.
    """
    settings.check()
    if len(training.images) < 2 or len(validation.images) < 1:
        raise GeovaeError(
            f"{key}: {len(training.images)} training and {len(validation.images)} validation images, but at least 2 "
            "and 1 are needed."
        )
    model = _build(training.images.shape[1:], n_classes, settings.width, seed_from(key, run, "weights"), device)
    optimizer = Adam(model.parameters(), settings.lr, fused=True)
    scheduler = PlateauSchedule(optimizer, settings.patience)
    # A few thousand small images: on the device once for all epochs.
    images, labels = (torch.from_numpy(np.array(array)).to(device) for array in training)
    scores: dict[int, tuple[float, float]] = {}

    def batches(epoch: int) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(labels), generator=torch_generator(key, run, "order", epoch)).to(device)
        for rows in order.split(settings.batch_size):
            if len(rows) > 1:  # a single image has no batch statistics
                yield images.index_select(0, rows), labels.index_select(0, rows)

    def rank(epoch: int) -> tuple[float, float]:
        accuracy, loss = scores[epoch] = _validate(model, validation)
        if not math.isfinite(loss):
            raise GeovaeError(
                f"{key}, run {run}: the validation loss is {loss} after epoch {epoch}. Lower lr ({settings.lr:g})."
            )
        scheduler.step(loss)
        return accuracy, -loss

    best = fit(model, optimizer, settings.epochs, batches=batches, rank=rank)
    return Trained(model.eval(), best, *scores[best])


def _build(
    image_shape: tuple[int, int, int], n_classes: int, width: float, seed: int, device: str | torch.device
) -> AugmentationClassifier:
    """A classifier with initial weights drawn from `seed`; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AugmentationClassifier(image_shape, n_classes, width)
    # Side by side in memory, the channels of a pixel are up to twice as fast on a CPU.
    return model.to(device, memory_format=torch.channels_last)


def _validate(model: AugmentationClassifier, split: LabelledImages) -> tuple[float, float]:
    """Balanced accuracy and mean cross-entropy."""
    scores = predict(model, split.images)
    loss = functional.cross_entropy(scores, torch.from_numpy(np.array(split.labels))).item()
    return balanced_accuracy(split.labels, scores.argmax(1).numpy()), loss


def run_classifier(
    training: LabelledImages,
    validation: LabelledImages,
    test: LabelledImages,
    *,
    class_names: Sequence[str],
    key: str,
    run: int,
    settings: Settings,
    device: str | torch.device = "cpu",
) -> dict:
    """Train one classifier and score it on the test images; arguments as in `train`.

    Returns:
        The record of the run: `key`, `run`, `n_train`, `best_epoch`, `validation_balanced_accuracy`, `validation_loss`,
        the scores of `classification_scores` on the test images, and `seconds`, which alone differs in a repetition.
    """
    watch = Stopwatch()
    trained = train(
        training, validation, n_classes=len(class_names), key=key, run=run, settings=settings, device=device
    )
    predictions = predict(trained.model, test.images).argmax(1).numpy()
    return {
        "key": key,
        "run": run,
        "n_train": len(training.labels),
        "best_epoch": trained.best_epoch,
        "validation_balanced_accuracy": trained.validation_balanced_accuracy,
        "validation_loss": trained.validation_loss,
        **classification_scores(test.labels, predictions, class_names),
        "seconds": watch.seconds(),
    }
