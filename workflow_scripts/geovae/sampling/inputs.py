"""Reading what samplers need from the workflow's files."""

from pathlib import Path

import torch

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.geometry.metric import RiemannianMetric
from geovae.models.files import load_model
from geovae.sampling.base import Context


def read_context(
    model: str | Path,
    *,
    latents: str | Path | None = None,
    latents_validation: str | Path | None = None,
    latents_test: str | Path | None = None,
    metric: str | Path | None = None,
    data: str | Path | None = None,
    subset: str | Path | None = None,
    matched: str | Path | None = None,
    device: torch.device | str = "cpu",
) -> Context:
    """The context of a run folder's model and of the files that are given.

    Raises:
        GeovaeError: a file is missing or corrupt, or does not fit the model.
    """
    trained = load_model(model, device)
    d = trained.latent_dim
    mu, log_var = _latents(latents, d) if latents else (None, None)
    mu_validation = _latents(latents_validation, d)[0] if latents_validation else None
    mu_test = _latents(latents_test, d)[0] if latents_test else None
    loaded = RiemannianMetric.load(metric) if metric else None
    if loaded is not None and loaded.latent_dim != d:
        raise GeovaeError(f"{metric}: a metric of {loaded.latent_dim} dimensions; the model's latents have {d}.")
    images = None
    if data and subset:
        from geovae.data.subsets import subset_images

        images = subset_images(data, Path(subset).parent, Path(subset).stem)
        if images.shape[1:] != trained.image_shape:
            raise GeovaeError(f"{data}: images of shape {images.shape[1:]}; the model's have {trained.image_shape}.")
    return Context(
        model=trained,
        mu=mu,
        log_var=log_var,
        mu_validation=mu_validation,
        mu_test=mu_test,
        metric=loaded,
        images=images,
        image_shape=trained.image_shape,
        matched_displacement=_displacement(matched) if matched else None,
        device=device,
    )


def _latents(path: str | Path, latent_dim: int) -> tuple[torch.Tensor, torch.Tensor | None]:
    """`mu` and, where it is there, `log_var`, checked."""
    arrays = storage.load_arrays(path, "mu")
    mu = torch.from_numpy(arrays["mu"])
    log_var = torch.from_numpy(arrays["log_var"]) if "log_var" in arrays else None
    if mu.ndim != 2 or mu.shape[1] != latent_dim:
        raise GeovaeError(f"{path}: mu has shape {tuple(mu.shape)}; the model's latents have {latent_dim} dimensions.")
    if log_var is not None and log_var.shape != mu.shape:
        raise GeovaeError(f"{path}: log_var has shape {tuple(log_var.shape)}, mu {tuple(mu.shape)}.")
    for name, values in (("mu", mu), ("log_var", log_var)):
        if values is not None and not torch.isfinite(values).all():
            raise GeovaeError(f"{path}: {name} holds NaN or infinities. The model's training has probably diverged.")
    return mu, log_var


def _displacement(path: str | Path) -> float:
    diagnostics = storage.load_numbers(path)
    if diagnostics.get("rms_per_dimension") is None:
        raise GeovaeError(f"{path}: no rms_per_dimension. Give the diagnostics of the manifold sampler.")
    return diagnostics["rms_per_dimension"]
