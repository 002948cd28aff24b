"""What every model can do: encode, decode, give its losses, and draw from its prior."""

from typing import ClassVar, NamedTuple

import torch
from torch import nn

ALL = "all"  # the one parameter group of a model that has a single objective


class Posterior(NamedTuple):
    """q(z|x): `mu` (N, d) and `log_var` (N, d), the diagonal's logarithm; `log_var` is None if z is deterministic."""

    mu: torch.Tensor
    log_var: torch.Tensor | None


class Loss(NamedTuple):
    """What a batch costs, all scalars, each the mean over the batch.

    Attributes:
        total: chooses the best epoch and drives the learning rate; what is minimised unless `objectives` says more.
        terms: the named parts that the history records.
        objectives: for a model with several parameter groups, what each group minimises. The gradient of an objective
            reaches its own group alone. A group that is absent makes no step on this batch.
    """

    total: torch.Tensor
    terms: dict[str, torch.Tensor]
    objectives: dict[str, torch.Tensor] | None = None


class Phase(NamedTuple):
    """A stretch of training with optimisers, learning-rate schedule and best epoch of its own."""

    name: str
    epochs: int


class Autoencoder(nn.Module):
    """The base of all models. A model adds `loss`, its own settings as keyword arguments, and its trained parts.

    Args:
        encoder: (N, C, H, W) → (`mu`, `log_var` or None).
        decoder: (N, d) → (N, C, H, W) in [0, 1].
        latent_dim: d.
        image_shape: (C, H, W).
        width: factor on the hidden widths of the two, for a model that adds a net like them.
    """

    has_log_var: ClassVar[bool] = True

    def __init__(
        self,
        encoder: nn.Module,
        decoder: nn.Module,
        latent_dim: int,
        image_shape: tuple[int, int, int],
        width: float = 1.0,
    ) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder
        self.latent_dim = latent_dim
        self.image_shape = tuple(image_shape)
        self.width = width
        # Set by the training loop: the type that the nets multiply in. Everything else is computed in float32.
        self.autocast_dtype: torch.dtype | None = None

    def run_net(self, net: nn.Module, *inputs: torch.Tensor) -> object:
        """`net` on `inputs`, in the reduced precision of the training if there is one; results are float32 again.

        Losses, log-densities, flows and Hamiltonians are computed outside, on what this returns.
        """
        if self.autocast_dtype is None:
            return net(*inputs)
        with torch.autocast(inputs[0].device.type, self.autocast_dtype):
            outputs = net(*inputs)
        if isinstance(outputs, torch.Tensor):
            return outputs.float()
        return type(outputs)(None if part is None else part.float() for part in outputs)

    def encode(self, x: torch.Tensor) -> Posterior:
        """The posterior of images (N, C, H, W) in [0, 1]."""
        return Posterior(*self.run_net(self.encoder, x))

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """The images (N, C, H, W) in [0, 1] of latents (N, d)."""
        return self.run_net(self.decoder, z)

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """The loss of a batch (N, C, H, W) in [0, 1]; noise comes from `generator`, which lives on x's device."""
        raise NotImplementedError

    def sample_prior(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw (n, d) latents from the prior, here N(0, I), on the generator's device."""
        return torch.randn(n, self.latent_dim, generator=generator, device=generator.device)

    def to_decoder(self, z: torch.Tensor) -> torch.Tensor:
        """What `decode` takes for latents (N, d) in the space of `encode`: themselves, unless a flow lies between."""
        return z

    @property
    def decodes_means(self) -> bool:
        """Whether `decode` takes latents in the space of `encode`, so that draws of the prior lie there too."""
        return type(self).to_decoder is Autoencoder.to_decoder

    # -- what a model may refine for the training loop ----------------------------------------------------------------

    def phases(self, epochs: int) -> tuple[Phase, ...]:
        """The phases of a training of `epochs` epochs: one, unless the model is trained in stages."""
        return (Phase("", epochs),)

    def start_phase(self, name: str) -> None:
        """Called before a phase (also when a training is taken up again): say what `loss` is now."""

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """The parameters of each objective of `loss` in the present phase; each group has an optimiser of its own."""
        return {ALL: list(self.parameters())}

    def end_epoch(self, images: torch.Tensor, batch_size: int) -> None:
        """Called in evaluation mode after each epoch's steps, before validation; `images` (N, C, H, W) are all
        training images, uint8 on the device. What it computes must lie in buffers, so that it is saved."""
