"""The Gaussian mixture of Ghosh et al. (2020), fitted on the training means after training."""

import warnings

import numpy as np
import torch

from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator, small_seed
from geovae.sampling.base import Context, Draw


def sample_mixture(
    context: Context, n: int, key: str, *, n_components: int = 10, max_iter: int = 2000, tol: float = 1e-3
) -> Draw:
    """n latents from a mixture of Gaussians with full covariances, fitted by EM on the training means."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    mu = context.need("mu", "gmm").double().numpy()
    if not 1 <= n_components <= len(mu):
        raise GeovaeError(f"samplers.gmm.n_components = {n_components}: there are {len(mu)} training means. Lower it.")
    if len(mu) < 2:
        raise GeovaeError("sampler 'gmm' needs at least two training means.")
    mixture = GaussianMixture(
        n_components, covariance_type="full", max_iter=max_iter, tol=tol, random_state=small_seed(key, "fit")
    )
    with warnings.catch_warnings():
        # Reported as the diagnostic `converged`.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(mu)
    generator = numpy_generator(key, "draw")
    # The weights' sum may be off 1 by rounding, which `choice` refuses.
    components = generator.choice(n_components, size=n, p=mixture.weights_ / mixture.weights_.sum())
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
    return Draw(torch.from_numpy(latents).float(), None, diagnostics)
