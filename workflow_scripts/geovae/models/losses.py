"""The terms that several models' losses share; each is a mean over the batch of a sum over the rest."""

import torch

from geovae.models.base import Posterior


def squared_error(reconstruction: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """Mean over the batch of ‖x̂ − x‖², summed over pixels and channels; no factor ½, as in the released code."""
    return (reconstruction - x).square().flatten(1).sum(1).mean()


def kl_to_standard_normal(posterior: Posterior) -> torch.Tensor:
    """Mean over the batch of KL(N(mu, diag exp(log_var)) ‖ N(0, I)) = ½ Σ_j (exp(log_var) + mu² − 1 − log_var).

    Kingma and Welling, "Auto-encoding variational Bayes" (2014), App. B.
    """
    mu, log_var = posterior
    return 0.5 * (log_var.exp() + mu.square() - 1.0 - log_var).sum(1).mean()


def reparametrise(posterior: Posterior, generator: torch.Generator) -> torch.Tensor:
    """Draw z = mu + exp(log_var/2)·ε, ε ~ N(0, I) from `generator`: (N, d)."""
    mu, log_var = posterior
    noise = torch.randn(mu.shape, generator=generator, device=mu.device, dtype=mu.dtype)
    return mu + (0.5 * log_var).exp() * noise
