"""The regularised autoencoder (RAE) with a penalty on the latents alone; the base of its three variants.

Ghosh et al., "From variational to deterministic autoencoders" (2020), with the weights of their code.
"""

import math
from typing import ClassVar

import torch

from geovae.core.quantities import real
from geovae.models.base import Autoencoder, Loss
from geovae.models.losses import squared_error


class RAE(Autoencoder):
    """Minimises E[‖x − D(z)‖² + w·(D/d)·‖z‖²], z = E(x), for images of D values and latents of d.

    That is D times the loss of RAE's code, which has means over pixels and over latent dimensions. So the settings of
    this model and of its variants are the published weights, and hold for any size of image; the squared error is
    summed over pixels as in the other models. At D = 1024 and d = 16 the coefficient of ‖z‖² is 64·w.

    Args:
        embedding_weight: w, at least 0; the default is that for MNIST.
    """

    has_log_var = False
    name: ClassVar[str] = "rae"

    def __init__(self, *net, embedding_weight: float = 5e-4) -> None:
        super().__init__(*net)
        self.embedding_weight = self._checked("embedding_weight", embedding_weight)

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """Squared error of the reconstruction, and ‖z‖² (before its weight); `generator` is not drawn from."""
        z = self.encode(x).mu
        return self._embedding_loss(x, z, self.decode(z))

    def _embedding_loss(self, x: torch.Tensor, z: torch.Tensor, x_hat: torch.Tensor) -> Loss:
        """The loss of images whose latents and reconstructions are known."""
        reconstruction = squared_error(x_hat, x)
        loss = Loss(reconstruction, {"reconstruction": reconstruction})
        return self._with_penalty(loss, "embedding", self.embedding_weight / self.latent_dim, z.square().sum(1).mean())

    def _with_penalty(self, loss: Loss, name: str, weight: float, penalty: torch.Tensor) -> Loss:
        """Add a penalty whose `weight` is on the scale of a mean over pixels."""
        pixels = math.prod(self.image_shape)
        return Loss(loss.total + pixels * weight * penalty, loss.terms | {name: penalty})

    def _checked(self, setting: str, value: float) -> float:
        return real(value, f"model {self.name!r}: {setting}", least=0.0)
