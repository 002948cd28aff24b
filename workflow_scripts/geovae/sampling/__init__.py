"""The samplers: how latents (or, for image controls, images) are drawn.

A sampler is a function (context, n, key, **settings) -> `Draw`. `key` names what is drawn and seeds all generators; the
settings are its keyword-only arguments, which all have defaults. To add one, write it and name it here.
"""

import inspect
import time

from geovae.core.registry import look_up, take_options
from geovae.sampling import controls, kernel, manifold, mixture, prior
from geovae.sampling.base import Context, Draw, Sampler

SAMPLERS: dict[str, Sampler] = {
    "prior": prior.sample_prior,
    "gmm": mixture.sample_mixture,
    "manifold": manifold.sample_manifold,
    "manifold_released": manifold.sample_manifold_released,
    "two_stage": prior.sample_second_stage,
    "real": controls.sample_real,
    "reconstruction": controls.sample_reconstructions,
    "resample": controls.sample_means,
    "posterior": controls.sample_posterior,
    "jitter": controls.sample_jitter,
    "kde": kernel.sample_kde,
    "noise": controls.sample_noise,
}

__all__ = ["SAMPLERS", "Context", "Draw", "Sampler", "draw"]


def draw(name: str, context: Context, n: int, key: str, **settings: object) -> Draw:
    """Draw n latents or images with the sampler `name`; its diagnostics hold the `seconds` that this took.

    Raises
    ------
    GeovaeError
        If the sampler or one of its settings is unknown, a value is refused, or `context` lacks what the sampler needs.
    """
    sampler = look_up(SAMPLERS, "sampler", name)
    parameters = inspect.signature(sampler).parameters.values()
    defaults = {entry.name: entry.default for entry in parameters if entry.kind is entry.KEYWORD_ONLY}
    options = take_options(settings, defaults, f"sampler {name!r}")
    start = time.perf_counter()
    result = sampler(context, n, key, **options)
    # Samplers that add costly diagnostics time the drawing themselves.
    return result._replace(diagnostics={"seconds": time.perf_counter() - start, **result.diagnostics})
