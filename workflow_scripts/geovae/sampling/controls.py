"""Controls: what a score means is seen beside samplers that know nothing of the metric, and beside real images.

Some decode latents of images and differ in what is drawn: `reconstruction` decodes means of training images, each at
most once, and `reconstruction_test` those of test images; `resample` decodes means drawn with replacement, a sampler
that only repeats; `posterior` decodes draws from the aggregate posterior.
"""

import numpy as np
import torch

from geovae.core.quantities import real
from geovae.core.seeding import numpy_generator
from geovae.sampling.base import Context, Draw, rows_with_replacement, rows_without_replacement


def sample_real(context: Context, n: int, key: str) -> Draw:
    """n random training images, none twice before all have been drawn: the floor of any distance between images."""
    images = context.need("images", "real")
    return Draw(None, images[rows_without_replacement(len(images), n, numpy_generator(key))], {})


def sample_reconstructions(context: Context, n: int, key: str) -> Draw:
    """Means of n random training images, none twice before all have been drawn."""
    mu = context.need("mu", "reconstruction")
    return Draw(_take(mu, rows_without_replacement(len(mu), n, numpy_generator(key))), None, {})


def sample_test_reconstructions(context: Context, n: int, key: str) -> Draw:
    """Means of n random test images, none twice before all have been drawn."""
    mu = context.need("mu_test", "reconstruction_test")
    return Draw(_take(mu, rows_without_replacement(len(mu), n, numpy_generator(key))), None, {})


def sample_means(context: Context, n: int, key: str) -> Draw:
    """Means of n training images drawn with replacement."""
    mu = context.need("mu", "resample")
    return Draw(_take(mu, rows_with_replacement(len(mu), n, numpy_generator(key))), None, {})


def sample_posterior(context: Context, n: int, key: str) -> Draw:
    """n draws from the aggregate posterior (1/N) Σ_i N(μ_i, Σ_i)."""
    mu, log_var = context.need("mu", "posterior"), context.need("log_var", "posterior")
    generator = numpy_generator(key)
    rows = rows_with_replacement(len(mu), n, generator)
    noise = _normal(generator, n, mu.shape[1])
    return Draw(_take(mu, rows) + torch.exp(0.5 * _take(log_var, rows)) * noise, None, {})


def sample_jitter(context: Context, n: int, key: str, *, scale: float | str = "matched") -> Draw:
    """Training means drawn with replacement plus `scale`·N(0, I).

    `scale` "matched" is the root mean square displacement per dimension that the manifold sampler had.
    """
    mu = context.need("mu", "jitter")
    given = context.need("matched_displacement", "jitter") if scale == "matched" else scale
    sigma = real(given, f"sampler 'jitter': σ of scale {scale!r}", least=0.0)
    generator = numpy_generator(key)
    latents = _take(mu, rows_with_replacement(len(mu), n, generator))
    return Draw(latents + sigma * _normal(generator, n, mu.shape[1]), None, {"sigma": sigma})


def sample_noise(context: Context, n: int, key: str) -> Draw:
    """n images of independent uniform pixels: the ceiling."""
    shape = context.need("image_shape", "noise")
    return Draw(None, numpy_generator(key).integers(256, size=(n, *shape), dtype=np.uint8), {})


def _take(latents: torch.Tensor, rows: np.ndarray) -> torch.Tensor:
    return latents[torch.from_numpy(rows)].float()


def _normal(generator: np.random.Generator, n: int, d: int) -> torch.Tensor:
    return torch.from_numpy(generator.standard_normal((n, d), dtype=np.float32))
