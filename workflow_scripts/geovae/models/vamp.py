"""The VAE with a variational mixture of posteriors as prior (VAMP)."""

import math

import torch
from torch import nn

from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.models.base import Autoencoder, Loss, Posterior
from geovae.models.densities import log_normal
from geovae.models.losses import reparametrise, squared_error


class VAMP(Autoencoder):
    """Minimises E[‖x − D(z)‖² + β·(log q(z|x) − log p(z))], z ~ q(z|x), p(z) = (1/K) Σ_k q(z|u_k).

    Tomczak and Welling, "VAE with a VampPrior" (2018); the KL term is estimated by the one draw of z. The
    K pseudo-inputs u_k are images in [0, 1] that are learned with the nets: free values, cut to [0, 1] (the authors'
    linear layer without bias on the identity, then Hardtanh). β weighs as in `VAE`, against the squared error summed
    over pixels; no warm-up.

    Batch normalisation treats the pseudo-inputs by its running statistics, in training too. So the statistics are those
    of images alone, and the prior that is trained is the one that is sampled. Normalised by moments of their own in
    training, the pseudo-inputs would be encoded otherwise in evaluation mode; in one batch with the images, they are
    most of it, and hardly part from one another.

    Args:
        beta: β, at least 0.
        n_components: K, at least 1 (the authors: 500; 10 in the released code of the paper).
        pseudo_mean: mean of the first values of the pseudo-inputs (the authors: MNIST 0.05, CIFAR10 0.4).
        pseudo_std: their standard deviation, at least 0 (the authors: MNIST 0.01, CIFAR10 0.05).
    """

    def __init__(
        self,
        *net,
        beta: float = 0.01,
        n_components: int = 500,
        pseudo_mean: float = 0.05,
        pseudo_std: float = 0.01,
    ) -> None:
        super().__init__(*net)
        real(beta, "model 'vamp': beta", least=0.0)
        whole(n_components, "model 'vamp': n_components", 1)
        if not 0 < pseudo_mean < 1:
            raise GeovaeError(f"model 'vamp': pseudo_mean is {pseudo_mean}, but it must lie between 0 and 1.")
        real(pseudo_std, "model 'vamp': pseudo_std", least=0.0)
        self.beta = beta
        # Like the nets' weights, drawn from the global generator, which `build_model` seeds.
        self.pseudo_inputs = nn.Parameter(pseudo_mean + pseudo_std * torch.randn(n_components, *self.image_shape))

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """Squared error of one sampled reconstruction, and the KL term's estimate, which a draw can make negative."""
        posterior = self.encode(x)
        components = self.components()  # after the images, which move the running statistics
        z = reparametrise(posterior, generator)
        reconstruction = squared_error(self.decode(z), x)
        kl = (log_normal(z, posterior) - log_mixture(z, components)).mean()
        return Loss(reconstruction + self.beta * kl, {"reconstruction": reconstruction, "kl": kl})

    def pseudo_images(self) -> torch.Tensor:
        """The pseudo-inputs as images (K, C, H, W) in [0, 1]."""
        return self.pseudo_inputs.clamp(0.0, 1.0)

    def components(self) -> Posterior:
        """The posteriors of the pseudo-inputs, `mu` and `log_var` (K, d), with the encoder in evaluation mode."""
        training = self.encoder.training
        self.encoder.eval()
        components = self.encode(self.pseudo_images())
        self.encoder.train(training)
        return components

    @torch.no_grad()
    def sample_prior(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw (n, d) from the mixture: a component at random each, then from the posterior of its pseudo-input."""
        mu, log_var = self.components()
        component = torch.randint(len(mu), (n,), generator=generator, device=generator.device)
        return reparametrise(Posterior(mu[component], log_var[component]), generator)


def log_mixture(z: torch.Tensor, components: Posterior) -> torch.Tensor:
    """Log-density (N,) at z (N, d) of the mixture, with equal weights, of K Gaussians: `components` are (K, d)."""
    return log_normal(z.unsqueeze(1), components).logsumexp(1) - math.log(len(components.mu))
