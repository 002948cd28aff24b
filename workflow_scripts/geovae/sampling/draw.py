"""Drawing with a sampler by its name."""

import inspect
import time

import torch

from geovae.core.errors import GeovaeError
from geovae.core.quantities import whole
from geovae.core.registry import look_up, resolve, take_options
from geovae.sampling.base import Context, Draw
from geovae.sampling.table import SAMPLERS


def draw(name: str, context: Context, n: int, key: str, **settings: object) -> Draw:
    """Draw n latents or images with the sampler `name`; its diagnostics hold the `seconds` that this took.

    Raises:
        GeovaeError: the sampler or one of its settings is unknown, a value is refused, `context` lacks what the
            sampler needs, or what is drawn is not finite.

    Examples:
        >>> import torch
        >>> from geovae import Context, draw
        >>> context = Context(mu=torch.tensor([[1.0, 2.0]]))
        >>> draw("jitter", context, 2, "a key", scale=0.0).latents  # training means plus no noise at all
        tensor([[1., 2.],
                [1., 2.]])
    """
    n = whole(n, "n", 1)
    sampler = resolve(look_up(SAMPLERS, "sampler", name).function)
    parameters = inspect.signature(sampler).parameters.values()
    defaults = {entry.name: entry.default for entry in parameters if entry.kind is entry.KEYWORD_ONLY}
    options = take_options(settings, defaults, f"sampler {name!r}")
    start = time.perf_counter()
    result = sampler(context, n, key, **options)
    if result.latents is not None and not torch.isfinite(result.latents).all():
        raise GeovaeError(
            f"sampler {name!r}: it drew latents that are not finite numbers of 32 bits. Lower its settings "
            f"({', '.join(options) or 'none'}),\nor see whether the model's training has diverged (--latents)."
        )
    # Samplers that add costly diagnostics time the drawing themselves.
    return result._replace(diagnostics={"seconds": time.perf_counter() - start, **result.diagnostics})
