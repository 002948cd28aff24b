"""Geometry-aware sampling for variational autoencoders.

Reference implementation of Chadebec & Allassonnière, "A Geometric Perspective on Variational Autoencoders"
(NeurIPS 2022, arXiv:2209.07370). The posteriors of a trained VAE, anyone's, make a Riemannian metric of its latent
space, and new latents are drawn from the metric's volume by Hamiltonian Monte Carlo:

    import torch
    from geovae import RiemannianMetric, hmc

    mu, log_var = encoder(train_images)  # (N, d) each
    metric = RiemannianMetric.from_latents(mu, log_var, k=100, lam=0.01)
    state, info = hmc.sample(metric.log_density_and_gradient, mu[:64], generator=torch.Generator().manual_seed(0))
    images = decoder(state.z)

`geovae.geometry.as_printed` holds the paper's formulas and Algorithm 2 as they are printed. The names below are those
that most people want, each with an example in its docstring; `import geovae` alone loads none of them, nor torch.
"""

from typing import TYPE_CHECKING

from geovae.core.registry import resolve

if TYPE_CHECKING:
    from geovae.core.errors import GeovaeError
    from geovae.evaluation.fid import frechet_distance
    from geovae.evaluation.kid import kernel_distance
    from geovae.evaluation.novelty import novelty
    from geovae.evaluation.prd import prd_scores
    from geovae.evaluation.precision_recall import density_coverage, precision_recall
    from geovae.geometry import hmc
    from geovae.geometry.centroids import select_centroids
    from geovae.geometry.curves import minimise_potential
    from geovae.geometry.metric import RiemannianMetric
    from geovae.geometry.reach import fast_leapfrog
    from geovae.models.coding import decode_images, encode_images
    from geovae.models.files import build_model, load_model, save_model
    from geovae.sampling.base import Context, Draw
    from geovae.sampling.draw import draw
    from geovae.training.loop import train

__version__ = "0.1.0"

__all__ = [
    "Context",
    "Draw",
    "GeovaeError",
    "RiemannianMetric",
    "build_model",
    "decode_images",
    "density_coverage",
    "draw",
    "encode_images",
    "fast_leapfrog",
    "frechet_distance",
    "hmc",
    "kernel_distance",
    "load_model",
    "minimise_potential",
    "novelty",
    "prd_scores",
    "precision_recall",
    "save_model",
    "select_centroids",
    "train",
]

# Public name -> the place of the object, "module:name", or the module.
_PLACES = {
    "Context": "geovae.sampling.base:Context",
    "Draw": "geovae.sampling.base:Draw",
    "GeovaeError": "geovae.core.errors:GeovaeError",
    "RiemannianMetric": "geovae.geometry.metric:RiemannianMetric",
    "build_model": "geovae.models.files:build_model",
    "decode_images": "geovae.models.coding:decode_images",
    "density_coverage": "geovae.evaluation.precision_recall:density_coverage",
    "draw": "geovae.sampling.draw:draw",
    "encode_images": "geovae.models.coding:encode_images",
    "fast_leapfrog": "geovae.geometry.reach:fast_leapfrog",
    "frechet_distance": "geovae.evaluation.fid:frechet_distance",
    "hmc": "geovae.geometry.hmc",
    "kernel_distance": "geovae.evaluation.kid:kernel_distance",
    "load_model": "geovae.models.files:load_model",
    "minimise_potential": "geovae.geometry.curves:minimise_potential",
    "novelty": "geovae.evaluation.novelty:novelty",
    "prd_scores": "geovae.evaluation.prd:prd_scores",
    "precision_recall": "geovae.evaluation.precision_recall:precision_recall",
    "save_model": "geovae.models.files:save_model",
    "select_centroids": "geovae.geometry.centroids:select_centroids",
    "train": "geovae.training.loop:train",
}


def __getattr__(name: str) -> object:
    """The public object `name`, imported at its first use (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = resolve(_PLACES[name])
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
