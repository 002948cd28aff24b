"""The nets of the two-stage VAE: layers, sizes, counts, "same" padding, spectral norms and posterior deviations."""

import math

import numpy as np
import pytest
import torch
from torch import nn

from geovae.nets import infogan, wae
from geovae.nets.build import build_net
from helpers.net_checks import build_meta, count, kinds_of, shapes_after

torch.set_num_threads(1)


def test_infogan_has_the_parameters_of_its_source():
    encoder, decoder = build_meta("infogan", (1, 28, 28), 64, 1.0)
    weights = 16 * (1 * 64 + 64 * 128) + 128 * 7 * 7 * 1024 + 1024 * 128
    assert count(encoder) == weights + (64 + 128 + 1024 + 128) + 2 * (128 + 1024)
    weights = 64 * 1024 + 1024 * 128 * 7 * 7 + 16 * (128 * 64 + 64 * 1)
    biases, normalised = 1024 + 6272 + 64 + 1, 1024 + 6272 + 64
    assert count(decoder) == weights + biases + 2 * normalised


def test_wae_has_the_parameters_of_its_source():
    encoder, decoder = build_meta("wae", (3, 64, 64), 64, 1.0)
    convolutions = 25 * (3 * 128 + 128 * 256 + 256 * 512 + 512 * 1024) + (128 + 256 + 512 + 1024)
    assert count(encoder) == convolutions + 2 * (128 + 256 + 512 + 1024) + 2 * (65536 * 64 + 64)
    transposed = 25 * (1024 * 512 + 512 * 256 + 256 * 128 + 128 * 3) + (512 + 256 + 128 + 3)
    assert count(decoder) == 64 * 65536 + 65536 + transposed + 2 * (512 + 256 + 128)


def test_infogan_has_the_sizes_of_its_source():
    encoder, decoder = build_meta("infogan", (1, 28, 28), 64, 1.0)
    expected = [(64, 14, 14), (128, 7, 7), (1024,), (128,)]
    assert shapes_after(encoder, (nn.Conv2d, nn.Linear), (1, 28, 28)) == expected
    kinds = (nn.Linear, nn.Unflatten, nn.ConvTranspose2d)
    assert shapes_after(decoder, kinds, (64,)) == [(1024,), (6272,), (128, 7, 7), (64, 14, 14), (1, 28, 28)]


def test_wae_has_the_sizes_of_its_source():
    encoder, decoder = build_meta("wae", (3, 64, 64), 64, 1.0)
    expected = [(128, 64, 64), (256, 32, 32), (512, 16, 16), (1024, 8, 8)]
    assert shapes_after(encoder, (nn.Conv2d,), (3, 64, 64)) == expected
    kinds = (nn.Unflatten, nn.BatchNorm2d, nn.Sigmoid)
    expected = [(1024, 8, 8), (512, 16, 16), (256, 32, 32), (128, 64, 64), (3, 64, 64)]
    assert shapes_after(decoder, kinds, (64,)) == expected


def test_infogan_has_the_layers_of_its_source():
    encoder, decoder = build_meta("infogan", (1, 32, 32), 8, 0.1)
    leaky, one, two = nn.LeakyReLU, nn.BatchNorm1d, nn.BatchNorm2d
    convolutions = [nn.Conv2d, leaky, nn.Conv2d, two, leaky]
    assert kinds_of(encoder.body) == [*convolutions, nn.Flatten, nn.Linear, one, leaky]
    assert {layer.negative_slope for layer in encoder.body if isinstance(layer, leaky)} == {0.2}
    linear, up = [nn.Linear, one, nn.ReLU], nn.ConvTranspose2d
    assert kinds_of(decoder) == [*linear * 2, nn.Unflatten, up, two, nn.ReLU, up, nn.Sigmoid]


def test_wae_has_the_layers_of_its_source():
    encoder, decoder = build_meta("wae", (3, 32, 32), 8, 0.1)
    after, pad = [nn.BatchNorm2d, nn.ReLU], nn.ZeroPad2d
    assert kinds_of(encoder.body) == [nn.Conv2d, *after, *[pad, nn.Conv2d, *after] * 3, nn.Flatten]
    up = nn.ConvTranspose2d
    assert kinds_of(decoder) == [nn.Linear, nn.ReLU, nn.Unflatten, *[up, pad, *after] * 3, up, nn.Sigmoid]


@pytest.mark.parametrize("name", ["infogan", "wae"])
def test_running_statistics_keep_0_99_a_step(name):
    encoder, decoder = build_net(name, (1, 32, 32), 4, 1 / 32, log_var=True)
    layers = [
        layer
        for net in (encoder, decoder)
        for layer in net.modules()
        if isinstance(layer, nn.modules.batchnorm._BatchNorm)
    ]
    assert len(layers) == {"infogan": 5, "wae": 7}[name]
    inputs = {}
    for layer in layers:
        layer.register_forward_hook(lambda layer, arguments, _: inputs.setdefault(layer, arguments[0].detach()))
    decoder(encoder(torch.rand(6, 1, 32, 32))[0])
    for layer in layers:
        x = inputs[layer].transpose(0, 1).flatten(1)
        torch.testing.assert_close(layer.running_mean, 0.01 * x.mean(1))
        torch.testing.assert_close(layer.running_var, 0.99 + 0.01 * x.var(1))


# -- "same" padding -----------------------------------------------------------------------------------------------


def same_convolution(x: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """By its definition: ceil(size/stride) outputs; of the zeros that this takes, the smaller half goes before.

    `x` (C, H, W), `kernel` (O, C, k, k).
    """
    k, sizes = kernel.shape[-1], x.shape[1:]
    counts = [math.ceil(size / stride) for size in sizes]
    zeros = [max((n - 1) * stride + k - size, 0) for n, size in zip(counts, sizes, strict=True)]
    padded = np.pad(x, [(0, 0), *((total // 2, total - total // 2) for total in zeros)])
    result = np.empty((len(kernel), *counts))
    for row in range(counts[0]):
        for column in range(counts[1]):
            window = padded[:, row * stride : row * stride + k, column * stride : column * stride + k]
            result[:, row, column] = np.tensordot(kernel, window, 3)
    return result


def linear_part(layers: nn.Sequential) -> nn.Sequential:
    """The layers in float64 and without their biases."""
    for layer in layers:
        if getattr(layer, "bias", None) is not None:
            nn.init.zeros_(layer.bias)
    return layers.double()


def convolutions_of(name: str) -> list[tuple[nn.Sequential, nn.Sequential]]:
    """Each convolution of the encoder with the padding before it, and its counterpart in the decoder."""
    encoder, decoder = build_net(name, (2, 16, 24), 4, 1 / 64, log_var=False)
    if name == "infogan":
        for index in (0, 2):
            nn.utils.parametrize.remove_parametrizations(encoder.body[index], "weight")
        pairs = [(encoder.body[0:1], decoder[10:11]), (encoder.body[2:3], decoder[7:8])]
    else:
        pairs = [
            (encoder.body[0:1], decoder[15:16]),
            (encoder.body[3:5], decoder[11:13]),
            (encoder.body[7:9], decoder[7:9]),
        ]
    return [(linear_part(down), linear_part(up)) for down, up in pairs]


@pytest.mark.parametrize("name", ["infogan", "wae"])
@pytest.mark.parametrize("index", [0, 1])
def test_the_encoders_convolutions_have_same_padding(name, index):
    down, _ = convolutions_of(name)[index]
    kernel = down[-1].weight.detach().numpy()
    x = np.random.default_rng(0).normal(size=(kernel.shape[1], 8, 12))
    expected = same_convolution(x, kernel, down[-1].stride[0])
    np.testing.assert_allclose(down(torch.from_numpy(x)[None])[0].detach(), expected, atol=1e-12)


@pytest.mark.parametrize("name", ["infogan", "wae"])
@pytest.mark.parametrize("index", [0, 1])
def test_the_decoders_convolutions_are_the_transposes_of_those(name, index):
    down, up = convolutions_of(name)[index]
    with torch.no_grad():
        assert down[-1].weight.shape == up[0].weight.shape
        up[0].weight.copy_(down[-1].weight)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1, down[-1].in_channels, 8, 12, generator=generator, dtype=torch.float64)
    image = down(x)
    y = torch.randn(image.shape, generator=generator, dtype=torch.float64)
    torch.testing.assert_close((image * y).sum(), (x * up(y)).sum())


# -- spectral normalisation and the posterior of infogan ----------------------------------------------------------


def test_spectral_norms_of_infogans_encoder_go_to_one():
    encoder, decoder = build_net("infogan", (1, 16, 16), 3, 1 / 16, log_var=True)
    layers = [part for part in encoder.modules() if isinstance(part, (nn.Conv2d, nn.Linear))]
    assert len(layers) == 4
    with torch.no_grad():
        for layer in layers:
            layer.parametrizations.weight.original.mul_(
                torch.rand(len(layer.bias)).view(-1, *[1] * (layer.weight.dim() - 1))
            )
        for _ in range(300):
            encoder(torch.rand(2, 1, 16, 16))
        encoder.eval()
        for layer in layers:
            assert torch.linalg.matrix_norm(layer.weight.flatten(1), 2).item() == pytest.approx(1, abs=1e-3)
    assert not any(hasattr(layer, "parametrizations") for layer in decoder)


def test_infogans_mu_and_log_var_share_one_spectral_norm():
    encoder, _ = build_net("infogan", (1, 16, 16), 3, 1 / 16, log_var=True)
    with torch.no_grad():
        encoder.head.parametrizations.weight.original[3:] *= 50
        for _ in range(300):
            encoder(torch.rand(2, 1, 16, 16))
        norms = [torch.linalg.matrix_norm(half, 2).item() for half in encoder.eval().head.weight.chunk(2)]
    assert norms[0] < 0.1
    assert norms[1] == pytest.approx(1, abs=0.01)


def test_infogans_standard_deviation_is_a_softplus_above_1e_6():
    encoder, _ = build_net("infogan", (1, 16, 16), 3, 1 / 16, log_var=True)
    encoder.eval()
    biases = torch.tensor([-80.0, 0.0, 40.0])
    with torch.no_grad():
        encoder.head.parametrizations.weight.original.normal_(std=1e-3)
        encoder.head.bias[3:] = biases
        x = torch.rand(2, 1, 16, 16)
        mu, log_var = encoder(x)
        outputs = encoder.body(x) @ encoder.head.weight.T + encoder.head.bias
    torch.testing.assert_close(mu, outputs[:, :3])
    expected = 1e-6 + np.log1p(np.exp(outputs[:, 3:].double().numpy()))
    np.testing.assert_allclose((0.5 * log_var).exp(), expected, rtol=1e-4)
    assert log_var[:, 0].numpy() == pytest.approx(2 * math.log(infogan.MIN_DEVIATION), abs=1e-3)


def test_spectral_vectors_move_in_training_only_and_are_saved():
    encoder, _ = build_net("infogan", (1, 16, 16), 3, 1 / 16, log_var=True)
    x = torch.rand(3, 1, 16, 16)
    name = "body.2.parametrizations.weight.0._u"
    with torch.no_grad():
        encoder.body[2].parametrizations.weight.original[0] += 1
        before = encoder.state_dict()[name].clone()
        encoder.eval()(x)
        assert torch.equal(encoder.state_dict()[name], before)
        encoder.train()(x)
        assert not torch.equal(encoder.state_dict()[name], before)
        other, _ = build_net("infogan", (1, 16, 16), 3, 1 / 16, log_var=True)
        other.load_state_dict(encoder.state_dict())
        assert torch.equal(other.eval()(x)[0], encoder.eval()(x)[0])


def test_wae_halves_and_doubles_whatever_the_number_of_channels():
    x = torch.rand(1, 2, 6, 10)
    halved = nn.Sequential(*wae.halve(2, 5))(x)
    assert halved.shape == (1, 5, 3, 5)
    assert nn.Sequential(*wae.double(5, 2))(halved).shape == x.shape
