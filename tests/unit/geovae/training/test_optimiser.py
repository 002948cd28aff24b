"""Adam and its schedules are torch's to the bit, and load no compiler."""

import subprocess
import sys

import pytest
import torch
from torch import nn
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

from geovae.training.optimiser import Adam, PeriodSchedule, PlateauSchedule
from helpers.paths import SCRIPTS


def net() -> nn.Sequential:
    torch.manual_seed(3)
    layers = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(4 * 36, 3))
    return layers.to(memory_format=torch.channels_last)


def trained(model: nn.Module, optimizer, steps: int = 12) -> list[torch.Tensor]:
    """The parameters after steps on random images, of which every third reaches the last layer alone."""
    noise = torch.Generator().manual_seed(4)
    for step in range(steps):
        x = torch.randn(5, 1, 8, 8, generator=noise)
        optimizer.zero_grad()
        reached = list(model[2].parameters()) if step % 3 == 0 else list(model.parameters())
        model(x).square().sum().backward(inputs=reached)
        optimizer.step()
    return list(model.parameters())


@pytest.mark.parametrize("fused", [True, False])
def test_steps_are_those_of_torch_to_the_bit(fused):
    ours, other = net(), net()
    optimizer, peer = (
        Adam(ours.parameters(), 0.01, fused=fused),
        torch.optim.Adam(other.parameters(), lr=0.01, fused=fused or None),
    )
    pairs = list(zip(trained(ours, optimizer), trained(other, peer), strict=True))
    start = list(net().parameters())
    assert not any(torch.equal(mine, before) for (mine, _), before in zip(pairs, start, strict=True))
    for mine, theirs in pairs:
        assert torch.equal(mine, theirs)
        assert optimizer.state[mine].keys() == peer.state[theirs].keys()
        for part, tensor in optimizer.state[mine].items():
            assert torch.equal(tensor, peer.state[theirs][part])
            assert tensor.stride() == peer.state[theirs][part].stride()


def test_a_parameter_without_a_gradient_stays():
    model = net()
    before = [parameter.clone() for parameter in model.parameters()]
    optimizer = Adam(model.parameters(), 0.01, fused=True)
    optimizer.step()
    assert optimizer.state == {}
    trained(model, optimizer, steps=1)
    changed = [not torch.equal(old, new) for old, new in zip(before, model.parameters(), strict=True)]
    assert changed == [False, False, True, True]


LOSSES = {
    "falling": [5.0 - i for i in range(12)],  # below 0 in the end
    "level": [2.0, *[1.0] * 11],
    "better by less than counts": [1.0 - 5e-5 * i for i in range(12)],
    "rising below 0": [-1.0, *[-0.99995] * 5, *[-0.99] * 6],
    "nan": [1.0, *[float("nan")] * 11],
}


@pytest.mark.parametrize("losses", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("patience", [0, 2])
@pytest.mark.parametrize("lr", [1e-3, 3e-8])  # the second is soon too small to be halved
def test_rates_on_a_plateau_are_those_of_torch(losses, patience, lr):
    parameter = nn.Parameter(torch.zeros(1))
    ours, other = Adam([parameter], lr), torch.optim.Adam([parameter], lr=lr)
    schedule, peer = PlateauSchedule(ours, patience), ReduceLROnPlateau(other, factor=0.5, patience=patience)
    for loss in losses:
        schedule.step(loss)
        peer.step(loss)
        assert ours.lr == other.param_groups[0]["lr"]
        # An interruption between any two epochs changes nothing.
        state, schedule = schedule.state_dict(), PlateauSchedule(ours, patience)
        schedule.load_state_dict(state)


def test_rates_by_periods_are_those_of_torch():
    parameter = nn.Parameter(torch.zeros(1))
    ours, other = Adam([parameter], 0.01), torch.optim.Adam([parameter], lr=0.01)
    schedule, peer = PeriodSchedule(ours, 3), StepLR(other, step_size=3, gamma=0.5)
    other.step()  # torch warns where a schedule goes before
    rates = []
    for _ in range(10):
        schedule.step(1.0)
        peer.step()
        rates.append(ours.lr)
        assert ours.lr == other.param_groups[0]["lr"]
        state, schedule = schedule.state_dict(), PeriodSchedule(ours, 3)
        schedule.load_state_dict(state)
    assert rates == [0.01] * 2 + [0.005] * 3 + [0.0025] * 3 + [0.00125] * 2


_TRAININGS = """
import sys
import numpy as np, torch
from geovae.augmentation import classifier as augmentation
from geovae.augmentation.training_sets import LabelledImages
from geovae.evaluation import classifier as backbone
from geovae.evaluation.splits import Split
from geovae.models.files import build_model
from geovae.models.table import MODELS
from geovae.training.loop import train

images = torch.arange(40, dtype=torch.uint8)[:, None, None, None].expand(40, 1, 8, 8).contiguous()
for model in MODELS:
    description = {"model": model, "settings": {}, "net": "mlp", "width": 0.02, "latent_dim": 2}
    if model == "rhvae":
        description["settings"] = {"n_centroids": 10}
    built = build_model(description | {"image_shape": [1, 8, 8]}, seed=0)
    train(built, images[:30], images[30:], epochs=1, batch_size=10, lr=0.001, patience=1, key="k", precision="bfloat16")
labels = np.arange(40) % 2
split = Split(images.numpy(), labels)
backbone.train(
    dict.fromkeys(("train", "validation", "test"), split), dataset="d", class_names=(), key="k", epochs=1,
    batch_size=20, lr=0.001, width=0.1, device=torch.device("cpu"),
)
settings = augmentation.Settings()._replace(epochs=1, width=0.1)
large = np.repeat(np.repeat(images.numpy(), 4, 2), 4, 3)
augmentation.train(*2 * [LabelledImages(large, labels)], n_classes=2, key="k", run=0, settings=settings)
print(*sorted({"torch", "torch._dynamo", "torchvision", "sympy"} & set(sys.modules)))
"""


def test_no_training_loads_torchs_compiler():
    result = subprocess.run(
        [sys.executable, "-c", _TRAININGS], cwd=SCRIPTS, capture_output=True, text=True, check=False
    )
    assert result.stdout.splitlines()[-1:] == ["torch"], result.stderr
