"""Draws from the model's own prior, and from the second stage of a model that has one."""

import torch

from geovae.core.errors import GeovaeError
from geovae.core.seeding import torch_generator
from geovae.sampling.base import Context, Draw


def sample_prior(context: Context, n: int, key: str) -> Draw:
    """n latents from the prior that the model was trained with."""
    model = context.need("model", "prior")
    device = next(model.parameters()).device
    with torch.no_grad():
        latents = model.sample_prior(n, torch_generator(key, "prior", device=str(device)))
    return Draw(latents.float().cpu(), None, {}, from_prior=True)


def sample_second_stage(context: Context, n: int, key: str) -> Draw:
    """n latents by the second stage of a two-stage VAE (Dai & Wipf 2019).

    Raises:
        GeovaeError: the model has no second stage.
    """
    model = context.need("model", "two_stage")
    if not hasattr(model, "sample_second_stage"):
        raise GeovaeError("sampler 'two_stage' needs a model with a second stage: train `two_stage`.")
    device = next(model.parameters()).device
    with torch.no_grad():
        latents = model.sample_second_stage(n, torch_generator(key, "second stage", device=str(device)))
    return Draw(latents.float().cpu(), None, {}, from_prior=True)
