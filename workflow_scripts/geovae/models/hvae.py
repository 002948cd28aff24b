"""The Hamiltonian VAE (HVAE)."""

from collections.abc import Callable

import torch

from geovae.models.base import Posterior
from geovae.models.hamiltonian import Euclidean, HamiltonianVAE


class HVAE(HamiltonianVAE):
    """The posterior's draw is carried on by tempered Hamiltonian dynamics on −log p(x, z), with G = I.

    Caterini, Doucet and Sejdinovic, "Hamiltonian variational auto-encoder" (2018), with fixed tempering;
    the loss is in `HamiltonianVAE`. The default likelihood, Bernoulli without a weight (β = 1), is the authors' and
    that of the paper's released code; `likelihood="gaussian"` with the VAE's β has the VAE's loss for n_lf = 0.

    Args:
        n_lf: number of leapfrog steps, at least 0.
        eps_lf: their size, greater than 0.
        beta_zero: β₀, the inverse temperature at the start, in (0, 1].
        likelihood: "bernoulli" (binary cross-entropy) or "gaussian" (squared error).
        beta: β, greater than 0.
    """

    name = "hvae"

    def __init__(
        self,
        *net,
        n_lf: int = 3,
        eps_lf: float = 1e-3,
        beta_zero: float = 0.3,
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
            n_fixed_point=1,  # explicit, as the kinetic energy does not depend on z
        )

    def geometry(self, x: torch.Tensor, posterior: Posterior) -> Callable[[torch.Tensor], Euclidean]:
        """The Euclidean geometry, whatever the batch."""
        return Euclidean
