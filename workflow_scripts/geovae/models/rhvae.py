"""The Riemannian Hamiltonian VAE (RHVAE), whose metric is learned."""

import math
from collections.abc import Callable
from functools import cached_property, partial

import torch
from torch import nn

from geovae.core.images import to_unit
from geovae.core.quantities import real, whole
from geovae.models.base import Posterior
from geovae.models.hamiltonian import HamiltonianVAE

METRIC_HIDDEN = 400


class LearnedMetric:
    """G⁻¹(z) = Σ_i M_i ω_i(z) + λ I, ω_i(z) = exp(−‖z − c_i‖²/T²), at latents z (N, d).

    Chadebec, Mantoux and Allassonnière, "Geometry-aware Hamiltonian variational auto-encoder" (2020). Sums
    over the centroids are matrix products: nothing of size (N, n, d) is formed.

    Args:
        z: (N, d).
        centroids: c (n, d); there may be none.
        matrices: M (n, d, d), symmetric and positive semi-definite.
        temperature: T.
        lam: λ.
    """

    def __init__(
        self, z: torch.Tensor, centroids: torch.Tensor, matrices: torch.Tensor, temperature: float, lam: float
    ) -> None:
        self.z = z
        self.centroids = centroids
        self.matrices = matrices.flatten(1)
        self.scale = -1.0 / temperature**2
        squared_distances = z.square().sum(1, keepdim=True) - 2.0 * z @ centroids.T + centroids.square().sum(1)
        self.weights = (self.scale * squared_distances).exp()
        d = z.shape[1]
        self.inverse = (self.weights @ self.matrices).view(-1, d, d) + lam * torch.eye(
            d, device=z.device, dtype=z.dtype
        )

    @cached_property
    def cholesky(self) -> torch.Tensor:
        """Lower triangular L (N, d, d), G⁻¹ = L Lᵀ; NaN where G⁻¹ is too ill-conditioned for it."""
        factor, failed = torch.linalg.cholesky_ex(self.inverse)
        # Training then stops with the error of a loss that is NaN; on a GPU, an exception here would make it wait.
        return torch.where(failed.view(-1, 1, 1) > 0, torch.nan, factor)

    @cached_property
    def metric(self) -> torch.Tensor:
        """G(z): (N, d, d)."""
        return torch.cholesky_inverse(self.cholesky)

    def log_det(self) -> torch.Tensor:
        """log det G(z): (N,)."""
        return -2.0 * self.cholesky.diagonal(dim1=1, dim2=2).log().sum(1)

    def momentum(self, noise: torch.Tensor) -> torch.Tensor:
        """rho = L⁻ᵀ noise, whose covariance is G(z): (N, d)."""
        return torch.linalg.solve_triangular(self.cholesky.mT, noise.unsqueeze(2), upper=True).squeeze(2)

    def kinetic_energy(self, rho: torch.Tensor) -> torch.Tensor:
        """½ rhoᵀ G(z)⁻¹ rho + ½ log det G(z): (N,)."""
        return 0.5 * ((rho * self.velocity(rho)).sum(1) + self.log_det())

    def kinetic_gradient(self, rho: torch.Tensor) -> torch.Tensor:
        """∂K/∂z = Σ_i ½ (rhoᵀ M_i rho − tr(G M_i)) ∂ω_i/∂z: (N, d)."""
        difference = rho.unsqueeze(2) * rho.unsqueeze(1) - self.metric
        pull = self.scale * self.weights * (difference.flatten(1) @ self.matrices.T)
        return pull.sum(1, keepdim=True) * self.z - pull @ self.centroids

    def velocity(self, rho: torch.Tensor) -> torch.Tensor:
        """G(z)⁻¹ rho: (N, d)."""
        return (self.inverse @ rho.unsqueeze(2)).squeeze(2)


class RHVAE(HamiltonianVAE):
    """An HVAE whose momentum lives in the learned metric G of the latent space (`LearnedMetric`).

    Chadebec, Mantoux and Allassonnière (2020); the loss is in `HamiltonianVAE`. M_i = L_i L_iᵀ, where a
    net with one hidden layer gives the lower triangular L_i of the image x_i (its diagonal through exp), and
    c_i = mu(x_i). In training the images x_i are those of the batch, and gradients reach L_i and c_i. In evaluation
    mode they are at most `n_centroids` of the training images, evenly spaced, stored in the buffers `centroids` (n, d)
    and `matrices` (n, d, d) after each epoch; before the first, G = I/λ.

    The default likelihood is that of the authors (Bernoulli, β = 1).

    Args:
        n_lf: number of leapfrog steps, at least 0.
        eps_lf: their size, greater than 0.
        beta_zero: β₀, the inverse temperature at the start, in (0, 1].
        temperature: T, the reach of a centroid, greater than 0.
        lam: λ, greater than 0.
        n_centroids: the most centroids that are stored, at least 1.
        n_fixed_point: iterations of each implicit step, at least 1.
        likelihood: "bernoulli" (binary cross-entropy) or "gaussian" (squared error).
        beta: β, greater than 0.
    """

    name = "rhvae"

    def __init__(
        self,
        *net,
        n_lf: int = 1,
        eps_lf: float = 1e-3,
        beta_zero: float = 0.3,
        temperature: float = 0.8,
        lam: float = 1e-3,
        n_centroids: int = 1000,
        n_fixed_point: int = 3,
        likelihood: str = "bernoulli",
        beta: float = 1.0,
    ) -> None:
        super().__init__(
            *net,
            n_lf=n_lf,
            eps_lf=eps_lf,
            beta_zero=beta_zero,
            likelihood=likelihood,
            beta=beta,
            n_fixed_point=n_fixed_point,
        )
        real(temperature, "model 'rhvae': temperature", 0.0)
        real(lam, "model 'rhvae': lam", 0.0)
        whole(n_centroids, "model 'rhvae': n_centroids", 1)
        self.temperature = temperature
        self.lam = lam
        self.n_centroids = n_centroids
        d = self.latent_dim
        self.metric_net = nn.Sequential(
            nn.Flatten(),
            nn.Linear(math.prod(self.image_shape), METRIC_HIDDEN),
            nn.ReLU(),
            nn.Linear(METRIC_HIDDEN, d * (d + 1) // 2),
        )
        self.register_buffer("centroids", torch.empty(0, d))
        self.register_buffer("matrices", torch.empty(0, d, d))

    def metric_matrices(self, x: torch.Tensor) -> torch.Tensor:
        """M_i = L_i L_iᵀ (N, d, d) of images (N, C, H, W) in [0, 1]."""
        d = self.latent_dim
        entries = self.run_net(self.metric_net, x)
        rows, columns = torch.tril_indices(d, d, offset=-1, device=x.device)
        factor = torch.diag_embed(entries[:, :d].exp()).index_put(
            (torch.arange(len(x), device=x.device).unsqueeze(1), rows, columns), entries[:, d:]
        )
        return factor @ factor.mT

    def geometry(self, x: torch.Tensor, posterior: Posterior) -> Callable[[torch.Tensor], LearnedMetric]:
        """The metric made of the batch in training, of the stored centroids in evaluation mode."""
        if self.training:
            centroids, matrices = posterior.mu, self.metric_matrices(x)
        else:
            centroids, matrices = self.centroids, self.matrices
        return partial(
            LearnedMetric, centroids=centroids, matrices=matrices, temperature=self.temperature, lam=self.lam
        )

    @torch.no_grad()
    def end_epoch(self, images: torch.Tensor, batch_size: int) -> None:
        """Store the centroids and matrices of at most `n_centroids` training images."""
        count = min(self.n_centroids, len(images))
        # Evenly spaced and in order, without the rounding of a floating-point step.
        chosen = torch.arange(count, device=images.device) * len(images) // count
        centroids, matrices = [], []
        for indices in chosen.split(batch_size):
            x = to_unit(images.index_select(0, indices))
            centroids.append(self.encode(x).mu)
            matrices.append(self.metric_matrices(x))
        self.centroids, self.matrices = torch.cat(centroids), torch.cat(matrices)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *arguments) -> None:
        """Take the number of stored centroids from the state, which a fresh model does not know."""
        for name in ("centroids", "matrices"):
            stored, own = state_dict.get(prefix + name), getattr(self, name)
            if stored is not None and stored.shape[1:] == own.shape[1:]:
                setattr(self, name, own.new_empty(stored.shape))
        super()._load_from_state_dict(state_dict, prefix, *arguments)
