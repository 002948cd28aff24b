"""Plain stand-ins for three fits of scikit-learn and kmedoids, which a bare machine may lack.

They are used there alone, and a row of scores names the libraries that it lacked. All run on the device of their input.
"""

import importlib
import math

import numpy as np
import torch

from geovae.core.seeding import numpy_generator, small_seed, torch_generator
from geovae.evaluation import prd
from geovae.geometry.metric import RiemannianMetric
from geovae.sampling.base import Context, Draw
from geovae.sampling.draw import draw

ROUNDS = 100
CHUNK = 4096


def installed(name: str) -> bool:
    """Whether a library can be imported here."""
    try:
        importlib.import_module(name)
    except ModuleNotFoundError:
        return False
    return True


def missing() -> list[str]:
    """The libraries that stand-ins take the place of here."""
    return [name for name in ("scipy", "sklearn", "kmedoids") if not installed(name)]


def build_metric(mu: torch.Tensor, log_var: torch.Tensor, k: int, lam: float, key: str) -> RiemannianMetric:
    """Algorithm 1 on means and log-variances (N, d); without its libraries with `medoids` for k-medoids."""
    if not {"scipy", "kmedoids"} & set(missing()):
        return RiemannianMetric.from_latents(mu, log_var, k, lam, seed=small_seed(key, "centroids"))
    rows = medoids(mu, k, key)
    distances = torch.cdist(mu[rows].double(), mu[rows].double()).fill_diagonal_(math.inf)
    rho = distances.amin(1).max().item()
    return RiemannianMetric.from_latents(mu, log_var, k, lam, rho=rho, indices=rows.cpu().numpy())


def sample_mixture(context: Context, n: int, key: str) -> Draw:
    """n latents of the Gaussian mixture of ten components on the training means; without scikit-learn by `mixture`."""
    if "sklearn" not in missing():
        return draw("gmm", context, n, key)
    weights, means, factors = mixture(context.need("mu", "gmm").to(context.device), 10, key)
    generator = numpy_generator(key, "draw")
    component = torch.from_numpy(generator.choice(len(weights), size=n, p=weights.cpu().numpy()))
    noise = torch.from_numpy(generator.standard_normal((n, means.shape[1])))
    latents = means.cpu()[component] + (factors.cpu()[component] @ noise[..., None])[..., 0]
    return Draw(latents.float(), None, {})


def prd_scores(generated: np.ndarray, reference: np.ndarray, key: str, device: torch.device) -> tuple[float, float]:
    """F₈ and F₁⸝₈ of features (N, F); without scikit-learn by `k_means` in the place of its mini-batches."""
    if "sklearn" not in missing():
        return prd.prd_scores(generated, reference, small_seed(key, "prd"))
    pool = torch.from_numpy(np.concatenate([generated, reference])).to(device)
    curves = []
    for run in range(10):
        labels = k_means(pool, 20, f"{key}/{run}")[1].cpu().numpy()
        counts = [np.bincount(part, minlength=20) for part in np.split(labels, [len(generated)])]
        curves.append(prd.prd_curve(counts[0] / len(generated), counts[1] / len(reference)))
    precision, recall = np.mean(curves, axis=0)
    return tuple(float(prd.f_beta(precision, recall, beta).max()) for beta in (8.0, 1 / 8))


def seeds(points: torch.Tensor, k: int, key: str) -> torch.Tensor:
    """Rows (k,) of points (N, d), each drawn in proportion to the squared distance from those before (k-means++)."""
    generator = torch_generator("seeds", key)
    chosen = [int(torch.randint(len(points), (1,), generator=generator))]
    nearest = torch.full((len(points),), math.inf, dtype=torch.float64)
    for _ in range(k - 1):
        squares = (points - points[chosen[-1]]).square().sum(1).double().cpu()
        nearest = torch.minimum(nearest, squares)
        share = nearest.cumsum(0)
        at = torch.rand(1, generator=generator, dtype=torch.float64) * share[-1]
        chosen.append(min(int(torch.searchsorted(share, at, right=True)), len(points) - 1))
    return torch.tensor(chosen, device=points.device)


def nearest_centre(points: torch.Tensor, centres: torch.Tensor) -> torch.Tensor:
    """For each of the points (N, d) the nearest centre (k, d), int64 (N,)."""
    return torch.cat([torch.cdist(part, centres).argmin(1) for part in points.split(CHUNK)])


def k_means(points: torch.Tensor, k: int, key: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres (k, d) of points (N, d) by Lloyd's algorithm, and the centre of each point (N,)."""
    centres = points[seeds(points, k, key)]
    labels = nearest_centre(points, centres)
    for _ in range(ROUNDS):
        members = torch.nn.functional.one_hot(labels, k).to(points.dtype)
        counts = members.sum(0)[:, None]
        centres = torch.where(counts > 0, members.T @ points / counts.clamp(min=1), centres)
        before, labels = labels, nearest_centre(points, centres)
        if torch.equal(before, labels):
            break
    return centres, labels


def medoids(points: torch.Tensor, k: int, key: str) -> torch.Tensor:
    """Rows (k,) of points (N, d), that are k medoids by turns, ascending.

    Each point goes to its nearest medoid, then each group gets the medoid of its own: Park & Jun (2009). Its
    cost is higher than that of k-medoids by exchange, which `geovae` takes from a library.
    """
    rows = seeds(points, k, key)
    for _ in range(ROUNDS):
        labels = nearest_centre(points, points[rows])
        before, rows = rows, rows.clone()
        for group in range(k):
            members = (labels == group).nonzero()[:, 0]
            if len(members):
                own = points[members]
                costs = torch.cat([torch.cdist(part, own).sum(1) for part in own.split(CHUNK)])
                rows[group] = members[costs.argmin()]
        if torch.equal(before, rows):
            break
    return rows.sort().values


def mixture(points: torch.Tensor, k: int, key: str, tolerance: float = 1e-3) -> tuple[torch.Tensor, ...]:
    """Weights (k,), means (k, d) and Cholesky factors (k, d, d) of a Gaussian mixture by EM, from `k_means`; float64.

    It ends when the mean log-likelihood rises by less than `tolerance`; 10⁻⁶ is added to variances, as in scikit-learn.
    """
    points = points.double()
    shares = torch.nn.functional.one_hot(k_means(points, k, key)[1], k).double()
    floor = 1e-6 * torch.eye(points.shape[1], dtype=points.dtype, device=points.device)
    likelihood = -math.inf
    for _ in range(2000):
        counts = shares.sum(0) + 10 * torch.finfo(points.dtype).eps
        means = shares.T @ points / counts[:, None]
        covariances = []
        for index in range(k):
            offset = points - means[index]
            covariances.append((shares[:, index, None] * offset).T @ offset / counts[index] + floor)
        factors = torch.linalg.cholesky(torch.stack(covariances))
        weights = counts / counts.sum()
        normal = torch.distributions.MultivariateNormal(means, scale_tril=factors)
        joint = torch.stack([_log_density(normal, points, index) for index in range(k)], 1) + weights.log()
        total = joint.logsumexp(1, keepdim=True)
        shares, before, likelihood = (joint - total).exp(), likelihood, total.mean().item()
        if likelihood - before < tolerance:
            break
    return weights, means, factors


def _log_density(normal: torch.distributions.MultivariateNormal, points: torch.Tensor, index: int) -> torch.Tensor:
    """Of one component of a batch of Gaussians at points (N, d): (N,)."""
    own = torch.distributions.MultivariateNormal(normal.loc[index], scale_tril=normal.scale_tril[index])
    return own.log_prob(points)
