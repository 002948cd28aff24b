"""Mixtures of neighbouring training means: nothing but the neighbourhoods, and no noise."""

import numpy as np
import torch
from sklearn.neighbors import NearestNeighbors

from geovae.core.quantities import whole
from geovae.core.seeding import numpy_generator
from geovae.sampling.base import Context, Draw, rows_with_replacement

NAME = "neighbours"


def sample_neighbours(context: Context, n: int, key: str, *, n_neighbours: int = 10) -> Draw:
    """n points Σ_j w_j μ_j: of K means with weights of the flat Dirichlet distribution, uniform over their simplex.

    The K = `n_neighbours` means are the nearest to a random training mean, this one included: K = 1 gives training
    means, K = 2 points between a mean and its neighbour, as SMOTE draws them (Chawla et al. 2002). All draws lie in the
    convex hull of the means; where these are fewer than K, all of them are taken.

    Examples:
        >>> import torch
        >>> from geovae import Context, draw
        >>> context = Context(mu=torch.tensor([[0.0, 0.0], [1.0, 0.0], [50.0, 50.0], [51.0, 50.0]]))
        >>> z = draw("neighbours", context, 1000, "a key", n_neighbours=2).latents
        >>> bool(((z < 1.001) | (z > 49.999)).all())  # between neighbours, never between the two pairs
        True
    """
    mu = context.need("mu", NAME).double().numpy()
    k = min(whole(n_neighbours, f"sampler {NAME!r}: n_neighbours", 1), len(mu))
    generator = numpy_generator(key)
    used, which = np.unique(rows_with_replacement(len(mu), n, generator), return_inverse=True)
    near = NearestNeighbors(n_neighbors=k).fit(mu).kneighbors(mu[used], return_distance=False)
    weights = generator.dirichlet(np.ones(k), size=n)
    latents = np.zeros((n, mu.shape[1]))
    for j in range(k):  # one neighbour at a time: (n, K, d) would not fit the memory for large K
        latents += weights[:, j, None] * mu[near[which, j]]
    return Draw(torch.from_numpy(latents).float(), None, {"n_neighbours": float(k)})
