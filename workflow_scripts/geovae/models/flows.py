"""Normalising flows of the posterior, and the VAE that has one.

A flow maps z (N, d) to z' (N, d) and log |det ∂z'/∂z| (N,). All are float32, whatever the nets' precision.
"""

import math

import torch
from torch import nn
from torch.nn.functional import linear, softplus

from geovae.core.quantities import real, whole
from geovae.models.base import Autoencoder, Loss
from geovae.models.losses import kl_to_standard_normal, reparametrise, squared_error

INVERSE_SOFTPLUS_OF_1 = math.log(math.e - 1.0)
START_SCALE = 0.01  # how far from the identity flows start
LOG_SCALE_BOUND = 3.0


class Planar(nn.Module):
    """z' = z + û·tanh(wᵀz + b); Rezende and Mohamed, "Variational inference with normalizing flows" (2015), Eq. (10).

    û = u + (softplus(wᵀu) − 1 − wᵀu)·w/‖w‖² keeps wᵀû > −1, so that the map is invertible (their App. A.1).
    """

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(latent_dim) / math.sqrt(latent_dim))
        with torch.no_grad():
            identity = INVERSE_SOFTPLUS_OF_1 * self.w / self.w.square().sum()  # there û = 0
        self.u = nn.Parameter(identity + START_SCALE * torch.randn(latent_dim))
        self.b = nn.Parameter(torch.zeros(()))

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z' (N, d) and the log-determinant (N,)."""
        w_u = self.w @ self.u
        slope = softplus(w_u)  # 1 + wᵀû
        u_hat = self.u + (slope - 1.0 - w_u) * self.w / self.w.square().sum().clamp_min(torch.finfo(z.dtype).tiny)
        activation = torch.tanh(z @ self.w + self.b)
        # det = 1 + (1 − tanh²)·wᵀû, as a sum of positive parts.
        square = activation.square()
        return z + activation[:, None] * u_hat, (square + (1.0 - square) * slope).log()


class Radial(nn.Module):
    """z' = z + β̂·(z − z₀)/(α + r), r = ‖z − z₀‖; Rezende and Mohamed (2015), Eq. (14).

    α = exp(log_alpha) > 0, and β̂ = softplus(β) − α > −α keeps the map invertible (their App. A.2).
    """

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.centre = nn.Parameter(torch.randn(latent_dim))
        self.log_alpha = nn.Parameter(torch.zeros(()))
        self.beta = nn.Parameter(INVERSE_SOFTPLUS_OF_1 + START_SCALE * torch.randn(()))  # near β̂ = 0

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z' (N, d) and the log-determinant (N,)."""
        alpha, positive = self.log_alpha.exp(), softplus(self.beta)
        offset = z - self.centre
        r = torch.linalg.vector_norm(offset, dim=1)
        h = 1.0 / (alpha + r)
        # The Jacobian stretches by (r + α + β̂)·h across the radius, by (r² + 2αr + α² + αβ̂)·h² along it.
        across = (r + positive) * h
        along = (r.square() + 2.0 * alpha * r + alpha * positive) * h.square()
        log_det = (z.shape[1] - 1) * across.log() + along.log()
        return z + ((positive - alpha) * h)[:, None] * offset, log_det


class MaskedLinear(nn.Linear):
    """A linear map whose output of degree j sees inputs of degree at most j, or below j if `strict`."""

    def __init__(self, inputs: torch.Tensor, outputs: torch.Tensor, strict: bool = False) -> None:
        super().__init__(len(inputs), len(outputs))
        mask = outputs[:, None] > inputs if strict else outputs[:, None] >= inputs
        self.register_buffer("mask", mask.to(self.weight.dtype), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, inputs) → (N, outputs)."""
        return linear(x, self.weight * self.mask, self.bias)


class Autoregressive(nn.Module):
    """z'_i = exp(s_i)·z_i + m_i with m_i and s_i of z_1 … z_(i−1): a step of an inverse autoregressive flow.

    Kingma et al., "Improved variational inference with inverse autoregressive flow" (2016). m and s are the outputs of
    a MADE (Germain et al., 2015); s = B·tanh(·/B) with B = 3, so that no step stretches by more than e³.

    Args:
        latent_dim: d.
        hidden_layers: number of hidden layers (ReLU), at least 1.
        hidden_units: units of each.
    """

    def __init__(self, latent_dim: int, hidden_layers: int, hidden_units: int) -> None:
        super().__init__()
        degrees = torch.arange(1, latent_dim + 1)
        hidden = torch.arange(hidden_units) % max(1, latent_dim - 1) + 1
        layers: list[nn.Module] = []
        for layer in range(hidden_layers):
            layers += [MaskedLinear(hidden if layer else degrees, hidden), nn.ReLU()]
        last = MaskedLinear(hidden, torch.cat([degrees, degrees]), strict=True)
        with torch.no_grad():
            last.weight.mul_(START_SCALE)
            last.bias.zero_()
        self.made = nn.Sequential(*layers, last)

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z' (N, d) and the log-determinant Σ_i s_i (N,)."""
        shift, raw = self.made(z).chunk(2, dim=1)
        log_scale = LOG_SCALE_BOUND * torch.tanh(raw / LOG_SCALE_BOUND)
        return z * log_scale.exp() + shift, log_scale.sum(1)


class Reversed(nn.Module):
    """A flow on the latent's entries in reverse order."""

    def __init__(self, flow: nn.Module) -> None:
        super().__init__()
        self.flow = flow

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z' (N, d), in z's order, and the log-determinant (N,)."""
        z, log_det = self.flow(z.flip(1))
        return z.flip(1), log_det


class Chain(nn.Module):
    """Flows one after another; their log-determinants add up."""

    def __init__(self, flows: list[nn.Module]) -> None:
        super().__init__()
        self.flows = nn.ModuleList(flows)

    def forward(self, z: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z' (N, d) and the log-determinant (N,)."""
        total = z.new_zeros(len(z))
        for flow in self.flows:
            z, log_det = flow(z)
            total = total + log_det
        return z, total


class FlowVAE(Autoencoder):
    """A VAE whose posterior is a Gaussian q₀ carried by a flow f that does not depend on x: z_K = f(z₀), z₀ ~ q₀(z|x).

    Minimises E‖x − x̂(z_K)‖² + β·KL with KL = E[log q₀(z₀|x) − log |det ∂z_K/∂z₀| − log p(z_K)], of which the
    part KL(q₀ ‖ p) is exact and E[½‖z_K‖² − ½‖z₀‖² − log |det|] is taken from the one draw: unbiased, and the VAE's
    loss where f is the identity.

    `encode` gives q₀'s mean and log-variance; `decode` and `sample_prior` speak of z_K. An image is reconstructed from
    its mean by `decode(to_decoder(encode(x).mu))`. A subclass sets `flow`.

    Args:
        beta: β, the weight of the KL term, at least 0.
    """

    flow: nn.Module

    def __init__(self, *net, beta: float) -> None:
        super().__init__(*net)
        self.beta = beta

    def to_decoder(self, z: torch.Tensor) -> torch.Tensor:
        """z_K = f(z₀) for z₀ (N, d), e.g. means or draws of `encode`'s posterior."""
        return self.flow(z)[0]

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """Squared error of one sampled reconstruction, and the KL term (before its weight)."""
        posterior = self.encode(x)
        z_0 = reparametrise(posterior, generator)
        z, log_det = self.flow(z_0)
        reconstruction = squared_error(self.decode(z), x)
        correction = 0.5 * (z.square() - z_0.square()).sum(1) - log_det
        kl = kl_to_standard_normal(posterior) + correction.mean()
        return Loss(reconstruction + self.beta * kl, {"reconstruction": reconstruction, "kl": kl})


def check_settings(model: str, beta: float, **counts: int) -> None:
    """Refuse a negative β and counts below 1.

    Raises:
        GeovaeError: names `model`, the setting and its value.
    """
    real(beta, f"model {model!r}: beta", least=0.0)
    for name, value in counts.items():
        whole(value, f"model {model!r}: {name}", 1)
