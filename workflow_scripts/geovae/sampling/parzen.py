"""Manifold Parzen windows (Vincent & Bengio, NeurIPS 2002): kernels with the shape of a neighbourhood of the means.

As there, a kernel's covariance is that of the differences from its centre to the K nearest means, made regular in the
directions that these do not span. There σ² I is added. Here it is a share of the neighbourhood's mean variance, so that
one scale moves a kernel in all directions, and the likelihoods of all scales follow from one pass over the distances.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from geovae.core.errors import GeovaeError
from geovae.core.quantities import whole
from geovae.core.seeding import numpy_generator
from geovae.sampling.base import Context, Draw, rows_with_replacement
from geovae.sampling.held_out import (
    CHUNK_ENTRIES,
    Choice,
    best_scale,
    checked_scale,
    held_out_means,
    highest,
    kernel_likelihood,
    require_unseen,
    scales_around,
    spread,
)

NAME = "parzen"
# Numbers of neighbours that the likelihood chooses from.
CANDIDATES = (5, 10, 20, 50, 100)
# Share of a kernel's variance that is the same in all directions, and the least variance relative to the means' own.
ISOTROPIC, LEAST = 0.1, 1e-6
# Deviations of the means between which a millionth of their squares, and products of these, are normal in float64.
SMALLEST, LARGEST = 1e-140, 1e70


class Window(NamedTuple):
    """A number of neighbours, the kernels' scale, and what their choice was made by; None where nothing was chosen."""

    n_neighbours: int
    scale: float
    choice: Choice | None


def sample_parzen(
    context: Context,
    n: int,
    key: str,
    *,
    n_neighbours: int | None = None,
    scale: float | None = None,
    max_validation: int = 1000,
) -> Draw:
    """n draws from (1/N) Σ_i N(μ_i, s² C_i), C_i being the shape of the neighbourhood of μ_i.

    C_i = 0.9 S_i + 0.1 (tr S_i / d) I with S_i = (1/K) Σ_j (μ_j − μ_i)(μ_j − μ_i)ᵀ over the K nearest other means.
    K is `n_neighbours` and s is `scale`; what is not given is chosen by the likelihood of at most `max_validation`
    validation means, K among `CANDIDATES`.

    Diagnostics: `n_neighbours`, `scale`; `bandwidth`, the root mean square deviation of the drawn kernels per
    dimension; of a choice also `held_out_log_likelihood` and `scale_at_edge`.

    Raises:
        GeovaeError: there are fewer than two training means, all coincide, or a setting is out of range.

    Examples:
        On a line, noise along the line is √(0.95 / 0.05), about four times, as wide as across.

        >>> import torch
        >>> from geovae import Context, draw
        >>> line = torch.stack([torch.linspace(-9.0, 9.0, 200), torch.zeros(200)], dim=1)
        >>> drawn = draw("parzen", Context(mu=line), 4000, "a key", n_neighbours=10, scale=1.0)
        >>> nearest = torch.cdist(drawn.latents, line).argmin(1)
        >>> round(drawn.diagnostics["bandwidth"], 2), round(drawn.latents[:, 1].std().item(), 2)
        (0.22, 0.07)
    """
    mu = context.need("mu", NAME).double().numpy()
    if len(mu) < 2:
        raise GeovaeError("sampler 'parzen' needs at least two training means.")
    _require_spread(mu)
    if n_neighbours is not None:  # at most the other means
        n_neighbours = whole(n_neighbours, f"sampler {NAME!r}: n_neighbours", 1, len(mu) - 1)
    window = _window(context, mu, key, n_neighbours, scale, max_validation)
    generator = numpy_generator(key, "draw")
    rows = rows_with_replacement(len(mu), n, generator)
    noise = generator.standard_normal((n, mu.shape[1]))
    used, which = np.unique(rows, return_inverse=True)
    near = nearest_others(mu, window.n_neighbours, used)
    latents, variance = mu[rows], 0.0
    for members, shapes in _blocks(mu, near, used):
        drawn = np.flatnonzero((which >= members.start) & (which < members.stop))
        of = which[drawn] - members.start
        latents[drawn] += window.scale * np.einsum("nij,nj->ni", np.linalg.cholesky(shapes)[of], noise[drawn])
        variance += float(np.trace(shapes[of], axis1=1, axis2=2).sum())
    diagnostics = {
        "n_neighbours": float(window.n_neighbours),
        "scale": window.scale,
        "bandwidth": window.scale * (variance / noise.size) ** 0.5,
    }
    if window.choice:
        diagnostics["held_out_log_likelihood"] = window.choice.log_likelihood
        diagnostics["scale_at_edge"] = float(window.choice.at_edge)
    return Draw(torch.from_numpy(latents).float(), None, diagnostics)


def _require_spread(mu: np.ndarray) -> None:
    """Refuse means whose neighbourhoods have no shape in float64, with a `GeovaeError`."""
    if not spread(NAME, mu, SMALLEST) < LARGEST:
        reach = np.abs(mu).max()
        raise GeovaeError(f"sampler 'parzen': the latents reach {reach:.3g}. See whether the training has diverged.")


def nearest_others(mu: np.ndarray, k: int, rows: np.ndarray | None = None) -> np.ndarray:
    """The rows (n, k) of the k nearest other means to those at `rows` (all), nearest first; 1 ≤ k < N."""
    search = NearestNeighbors(n_neighbors=k + 1).fit(mu)
    rows = np.arange(len(mu)) if rows is None else rows
    near = search.kneighbors(mu[rows], return_distance=False)
    # A mean is not always its own first neighbour: another may coincide with it.
    itself = near == rows[:, None]
    itself[~itself.any(1), -1] = True
    return near[~itself].reshape(len(rows), k)


def neighbourhood_shapes(mu: np.ndarray, rows: np.ndarray, near: np.ndarray) -> np.ndarray:
    """C_i (n, d, d) of the means at `rows` (n,) with the neighbours `near` (n, K)."""
    d = mu.shape[1]
    differences = mu[near] - mu[rows][:, None]
    shapes = np.einsum("nki,nkj->nij", differences, differences) / near.shape[1]
    sizes = np.trace(shapes, axis1=1, axis2=2) / d
    least = LEAST * mu.var(0).mean()
    shapes *= 1 - ISOTROPIC
    shapes[:, range(d), range(d)] += (ISOTROPIC * sizes + least)[:, None]
    return shapes


def _blocks(mu: np.ndarray, near: np.ndarray, rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """The shapes of the means at `rows`, as many at a time as fit the memory, and which of the rows these are."""
    step = max(1, CHUNK_ENTRIES // (mu.shape[1] * max(near.shape[1], mu.shape[1])))
    for start in range(0, len(rows), step):
        members = slice(start, min(start + step, len(rows)))
        yield members, neighbourhood_shapes(mu, rows[members], near[members])


# -- the choice of K and scale ----------------------------------------------------------------------------------------


def _window(
    context: Context, mu: np.ndarray, key: str, n_neighbours: int | None, scale: float | None, max_validation: int
) -> Window:
    """K and s, chosen where they are not given."""
    if scale is not None:
        scale = checked_scale(scale, f"sampler {NAME!r}: scale")
        if n_neighbours is not None:
            return Window(n_neighbours, scale, None)
    held_out = held_out_means(context, key, NAME, max_validation)
    if scale is None:
        require_unseen(NAME, held_out, mu)
    tried = [n_neighbours] if n_neighbours else sorted({min(k, len(mu) - 1) for k in CANDIDATES})
    near = nearest_others(mu, tried[-1])
    found = []
    for k in tried:
        blocks, log_volumes = _distances(held_out, mu, near[:, :k])
        likelihood = kernel_likelihood(blocks, mu.shape[1], log_volumes)
        if scale is None:
            choice = best_scale(likelihood, scales_around(blocks, mu.shape[1], NAME))
        else:
            choice = Choice(scale, likelihood(np.log(scale)), False)
        found.append(Window(k, choice.scale, choice))
    return found[highest([window.choice.log_likelihood for window in found])]


def _distances(points: np.ndarray, mu: np.ndarray, near: np.ndarray) -> tuple[Sequence[np.ndarray], np.ndarray]:
    """Squared Mahalanobis distances of points (M, d) to all means by C_i, and ½ log det C_i (N,); float32."""
    m, d = points.shape
    centre = mu.mean(0)
    points = points - centre
    distances, log_volumes = np.empty((m, len(mu)), np.float32), np.empty(len(mu), np.float32)
    step = max(1, CHUNK_ENTRIES // (d * max(m, d, near.shape[1])))
    for start in range(0, len(mu), step):
        rows = np.arange(start, min(start + step, len(mu)))
        factors = np.linalg.cholesky(neighbourhood_shapes(mu, rows, near[rows]))
        log_volumes[rows] = np.log(factors[:, range(d), range(d)]).sum(1)
        inverse = np.linalg.inv(factors)
        own = np.einsum("nij,nj->ni", inverse, mu[rows] - centre)
        white = (points @ inverse.reshape(-1, d).T).reshape(m, len(rows), d) - own
        with np.errstate(over="ignore"):  # `scales_around` and `highest` refuse what is not finite
            distances[:, rows] = np.einsum("mni,mni->mn", white, white)
    pieces = max(1, -(-distances.size // CHUNK_ENTRIES))
    return [block for block in np.array_split(distances, pieces) if len(block)], log_volumes
