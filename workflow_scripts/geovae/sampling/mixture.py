"""The Gaussian mixture of Ghosh et al. (2020), fitted on the training means after training."""

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch

from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator, small_seed
from geovae.sampling.base import Context, Draw
from geovae.sampling.held_out import held_out_means

if TYPE_CHECKING:
    from sklearn.mixture import GaussianMixture

# Numbers of Gaussians that the likelihood chooses from.
CANDIDATES = (1, 2, 5, 10, 20, 50, 100, 200)
HELD_OUT = "heldout"


def sample_mixture(
    context: Context,
    n: int,
    key: str,
    *,
    n_components: int | str = 10,
    max_iter: int = 2000,
    tol: float = 1e-3,
    max_validation: int = 1000,
) -> Draw:
    """n latents from a mixture of Gaussians with full covariances, fitted by EM on the training means.

    `n_components` "heldout" is chosen by the likelihood of at most `max_validation` validation means: `CANDIDATES` are
    tried in ascending order as long as it rises.

    Diagnostics: `converged`, `n_iter`, `mean_log_likelihood` of the training means; of a choice also `n_components` and
    `held_out_log_likelihood`.

    Examples:
        >>> import torch
        >>> from geovae import Context, draw
        >>> noise = torch.randn(400, 2, generator=torch.Generator().manual_seed(0))
        >>> mu = noise + torch.tensor([[-8.0, 0.0], [8.0, 0.0]]).repeat(200, 1)  # two clouds
        >>> context = Context(mu=mu[:300], mu_validation=mu[300:])
        >>> drawn = draw("gmm", context, 100, "a key", n_components="heldout")
        >>> drawn.diagnostics["n_components"]
        2.0
    """
    mu = context.need("mu", "gmm").double().numpy()
    if len(mu) < 2:
        raise GeovaeError("sampler 'gmm' needs at least two training means.")
    options = {"max_iter": max_iter, "tol": tol, "random_state": small_seed(key, "fit")}
    chosen = {}
    if n_components == HELD_OUT:
        mixture, likelihood = _best_mixture(mu, held_out_means(context, key, "gmm", max_validation), options)
        chosen = {"n_components": float(len(mixture.weights_)), "held_out_log_likelihood": likelihood}
    elif not isinstance(n_components, int):
        raise GeovaeError(f"samplers.gmm.n_components = {n_components!r}: a number or '{HELD_OUT}' is expected.")
    elif not 1 <= n_components <= len(mu):
        raise GeovaeError(f"samplers.gmm.n_components = {n_components}: there are {len(mu)} training means. Lower it.")
    else:
        mixture = _fitted(mu, n_components, options)
    generator = numpy_generator(key, "draw")
    # The weights' sum may be off 1 by rounding, which `choice` refuses.
    components = generator.choice(len(mixture.weights_), size=n, p=mixture.weights_ / mixture.weights_.sum())
    noise = generator.standard_normal((n, mu.shape[1]))
    latents = np.empty_like(noise)
    for component, factor in enumerate(np.linalg.cholesky(mixture.covariances_)):
        rows = components == component
        latents[rows] = mixture.means_[component] + noise[rows] @ factor.T
    diagnostics = {
        "converged": float(mixture.converged_),
        "n_iter": float(mixture.n_iter_),
        "mean_log_likelihood": float(mixture.score(mu)),
    }
    return Draw(torch.from_numpy(latents).float(), None, diagnostics | chosen)


def _fitted(mu: np.ndarray, n_components: int, options: dict) -> "GaussianMixture":
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    with warnings.catch_warnings():
        # Reported as the diagnostic `converged`.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return GaussianMixture(n_components, covariance_type="full", **options).fit(mu)


def _best_mixture(mu: np.ndarray, held_out: np.ndarray, options: dict) -> tuple["GaussianMixture", float]:
    """The mixture after which more Gaussians no longer raise the likelihood of `held_out`, and that likelihood."""
    best, highest = None, -np.inf
    for n_components in CANDIDATES:
        if n_components > len(mu):
            break
        mixture = _fitted(mu, n_components, options)
        likelihood = float(mixture.score(held_out))
        if likelihood <= highest:
            break
        best, highest = mixture, likelihood
    return best, highest
