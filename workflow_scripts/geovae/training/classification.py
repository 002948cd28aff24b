"""The training of a classifier, of which the best epoch's weights are kept."""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from geovae.training.optimiser import Adam


def fit(
    model: nn.Module,
    optimizer: Adam | torch.optim.Optimizer,
    epochs: int,
    *,
    batches: Callable[[int], Iterable[tuple[Tensor, Tensor]]],
    rank: Callable[[int], Any],
) -> int:
    """Train with cross-entropy, leave the model with the weights of its best epoch, and return that epoch's number.

    Args:
        model: images to class scores (n, n_classes).
        epochs: at least 1; they are numbered from 1.
        batches: the images and labels of an epoch, on the model's device.
        rank: how good the model is after an epoch; the best epoch is the first whose rank no other exceeds.
    """
    best_epoch, best_rank, best_weights = 0, None, {}
    for epoch in range(1, epochs + 1):
        model.train()
        for images, labels in batches(epoch):
            optimizer.zero_grad()
            functional.cross_entropy(model(images), labels).backward()
            optimizer.step()
        reached = rank(epoch)
        if best_rank is None or reached > best_rank:
            best_epoch, best_rank = epoch, reached
            best_weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.load_state_dict(best_weights)
    return best_epoch
