"""From images to the features that the Fréchet distance and PRD compare, by a backbone of `geovae.evaluation.table`."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.registry import resolve
from geovae.evaluation.table import BACKBONES


@dataclass(frozen=True)
class Backbone:
    """A feature extractor.

    Attributes:
        name: its entry in `BACKBONES`.
        resize: how it resizes images; None if it takes them as they are.
        accuracy: share of test images that it classifies correctly; None where that has no meaning.
        image_shape: the (C, H, W) that it takes; None if any.
        batch_size: images per forward pass.
    """

    name: str
    resize: str | None
    accuracy: float | None
    image_shape: tuple[int, int, int] | None
    batch_size: int
    extractor: nn.Module
    device: torch.device

    @torch.no_grad()
    def features(self, images: np.ndarray | Tensor, batch_size: int | None = None) -> np.ndarray:
        """Features (N, F), float32, of uint8 images (N, C, H, W).

        Raises:
            GeovaeError: images of another shape than the backbone's, or features that are not finite.
        """
        if self.image_shape is not None and tuple(images.shape[1:]) != self.image_shape:
            raise GeovaeError(
                f"backbone {self.name} takes images of shape {self.image_shape}, not {tuple(images.shape[1:])}.\n"
                "Use the backbone of the images' own data set."
            )
        if len(images) == 0:
            raise GeovaeError(f"backbone {self.name}: there is no image to take features of.")
        size = batch_size or self.batch_size
        batches = []
        for start in range(0, len(images), size):
            batch = images[start : start + size]
            # The copy also makes memory-mapped arrays writable, without which torch warns.
            batch = batch if isinstance(batch, Tensor) else torch.from_numpy(np.array(batch))
            batches.append(self.extractor(batch.to(self.device)).float().cpu().numpy())
        features = np.concatenate(batches)
        if not np.isfinite(features).all():
            raise GeovaeError(f"backbone {self.name}: its features are not finite. Train or fetch the backbone again.")
        return features


def load_backbone(folder: str | Path, device: torch.device, resize: str | None = None) -> Backbone:
    """Read the backbone in `folder` (`model.json` and weights) onto `device`, ready to evaluate.

    Args:
        folder, device: where from and where to.
        resize: the way of resizing, for a backbone that knows several; None for the others.

    Raises:
        GeovaeError: unreadable files, a backbone that `BACKBONES` does not have, or a `resize` that it does not know.
    """
    folder = Path(folder)
    description = storage.load_json(folder / "model.json", backbone=str)
    name = description.get("backbone")
    if name not in BACKBONES:
        raise GeovaeError(f"{folder / 'model.json'}: unknown backbone {name!r}. Known are: {', '.join(BACKBONES)}.")
    entry = BACKBONES[name]
    if resize not in (entry.resizings or (None,)):
        known = f"one of {', '.join(entry.resizings)}" if entry.resizings else "nothing: it takes images as they are"
        raise GeovaeError(f"backbone {name}: resize is {resize!r}. Give {known}.")
    shape = description.get("image_shape")
    extractor = resolve(entry.load)(folder, description, *([resize] if entry.resizings else []))
    return Backbone(
        name=name,
        resize=resize,
        accuracy=description.get("test_accuracy"),
        image_shape=None if shape is None else tuple(shape),
        batch_size=entry.batch_size,
        extractor=extractor.to(device).eval().requires_grad_(False),
        device=device,
    )
