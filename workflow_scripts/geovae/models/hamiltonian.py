"""What the two Hamiltonian VAEs share: the flow of (z, rho), its tempering, and the loss at its end.

A geometry says how the momentum rho behaves at z: with the metric G(z) of the space, its kinetic energy is
K(z, rho) = ½ rhoᵀ G(z)⁻¹ rho + ½ log det G(z), and rho ~ N(0, G(z)). All of it is float32, whatever the nets
multiply in.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import NamedTuple, Protocol

import torch
from torch.nn import functional

from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.models.base import Autoencoder, Loss, Posterior
from geovae.models.losses import kl_to_standard_normal, reparametrise

LIKELIHOODS = ("bernoulli", "gaussian")


class Geometry(Protocol):
    """The metric G at latents z (N, d)."""

    def momentum(self, noise: torch.Tensor) -> torch.Tensor:
        """rho ~ N(0, G(z)) from noise ~ N(0, I), both (N, d)."""

    def kinetic_energy(self, rho: torch.Tensor) -> torch.Tensor:
        """K(z, rho): (N,)."""

    def kinetic_gradient(self, rho: torch.Tensor) -> torch.Tensor:
        """∂K/∂z: (N, d)."""

    def velocity(self, rho: torch.Tensor) -> torch.Tensor:
        """∂K/∂rho = G(z)⁻¹ rho: (N, d)."""


class Euclidean:
    """G = I everywhere."""

    def __init__(self, z: torch.Tensor) -> None:
        self.z = z

    def momentum(self, noise: torch.Tensor) -> torch.Tensor:
        """The noise itself."""
        return noise

    def kinetic_energy(self, rho: torch.Tensor) -> torch.Tensor:
        """½‖rho‖²: (N,)."""
        return 0.5 * rho.square().sum(1)

    def kinetic_gradient(self, rho: torch.Tensor) -> torch.Tensor:
        """Zero, for the energy does not depend on z."""
        return torch.zeros_like(rho)

    def velocity(self, rho: torch.Tensor) -> torch.Tensor:
        """The momentum itself."""
        return rho


class Potential(NamedTuple):
    """U(z) = −log p(x, z): `nll` (N,) is β·(−log p(x|z)), `gradient` (N, d) is ∂U/∂z (zeros if it was not needed)."""

    nll: torch.Tensor
    gradient: torch.Tensor


class PhasePoint(NamedTuple):
    """A point of the flow: latents and momenta (N, d), with the potential and the geometry at the latents."""

    z: torch.Tensor
    rho: torch.Tensor
    potential: Potential
    geometry: Geometry


def leapfrog(
    start: PhasePoint,
    potential_at: Callable[[torch.Tensor], Potential],
    geometry_at: Callable[[torch.Tensor], Geometry],
    eps_lf: float,
    n_fixed_point: int,
) -> PhasePoint:
    """One generalised leapfrog step on H(z, rho) = U(z) + K(z, rho).

    rho½ = rho − ε/2·∂H/∂z(z, rho½);  z′ = z + ε/2·(∂H/∂rho(z, rho½) + ∂H/∂rho(z′, rho½));
    rho′ = rho½ − ε/2·∂H/∂z(z′, rho½).
    The first two are implicit, and solved by `n_fixed_point` fixed-point iterations that gradients pass through; the
    error falls as ε to the power of their number. Solved, the step keeps volume and can be reversed. Where K does not
    depend on z it is the plain leapfrog step, exact after one iteration. It evaluates the decoder once.

    Girolami and Calderhead, "Riemann manifold Langevin and Hamiltonian Monte Carlo methods" (2011).
    """
    half, here = 0.5 * eps_lf, start.geometry
    rho = start.rho
    for _ in range(n_fixed_point):
        rho = start.rho - half * (start.potential.gradient + here.kinetic_gradient(rho))
    velocity = here.velocity(rho)
    z = start.z + eps_lf * velocity
    for _ in range(n_fixed_point):
        z = start.z + half * (velocity + geometry_at(z).velocity(rho))
    potential, there = potential_at(z), geometry_at(z)
    return PhasePoint(z, rho - half * (potential.gradient + there.kinetic_gradient(rho)), potential, there)


def tempering_factors(n_lf: int, beta_zero: float) -> list[float]:
    """1/√β₀ first, then √(β_{k−1}/β_k) after step k = 1 … n_lf; their product is 1. Without steps, 1 alone.

    Fixed tempering of Caterini et al. (2018): 1/√β_k = (1 − 1/√β₀)·k²/n_lf² + 1/√β₀.
    """
    if n_lf == 0:
        return [1.0]
    first = 1.0 / math.sqrt(beta_zero)
    scales = [(1.0 - first) * (k / n_lf) ** 2 + first for k in range(n_lf + 1)]  # 1/√β_k
    return [first] + [after / before for before, after in pairwise(scales)]


class HamiltonianVAE(Autoencoder):
    """The base of HVAE and RHVAE: minimises −β times their bound on log p(x), up to a constant.

    z_0 ~ q(z|x), rho_0 ~ N(0, G(z_0)/β₀); then K = n_lf times a leapfrog step and rho ← √(β_{k−1}/β_k)·rho.
    The bound is
    E[log p(x, z_K) + log N(rho_K; 0, G(z_K)) − log q(z_0|x) − log N(rho_0; 0, G(z_0)/β₀) + (d/2)·log β₀],
    the last term being the log-determinant of the flow: steps keep volume, tempering scales it. Collected, the loss is
    nll(z_K) + β·E[KL(q(z|x) ‖ N(0, I)) + ½‖z_K‖² − ½‖z_0‖² + K(z_K, rho_K) − K(z_0, √β₀·rho_0)]:
    the KL term stands for its estimate at z_0, which has the same mean, so without steps this is the VAE's own loss.

    nll is −β·log p(x|z): β times the binary cross-entropy over β ("bernoulli", the likelihood to the power of 1/β), or
    the squared error ("gaussian", the decoder of variance β/2 that `VAE` has); both summed over pixels.

    In training, batch normalisation couples the images of a batch. Then the flow is that of all their latents on the
    sum of their potentials, which keeps volume all the same.
    """

    name = "hamiltonian"

    def __init__(
        self, *net, n_lf: int, eps_lf: float, beta_zero: float, likelihood: str, beta: float, n_fixed_point: int
    ) -> None:
        super().__init__(*net)
        whole(n_lf, f"model {self.name!r}: n_lf", 0)
        real(eps_lf, f"model {self.name!r}: eps_lf", 0.0)
        real(beta_zero, f"model {self.name!r}: beta_zero", 0.0, 1.0)
        if likelihood not in LIKELIHOODS:
            raise GeovaeError(f"model {self.name!r}: likelihood is {likelihood!r}. Known: {', '.join(LIKELIHOODS)}.")
        real(beta, f"model {self.name!r}: beta", 0.0)
        whole(n_fixed_point, f"model {self.name!r}: n_fixed_point", 1)
        # The second derivatives of a step come out in mixed layouts from nets in channels_last: slower on a CPU.
        self.decoder.to(memory_format=torch.contiguous_format)
        self.n_lf = n_lf
        self.eps_lf = eps_lf
        self.likelihood = likelihood
        self.beta = beta
        self.n_fixed_point = n_fixed_point
        self.tempering = tempering_factors(n_lf, beta_zero)

    def decode(self, z: torch.Tensor) -> torch.Tensor:
        """The images of latents (N, d), in float32 for a Bernoulli likelihood: in bfloat16 a sigmoid rounds to 1, and
        the logarithm of 1 − 1 has no gradient."""
        return self.decoder(z) if self.likelihood == "bernoulli" else super().decode(z)

    def geometry(self, x: torch.Tensor, posterior: Posterior) -> Callable[[torch.Tensor], Geometry]:
        """What gives the geometry at any latents, for a batch (N, C, H, W) and its posterior."""
        raise NotImplementedError

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """`reconstruction` is nll at z_K, `kl` that of z_0's distribution, `energy` what the flow adds to it."""
        posterior = self.encode(x)
        z = reparametrise(posterior, generator)
        noise = torch.randn(z.shape, generator=generator, device=z.device, dtype=z.dtype)
        geometry_at = self.geometry(x, posterior)
        start = self.start(x, z, noise, geometry_at(z))
        end = self.flow(x, start, geometry_at)
        kinetic = end.geometry.kinetic_energy(end.rho) - start.geometry.kinetic_energy(start.rho)
        energy = (0.5 * (end.z.square() - z.square()).sum(1) + kinetic).mean()
        reconstruction, kl = end.potential.nll.mean(), kl_to_standard_normal(posterior)
        total = reconstruction + self.beta * (kl + energy)
        return Loss(total, {"reconstruction": reconstruction, "kl": kl, "energy": energy})

    def start(self, x: torch.Tensor, z: torch.Tensor, noise: torch.Tensor, geometry: Geometry) -> PhasePoint:
        """Latents (N, d) of a batch with momenta at temperature 1, made of `noise` (N, d)."""
        potential = self.potential(x, z) if self.n_lf else Potential(self.nll(x, z), torch.zeros_like(z))
        return PhasePoint(z, geometry.momentum(noise), potential, geometry)

    def flow(self, x: torch.Tensor, start: PhasePoint, geometry_at: Callable[[torch.Tensor], Geometry]) -> PhasePoint:
        """Carry a start at temperature 1 through the heating, the steps and the cooling."""
        first, *others = self.tempering
        point = start._replace(rho=first * start.rho)
        for factor in others:
            point = leapfrog(point, partial(self.potential, x), geometry_at, self.eps_lf, self.n_fixed_point)
            point = point._replace(rho=factor * point.rho)
        return point

    def potential(self, x: torch.Tensor, z: torch.Tensor) -> Potential:
        """nll and ∂U/∂z = ∂(nll/β + ½‖z‖²)/∂z at latents (N, d) of a batch, also where gradients are switched off."""
        differentiable = torch.is_grad_enabled()
        with torch.enable_grad():
            if not z.requires_grad:
                z = z.detach().requires_grad_()
            nll = self.nll(x, z)
            (gradient,) = torch.autograd.grad(nll.sum(), z, create_graph=differentiable)
            gradient = gradient / self.beta + z
        return Potential(nll, gradient) if differentiable else Potential(nll.detach(), gradient.detach())

    def nll(self, x: torch.Tensor, z: torch.Tensor) -> torch.Tensor:
        """−β·log p(x|z) of each image up to a constant: (N,)."""
        images = self.decode(z)
        if self.likelihood == "gaussian":
            losses = (images - x).square()
        else:
            # The cross-entropy refuses NaN, where a training has diverged: here its loss is NaN, as other losses are.
            undefined = images.isnan()
            losses = functional.binary_cross_entropy(images.masked_fill(undefined, 0.5), x, reduction="none")
            losses = losses.masked_fill(undefined, math.nan)
        return losses.flatten(1).sum(1)
