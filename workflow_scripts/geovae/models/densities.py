"""Log-densities of Gaussians with a diagonal covariance, for the losses that estimate by draws."""

import math

import torch

from geovae.models.base import Posterior

LOG_2_PI = math.log(2.0 * math.pi)


def log_standard_normal(z: torch.Tensor) -> torch.Tensor:
    """log N(z; 0, I) of (…, d): (…)."""
    return -0.5 * (z.square() + LOG_2_PI).sum(-1)


def log_normal(z: torch.Tensor, posterior: Posterior) -> torch.Tensor:
    """log N(z; mu, diag exp(log_var)); z (…, d) is broadcast against `mu` and `log_var`."""
    mu, log_var = posterior
    return -0.5 * ((z - mu).square() * (-log_var).exp() + log_var + LOG_2_PI).sum(-1)
