"""Backbones: from images to the features that the Fréchet distance and PRD compare.

A backbone is a folder with `model.json`, whose key `backbone` names an entry of `LOADERS`, and its weights. To add one,
write a function that takes the folder and the content of `model.json` and returns a module that maps uint8 images
(n, C, H, W) to features (n, F), and enter it here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from geovae import storage
from geovae.errors import GeovaeError
from geovae.evaluation import classifier

LOADERS: dict[str, Callable[[Path, dict], nn.Module]] = {"classifier": classifier.load_extractor}


@dataclass(frozen=True)
class Backbone:
    """A feature extractor.

    Attributes:
        name: its entry in `LOADERS`.
        accuracy: share of test images that it classifies correctly; None where that has no meaning.
        image_shape: the (C, H, W) that it takes; None if any.
    """

    name: str
    accuracy: float | None
    image_shape: tuple[int, int, int] | None
    extractor: nn.Module
    device: torch.device

    @torch.no_grad()
    def features(self, images: np.ndarray | Tensor, batch_size: int = 500) -> np.ndarray:
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
        batches = []
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            # The copy also makes memory-mapped arrays writable, without which torch warns.
            batch = batch if isinstance(batch, Tensor) else torch.from_numpy(np.array(batch))
            batches.append(self.extractor(batch.to(self.device)).float().cpu().numpy())
        features = np.concatenate(batches)
        if not np.isfinite(features).all():
            raise GeovaeError(f"backbone {self.name}: its features are not finite. Train or fetch the backbone again.")
        return features


def load_backbone(folder: str | Path, device: torch.device) -> Backbone:
    """Read the backbone in `folder` (`model.json` and weights) onto `device`, ready to evaluate.

    Raises:
        GeovaeError: unreadable files, or a backbone that `LOADERS` does not have.
    """
    folder = Path(folder)
    description = storage.load_json(folder / "model.json")
    name = description.get("backbone")
    if name not in LOADERS:
        raise GeovaeError(f"{folder / 'model.json'}: unknown backbone {name!r}. Known are: {', '.join(LOADERS)}.")
    shape = description.get("image_shape")
    extractor = LOADERS[name](folder, description).to(device).eval().requires_grad_(False)
    return Backbone(
        name=name,
        accuracy=description.get("test_accuracy"),
        image_shape=None if shape is None else tuple(shape),
        extractor=extractor,
        device=device,
    )
