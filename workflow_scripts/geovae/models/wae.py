"""The Wasserstein autoencoder with a maximum mean discrepancy (WAE-MMD).

Tolstikhin et al., "Wasserstein auto-encoders" (2018), Alg. 2, with the kernel of their code, which RAE's code shares.
"""

import math

import torch

from geovae.core.quantities import real
from geovae.models.base import Autoencoder, Loss
from geovae.models.losses import squared_error

SCALES = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)


class WAE(Autoencoder):
    """Minimises E‖x − x̂(z)‖² + D·λ·MMD(z, N(0, I)), z = E(x), for images of D values; images come from N(0, I).

    That is D times the loss of RAE's code, whose weights the paper takes and which has the mean over pixels: λ is the
    published weight, and holds for any size of image, like the weights of the RAEs. Its input noise on CelebA is left
    out.

    Args:
        lam: λ, the weight of the MMD beside a mean over pixels, at least 0; the default is that for MNIST.
        kernel_bandwidth: σ of the kernel, greater than 0; 1 is the standard deviation of the prior.
    """

    has_log_var = False

    def __init__(self, *net, lam: float = 0.03, kernel_bandwidth: float = 1.0) -> None:
        super().__init__(*net)
        real(lam, "model 'wae': lam", least=0.0)
        real(kernel_bandwidth, "model 'wae': kernel_bandwidth", 0.0)
        self.lam = lam
        self.kernel_bandwidth = kernel_bandwidth

    def loss(self, x: torch.Tensor, generator: torch.Generator) -> Loss:
        """Squared error of the reconstruction, and the MMD (before its weight) to as many draws from the prior."""
        z = self.encode(x).mu
        reconstruction = squared_error(self.decode(z), x)
        discrepancy = mmd(z, self.sample_prior(len(z), generator), self.kernel_bandwidth)
        total = reconstruction + math.prod(self.image_shape) * self.lam * discrepancy
        return Loss(total, {"reconstruction": reconstruction, "mmd": discrepancy})


def mmd(z: torch.Tensor, prior: torch.Tensor, bandwidth: float = 1.0) -> torch.Tensor:
    """Estimate MMD² of two samples (n, d): Σ_{i≠j} (k(zᵢ, zⱼ) + k(pᵢ, pⱼ)) / (n(n − 1)) − 2 Σ_{i,j} k(zᵢ, pⱼ) / n².

    Its expectation is 0 where the two have the same distribution, so it can be negative. A single pair (n = 1), as the
    last batch of a validation may have, tells nothing and gives 0.
    """
    n = len(z)
    if n == 1:
        return z.new_zeros(())
    within = _sum_off_diagonal(imq_kernel(z, z, bandwidth)) + _sum_off_diagonal(imq_kernel(prior, prior, bandwidth))
    return within / (n * (n - 1)) - 2 * imq_kernel(z, prior, bandwidth).mean()


def imq_kernel(a: torch.Tensor, b: torch.Tensor, bandwidth: float = 1.0) -> torch.Tensor:
    """The inverse multiquadratic kernel of points (n, d) and (m, d), summed over seven scales s: (n, m).

    k(a, b) = Σ_s C_s / (C_s + ‖a − b‖²), C_s = 2dσ²·s; 2d is the expected ‖a − b‖² of two draws from N(0, I).
    """
    squares = a.square().sum(1)[:, None] + b.square().sum(1) - 2 * a @ b.T
    # Rounding can make the distance of close points negative.
    squares = squares.clamp_min(0)
    base = 2 * a.shape[1] * bandwidth**2
    return sum(base * scale / (base * scale + squares) for scale in SCALES)


def _sum_off_diagonal(matrix: torch.Tensor) -> torch.Tensor:
    return matrix.sum() - matrix.diagonal().sum()
