"""The regularised autoencoder whose decoder has an L2 penalty on its weights (RAE-L2)."""

import torch

from geovae.models.base import Loss
from geovae.models.rae import RAE


class RAEL2(RAE):
    """Minimises RAE's loss + D·r·Σ W², for images of D values, over the kernels W of the decoder's convolutions.

    These are the transposed convolutions of the convolutional nets, as in RAE's code for MNIST and CIFAR10, and those
    of residual blocks; a decoder without convolutions is penalised on the weights of all its linear layers. Biases and
    batch normalisation are left alone.

    Args:
        embedding_weight: the weight of RAE's penalty on the latents, at least 0.
        reg_weight: r, at least 0. The defaults are those for MNIST.
    """

    name = "rae_l2"

    def __init__(self, *net, embedding_weight: float = 1e-4, reg_weight: float = 1e-7) -> None:
        super().__init__(*net, embedding_weight=embedding_weight)
        self.reg_weight = self._checked("reg_weight", reg_weight)

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """RAE's terms and Σ W² (before its weight); `generator` is not drawn from."""
        squares = torch.stack([kernel.square().sum() for kernel in self.penalised_kernels()]).sum()
        return self._with_penalty(super().loss(x, generator), "l2", self.reg_weight, squares)

    def penalised_kernels(self) -> list[torch.nn.Parameter]:
        """The weights that the penalty is on: the decoder's of more than two dimensions, else those of two."""
        weights = list(self.decoder.parameters())
        return [weight for weight in weights if weight.ndim > 2] or [weight for weight in weights if weight.ndim == 2]
