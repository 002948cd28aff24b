"""Which precision `auto` takes on which processor, for which net."""

import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.models.files import build_model
from geovae.training import precision
from geovae.training.precision import CONVOLUTIONS, DENSE, autocast_dtype, breadth, layers

CPU = torch.device("cpu")
AMX, AVX512 = {"amx_bf16", "avx512_bf16", "avx512f"}, {"avx512_bf16", "avx512f"}


def vae(net: str, width: float):
    description = {"model": "vae", "settings": {}, "net": net, "width": width, "latent_dim": 2}
    return build_model(description | {"image_shape": [1, 32, 32]})


@pytest.mark.parametrize(
    ("flags", "net", "width", "dtype"),
    [
        (AVX512, "conv", 1 / 16, torch.bfloat16),
        (AVX512, "resnet", 1 / 4, torch.bfloat16),
        (AVX512, "resnet", 1 / 16, None),
        (AVX512, "infogan", 1 / 16, torch.bfloat16),  # by its dense layers
        (AVX512, "mlp", 1 / 16, None),
        (AVX512, "mlp", 1 / 8, torch.bfloat16),
        (AMX, "conv", 1 / 16, None),  # the faster instructions' rule, though it has the others too
        (AMX, "conv", 1 / 4, torch.bfloat16),
        (AMX, "mlp", 1 / 8, None),
        ({"avx512f", "avx2"}, "conv", 1 / 4, None),
        (set(), "mlp", 1.0, None),
    ],
)
def test_auto_is_by_processor_layers_and_breadth(monkeypatch, flags, net, width, dtype):
    monkeypatch.setattr(precision, "cpu_flags", lambda: flags)
    model = vae(net, width)
    assert autocast_dtype("auto", CPU, model) is dtype
    assert autocast_dtype("float32", CPU, model) is None
    assert autocast_dtype("bfloat16", CPU, model) is torch.bfloat16


@pytest.mark.parametrize(("capability", "dtype"), [((7, 5), None), ((8, 0), torch.bfloat16)])
def test_auto_on_a_gpu_is_by_its_capability(monkeypatch, capability, dtype):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    assert autocast_dtype("auto", torch.device("cuda"), vae("mlp", 1 / 16)) is dtype


@pytest.mark.parametrize(
    ("net", "kind"), [("mlp", DENSE), ("conv", CONVOLUTIONS), ("resnet", CONVOLUTIONS), ("wae", CONVOLUTIONS)]
)
def test_the_layers_of_nets(net, kind):
    assert layers(vae(net, 1 / 16)) == kind


@pytest.mark.parametrize(
    ("net", "width", "expected"),
    [("mlp", 1 / 8, 125), ("conv", 1 / 16, 32), ("resnet", 1 / 4, 32), ("infogan", 1 / 16, 64)],
)
def test_the_breadth_of_nets(net, width, expected):
    assert breadth(vae(net, width)) == expected


def test_an_unknown_precision_is_named():
    with pytest.raises(GeovaeError, match=r"training\.precision = 'half': allowed: auto, float32, bfloat16"):
        autocast_dtype("half", CPU, vae("mlp", 0.1))
