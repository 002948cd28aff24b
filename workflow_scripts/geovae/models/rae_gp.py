"""The regularised autoencoder whose decoder has a gradient penalty (RAE-GP)."""

import torch

from geovae.models.base import Loss
from geovae.models.rae import RAE


class RAEGP(RAE):
    """Minimises RAE's loss + D·r·E[1/d Σ_j (∂‖x̂‖²/∂z_j)²], x̂ = D(z), for images of D values.

    As in RAE's code, the gradient is that of the squared output and with respect to z, and reaches the encoder too.
    Under batch normalisation in training, x̂ depends on the whole batch, and the derivative is that of its sum.

    Args:
        embedding_weight: the weight of RAE's penalty on the latents, at least 0.
        reg_weight: r, at least 0. The defaults are those for MNIST.
    """

    name = "rae_gp"

    def __init__(self, *net, embedding_weight: float = 1e-4, reg_weight: float = 5e-8) -> None:
        super().__init__(*net, embedding_weight=embedding_weight)
        self.reg_weight = self._checked("reg_weight", reg_weight)

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """RAE's terms and the gradient penalty (before its weight), also where gradients are switched off."""
        trained = torch.is_grad_enabled()
        z = self.encode(x).mu
        with torch.enable_grad():
            if not z.requires_grad:
                z.requires_grad_()
            x_hat = self.decode(z)
            (gradient,) = torch.autograd.grad(x_hat.square().sum(), z, create_graph=trained, retain_graph=trained)
        loss = self._embedding_loss(x, z, x_hat)
        return self._with_penalty(loss, "gradient_penalty", self.reg_weight, gradient.square().mean())
