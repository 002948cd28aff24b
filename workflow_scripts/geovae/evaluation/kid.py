"""The kernel Inception distance (Bińkowski et al., "Demystifying MMD GANs", ICLR 2018)."""

import math
from typing import NamedTuple

import numpy as np

from geovae.core.errors import GeovaeError
from geovae.core.seeding import numpy_generator
from geovae.evaluation.neighbours import check_features

N_SUBSETS = 100
SUBSET_SIZE = 1000


class KernelDistance(NamedTuple):
    """An estimate of the squared distance, which may be negative, and its standard error."""

    mean: float
    std_error: float


def _kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """k(x, y) = (x·y/F + 1)³."""
    products = a @ b.T / a.shape[1]
    products += 1.0
    return products * products * products


def squared_mmd(x: np.ndarray, y: np.ndarray) -> float:
    """The unbiased estimate of the squared maximum mean discrepancy under the cubic kernel (paper, Eq. 4).

    Args:
        x, y: float64 features (m, F) and (n, F), of at least two images each.
    """
    m, n = len(x), len(y)
    xx, yy = _kernel(x, x), _kernel(y, y)
    within = (xx.sum() - np.trace(xx)) / (m * (m - 1)) + (yy.sum() - np.trace(yy)) / (n * (n - 1))
    return float(within - 2.0 * _kernel(x, y).mean())


def kernel_distance(
    generated: np.ndarray, reference: np.ndarray, seed: int, n_subsets: int = N_SUBSETS
) -> KernelDistance:
    """The mean of `squared_mmd` over random subsets of both sides, as usually reported, and its standard error.

    Subsets have m = 1,000 images, or half of the smaller side if that is less, drawn without replacement. The error is
    the delete-d jackknife's (Shao and Wu, 1989), √(m/(n − m)) times the standard deviation over the subsets, where n is
    the size of the smaller side: how much estimates from other sets of these sizes would vary. (The deviation over
    √`n_subsets` would only say how well the subsets were averaged.)

    Args:
        generated, reference: features (N, F) and (M, F).
        seed: of the subsets.
        n_subsets: at least 2.

    Raises:
        GeovaeError: fewer than four images on a side, different numbers of features, or values that are not finite.

    Examples:
        >>> import numpy as np
        >>> from geovae import kernel_distance
        >>> kernel_distance(np.zeros((8, 2)), np.ones((8, 2)), seed=0)  # 1³ + 2³ − 2·1³
        KernelDistance(mean=7.0, std_error=0.0)
    """
    check_features(generated, reference, "KID")
    n = min(len(generated), len(reference))
    if n < 4:
        raise GeovaeError(f"KID: at least four images of each side are needed, not {n}. Score more images.")
    size = min(SUBSET_SIZE, n // 2)
    values = []
    for subset in range(n_subsets):
        generator = numpy_generator(seed, "kid", subset)
        x, y = (rows[generator.choice(len(rows), size, replace=False)] for rows in (generated, reference))
        values.append(squared_mmd(x.astype(np.float64), y.astype(np.float64)))
    return KernelDistance(float(np.mean(values)), math.sqrt(size / (n - size)) * float(np.std(values, ddof=1)))
