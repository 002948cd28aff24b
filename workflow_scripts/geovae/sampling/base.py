"""What samplers take and give."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch

from geovae.core.errors import GeovaeError
from geovae.core.tensors import without_graph
from geovae.geometry.metric import RiemannianMetric
from geovae.models.base import Autoencoder


@dataclass(frozen=True, kw_only=True)
class Context:
    """All that a sampler may need of a trained model; a sampler uses what it names and demands it with `need`.

    `mu` (N, d) and `log_var` (N, d) are the latents of the training images, `mu_validation` (M, d) and `mu_test`
    those of validation and test images, all float32 on the CPU; `images` (N, C, H, W) are the training images, uint8;
    `matched_displacement` is the manifold sampler's root mean square displacement per dimension.

    Examples:
        >>> import torch
        >>> from geovae import Context
        >>> context = Context(mu=torch.zeros(10, 2))
        >>> context.need("mu", "manifold").shape
        torch.Size([10, 2])
        >>> context.need("metric", "manifold")
        Traceback (most recent call last):
            ...
        geovae.core.errors.GeovaeError: sampler 'manifold' needs a metric (--metric).
    """

    mu: torch.Tensor | None = None
    log_var: torch.Tensor | None = None
    mu_validation: torch.Tensor | None = None
    mu_test: torch.Tensor | None = None
    metric: RiemannianMetric | None = None
    model: Autoencoder | None = None
    images: np.ndarray | None = None
    image_shape: tuple[int, int, int] | None = None
    matched_displacement: float | None = None
    device: torch.device | str = "cpu"

    def __post_init__(self) -> None:
        """Leave the graphs of latents behind, and refuse latents that no sampler can work on.

        Raises:
            GeovaeError: latents are no floating-point matrices on the CPU, hold NaN, or do not fit each other.
        """
        latents = {}
        for name in ("mu", "log_var", "mu_validation", "mu_test"):
            if getattr(self, name) is not None:
                latents[name] = value = without_graph(getattr(self, name), name)
                if value.device.type != "cpu":
                    raise GeovaeError(f"{name} is on {value.device}; samplers take latents on the CPU ({name}.cpu()).")
                if value.ndim != 2 or value.shape[1] == 0 or not torch.isfinite(value).all():
                    raise GeovaeError(f"{name} of shape {tuple(value.shape)} must be (N, d) and finite, with d ≥ 1.")
                object.__setattr__(self, name, value)
        if len({value.shape[1] for value in latents.values()}) > 1 or (
            "log_var" in latents and "mu" in latents and latents["log_var"].shape != latents["mu"].shape
        ):
            shapes = ", ".join(f"{name} {tuple(value.shape)}" for name, value in latents.items())
            raise GeovaeError(f"latents do not fit each other: {shapes}.")

    def need(self, name: str, sampler: str) -> Any:
        """The field `name`, or a GeovaeError that says which sampler lacks it."""
        value = getattr(self, name)
        if value is None or (name in ("mu", "mu_validation", "mu_test", "images") and len(value) == 0):
            raise GeovaeError(f"sampler {sampler!r} needs {NEEDS[name]}.")
        return value


NEEDS = {
    "mu": "the training means (--latents), at least one",
    "log_var": "posterior variances, which this model's latents lack: use a model with a stochastic encoder",
    "mu_validation": "the validation means (--latents-validation), at least one",
    "mu_test": "the means of test images (--latents-test), at least one",
    "metric": "a metric (--metric)",
    "model": "a trained model (--model)",
    "images": "the training images (--data and --subset), at least one",
    "image_shape": "the shape of the images (--model or --data)",
    "matched_displacement": "the manifold sampler's diagnostics (--matched), or a number as `scale`",
}


class Draw(NamedTuple):
    """Latents (n, d), float32 on the CPU, still to be decoded, or uint8 images (n, C, H, W); one of the two is None.

    `from_prior` says that the latents are what the decoder takes; else they lie in the space of the encoder's means.
    `batch_statistics` says that they are to be decoded in training mode, batch by batch (`decode_posterior`).

    Examples:
        >>> import torch
        >>> from geovae import Draw
        >>> result = Draw(latents=torch.zeros(5, 2), images=None, diagnostics={"seconds": 0.1})
        >>> result.from_prior
        False
    """

    latents: torch.Tensor | None
    images: np.ndarray | None
    diagnostics: dict[str, float]
    from_prior: bool = False
    batch_statistics: bool = False


Sampler = Callable[..., Draw]


def rows_with_replacement(n_rows: int, n: int, generator: np.random.Generator) -> np.ndarray:
    """n independent uniform rows out of n_rows, int64."""
    return generator.integers(n_rows, size=n)


def rows_without_replacement(n_rows: int, n: int, generator: np.random.Generator) -> np.ndarray:
    """n rows out of n_rows, none again before all have been drawn, int64."""
    rounds = [generator.permutation(n_rows) for _ in range(-(-n // n_rows))]
    return np.concatenate([*rounds, np.empty(0, np.int64)])[:n]
