"""The loop that both classifiers are trained in: which epoch is kept, and what the steps are."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from geovae.training.classification import fit

IMAGES = torch.tensor([[1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])
LABELS = torch.tensor([0, 1, 0])


def _model() -> nn.Linear:
    model = nn.Linear(2, 2, bias=False)
    nn.init.eye_(model.weight)
    return model


def _fit(model, ranks, batches=lambda _: [(IMAGES, LABELS)]):
    """The epoch that is kept, and the weights after each."""
    weights = []

    def rank(epoch):
        weights.append(model.weight.detach().clone())
        return ranks[epoch - 1]

    optimizer = torch.optim.SGD(model.parameters(), lr=0.5)
    return fit(model, optimizer, len(ranks), batches=batches, rank=rank), weights


@pytest.mark.parametrize(
    ("ranks", "kept"),
    [([1.0, 3.0, 2.0], 2), ([2.0, 2.0, 2.0], 1), ([(0.9, -2.0), (0.9, -1.0), (0.8, 0.0)], 2), ([-9.0], 1)],
)
def test_the_first_epoch_of_the_highest_rank_is_kept(ranks, kept):
    model = _model()
    epoch, weights = _fit(model, ranks)
    assert epoch == kept
    assert torch.equal(model.weight, weights[kept - 1])
    assert len({tuple(w.flatten().tolist()) for w in weights}) == len(ranks)


def test_a_step_descends_the_mean_cross_entropy():
    model = _model()
    softmax = IMAGES.softmax(1)
    gradient = (softmax - functional.one_hot(LABELS, 2)).T @ IMAGES / 3
    _fit(model, [0.0])
    torch.testing.assert_close(model.weight, torch.eye(2) - 0.5 * gradient)


def test_each_epoch_gets_its_own_batches_in_training_mode():
    model, asked = _model().eval(), []

    def batches(epoch):
        asked.append((epoch, model.training))
        return []

    epoch, weights = _fit(model, [1.0, 2.0], batches)
    assert asked == [(1, True), (2, True)]
    assert epoch == 2
    assert torch.equal(weights[1], torch.eye(2))
