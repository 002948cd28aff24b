"""The models, one module each, behind one registry; building, saving and loading them; encoding and decoding.

A model is a subclass of `geovae.models.base.Autoencoder`. To add one, write a module and name its class here.
"""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.images import to_uint8, to_unit
from geovae.core.registry import look_up, take_options
from geovae.models.aae import AAE
from geovae.models.ae import AE
from geovae.models.base import Autoencoder, Loss, Posterior
from geovae.models.hvae import HVAE
from geovae.models.iwae import IWAE
from geovae.models.rae import RAE
from geovae.models.rae_gp import RAEGP
from geovae.models.rae_l2 import RAEL2
from geovae.models.rae_sn import RAESN
from geovae.models.rhvae import RHVAE
from geovae.models.two_stage import TwoStageVAE
from geovae.models.vae import VAE
from geovae.models.vae_iaf import VAEIAF
from geovae.models.vae_nf import VAENF
from geovae.models.vaegan import VAEGAN
from geovae.models.vamp import VAMP
from geovae.models.wae import WAE
from geovae.nets import build_net

MODELS: dict[str, type[Autoencoder]] = {
    "ae": AE,
    "vae": VAE,
    "wae": WAE,
    "vamp": VAMP,
    "hvae": HVAE,
    "rhvae": RHVAE,
    "rae": RAE,
    "rae_gp": RAEGP,
    "rae_l2": RAEL2,
    "rae_sn": RAESN,
    "iwae": IWAE,
    "aae": AAE,
    "vaegan": VAEGAN,
    "vae_iaf": VAEIAF,
    "vae_nf": VAENF,
    "two_stage": TwoStageVAE,
}

__all__ = [
    "MODELS",
    "Autoencoder",
    "Loss",
    "Posterior",
    "build_model",
    "decode_images",
    "decode_posterior",
    "encode_images",
    "load_model",
    "save_model",
]

REQUIRED = ("model", "settings", "net", "width", "latent_dim", "image_shape")


def build_model(description: dict, seed: int = 0) -> Autoencoder:
    """Build a model with fresh weights on the CPU; the global random state is left as it was.

    Args:
        description: `model` (a name in `MODELS`), `settings` (its keyword arguments), `net` (a name in
            `geovae.nets.NETS`), `width`, `latent_dim` and `image_shape` [C, H, W]; further keys are ignored.
        seed: seed of the weights.

    Raises:
        GeovaeError: a key is missing, a name is unknown, or a value is refused by the model or the net.
    """
    missing = [key for key in REQUIRED if key not in description]
    if missing:
        raise GeovaeError(f"the model's description lacks {', '.join(missing)}.")
    name = description["model"]
    model_class = look_up(MODELS, "model", name)
    parameters = inspect.signature(model_class).parameters.values()
    defaults = {entry.name: entry.default for entry in parameters if entry.kind is entry.KEYWORD_ONLY}
    settings = take_options(description["settings"], defaults, f"model {name!r}")
    shape, latent_dim = tuple(description["image_shape"]), description["latent_dim"]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        net = build_net(description["net"], shape, latent_dim, description["width"], model_class.has_log_var)
        return model_class(*net, latent_dim, shape, **settings)


def save_model(folder: str | Path, model: Autoencoder, description: dict) -> None:
    """Write `model.safetensors` and then `model.json`, from which `load_model` rebuilds the model."""
    folder = Path(folder)
    storage.save_weights(folder / "model.safetensors", model.state_dict())
    storage.save_json(folder / "model.json", description)


def load_model(folder: str | Path, device: str | torch.device = "cpu") -> Autoencoder:
    """Rebuild the trained model of a run folder, in evaluation mode.

    Raises:
        GeovaeError: `model.json` or `model.safetensors` is missing or corrupt, or they do not fit together.
    """
    folder = Path(folder)
    description_path, weights_path = folder / "model.json", folder / "model.safetensors"
    description = storage.load_json(description_path)
    weights = storage.load_weights(weights_path)
    try:
        model = build_model(description)
    except GeovaeError as reason:
        raise GeovaeError(f"{description_path}: {reason}\nDelete the folder and run the workflow again.") from reason
    try:
        model.load_state_dict(weights)
    except RuntimeError as reason:
        raise GeovaeError(
            f"{weights_path}: these are not the weights of the model that {description_path.name} describes.\n"
            "Delete the folder and run the workflow again."
        ) from reason
    return model.to(device).eval()


@torch.no_grad()
def encode_images(
    model: Autoencoder, images: torch.Tensor | np.ndarray, batch_size: int = 500
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Encode uint8 images (N, C, H, W) in evaluation mode.

    Returns:
        `mu` (N, d) and `log_var` (N, d), float32 on the CPU; `log_var` is None for a deterministic encoder.
    """
    device = next(model.parameters()).device
    mu = torch.empty(len(images), model.latent_dim)
    log_var = torch.empty_like(mu) if model.has_log_var else None
    with _evaluating(model):
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            if isinstance(batch, np.ndarray):
                # A copy, for torch does not take arrays that are read-only, as memory-mapped files are.
                batch = torch.from_numpy(batch.copy())
            posterior = model.encode(to_unit(batch.to(device)))
            mu[start : start + batch_size] = posterior.mu.cpu()
            if log_var is not None:
                log_var[start : start + batch_size] = posterior.log_var.cpu()
    return mu, log_var


@torch.no_grad()
def decode_images(model: Autoencoder, z: torch.Tensor, batch_size: int = 500) -> torch.Tensor:
    """Decode latents (N, d) in evaluation mode to uint8 images (N, C, H, W) on the CPU.

    Raises:
        GeovaeError: a latent is NaN or infinite.
    """
    if not torch.isfinite(z).all():
        bad = int((~torch.isfinite(z)).any(1).sum())
        raise GeovaeError(f"{bad} of {len(z)} latents are not finite, so they have no image. Check what drew them.")
    parameter = next(model.parameters())
    images = torch.empty(len(z), *model.image_shape, dtype=torch.uint8)
    with _evaluating(model):
        for start in range(0, len(z), batch_size):
            batch = z[start : start + batch_size].to(parameter.device, parameter.dtype)
            images[start : start + batch_size] = to_uint8(model.decode(batch)).cpu()
    return images


def decode_posterior(model: Autoencoder, z: torch.Tensor, batch_size: int = 500) -> torch.Tensor:
    """As `decode_images`, for latents (N, d) in the space of the encoder's means: a flow's model carries them on."""
    device = next(model.parameters()).device
    with torch.no_grad(), _evaluating(model):
        carried = [model.to_decoder(batch.to(device)).cpu() for batch in z.split(batch_size)]
    return decode_images(model, torch.cat(carried), batch_size)


@contextmanager
def _evaluating(model: Autoencoder) -> Iterator[None]:
    """Put the model in evaluation mode (batch normalisation by its running statistics), and back afterwards."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)
