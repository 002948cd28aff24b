"""The nets of Table 4: sizes, parameter counts, heads and errors."""

import pytest
import torch
from torch import nn

from geovae.errors import GeovaeError
from geovae.nets import NETS, build_net
from geovae.nets.base import scaled

torch.set_num_threads(1)


def count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def shapes_after(layers: nn.Sequential, x: torch.Tensor, kinds: tuple[type, ...]) -> list[tuple[int, ...]]:
    shapes = []
    for layer in layers:
        x = layer(x)
        if isinstance(layer, kinds):
            shapes.append(tuple(x.shape[1:]))
    return shapes


def test_conv_has_the_parameters_of_table_4():
    encoder, decoder = build_net("conv", (1, 32, 32), 16, 1.0, log_var=True)
    # Per layer: kernel 4×4, inputs × outputs, biases; batch normalisation has two numbers a channel.
    convolutions = 16 * (1 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + (128 + 256 + 512 + 1024)
    assert count(encoder) == convolutions + 2 * (128 + 256 + 512 + 1024) + 2 * (4096 * 16 + 16)
    linear = 16 * 65536 + 65536
    transposed = 16 * (1024 * 512 + 512 * 256 + 256 * 1) + (512 + 256 + 1)
    assert count(decoder) == linear + transposed + 2 * (512 + 256)


def test_conv_for_cifar_differs_in_the_first_and_last_layer_only():
    grey, colour = (build_net("conv", (channels, 32, 32), 32, 1.0, log_var=False) for channels in (1, 3))
    assert count(colour[0]) - count(grey[0]) == 16 * 2 * 128
    assert count(colour[1]) - count(grey[1]) == 16 * 256 * 2 + 2


def test_mlp_has_the_parameters_of_table_4():
    encoder, decoder = build_net("mlp", (3, 32, 32), 16, 1.0, log_var=True)
    hidden = 3072 * 1000 + 1000 + 1000 * 500 + 500
    assert count(encoder) == hidden + 2 * (500 * 16 + 16)
    assert count(decoder) == 16 * 500 + 500 + 500 * 1000 + 1000 + 1000 * 3072 + 3072


def test_conv_has_the_sizes_of_the_released_code():
    encoder, decoder = build_net("conv", (1, 32, 32), 16, 1.0, log_var=True)
    x = torch.zeros(2, 1, 32, 32)
    assert shapes_after(encoder.body, x, (nn.Conv2d,)) == [(128, 16, 16), (256, 8, 8), (512, 4, 4), (1024, 2, 2)]
    kinds = (nn.Unflatten, nn.ConvTranspose2d)
    sizes = [(1024, 8, 8), (512, 16, 16), (256, 33, 33), (1, 32, 32)]
    assert shapes_after(decoder, torch.zeros(2, 16), kinds) == sizes


def test_conv_normalises_every_hidden_layer_and_not_the_last():
    encoder, decoder = build_net("conv", (1, 32, 32), 16, 0.1, log_var=True)
    assert [type(layer) for layer in encoder.body] == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU] * 4 + [nn.Flatten]
    expected = [nn.Linear, nn.Unflatten, *[nn.ConvTranspose2d, nn.BatchNorm2d, nn.ReLU] * 2]
    assert [type(layer) for layer in decoder] == [*expected, nn.ConvTranspose2d, nn.Sigmoid]


@pytest.mark.parametrize("name", NETS)
@pytest.mark.parametrize("shape", [(1, 32, 32), (3, 32, 32)])
@pytest.mark.parametrize("log_var", [True, False])
def test_every_net_maps_images_to_latents_and_back(name, shape, log_var):
    encoder, decoder = build_net(name, shape, 5, 0.05, log_var)
    x = torch.rand(3, *shape, generator=torch.Generator().manual_seed(0))
    mu, variance = encoder(x)
    assert mu.shape == (3, 5)
    assert (variance is not None) == log_var
    if log_var:
        assert variance.shape == (3, 5)
        assert not torch.equal(variance, mu)
    decoded = decoder(10 * mu)
    assert decoded.shape == x.shape
    assert decoded.min() >= 0
    assert decoded.max() <= 1


def test_mlp_takes_images_of_any_size():
    encoder, decoder = build_net("mlp", (2, 5, 7), 3, 0.01, log_var=False)
    assert decoder(encoder(torch.zeros(4, 2, 5, 7))[0]).shape == (4, 2, 5, 7)


def test_width_scales_every_hidden_layer():
    assert [scaled(128, width) for width in (1.0, 0.125, 1 / 3, 0.001)] == [128, 16, 43, 1]
    encoder, _ = build_net("conv", (1, 32, 32), 4, 1 / 16, log_var=False)
    channels = [layer.out_channels for layer in encoder.body if isinstance(layer, nn.Conv2d)]
    assert channels == [8, 16, 32, 64]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cnov", (1, 32, 32), 4, 1.0, True), "'conv'"),
        (("conv", (1, 28, 28), 4, 1.0, True), "28×28"),
        (("mlp", (1, 8, 8), 0, 1.0, True), "latent_dim is 0"),
        (("mlp", (1, 8, 8), 2, 0.0, True), "width is 0.0"),
    ],
)
def test_what_cannot_be_built_is_named(arguments, words):
    with pytest.raises(GeovaeError, match=words):
        build_net(*arguments)
