"""The regularised autoencoder with spectral normalisation (RAE-SN).

Miyato et al., "Spectral normalization for generative adversarial networks" (2018), Alg. 1.
"""

import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import spectral_norm

from geovae.models.rae import RAE


class RAESN(RAE):
    """Minimises RAE's loss with weights W / σ(W) in all linear, convolution and transposed convolution layers.

    As in RAE's code, the encoder is normalised too, batch normalisation is kept, and σ(W) is the largest singular value
    of the kernel as a matrix: (outputs, inputs·pixels) of a convolution, (inputs, outputs·pixels) of a transposed one.
    One power iteration each time a net is run in training mode follows σ; evaluation uses the vectors as they are.

    Args:
        embedding_weight: the weight of RAE's penalty on the latents, at least 0; the default is that for MNIST.
    """

    name = "rae_sn"

    def __init__(self, *net, embedding_weight: float = 0.009) -> None:
        super().__init__(*net, embedding_weight=embedding_weight)
        for part in (self.encoder, self.decoder):
            for layer in _normalised_layers(part):
                # Dimension 0 is the inputs of a transposed convolution, where PyTorch's own choice is the outputs.
                spectral_norm(layer, n_power_iterations=1, dim=0)

    def run_net(self, net: nn.Module, *inputs: torch.Tensor) -> object:
        """`net` on `inputs`; its weights are normalised in float32, whatever the net multiplies in."""
        with parametrize.cached():
            for layer in _normalised_layers(net):
                _ = layer.weight
            return super().run_net(net, *inputs)


def _normalised_layers(net: nn.Module) -> list[nn.Module]:
    return [part for part in net.modules() if isinstance(part, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d))]
