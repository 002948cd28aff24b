"""The nets of Table 4 (sizes, parameter counts, heads, bounds), and what holds for every net."""

import pytest
import torch
from torch import nn

from geovae.core.errors import GeovaeError
from geovae.nets import conv
from geovae.nets.base import scaled
from geovae.nets.build import build_net
from geovae.nets.table import NETS
from helpers.net_checks import build_meta, count, kinds_of, shapes_after

torch.set_num_threads(1)

CONVOLUTIONS = (nn.Conv2d, nn.ConvTranspose2d)
SHAPES = {
    "conv": [(1, 32, 32), (3, 32, 32), (3, 64, 64), (1, 52, 44), (1, 104, 88), (1, 208, 176)],
    "mlp": [(1, 32, 32), (3, 32, 32), (2, 5, 7)],
    "resnet": [(1, 32, 32), (3, 32, 32), (3, 64, 64)],
    "infogan": [(1, 28, 28), (1, 32, 32), (3, 64, 64), (1, 52, 44)],
    "wae": [(1, 32, 32), (3, 64, 64), (1, 104, 88)],
}
CASES = [(name, shape) for name in NETS for shape in SHAPES[name]]
CONVOLUTIONAL = [case for case in CASES if case[0] != "mlp"]


def images(shape: tuple[int, ...], n: int = 3) -> torch.Tensor:
    return torch.rand(n, *shape, generator=torch.Generator().manual_seed(0))


# -- the nets of Table 4 ------------------------------------------------------------------------------------------


def test_conv_for_mnist_has_the_parameters_of_table_4():
    encoder, decoder = build_meta("conv", (1, 32, 32), 16, 1.0)
    # Per layer: kernel 4×4, inputs × outputs, biases; batch normalisation has two numbers a channel.
    convolutions = 16 * (1 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + (128 + 256 + 512 + 1024)
    assert count(encoder) == convolutions + 2 * (128 + 256 + 512 + 1024) + 2 * (4096 * 16 + 16)
    linear = 16 * 65536 + 65536
    transposed = 16 * (1024 * 512 + 512 * 256 + 256 * 1) + (512 + 256 + 1)
    assert count(decoder) == linear + transposed + 2 * (512 + 256)


def test_conv_for_cifar_differs_in_the_first_and_last_layer_only():
    grey, colour = (build_meta("conv", (channels, 32, 32), 32, 1.0, log_var=False) for channels in (1, 3))
    assert count(colour[0]) - count(grey[0]) == 16 * 2 * 128
    assert count(colour[1]) - count(grey[1]) == 16 * 256 * 2 + 2


def test_conv_for_celeba_has_the_parameters_of_table_4():
    encoder, decoder = build_meta("conv", (3, 64, 64), 64, 1.0)
    convolutions = 25 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + (128 + 256 + 512 + 1024)
    assert count(encoder) == convolutions + 2 * (128 + 256 + 512 + 1024) + 2 * (16384 * 64 + 64)
    linear = 64 * 65536 + 65536
    transposed = 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3) + (512 + 256 + 128 + 3)
    assert count(decoder) == linear + transposed + 2 * (512 + 256 + 128)


def test_conv_for_oasis_has_the_parameters_of_table_4():
    encoder, decoder = build_meta("conv", (1, 208, 176), 16, 1.0)
    convolutions = 25 * (64 + 64 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + (64 + 128 + 256 + 512 + 1024)
    assert count(encoder) == convolutions + 2 * (16384 * 16 + 16)
    linear = 16 * 65536 + 65536
    transposed = 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 64 + 64) + (512 + 256 + 128 + 64 + 1)
    assert count(decoder) == linear + transposed


def test_mlp_has_the_parameters_of_table_4():
    encoder, decoder = build_meta("mlp", (3, 32, 32), 16, 1.0)
    hidden = 3072 * 1000 + 1000 + 1000 * 500 + 500
    assert count(encoder) == hidden + 2 * (500 * 16 + 16)
    assert count(decoder) == 16 * 500 + 500 + 500 * 1000 + 1000 + 1000 * 3072 + 3072


@pytest.mark.parametrize(
    ("shape", "encoded", "decoded"),
    [
        (
            (1, 32, 32),
            [(128, 16, 16), (256, 8, 8), (512, 4, 4), (1024, 2, 2)],
            [(1024, 8, 8), (512, 16, 16), (256, 33, 33), (1, 32, 32)],
        ),
        (
            (3, 64, 64),
            [(128, 31, 31), (256, 15, 15), (512, 8, 8), (1024, 4, 4)],
            [(1024, 8, 8), (512, 15, 15), (256, 31, 31), (128, 62, 62), (3, 64, 64)],
        ),
        (
            (1, 208, 176),
            [(64, 103, 87), (128, 51, 43), (256, 25, 21), (512, 12, 11), (1024, 4, 4)],
            [(1024, 8, 8), (512, 24, 19), (256, 49, 41), (128, 101, 85), (64, 206, 174), (1, 208, 176)],
        ),
        (
            (1, 104, 88),
            [(128, 51, 43), (256, 25, 21), (512, 12, 11), (1024, 4, 4)],
            [(1024, 8, 8), (512, 24, 19), (256, 49, 41), (128, 102, 86), (1, 104, 88)],
        ),
        (
            (1, 52, 44),
            [(256, 25, 21), (512, 12, 11), (1024, 4, 4)],
            [(1024, 8, 8), (512, 24, 19), (256, 50, 42), (1, 52, 44)],
        ),
    ],
)
def test_conv_has_the_sizes_of_the_released_code(shape, encoded, decoded):
    encoder, decoder = build_meta("conv", shape, 16, 1.0)
    assert shapes_after(encoder, (nn.Conv2d,), shape) == encoded
    assert shapes_after(decoder, (nn.Unflatten, nn.ConvTranspose2d), (16,)) == decoded


@pytest.mark.parametrize(("shape", "depth"), [((1, 32, 32), 2), ((3, 64, 64), 3)])
def test_conv_normalises_every_hidden_layer_and_not_the_last(shape, depth):
    encoder, decoder = build_meta("conv", shape, 16, 0.1)
    assert kinds_of(encoder.body) == [nn.Conv2d, nn.BatchNorm2d, nn.ReLU] * 4 + [nn.Flatten]
    hidden = [nn.ConvTranspose2d, nn.BatchNorm2d, nn.ReLU] * depth
    assert kinds_of(decoder) == [nn.Linear, nn.Unflatten, *hidden, nn.ConvTranspose2d, nn.Sigmoid]


@pytest.mark.parametrize(("shape", "depth"), [((1, 208, 176), 5), ((1, 104, 88), 4), ((1, 52, 44), 3)])
def test_conv_for_oasis_has_no_batch_normalisation(shape, depth):
    encoder, decoder = build_meta("conv", shape, 16, 0.1)
    assert kinds_of(encoder.body) == [nn.Conv2d, nn.ReLU] * depth + [nn.Flatten]
    hidden = [nn.ConvTranspose2d, nn.ReLU] * (depth - 1)
    assert kinds_of(decoder) == [nn.Linear, nn.Unflatten, *hidden, nn.ConvTranspose2d, nn.Sigmoid]


def test_conv_for_oasis_puts_log_var_and_not_mu_through_tanh():
    encoder, _ = build_net("conv", (1, 52, 44), 5, 1 / 64, log_var=True)
    with torch.no_grad():
        for head in (encoder.mu, encoder.log_var):
            head.weight.mul_(100)
    x = images((1, 52, 44))
    mu, log_var = encoder(x)
    features = encoder.body(x)
    torch.testing.assert_close(mu, features @ encoder.mu.weight.T + encoder.mu.bias)
    torch.testing.assert_close(log_var, (features @ encoder.log_var.weight.T + encoder.log_var.bias).tanh())
    assert mu.abs().max() > 1
    assert 0.5 < log_var.abs().max() <= 1


def test_tanh_is_for_oasis_only():
    for shape in ((1, 32, 32), (3, 64, 64)):
        encoder, _ = build_net("conv", shape, 2, 1 / 64, log_var=True)
        with torch.no_grad():
            encoder.log_var.bias.fill_(7.0)
        assert encoder(images(shape))[1].min() > 1


# -- every net ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "shape"), CASES)
@pytest.mark.parametrize("log_var", [True, False])
def test_every_net_maps_images_to_latents_and_back(name, shape, log_var):
    encoder, decoder = build_net(name, shape, 5, 0.05, log_var)
    x = images(shape)
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


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_the_body_of_an_encoder_gives_vectors(name, shape):
    encoder, _ = build_meta(name, shape, 5, 1.0)
    assert isinstance(encoder.body, nn.Sequential)
    features = encoder.body(torch.zeros(2, *shape, device="meta"))
    head = encoder.head if name == "infogan" else encoder.mu
    assert features.shape == (2, head.in_features)


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_every_weight_gets_a_gradient_and_evaluation_is_deterministic(name, shape):
    encoder, decoder = build_net(name, shape, 3, 1 / 16, log_var=True)
    x = images(shape, n=4)
    mu, log_var = encoder(x)
    (decoder(mu + log_var).square().sum() + log_var.sum()).backward()
    assert all(
        part.grad is not None and part.grad.isfinite().all() for net in (encoder, decoder) for part in net.parameters()
    )
    encoder.eval(), decoder.eval()
    with torch.no_grad():
        first, second = encoder(x), encoder(x)
        assert torch.equal(first[0], second[0])
        assert torch.equal(first[1], second[1])
        # An image's code and a code's image do not depend on the rest of the batch.
        torch.testing.assert_close(encoder(x[:1])[0], first[0][:1])
        torch.testing.assert_close(decoder(first[0])[:1], decoder(first[0][:1]))


@pytest.mark.parametrize(("name", "shape"), CONVOLUTIONAL)
def test_convolutions_run_in_channels_last(name, shape):
    nets = build_net(name, shape, 3, 1 / 16, log_var=True)
    found = []

    def look(_, __, output):
        found.append(output.is_contiguous(memory_format=torch.channels_last))

    for net in nets:
        for layer in net.modules():
            if isinstance(layer, CONVOLUTIONS):
                layer.register_forward_hook(look)
    nets[1](nets[0](images(shape))[0])
    assert len(found) >= 4
    assert all(found)


@pytest.mark.parametrize(("name", "shape"), CASES)
def test_every_net_runs_in_bfloat16(name, shape):
    encoder, decoder = build_net(name, shape, 3, 1 / 16, log_var=True)
    x = images(shape)
    with torch.autocast("cpu", torch.bfloat16):
        mu, log_var = encoder(x)
        decoded = decoder(mu)
    assert decoded.dtype == torch.bfloat16
    (decoded.float().sum() + log_var.float().sum()).backward()
    assert all(part.isfinite().all() for part in (mu, log_var, decoded))
    assert all(part.grad.isfinite().all() for part in encoder.parameters())


def test_width_scales_every_hidden_layer():
    assert [scaled(128, width) for width in (1.0, 0.125, 1 / 3, 0.001)] == [128, 16, 43, 1]
    channels = {
        name: [
            layer.out_channels
            for net in build_meta(name, shape, 4, 1 / 16)
            for layer in net.modules()
            if isinstance(layer, CONVOLUTIONS)
        ]
        for name, shape in [
            ("conv", (1, 208, 176)),
            ("resnet", (3, 32, 32)),
            ("infogan", (1, 32, 32)),
            ("wae", (3, 64, 64)),
        ]
    }
    block = [2, 8]
    assert channels == {
        "conv": [4, 8, 16, 32, 64, 32, 16, 8, 4, 1],
        "resnet": [4, 8, 8, *block * 2, *block * 2, 4, 3],
        "infogan": [4, 8, 4, 1],
        "wae": [8, 16, 32, 64, 32, 16, 8, 3],
    }
    encoder, decoder = build_meta("infogan", (1, 32, 32), 4, 1 / 16)
    units = [
        layer.out_features for net in (encoder, decoder) for layer in net.modules() if isinstance(layer, nn.Linear)
    ]
    assert units == [64, 8, 64, 8 * 8 * 8]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("cnov", (1, 32, 32), 4, 1.0, True), "'conv'"),
        (("conv", (1, 28, 28), 4, 1.0, True), "32×32, 64×64, 208×176, 104×88 or 52×44 pixels, not 28×28"),
        (("conv", (1, 176, 208), 4, 1.0, True), "not 176×208"),
        (("resnet", (1, 28, 28), 4, 1.0, True), "32×32 or 64×64 pixels, not 28×28"),
        (("infogan", (1, 30, 32), 4, 1.0, True), "multiples of 4 pixels, not 30×32"),
        (("wae", (1, 32, 28), 4, 1.0, True), "multiples of 8 pixels, not 32×28"),
        (("wae", (1, 0, 0), 4, 1.0, True), "not 0×0"),
        (("mlp", (1, 8, 8), 0, 1.0, True), "latent_dim = 0"),
        (("mlp", (1, 8, 8), 2, 0.0, True), "width = 0.0"),
    ],
)
def test_what_cannot_be_built_is_named(arguments, words):
    with pytest.raises(GeovaeError, match=words):
        build_net(*arguments)


def test_every_size_that_conv_names_is_tested_here():
    assert {shape[1:] for shape in SHAPES["conv"]} == set(conv.BUILDERS)
