"""The net of the data augmentation task's classifier: Table 5, and what becomes of it at other sizes."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from geovae.augmentation.network import AugmentationClassifier, choose_stages
from geovae.core.errors import GeovaeError

torch.set_num_threads(1)


def test_the_net_is_table_5_at_the_papers_size():
    model = AugmentationClassifier((1, 208, 176), 2, 1.0)
    layers = [*model.stages, *model.head]
    kinds = [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU, nn.MaxPool2d] * 4 + [nn.Flatten, nn.Linear, nn.ReLU, nn.Linear]
    assert [type(layer) for layer in layers] == kinds
    convolutions = [layer for layer in layers if isinstance(layer, nn.Conv2d)]
    assert [(c.in_channels, c.out_channels) for c in convolutions] == [(1, 8), (8, 16), (16, 32), (32, 64)]
    assert [(c.kernel_size, c.stride, c.padding) for c in convolutions] == [
        ((3, 3), (stride, stride), (0, 0)) for stride in (1, 1, 2, 2)
    ]
    assert {(p.kernel_size, p.stride) for p in layers if isinstance(p, nn.MaxPool2d)} == {(2, 2)}
    linear = [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]
    assert linear == [(256, 100), (100, 2)]
    assert model(torch.zeros(2, 1, 208, 176, dtype=torch.uint8)).shape == (2, 2)
    # Convolutions and linear layers with biases, and the two vectors of each normalisation.
    by_hand = sum(9 * a * b + 3 * b for a, b in ((1, 8), (8, 16), (16, 32), (32, 64))) + 257 * 100 + 101 * 2
    assert sum(parameter.numel() for parameter in model.parameters()) == by_hand


@pytest.mark.parametrize(
    ("size", "n_features"), [((104, 88), 384), ((52, 44), 384), ((32, 32), 256), ((256, 256), 576)]
)
def test_other_sizes_leave_maps_of_at_least_2x2(size, n_features):
    model = AugmentationClassifier((3, *size), 5, 1.0).eval()
    assert model.head[0].in_features == n_features
    assert model(torch.zeros(2, 3, *size, dtype=torch.uint8)).shape == (2, 5)


@settings(derandomize=True, deadline=None, max_examples=25)
@given(size=st.tuples(st.integers(18, 120), st.integers(18, 120)), width=st.sampled_from([0.1, 0.5, 1.5]))
def test_every_size_from_18_pixels_on_has_a_net_that_fits(size, width):
    model = AugmentationClassifier((1, *size), 2, width).eval()
    maps = model.stages[:-1](torch.zeros(1, 1, *size))
    assert min(maps.shape[2:]) >= 2
    assert maps.numel() == model.head[0].in_features


def test_reductions_are_left_out_from_the_end():
    assert choose_stages((208, 176)) == ((1, True), (1, True), (2, True), (2, True))
    assert choose_stages((104, 88)) == ((1, True), (1, True), (2, True), (1, False))
    assert choose_stages((52, 44)) == ((1, True), (1, True), (2, False), (1, False))


def test_width_scales_channels_and_hidden_units():
    model = AugmentationClassifier((1, 208, 176), 2, 0.25)
    assert [layer.out_channels for layer in model.stages if isinstance(layer, nn.Conv2d)] == [2, 4, 8, 16]
    assert model.head[0].out_features == 25


def test_images_that_are_too_small_are_refused():
    with pytest.raises(GeovaeError, match="17×40 pixels are too small"):
        AugmentationClassifier((1, 17, 40), 2, 1.0)
