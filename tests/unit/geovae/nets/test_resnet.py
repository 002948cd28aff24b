"""The residual nets: layers, sizes, parameter counts, and the block by explicit computation."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from geovae.nets.resnet import ResidualBlock
from helpers.net_checks import build_meta, count, kinds_of, shapes_after

torch.set_num_threads(1)

# Conv3×3 128→32, Conv1×1 32→128, with biases.
BLOCK = 9 * 128 * 32 + 32 + 32 * 128 + 128


def test_a_residual_block_adds_its_branch_to_its_input():
    torch.manual_seed(0)
    block = ResidualBlock(5, 3)
    x = torch.randn(2, 5, 7, 6)
    original = x.clone()
    first, second = (block.branch[index] for index in (1, 3))
    hidden = functional.conv2d(x.clamp(min=0), first.weight, first.bias, padding=1).clamp(min=0)
    # A kernel of 1×1 is a matrix over the channels.
    branch = torch.einsum("oc,nchw->nohw", second.weight[:, :, 0, 0], hidden) + second.bias[:, None, None]
    torch.testing.assert_close(block(x), x + branch)
    assert torch.equal(x, original)


def test_a_residual_block_of_zeros_is_the_identity():
    block = ResidualBlock(4, 2)
    for parameter in block.parameters():
        nn.init.zeros_(parameter)
    x = torch.randn(1, 4, 3, 3)
    assert torch.equal(block(x), x)


def test_resnet_for_mnist_has_the_parameters_of_its_source():
    encoder, decoder = build_meta("resnet", (1, 32, 32), 16, 1.0)
    convolutions = 16 * (1 * 64 + 64 * 128) + 9 * 128 * 128 + (64 + 128 + 128)
    assert count(encoder) == convolutions + 2 * BLOCK + 2 * (2048 * 16 + 16)
    transposed = 9 * (128 * 128 + 128 * 64 + 64 * 1) + (128 + 64 + 1)
    assert count(decoder) == 16 * 2048 + 2048 + transposed + 2 * BLOCK


def test_resnet_for_cifar_has_the_parameters_of_its_source():
    encoder, decoder = build_meta("resnet", (3, 32, 32), 32, 1.0)
    convolutions = 16 * (3 * 64 + 64 * 128) + 9 * 128 * 128 + (64 + 128 + 128)
    assert count(encoder) == convolutions + 2 * BLOCK + 2 * (8192 * 32 + 32)
    transposed = 16 * (128 * 64 + 64 * 3) + (64 + 3)
    assert count(decoder) == 32 * 8192 + 8192 + transposed + 2 * BLOCK


def test_resnet_for_celeba_has_the_parameters_of_its_source():
    encoder, decoder = build_meta("resnet", (3, 64, 64), 64, 1.0)
    convolutions = 16 * (3 * 64 + 64 * 128) + 9 * (128 * 128 + 128 * 128) + (64 + 128 + 128 + 128)
    assert count(encoder) == convolutions + 2 * BLOCK + 2 * (2048 * 64 + 64)
    transposed = 9 * 128 * 128 + 25 * (128 * 128 + 128 * 64) + 16 * 64 * 3 + (128 + 128 + 64 + 3)
    assert count(decoder) == 64 * 2048 + 2048 + transposed + 2 * BLOCK


@pytest.mark.parametrize(
    ("shape", "encoded", "decoded"),
    [
        (
            (1, 32, 32),
            [(64, 16, 16), (128, 8, 8), (128, 4, 4), (128, 4, 4), (128, 4, 4)],
            [(128, 4, 4), (128, 8, 8), (128, 8, 8), (128, 8, 8), (64, 16, 16), (1, 32, 32)],
        ),
        (
            (3, 32, 32),
            [(64, 16, 16), (128, 8, 8), (128, 8, 8), (128, 8, 8), (128, 8, 8)],
            [(128, 8, 8), (128, 8, 8), (128, 8, 8), (64, 16, 16), (3, 32, 32)],
        ),
        (
            (3, 64, 64),
            [(64, 32, 32), (128, 16, 16), (128, 8, 8), (128, 4, 4), (128, 4, 4), (128, 4, 4)],
            [(128, 4, 4), (128, 7, 7), (128, 7, 7), (128, 7, 7), (128, 15, 15), (64, 32, 32), (3, 64, 64)],
        ),
    ],
)
def test_resnet_has_the_sizes_of_its_source(shape, encoded, decoded):
    encoder, decoder = build_meta("resnet", shape, 16, 1.0)
    strided = [layer for layer in encoder.body if not isinstance(layer, nn.Flatten)]
    assert shapes_after(nn.Sequential(*strided), (nn.Conv2d, ResidualBlock), shape) == _with_insides(encoded)
    kinds = (nn.Unflatten, nn.ConvTranspose2d, ResidualBlock)
    assert shapes_after(decoder, kinds, (16,)) == decoded


def _with_insides(shapes: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
    """The last two shapes are those of residual blocks, whose two convolutions run before them."""
    inside = [(32, *shapes[-1][1:]), (128, *shapes[-1][1:])]
    return [*shapes[:-2], *inside, shapes[-2], *inside, shapes[-1]]


def test_resnet_has_the_activations_of_its_source():
    block = [ResidualBlock] * 2
    start, up = [nn.Linear, nn.Unflatten], nn.ConvTranspose2d
    bodies_and_decoders = {
        (1, 32, 32): (3, [*start, up, *block, nn.ReLU, up, nn.ReLU, up, nn.Sigmoid]),
        (3, 32, 32): (3, [*start, *block, up, up, nn.Sigmoid]),
        (3, 64, 64): (4, [*start, up, *block, up, nn.Sigmoid, up, up, nn.Sigmoid]),
    }
    for shape, (strided, layers) in bodies_and_decoders.items():
        encoder, decoder = build_meta("resnet", shape, 16, 0.1)
        assert kinds_of(encoder.body) == [nn.Conv2d] * strided + block + [nn.Flatten]
        assert kinds_of(decoder) == layers
