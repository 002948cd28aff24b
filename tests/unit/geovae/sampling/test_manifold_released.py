"""The pipeline around the released chain: centroids in the order of the training set, and nets in training mode."""

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.geometry.centroids import nearest_neighbour_distances
from geovae.geometry.metric import RiemannianMetric
from geovae.models.coding import encode_images
from geovae.models.files import build_model
from geovae.sampling import manifold_released
from geovae.sampling.base import Context
from geovae.sampling.draw import draw

K = 5
STILL = {"n_steps": 1, "n_lf": 1, "eps_lf": 1e-6, "n_long": 0}  # chains that hardly move


@pytest.fixture
def context() -> Context:
    description = {"model": "vae", "settings": {}, "net": "conv", "width": 0.02, "latent_dim": 3}
    model = build_model({**description, "image_shape": [1, 32, 32]}, seed=0)
    images = np.random.default_rng(0).integers(256, size=(230, 1, 32, 32), dtype=np.uint8)
    mu, log_var = encode_images(model, images)
    metric = RiemannianMetric.from_latents(mu, log_var, K, 0.3)
    return Context(mu=mu, log_var=log_var, metric=metric, model=model, images=images)


def used_metrics(monkeypatch) -> list[RiemannianMetric]:
    """The metrics that chains are run on from now on."""
    seen, target = [], manifold_released.released_target
    monkeypatch.setattr(manifold_released, "released_target", lambda metric: (seen.append(metric), target(metric))[1])
    return seen


def test_the_first_centroids_are_the_first_means_with_their_variances(context, monkeypatch):
    seen = used_metrics(monkeypatch)
    first = draw("manifold_released", context, 20, "key", centroids="first", **STILL)
    medoids = draw("manifold_released", context, 20, "key", **STILL)
    torch.testing.assert_close(seen[0].centroids.float(), context.mu[:K])
    torch.testing.assert_close(seen[0].precisions.float(), torch.exp(-context.log_var[:K]))
    distances = nearest_neighbour_distances(context.mu[:K].double().numpy())
    assert seen[0].rho == pytest.approx(distances[:-1].max())
    assert seen[0].lam == 0.3
    torch.testing.assert_close(seen[1].centroids.float(), context.metric.centroids)
    assert first.batch_statistics is medoids.batch_statistics is False
    with pytest.raises(GeovaeError, match="centroids = 'last'; they are medoids or first"):
        draw("manifold_released", context, 2, "key", centroids="last", **STILL)


@pytest.mark.parametrize("centroids", ["medoids", "first"])
def test_with_batch_statistics_means_and_centroids_are_those_of_training_mode(context, centroids, monkeypatch):
    seen = used_metrics(monkeypatch)
    settings = {"batch_statistics": True, "centroids": centroids, **STILL}
    drawn = draw("manifold_released", context, 300, "key", **settings)
    assert drawn.batch_statistics
    context.model.train()
    with torch.no_grad():
        batches = torch.from_numpy(context.images).float().div(255).split(100)
        posteriors = [context.model.encode(batch) for batch in batches]
    mu = torch.cat([posterior.mu for posterior in posteriors])
    (metric,) = seen
    rows = torch.cdist(metric.centroids.double(), mu.double()).argmin(1)
    torch.testing.assert_close(metric.centroids.float(), mu[rows], atol=1e-5, rtol=1e-5)
    log_var = torch.cat([posterior.log_var for posterior in posteriors])
    torch.testing.assert_close(metric.precisions.float(), torch.exp(-log_var[rows]), atol=1e-5, rtol=1e-4)
    assert len(rows.unique()) == K
    if centroids == "first":
        assert rows.tolist() == list(range(K))
    starts = torch.cdist(drawn.latents.double(), mu.double())
    assert starts.amin(1).max() < 1e-4
    assert len(starts.argmin(1).unique()) > 100
    again = draw("manifold_released", context, 300, "key", **settings)
    assert torch.equal(again.latents, drawn.latents)


def test_batch_statistics_need_model_and_images(context):
    for missing in ("model", "images"):
        without = Context(**{**vars(context), missing: None})
        with pytest.raises(GeovaeError, match="sampler 'manifold_released' needs"):
            draw("manifold_released", without, 3, "key", batch_statistics=True, **STILL)
        assert len(draw("manifold_released", without, 3, "key", **STILL).latents) == 3
