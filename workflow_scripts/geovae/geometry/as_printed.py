"""Eq. (7)/(17), Eq. (19), Eq. (20) and Algorithm 2 as the paper prints them: to be read beside it.

Nothing here is fast. `geovae.geometry.metric` and `geovae.geometry.hmc` compute the same, and tests hold them against
this module in float64. z and v are n chains side by side, (n, d).
"""

from collections.abc import Callable

import torch
from torch import Tensor

Metric = Callable[[Tensor], Tensor]  # z (n, d) -> G(z) (n, d, d)


def metric(c: Tensor, Sigma_inv: Tensor, rho: float, lam: float, tau: float = 0.0) -> Metric:
    """The function G(z) (n, d, d) of Eq. (17), from centroids c_i (k, d) and matrices Σ_i⁻¹ (k, d, d)."""
    I_d = torch.eye(c.shape[1], dtype=c.dtype, device=c.device)

    def G(z: Tensor) -> Tensor:  # noqa: N802
        # dist² = (z − c_i)ᵀ Σ_i⁻¹ (z − c_i)
        delta = z[:, None] - c
        dist2 = torch.einsum("nkd,kde,nke->nk", delta, Sigma_inv, delta)
        # ω_i(z) = exp(−dist² / ρ²)
        omega = torch.exp(-dist2 / rho**2)
        # G(z) = Σ_i Σ_i⁻¹ · ω_i(z) + λ · exp(−τ ‖z‖²) · I_d
        floor = lam * torch.exp(-tau * z.square().sum(1))
        return torch.einsum("nk,kde->nde", omega, Sigma_inv) + floor[:, None, None] * I_d

    return G


def log_density(G: Metric, z: Tensor) -> Tensor:
    """log p(z) + log C = ½ log det G(z), shape (n,): Eq. (20) without its constant."""
    return 0.5 * torch.logdet(G(z))


def hamiltonian(G: Metric, z: Tensor, v: Tensor) -> Tensor:
    """H(z, v) = −log p(z) + ½ vᵀv, shape (n,), without log C."""
    return -log_density(G, z) + 0.5 * v.square().sum(1)


def hamiltonian_gradient(G: Metric, z: Tensor, v: Tensor) -> Tensor:
    """∇_z H(z, v), shape (n, d), by automatic differentiation."""
    z = z.detach().requires_grad_()
    return torch.autograd.grad(hamiltonian(G, z, v).sum(), z)[0]


def leapfrog_step(G: Metric, z: Tensor, v: Tensor, eps_lf: float) -> tuple[Tensor, Tensor]:
    """Eq. (19): z and v after one step."""
    # v̄ ← v − ε/2 · ∇_z H(z, v)
    v_bar = v - eps_lf / 2 * hamiltonian_gradient(G, z, v)
    # z̃ ← z + ε · v̄
    z_tilde = z + eps_lf * v_bar
    # ṽ ← v̄ − ε/2 · ∇_z H(z̃, v̄)
    v_tilde = v_bar - eps_lf / 2 * hamiltonian_gradient(G, z_tilde, v_bar)
    return z_tilde, v_tilde


def sample(G: Metric, z: Tensor, N: int, n_lf: int, eps_lf: float, generator: torch.Generator) -> Tensor:
    """Algorithm 2 from the points z: where the chains are after N steps, (n, d)."""
    for _ in range(N):
        # v ∼ N(0, I_d)
        v = torch.randn(z.shape, generator=generator, dtype=z.dtype)
        # H₀ ← H(z, v)
        H_0 = hamiltonian(G, z, v)
        # z₀ ← z
        z_0 = z
        # n_lf times a leapfrog step: v ← ṽ, z ← z̃
        for _ in range(n_lf):
            z, v = leapfrog_step(G, z, v, eps_lf)
        # H ← H(z̃, ṽ)
        H = hamiltonian(G, z, v)
        # Accept z̃ with probability α = min(1, exp(H₀ − H))
        alpha = torch.exp(H_0 - H).clamp(max=1.0)
        accepted = torch.rand(len(z), generator=generator, dtype=z.dtype) < alpha
        # If accepted z ← z̃, else z ← z₀
        z = torch.where(accepted[:, None], z, z_0)
    return z
