"""Building a model from its description, saving it, and loading it back."""

import inspect
from pathlib import Path

import torch

from geovae.core import storage
from geovae.core.errors import GeovaeError
from geovae.core.registry import load, take_options
from geovae.models.base import Autoencoder
from geovae.models.table import MODELS
from geovae.nets.build import build_net

_KINDS = {"model": str, "settings": dict, "net": str, "width": float, "latent_dim": int, "image_shape": list}
REQUIRED = tuple(_KINDS)


def build_model(description: dict, seed: int = 0) -> Autoencoder:
    """Build a model with fresh weights on the CPU; the global random state is left as it was.

    Args:
        description: `model` (a name in `geovae.models.table.MODELS`), `settings` (its keyword arguments),
            `net` (a name in `geovae.nets.table.NETS`), `width`, `latent_dim` and `image_shape` [C, H, W]; further keys
            are ignored.
        seed: seed of the weights.

    Raises:
        GeovaeError: a key is missing, a name is unknown, or a value is refused by the model or the net.

    Examples:
        >>> import torch
        >>> from geovae import build_model
        >>> description = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
        >>> description["image_shape"] = [1, 4, 4]
        >>> model = build_model(description, seed=0)
        >>> model.decode(torch.zeros(3, 2)).shape
        torch.Size([3, 1, 4, 4])
    """
    missing = [key for key in REQUIRED if key not in description]
    if missing:
        raise GeovaeError(f"the model's description lacks {', '.join(missing)}.")
    name = description["model"]
    model_class = load(MODELS, "model", name)
    parameters = inspect.signature(model_class).parameters.values()
    defaults = {entry.name: entry.default for entry in parameters if entry.kind is entry.KEYWORD_ONLY}
    settings = take_options(description["settings"], defaults, f"model {name!r}")
    shape, latent_dim, width = tuple(description["image_shape"]), description["latent_dim"], description["width"]
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        net = build_net(description["net"], shape, latent_dim, width, model_class.has_log_var)
        return model_class(*net, latent_dim, shape, width, **settings)


def save_model(folder: str | Path, model: Autoencoder, description: dict) -> None:
    """Write `model.safetensors` and then `model.json`, from which `load_model` rebuilds the model.

    Examples:
        >>> import os
        >>> import tempfile
        >>> from geovae import build_model, save_model
        >>> description = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
        >>> description["image_shape"] = [1, 4, 4]
        >>> model = build_model(description, seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_model(folder, model, description)
        ...     print(*sorted(os.listdir(folder)))
        model.json model.safetensors
    """
    folder = Path(folder)
    storage.save_weights(folder / "model.safetensors", model.state_dict())
    storage.save_json(folder / "model.json", description, beside=["model.safetensors"])


def load_model(folder: str | Path, device: str | torch.device = "cpu") -> Autoencoder:
    """Rebuild the trained model of a run folder, in evaluation mode.

    Raises:
        GeovaeError: `model.json` or `model.safetensors` is missing, damaged or of another model, or the weights hold
            NaN or infinities.

    Examples:
        >>> import tempfile
        >>> from geovae import build_model, load_model, save_model
        >>> description = {"model": "vae", "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
        >>> description["image_shape"] = [1, 4, 4]
        >>> model = build_model(description, seed=0)
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     save_model(folder, model, description)
        ...     loaded = load_model(folder)
        >>> all(weights.equal(model.state_dict()[name]) for name, weights in loaded.state_dict().items())
        True
    """
    folder = Path(folder)
    description_path, weights_path = folder / "model.json", folder / "model.safetensors"
    description = storage.load_json(description_path, **_KINDS)
    try:
        model = build_model(description)
    except (GeovaeError, TypeError, ValueError) as reason:
        raise GeovaeError(f"{description_path}: {reason}\nDelete the folder and run the workflow again.") from reason
    weights = storage.load_weights(weights_path, record=description_path.name, like=model.state_dict())
    try:
        model.load_state_dict(weights)
    except RuntimeError as reason:
        raise GeovaeError(
            f"{weights_path}: these are not the weights of the model that {description_path.name} describes.\n"
            "Delete the folder and run the workflow again."
        ) from reason
    return model.to(device).eval()
