"""The `classifier` backbone: a small CNN trained on the data set's own labels, whose penultimate layer gives features.

It stands in for Inception where images are small, not natural, or where nothing may be downloaded. Distances on its
features compare generations of one data set under one backbone, and nothing else.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.images import to_unit
from geovae.core.seeding import seed_from, torch_generator
from geovae.evaluation.splits import Split
from geovae.training.classification import fit
from geovae.training.optimiser import Adam

N_FEATURES = 64
BASE_CHANNELS = 16  # of the first stage, at width 1


class Classifier(nn.Module):
    """Convolution stages that halve the image down to about 4×4, then 64 features, ReLU and a linear layer.

    The features are taken before the ReLU and after a normalisation without learned scale. Before it, because rectified
    units pile up at zero, which the Gaussians of the Fréchet distance describe badly, and dead ones would not count.
    Normalised, because each feature then has about unit variance on the training images, so that distances are in
    units of the data's own spread whatever the data set and the length of the training.
    """

    def __init__(self, image_shape: tuple[int, int, int], n_classes: int, width: float) -> None:
        super().__init__()
        channels, *sides = image_shape
        n_stages = max(2, math.ceil(math.log2(max(sides) / 4)))
        stages: list[nn.Module] = []
        for stage in range(n_stages):
            out_channels = max(1, round(width * BASE_CHANNELS)) * min(2**stage, 4)
            # Images above 32 pixels are halved by the first convolution too, which is where the time would go.
            stride = 2 if stage == 0 and max(sides) > 32 else 1
            stages += [
                nn.Conv2d(channels, out_channels, 3, stride=stride, padding=1, bias=False),
                nn.BatchNorm2d(out_channels),
                nn.ReLU(),
                nn.MaxPool2d(2, ceil_mode=True),
            ]
            channels = out_channels
            sides = [math.ceil(math.ceil(side / stride) / 2) for side in sides]
        self.stages = nn.Sequential(*stages)
        self.penultimate = nn.Linear(channels * math.prod(sides), N_FEATURES, bias=False)
        self.normalise = nn.BatchNorm1d(N_FEATURES, affine=False)
        self.last = nn.Linear(N_FEATURES, n_classes)

    def features(self, images: Tensor) -> Tensor:
        """uint8 images (n, C, H, W) to features (n, 64)."""
        return self.normalise(self.penultimate(self.stages(to_unit(images)).flatten(1)))

    def forward(self, images: Tensor) -> Tensor:
        """uint8 images (n, C, H, W) to class scores (n, n_classes)."""
        return self.last(torch.relu(self.features(images)))


def count_classes(splits: dict[str, Split], dataset: str, class_names: tuple[str, ...] = ()) -> int:
    """The number of classes in `splits`; every class must have training images, and every image a class.

    Raises:
        GeovaeError: an image without a class (label below 0), fewer than two classes, a class without training images.
    """
    for name, split in splits.items():
        if len(split.labels) == 0:
            raise GeovaeError(
                f"data set {dataset}: its {name} split is empty. The classifier backbone needs all three."
            )
        if split.labels.min() < 0:
            raise GeovaeError(
                f"data set {dataset}: its {name} split has images without a class (label {split.labels.min()}).\n"
                "The classifier backbone needs labels: choose the backbone efficientnet, which needs none."
            )
    n_classes = max(len(class_names), 1 + max(int(split.labels.max()) for split in splits.values()))
    if n_classes < 2:
        raise GeovaeError(
            f"data set {dataset}: all images are of class 0, and a classifier needs two classes.\n"
            "Choose the backbone efficientnet, which needs no labels."
        )
    counts = np.bincount(splits["train"].labels, minlength=n_classes)
    if counts.min() == 0:
        empty = int(counts.argmin())
        name = class_names[empty] if empty < len(class_names) else empty
        raise GeovaeError(
            f"data set {dataset}: class {name} has no training image.\n"
            "Use more training images, or number the classes 0, 1, 2 … without gaps."
        )
    return n_classes


@torch.no_grad()
def _evaluate(model: Classifier, split: Split, device: torch.device, batch_size: int = 500) -> tuple[float, float]:
    """Mean cross-entropy and accuracy on a split."""
    model.eval()
    loss, correct = 0.0, 0
    for start in range(0, len(split.images), batch_size):
        labels = torch.from_numpy(np.array(split.labels[start : start + batch_size])).to(device)
        scores = model(torch.from_numpy(np.array(split.images[start : start + batch_size])).to(device))
        loss += functional.cross_entropy(scores, labels, reduction="sum").item()
        correct += int((scores.argmax(1) == labels).sum())
    return loss / len(split.images), correct / len(split.images)


def _fit(
    model: Classifier,
    splits: dict[str, Split],
    dataset: str,
    generator: torch.Generator,
    epochs: int,
    batch_size: int,
    lr: float,
) -> int:
    """Train `model`, leave it with the weights of the best epoch, and return that epoch's number."""
    device = model.last.weight.device
    training = splits["train"]

    def batches(_: int) -> Iterator[tuple[Tensor, Tensor]]:
        order = torch.randperm(len(training.images), generator=generator).numpy()
        # Rounding down makes no batch smaller than the others by more than one image: batch statistics need two.
        for rows in np.array_split(order, max(1, len(order) // batch_size)):
            yield torch.from_numpy(training.images[rows]).to(device), torch.from_numpy(training.labels[rows]).to(device)

    def rank(epoch: int) -> float:
        loss, accuracy = _evaluate(model, splits["validation"], device)
        print(f"epoch {epoch}: validation cross-entropy {loss:.4f}, accuracy {accuracy:.4f}", flush=True)
        if not math.isfinite(loss):
            raise GeovaeError(
                f"data set {dataset}, backbone classifier: the loss is {loss} after epoch {epoch}. Lower lr ({lr})."
            )
        return -loss

    optimizer = Adam(model.parameters(), lr)
    return fit(model, optimizer, epochs, batches=batches, rank=rank)


def train(
    splits: dict[str, Split],
    *,
    dataset: str,
    class_names: tuple[str, ...],
    key: str,
    epochs: int,
    batch_size: int,
    lr: float,
    width: float,
    device: torch.device,
) -> tuple[Classifier, dict]:
    """Train on `splits["train"]` with Adam and cross-entropy; keep the epoch with the lowest validation cross-entropy.

    Args:
        splits: `train`, `validation` and `test`; the last is only measured.
        dataset, class_names: for messages and the description; the names may be empty.
        key: from which weights and batch orders are seeded.
        epochs, batch_size: at least 1 and 2.
        width: factor on the channels: 16, 32, then 64 at width 1.

    Returns:
        The model in evaluation mode, and its description (`model.json`).

    Raises:
        GeovaeError: unusable labels (see `count_classes`) or settings, or a loss that is not finite.
    """
    n_classes = count_classes(splits, dataset, class_names)
    if epochs < 1 or batch_size < 2 or not width > 0 or not lr > 0:
        raise GeovaeError(
            f"data set {dataset}, backbone classifier: epochs must be at least 1, batch_size at least 2, lr and "
            f"width above 0; they are {epochs}, {batch_size}, {lr} and {width}."
        )
    image_shape = tuple(int(size) for size in splits["train"].images.shape[1:])
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_from(key, "weights"))
        model = Classifier(image_shape, n_classes, width)
    model.to(device)
    best_epoch = _fit(model, splits, dataset, torch_generator(key, "batches"), epochs, batch_size, lr)
    description = {
        "backbone": "classifier",
        "dataset": dataset,
        "settings": {"epochs": epochs, "batch_size": batch_size, "lr": lr, "width": width},
        "image_shape": list(image_shape),
        "n_classes": n_classes,
        "n_features": N_FEATURES,
        "epoch": best_epoch,
    }
    for name, split in splits.items():
        description[f"{name}_accuracy"] = _evaluate(model, split, device)[1]
    return model.eval(), description


def load_extractor(folder: Path, description: dict) -> nn.Module:
    """The trained classifier in `folder`, without its last layer: uint8 images (n, C, H, W) to features (n, 64).

    Raises:
        GeovaeError: `model.json` lacks a key, or does not describe the weights.
    """
    try:
        model = Classifier(
            tuple(description["image_shape"]), description["n_classes"], description["settings"]["width"]
        )
        weights = storage.load_weights(folder / "model.safetensors", record="model.json", like=model.state_dict())
        model.load_state_dict(weights)
    except (KeyError, TypeError, ValueError, RuntimeError) as reason:
        raise GeovaeError(
            f"{folder}: model.json and model.safetensors do not belong together ({str(reason).splitlines()[0]}).\n"
            + storage.advice("Delete the folder and run the workflow again.")
        ) from reason
    return Extractor(model)


class Extractor(nn.Module):
    """A classifier seen as a map from images to features."""

    def __init__(self, model: Classifier) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> Tensor:
        """uint8 images (n, C, H, W) to features (n, 64)."""
        return self.model.features(images)
