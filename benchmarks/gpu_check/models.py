"""Every model on the device beside the CPU: its loss and gradients, two epochs, and the same bytes twice."""

import warnings
from collections.abc import Iterator

import torch

from geovae.core.images import to_unit
from geovae.core.seeding import torch_generator
from geovae.models.base import ALL, Autoencoder
from geovae.models.coding import decode_images, encode_images
from geovae.models.files import build_model
from geovae.models.table import MODELS
from geovae.training.loop import train
from gpu_check.digits import drawn_digits
from gpu_check.noise import same_noise
from gpu_check.report import Check, Row

LATENT_DIM, IMAGE_SHAPE = 16, (1, 32, 32)
TRAINING = {"epochs": 2, "batch_size": 50, "lr": 1e-3, "patience": 5}
# Errors of float32 on the device against float64 may be so many times those on the CPU, where neither is exact.
TIMES_CPU, ROUND_OFF = 10.0, 1e-6
# Steps of Adam make small differences large ones: the losses after two epochs agree to this share.
EPOCH_TOLERANCE = 0.02


def fresh(name: str, width: float) -> Autoencoder:
    """The model `name` on Table 4's net, always with the same weights."""
    description = {"model": name, "settings": {}, "net": "conv", "width": width, "latent_dim": LATENT_DIM}
    return build_model(description | {"image_shape": list(IMAGE_SHAPE)}, seed=0)


def compare_models(check: Check) -> None:
    """A row a model: losses, gradients, codes and trainings on the device and on the CPU."""
    images = torch.from_numpy(drawn_digits(check.scale.images + 20, "models")[0])
    for name in MODELS:
        check.attempt(name, lambda name=name: _compare(name, check, images[20:], images[:20]))


def _compare(name: str, check: Check, train_images: torch.Tensor, validation_images: torch.Tensor) -> Row:
    width, device = check.scale.width, check.device
    x = to_unit(validation_images[:10])
    places = {"exact": ("cpu", torch.float64), "cpu": ("cpu", torch.float32), "device": (device, torch.float32)}
    found = {place: list(_losses_and_gradients(fresh(name, width).to(*to), x.to(*to))) for place, to in places.items()}
    row: Row = {}
    for index, quantity in enumerate(("loss", "gradient")):
        errors = {place: _largest_error(found[place], found["exact"], index) for place in ("cpu", "device")}
        row |= {f"{quantity}_error_{place}": error for place, error in errors.items()}
        row[f"{quantity}_ok"] = errors["device"] <= TIMES_CPU * errors["cpu"] + ROUND_OFF
    losses = []
    for place in ("cpu", device):
        model = fresh(name, width)
        with same_noise():
            rows = train(model, train_images, validation_images, **TRAINING, key="check", device=place)
        losses.append(rows[-1]["validation_loss"])
        mu, _ = encode_images(model, validation_images)
        decode_images(model, mu)
    difference = abs(losses[1] - losses[0]) / abs(losses[0])
    row |= {"loss_after_cpu": losses[0], "loss_after_device": losses[1], "epochs_ok": difference <= EPOCH_TOLERANCE}
    return {"ok": bool(row["loss_ok"] and row["gradient_ok"] and row["epochs_ok"]), **row}


def _losses_and_gradients(model: Autoencoder, x: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """The loss and the gradients of its objectives as one vector, in float64 on the CPU; a pair a phase."""
    model.train()
    for phase in model.phases(1):
        model.start_phase(phase.name)
        groups = model.parameter_groups()
        with same_noise(x.dtype):
            loss = model.loss(x, torch_generator("check", phase.name, device=x.device.type))
            parts = []
            for group, objective in (loss.objectives or {ALL: loss.total}).items():
                gradients = torch.autograd.grad(objective, groups[group], retain_graph=True, allow_unused=True)
                parts += [gradient.flatten() for gradient in gradients if gradient is not None]
        yield loss.total.detach().double().cpu(), torch.cat(parts).double().cpu()


def _largest_error(found: list[tuple], exact: list[tuple], index: int) -> float:
    """The largest relative error over the phases, by norms."""
    pairs = ((a[index], b[index]) for a, b in zip(found, exact, strict=True))
    return max(((a - b).norm() / b.norm()).item() for a, b in pairs)


def repeat_trainings(check: Check) -> None:
    """A row a model: are its weights the same bytes after the same training?"""
    images = torch.from_numpy(drawn_digits(check.scale.images + 20, "models")[0])
    for name in MODELS:
        check.attempt(name, lambda name=name: _repeat(name, check, images[20:], images[:20]))


def _repeat(name: str, check: Check, train_images: torch.Tensor, validation_images: torch.Tensor) -> Row:
    states = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(2):
            model = fresh(name, check.scale.width)
            train(model, train_images, validation_images, **TRAINING, key="check", device=check.device)
            states.append(model.state_dict())
    different = [key for key, tensor in states[0].items() if not torch.equal(tensor, states[1][key])]
    told = sorted({str(warning.message).split(".")[0] for warning in caught if "deterministic" in str(warning.message)})
    return {"ok": not different, "different": len(different), "tensors": len(states[0]), "warned": "; ".join(told)}
