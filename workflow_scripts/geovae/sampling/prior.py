"""Draws from the model's own prior."""

import torch

from geovae.sampling.base import Context, Draw
from geovae.seeding import torch_generator


def sample_prior(context: Context, n: int, key: str) -> Draw:
    """n latents from the prior that the model was trained with."""
    model = context.need("model", "prior")
    device = next(model.parameters()).device
    with torch.no_grad():
        latents = model.sample_prior(n, torch_generator(key, "prior", device=str(device)))
    return Draw(latents.float().cpu(), None, {})
