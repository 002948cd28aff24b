"""The autoencoder (AE)."""

import torch

from geovae.models.base import Autoencoder, Loss
from geovae.models.losses import squared_error


class AE(Autoencoder):
    """Minimises E‖x − D(E(x))‖², summed over pixels: the VAE's loss of the released code with z = mu and no KL."""

    has_log_var = False

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """The squared error of the reconstruction; `generator` is not drawn from."""
        reconstruction = squared_error(self.decode(self.encode(x).mu), x)
        return Loss(reconstruction, {"reconstruction": reconstruction})
