"""The two-stage VAE: a VAE of images with a learned noise level, and then a VAE of its latents."""

import math
from typing import Self

import torch
from torch import nn

from geovae.core.quantities import real, whole
from geovae.models.base import ALL, Autoencoder, Loss, Phase, Posterior
from geovae.models.losses import kl_to_standard_normal, reparametrise

FIRST, SECOND = "first", "second"


def gaussian_cost(x: torch.Tensor, mean: torch.Tensor, log_gamma: torch.Tensor) -> torch.Tensor:
    """Mean over the batch of −log N(x; mean, γ²I) = Σ [(x − mean)²/2γ² + log γ + ½ log 2π], summed over the rest."""
    squares = (x - mean).square() * (-2.0 * log_gamma).exp()
    return (0.5 * squares + log_gamma + 0.5 * math.log(2.0 * math.pi)).flatten(1).sum(1).mean()


class SkipNet(nn.Module):
    """A ReLU net on (N, d) whose linear heads see the hidden layers' output and the input: a tuple of (N, d).

    Args:
        dim: d.
        units: units of each hidden layer.
        layers: number of hidden layers.
        heads: number of heads.
    """

    def __init__(self, dim: int, units: int, layers: int, heads: int) -> None:
        super().__init__()
        hidden: list[nn.Module] = []
        for layer in range(layers):
            hidden += [nn.Linear(units if layer else dim, units), nn.ReLU()]
        self.hidden = nn.Sequential(*hidden)
        self.heads = nn.ModuleList(nn.Linear(units + dim, dim) for _ in range(heads))

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """One (N, d) a head."""
        features = torch.cat([self.hidden(z), z], dim=1)
        return tuple(head(features) for head in self.heads)


class TwoStageVAE(Autoencoder):
    """Dai and Wipf, "Diagnosing and enhancing VAE models" (2019).

    First phase, on images: E[−log N(x; x̂(z), γ_x² I)] + KL(q(z|x) ‖ N(0, I)), with a learned scalar γ_x.
    Second phase, on latents z ~ q(z|x) that are drawn anew for every batch, the first stage being frozen in evaluation
    mode: E[−log N(z; ẑ(u), γ_z² I)] + KL(q(u|z) ‖ N(0, I)), u of the same dimension, with a learned scalar γ_z.
    Both log γ start at 0. The noise level takes the place of β.

    `encode`, `decode` and `sample_prior` are those of the first stage, as the metric is built on its posteriors;
    `sample_second_stage` draws latents z by the second one. The second stage is computed in float32.

    Args:
        second_epochs: epochs of the second phase for each of the first, greater than 0 (MNIST: 400 and 800).
        second_units: units of the second stage's hidden layers, at least 1.
        second_layers: number of hidden layers of its encoder, and of its decoder, at least 1.
    """

    def __init__(self, *net, second_epochs: float = 2.0, second_units: int = 1024, second_layers: int = 3) -> None:
        super().__init__(*net)
        real(second_epochs, "model 'two_stage': second_epochs", 0.0)
        whole(second_units, "model 'two_stage': second_units", 1)
        whole(second_layers, "model 'two_stage': second_layers", 1)
        self.second_epochs = second_epochs
        self.log_gamma_x = nn.Parameter(torch.zeros(()))
        self.second = nn.ModuleDict(
            {
                "encoder": SkipNet(self.latent_dim, second_units, second_layers, heads=2),
                "decoder": SkipNet(self.latent_dim, second_units, second_layers, heads=1),
            }
        )
        self.log_gamma_z = nn.Parameter(torch.zeros(()))
        self.phase = FIRST

    def phases(self, epochs: int) -> tuple[Phase, ...]:
        """`first` of `epochs` epochs, `second` of `second_epochs` times as many, rounded, at least 1."""
        return Phase(FIRST, epochs), Phase(SECOND, max(1, round(epochs * self.second_epochs)))

    def start_phase(self, name: str) -> None:
        """Train the stage `name`; in `second` the first stage stays in evaluation mode."""
        self.phase = name
        self.train(self.training)

    def train(self, mode: bool = True) -> Self:
        """As torch's; a frozen first stage stays in evaluation mode."""
        super().train(mode)
        if self.phase == SECOND:
            self.encoder.eval()
            self.decoder.eval()
        return self

    def parameter_groups(self) -> dict[str, list[nn.Parameter]]:
        """The parameters of the stage in training, its γ among them."""
        if self.phase == SECOND:
            return {ALL: [*self.second.parameters(), self.log_gamma_z]}
        return {ALL: [*self.encoder.parameters(), *self.decoder.parameters(), self.log_gamma_x]}

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """The negative evidence lower bound of the stage in training, with one draw of its latent; γ is a term too."""
        if self.phase == SECOND:
            with torch.no_grad():
                z = reparametrise(self.encode(x), generator)
            posterior = Posterior(*self.second["encoder"](z))
            (mean,) = self.second["decoder"](reparametrise(posterior, generator))
            return _bound(z, mean, self.log_gamma_z, posterior)
        posterior = self.encode(x)
        return _bound(x, self.decode(reparametrise(posterior, generator)), self.log_gamma_x, posterior)

    @torch.no_grad()
    def sample_second_stage(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """Draw (n, d) first-stage latents by the second stage: u ~ N(0, I), z = ẑ(u) + γ_z·ε, ε ~ N(0, I)."""
        u = self.sample_prior(n, generator)
        (mean,) = self.second["decoder"](u)
        noise = torch.randn(mean.shape, generator=generator, device=mean.device, dtype=mean.dtype)
        return mean + self.log_gamma_z.exp() * noise


def _bound(x: torch.Tensor, mean: torch.Tensor, log_gamma: torch.Tensor, posterior: Posterior) -> Loss:
    reconstruction, kl = gaussian_cost(x, mean, log_gamma), kl_to_standard_normal(posterior)
    return Loss(reconstruction + kl, {"reconstruction": reconstruction, "kl": kl, "gamma": log_gamma.exp()})
