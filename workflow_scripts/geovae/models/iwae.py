"""The importance weighted autoencoder (IWAE)."""

import math

import torch

from geovae.core.quantities import real, whole
from geovae.models.base import Autoencoder, Loss, Posterior
from geovae.models.densities import log_normal, log_standard_normal
from geovae.models.losses import reparametrise


class IWAE(Autoencoder):
    """Minimises −β·E[log (1/K) Σ_k w_k], log w_k = −(‖x − D(z_k)‖²/β + log q(z_k|x) − log N(z_k; 0, I)).

    Burda, Grosse and Salakhutdinov, "Importance weighted autoencoders" (2016), with z_1 … z_K ~ q(z|x).
    Up to a constant, w_k are the importance weights of a Gaussian decoder of variance β/2, the model whose bound `VAE`
    optimises: the loss is on the scale of the VAE's, and equals it in expectation for K = 1 (there the KL term is in
    closed form). Putting β before log q − log p alone would give weights that bound nothing.

    The gradient of the log-sum-exp weighs that of each log w_k with w_k / Σ_l w_l, as in their estimator.

    Args:
        beta: β, greater than 0.
        n_samples: K, at least 1.
    """

    def __init__(self, *net, beta: float = 0.01, n_samples: int = 10) -> None:
        super().__init__(*net)
        real(beta, "model 'iwae': beta", 0.0)
        whole(n_samples, "model 'iwae': n_samples", 1)
        self.beta = beta
        self.n_samples = n_samples

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """The bound; its terms are means over the K draws: the squared error, and log q − log p (which is the KL's)."""
        log_weights, terms = self.log_weights(x, generator)
        bound = log_weights.logsumexp(0) - math.log(self.n_samples)
        return Loss(-self.beta * bound.mean(), terms)

    def log_weights(self, x: torch.Tensor, generator: torch.Generator) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """log w (K, N) of a batch (N, C, H, W), and the means of what it is made of."""
        posterior = self.encode(x)
        repeated = Posterior(*(part.expand(self.n_samples, *part.shape) for part in posterior))
        z = reparametrise(repeated, generator)
        images = self.decode(z.flatten(0, 1)).unflatten(0, (self.n_samples, len(x)))
        squared_errors = (images - x).square().flatten(2).sum(2)
        log_ratio = log_normal(z, repeated) - log_standard_normal(z)
        terms = {"reconstruction": squared_errors.mean(), "kl": log_ratio.mean()}
        return -(squared_errors / self.beta + log_ratio), terms
