"""The variational autoencoder (VAE) that the paper samples from."""

import torch

from geovae.core.quantities import real
from geovae.models.base import Autoencoder, Loss
from geovae.models.losses import kl_to_standard_normal, reparametrise, squared_error


class VAE(Autoencoder):
    """Minimises E[‖x − D(z)‖² + β·KL(q(z|x) ‖ N(0, I))], z ~ q(z|x) = N(mu(x), diag exp(log_var(x))).

    Up to a constant this is the negative of the paper's Eq. (2), times 2σ², for a Gaussian decoder of variance σ² and
    with β = 2σ²; the released code has this form.

    Args:
        beta: β, the weight of the KL term, at least 0.
    """

    def __init__(self, *net, beta: float = 0.01) -> None:
        super().__init__(*net)
        real(beta, "model 'vae': beta", least=0.0)
        self.beta = beta

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """Squared error of one sampled reconstruction, and the KL term (before its weight)."""
        posterior = self.encode(x)
        reconstruction = squared_error(self.decode(reparametrise(posterior, generator)), x)
        kl = kl_to_standard_normal(posterior)
        return Loss(reconstruction + self.beta * kl, {"reconstruction": reconstruction, "kl": kl})
