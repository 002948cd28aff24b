"""The notation of layers: read off modules, read from the paper's print, and compared with one another."""

import re

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.parametrizations import spectral_norm

from reproduction.rendering.tables.architectures import Layer, agrees, bracketed, describe, read_printed, shape_text

torch.set_num_threads(1)


# -- description ------------------------------------------------------------------------------------------------------


class Branching(nn.Module):
    """Two heads on one body; the second is built first and runs last, with the first one's activation between."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 2, (3, 5), stride=(2, 1), padding=(1, 2)), nn.Flatten())
        self.second = nn.Linear(2 * 4 * 6, 3)
        self.first = nn.Linear(2 * 4 * 6, 5)
        self.squash = nn.Tanh()

    def forward(self, x):
        features = self.body(x)
        first = self.first(features)
        second = self.second(features)
        return self.squash(first), second


def test_layers_of_a_small_net():
    net = nn.Sequential(
        nn.Flatten(),
        nn.Linear(12, 18, bias=False),
        nn.Unflatten(1, (2, 3, 3)),
        nn.ConvTranspose2d(2, 4, 3, stride=2, output_padding=1),
        nn.BatchNorm2d(4),
        nn.LeakyReLU(),
        nn.MaxPool2d(2, stride=2),
        nn.Conv2d(4, 1, (1, 2)),
        nn.Sigmoid(),
    )
    assert describe(net, (3, 2, 2)) == [
        Layer("1", 1, ("Linear(12, 18)", "Reshape(2, 3, 3)"), "", (2, 3, 3), 12 * 18),
        Layer(
            "3", 2, ("ConvT(4, (3, 3), stride=2)", "BN", "LeakyReLU", "MaxPool(2, stride=2)"), "0, output 1", (4, 4, 4),
            9 * 2 * 4 + 4 + 2 * 4,
        ),
        Layer("7", 3, ("Conv(1, (1, 2), stride=1)", "Sigmoid"), "0", (1, 4, 3), 2 * 4 + 1),
    ]  # fmt: skip


def test_heads_have_one_number_and_each_its_own_activation():
    body, second, first = describe(Branching(), (1, 8, 6))
    assert (body.number, body.operations, body.padding) == (1, ("Conv(2, (3, 5), stride=(2, 1))",), "(1, 2)")
    assert body.output == (2, 4, 6)  # before it is flattened
    assert (second.name, second.number, second.operations) == ("second", 2, ("Linear(48, 3)",))
    assert (first.name, first.number, first.operations) == ("first", 2, ("Linear(48, 5)", "Tanh"))


def test_a_function_between_layers_does_not_stop_the_counting():
    class Scaled(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.outer, self.last = nn.Linear(4, 3), nn.Linear(3, 2), nn.Softmax(1)

        def forward(self, x):
            return self.last(self.outer(2 * self.inner(x)))

    assert [(layer.number, layer.text) for layer in describe(Scaled(), (4,))] == [
        (1, "Linear(4, 3)"),
        (2, "Linear(3, 2), Softmax"),
    ]


def test_normalised_weights_are_the_layer_that_they_belong_to():
    (layer,) = describe(nn.Sequential(spectral_norm(nn.Linear(4, 3)), nn.ReLU()), (4,))
    assert (layer.text, layer.n_parameters) == ("Linear(4, 3), ReLU", 15)


def test_a_described_module_is_left_as_it_was():
    net = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3))
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    for training in (True, False):
        describe(net.train(training), (4,))
        assert net.training == net[1].training == training
        assert not any(layer._forward_hooks for layer in net)
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())


def test_hooks_are_taken_off_when_the_images_do_not_fit():
    net = nn.Sequential(nn.Linear(4, 3))
    with pytest.raises(RuntimeError):
        describe(net, (5,))
    assert net.training
    assert not net[0]._forward_hooks


def test_what_has_no_notation_is_refused():
    with pytest.raises(ValueError, match=r"1\.0: no notation for GELU"):
        describe(nn.Sequential(nn.Linear(4, 3), nn.Sequential(nn.GELU())), (4,))
    with pytest.raises(ValueError, match="the module: no notation for Identity"):
        describe(nn.Identity(), (4,))
    with pytest.raises(ValueError, match="0: ReLU stands before the first layer"):
        describe(nn.Sequential(nn.ReLU(), nn.Linear(4, 3)), (4,))


# -- comparison -------------------------------------------------------------------------------------------------------


def layer(*operations: str) -> Layer:
    return Layer("x", 1, operations, "", (1,), 0)


@pytest.mark.parametrize(
    ("operations", "printed", "same"),
    [
        (("Linear(500, 16)",), ("Linear(500, 16)",), True),
        (("Linear(500, 16)",), ("Linear(16)",), True),
        (("Linear(500, 16)",), ("Linear(400, 16)",), False),
        (("Linear(500, 16)",), ("Linear(500)",), False),
        (("Linear(500, 16)",), (), False),
        (("Linear(5, 8)", "Sigmoid", "Reshape(2, 2, 2)"), ("Linear(8)", "Reshape(2, 2, 2)", "Sigmoid"), True),
        (("Linear(5, 8)", "Sigmoid", "Reshape(2, 4)"), ("Linear(8)", "Reshape(2, 2, 2)", "Sigmoid"), False),
        (("Conv(8, (3, 3), stride=1)", "BN", "ReLU"), ("Conv(8, (3, 3), stride=1)", "BN", "ReLU"), True),
        (("Conv(8, (3, 3), stride=1)", "ReLU", "BN"), ("Conv(8, (3, 3), stride=1)", "BN", "ReLU"), False),
        (("Conv(8, (3, 3), stride=1)", "ReLU"), ("Conv(8, (3, 3), stride=1)", "BN", "ReLU"), False),
        (("Conv(8, (3, 3), stride=1)",), ("ConvT(8, (3, 3), stride=1)",), False),
        (("Conv(8, (3, 3), stride=1)",), ("Conv(8, (3, 3), stride=2)",), False),
    ],
)
def test_agreement(operations, printed, same):
    assert agrees(layer(*operations), printed) is same


def test_two_texts_are_one_with_the_second_ones_numbers_in_brackets():
    assert bracketed(["(1, 32, 32)", "(3, 32, 32)"]) == "(1 [3], 32, 32)"
    assert bracketed(["Linear(4096, 16)", "Linear(4096, 32)"]) == "Linear(4096, 16 [32])"
    assert bracketed(["(16)"]) == "(16)"
    with pytest.raises(ValueError, match=r"'Conv\(1\)' and 'ConvT\(1\)' differ in more than numbers"):
        bracketed(["Conv(1)", "ConvT(1)"])


@settings(derandomize=True, max_examples=60, deadline=None)
@given(first=st.lists(st.integers(0, 9999), min_size=1, max_size=4), data=st.data())
def test_both_texts_can_be_read_from_the_bracketed_one(first, data):
    second = data.draw(st.lists(st.integers(0, 9999), min_size=len(first), max_size=len(first)))
    one, other = shape_text(first), shape_text(second)
    merged = bracketed([one, other])
    assert re.sub(r" \[\d+\]", "", merged) == one
    assert re.sub(r"\d+ \[(\d+)\]", r"\1", merged) == other


# -- what the paper prints --------------------------------------------------------------------------------------------


def test_printed_layers_are_read_a_line_a_layer():
    assert read_printed("\n  Conv(1, (2, 2), stride=1) | BN\n  Linear(3, 4)\n") == (
        ("Conv(1, (2, 2), stride=1)", "BN"),
        ("Linear(3, 4)",),
    )
