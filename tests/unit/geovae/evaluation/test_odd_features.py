"""Scores of features that are no real numbers, or none at all: refused by the score's name."""

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.evaluation.fid import frechet_distance, statistics
from geovae.evaluation.kid import kernel_distance
from geovae.evaluation.neighbours import nearest_features
from geovae.evaluation.novelty import novelty
from geovae.evaluation.prd import prd_scores
from geovae.evaluation.precision_recall import density_coverage, precision_recall

GOOD = np.random.default_rng(0).normal(size=(20, 3))
ODD = [
    (torch.from_numpy(GOOD).requires_grad_(), "is a Tensor; it must be a NumPy array"),
    (GOOD.tolist(), "is a list"),
    (GOOD.astype(np.complex128), "holds complex128"),
    (GOOD.astype(np.float16), "holds float16"),
    (GOOD.astype(str), "holds <U"),
    (GOOD.astype(object), "holds object"),
    (GOOD > 0, "holds bool"),
    (np.ma.masked_array(GOOD, GOOD > 0), "is a masked array"),
    (1e200 * GOOD, "the features reach .*e[+]200, and may reach 1e[+]75"),
    (np.full_like(GOOD, np.inf), "not finite"),
    (GOOD[0], "shape"),
]
SCORES = {
    "Fréchet distance": lambda a, b: [statistics(a), statistics(b)],
    "KID": lambda a, b: kernel_distance(a, b, seed=0, n_subsets=2),
    "PRD": lambda a, b: prd_scores(a, b, seed=0, n_clusters=2, n_runs=1),
    "improved precision and recall": precision_recall,
    "density and coverage": density_coverage,
    "nearest features": nearest_features,
}


@pytest.mark.parametrize("score", SCORES)
@pytest.mark.parametrize(("odd", "message"), ODD)
def test_odd_features_are_refused(score, odd, message):
    for pair in ((odd, GOOD), (GOOD, odd)):
        with pytest.raises(GeovaeError, match=f"^{score}.*{message}"):
            SCORES[score](*pair)
    assert SCORES[score](GOOD, GOOD) is not None


@pytest.mark.parametrize("odd", [np.empty(0), np.array([np.nan]), np.array([-1.0]), np.ones((2, 2)), [1.0]])
def test_odd_distances_have_no_novelty(odd):
    with pytest.raises(GeovaeError, match=r"^novelty: unseen"):
        novelty(np.ones(3), odd)


@pytest.mark.parametrize("name", [name for name in SCORES if name not in ("novelty", "Fréchet distance")])
def test_sets_without_features_are_refused(name):
    with pytest.raises(GeovaeError, match="the sets have no features"):
        SCORES[name](GOOD[:, :0], GOOD[:, :0])


@pytest.mark.parametrize("odd", [GOOD, torch.from_numpy(GOOD), GOOD.tolist(), (GOOD.mean(0), np.cov(GOOD.T))])
def test_a_frechet_distance_is_between_statistics(odd):
    with pytest.raises(GeovaeError, match=rf"one side is a {type(odd).__name__}; it must be GaussianStatistics"):
        frechet_distance(statistics(GOOD), odd)
