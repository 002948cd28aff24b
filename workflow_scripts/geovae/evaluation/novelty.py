"""How new generated images are: how far from the training images, in units of how far real unseen images are.

FID rewards copies of the training images; novelty says whether the generated images are copies. It is measured in three
spaces: in pixels, among the features of the backbone, and in latent space to the nearest training mean.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from geovae.core import storage
from geovae.core.arrays import require_numbers
from geovae.core.errors import GeovaeError
from geovae.data.generations import load_latents
from geovae.evaluation.neighbours import nearest_features

COLUMNS = {"pixels": "novelty", "latent": "novelty_latent", "features": "novelty_features"}
"""The column of a score record for each space."""


class Distances(NamedTuple):
    """Distances (N,) of generated and (M,) of unseen real images to their nearest training image in one space."""

    generated: np.ndarray
    unseen: np.ndarray


def novelty(generated: np.ndarray, unseen: np.ndarray) -> float | None:
    """How new generated images are, in units of how new real unseen images are.

    The median distance from a generated image to its nearest training image, over the same for real images that are
    not in the training set: 0 for copies of training images, about 1 for images as new as real ones; above 1 also for
    images unlike any, so it is read beside a quality score. None if the unseen images are at a median distance of 0,
    that is if half of them are copies of training images: there is no unit then.

    Args:
        generated, unseen: distances (N,) and (M,) to the nearest training image, in one space.

    Raises:
        GeovaeError: what is given holds no distances: none at all, negative ones, NaN or infinities.

    Examples:
        >>> import numpy as np
        >>> from geovae import novelty
        >>> novelty(generated=np.array([1.0, 2.0, 3.0]), unseen=np.array([3.0, 4.0, 5.0]))
        0.5
    """
    for name, distances in (("generated", generated), ("unseen", unseen)):
        require_numbers(distances, f"novelty: {name}")
        if distances.ndim != 1 or len(distances) == 0 or not (np.isfinite(distances).all() and (distances >= 0).all()):
            raise GeovaeError(f"novelty: {name} must be distances (N,), at least one, finite and ≥ 0.")
    unit = float(np.median(unseen))
    return float(np.median(generated)) / unit if unit > 0 else None


def novelties(distances: Mapping[str, Distances], n: int) -> dict[str, float | None]:
    """The novelty of the first n images in each space, by column; None in a space that is not given or has no unit.

    Raises:
        GeovaeError: a space has fewer than n distances of generated or of unseen images.
    """
    found: dict[str, float | None] = dict.fromkeys(COLUMNS.values())
    for space, (generated, unseen) in distances.items():
        if min(len(generated), len(unseen)) < n:
            raise GeovaeError(
                f"novelty ({space}): {n} images are scored, but the distances of only {len(generated)} generated and "
                f"{len(unseen)} unseen images are given.\nMeasure as many as the reference has."
            )
        found[COLUMNS[space]] = novelty(generated[:n], unseen[:n])
    if "pixels" in distances and found[COLUMNS["pixels"]] is None:
        # Half of the unseen images are copies: in the other spaces the unit would be the round-off of their distances.
        return dict.fromkeys(COLUMNS.values())
    return found


def latent_distances(samples: str | Path, train: str | Path) -> np.ndarray | None:
    """Latent distances (n,) float64 of a generation folder's samples to the nearest training mean.

    None for generations without latents in the space of the encoder's means: controls that are images, and the priors
    of models whose decoder takes other latents.

    Args:
        samples: generation folder with `latents.npy` and `diagnostics.json`.
        train: `latents.npz` with the means of the training images.

    Raises:
        GeovaeError: a file is missing, damaged or of another place, or its latents have other dimensions.
    """
    samples = Path(samples)
    latents = load_latents(samples)
    if latents.shape[1] == 0 or not storage.load_numbers(samples / "diagnostics.json").get("among_means", 1.0):
        return None
    return nearest_features(latents, storage.load_arrays(train, "mu")["mu"])[0]
