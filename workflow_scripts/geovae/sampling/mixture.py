"""The Gaussian mixture of Ghosh et al. (2020), fitted on the training means after training."""

import math
import warnings

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from geovae.core.errors import GeovaeError
from geovae.core.quantities import real, whole
from geovae.core.seeding import numpy_generator, small_seed
from geovae.sampling.base import Context, Draw
from geovae.sampling.held_out import held_out_means, highest, spread
from geovae.sampling.table import HELD_OUT

# Numbers of Gaussians that the likelihood chooses from.
CANDIDATES = (1, 2, 5, 10, 20, 50, 100, 200)
# Deviations of the means: the least that is taken, and that below which they are fitted in units of their own. The 1e-6
# that scikit-learn adds to all variances, whatever their size, would widen the draws by more than 4 % there.
SMALLEST, SMALL = 1e-140, 3.5e-3


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
    tried in ascending order as long as it rises and a mixture can be fitted.

    Diagnostics: `converged`, `n_iter`, `mean_log_likelihood` of the training means; of a choice also `n_components` and
    `held_out_log_likelihood`.

    Raises:
        GeovaeError: there are fewer training means than Gaussians, or than two; all coincide; or no mixture can be
            fitted.

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
    options = {
        "max_iter": whole(max_iter, "samplers.gmm.max_iter", 1),
        "tol": real(tol, "samplers.gmm.tol", least=0.0),
        "random_state": small_seed(key, "fit"),
    }
    unit = _unit(mu)
    mu = mu / unit
    to_latents = mu.shape[1] * math.log(unit)  # subtracted from a log-density of means in units
    chosen = {}
    if n_components == HELD_OUT:
        held_out = held_out_means(context, key, "gmm", max_validation) / unit
        mixture, factors, likelihood = _best_mixture(mu, held_out, options)
        chosen = {
            "n_components": float(len(mixture.weights_)),
            "held_out_log_likelihood": likelihood - to_latents,
        }
    elif whole(n_components, "samplers.gmm.n_components", 1) > len(mu):
        raise GeovaeError(f"samplers.gmm.n_components = {n_components}: there are {len(mu)} training means. Lower it.")
    else:
        mixture, factors = _fitted(mu, n_components, options)
    generator = numpy_generator(key, "draw")
    # The weights' sum may be off 1 by rounding, which `choice` refuses.
    components = generator.choice(len(mixture.weights_), size=n, p=mixture.weights_ / mixture.weights_.sum())
    noise = generator.standard_normal((n, mu.shape[1]))
    latents = np.empty_like(noise)
    for component, factor in enumerate(factors):
        rows = components == component
        latents[rows] = mixture.means_[component] + noise[rows] @ factor.T
    diagnostics = {
        "converged": float(mixture.converged_),
        "n_iter": float(mixture.n_iter_),
        "mean_log_likelihood": float(mixture.score(mu)) - to_latents,
    }
    return Draw(torch.from_numpy(latents * unit).float(), None, diagnostics | chosen)


def _unit(mu: np.ndarray) -> float:
    """1, or of small means the power of two below their deviation: dividing by it rounds nothing."""
    deviation = spread("gmm", mu, SMALLEST)
    return math.ldexp(1.0, math.frexp(deviation)[1] - 1) if deviation < SMALL else 1.0


def _fitted(mu: np.ndarray, n_components: int, options: dict) -> tuple[GaussianMixture, np.ndarray]:
    """The mixture and the Cholesky factors of its covariances.

    Raises:
        GeovaeError: there is none: covariances that are no such, or numbers that overflowed.
    """
    mixture = GaussianMixture(n_components, covariance_type="full", **options)
    with warnings.catch_warnings():
        # Reported as the diagnostic `converged`.
        warnings.simplefilter("ignore", ConvergenceWarning)
        try:
            factors = np.linalg.cholesky(mixture.fit(mu).covariances_)
        except (ValueError, np.linalg.LinAlgError):
            factors = None
    if factors is None or not np.isfinite(factors).all():
        advice = "Lower samplers.gmm.n_components, or see" if n_components > 1 else "See"
        raise GeovaeError(
            f"sampler 'gmm': no mixture of {n_components} Gaussians can be fitted to the {len(mu)} training means in "
            f"{mu.shape[1]} dimensions (--latents), which reach {np.abs(mu).max():.3g}.\n"
            f"{advice} whether the model's training has diverged."
        )
    return mixture, factors


def _best_mixture(mu: np.ndarray, held_out: np.ndarray, options: dict) -> tuple[GaussianMixture, np.ndarray, float]:
    """The mixture after which more Gaussians no longer raise the likelihood of `held_out`; factors and likelihood.

    Raises:
        GeovaeError: not even the first can be fitted, or the likelihood of `held_out` under it is not finite.
    """
    best, reached = None, -math.inf
    for n_components in CANDIDATES:
        if n_components > len(mu):
            break
        try:
            fitted = _fitted(mu, n_components, options)
        except GeovaeError:
            if best is None:
                raise
            break  # means that bear no more Gaussians: the choice is among those that they bear
        likelihood = float(fitted[0].score(held_out))
        if best is None:
            highest([likelihood])  # refuses what is not finite
        elif not reached < likelihood < math.inf:
            break
        best, reached = fitted, likelihood
    return *best, reached
