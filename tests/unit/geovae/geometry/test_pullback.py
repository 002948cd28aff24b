"""The pull-back metric: a decoder with a known Jacobian, autograd, the minimum of the loss, and the agreement."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from geovae.core.errors import GeovaeError
from geovae.geometry import pullback
from geovae.models.base import Posterior
from geovae.models.files import build_model
from geovae.models.losses import kl_to_standard_normal

LINEAR = torch.tensor([[2.0, 0.0], [1.0, 3.0], [0.0, -1.0]])
PRODUCT = [[5.0, 3.0], [3.0, 10.0]]  # LINEARᵀ LINEAR


def linear(z: torch.Tensor) -> torch.Tensor:
    return (z @ LINEAR.T).reshape(-1, 1, 3, 1)


def test_the_jacobian_of_a_linear_decoder_is_its_matrix():
    found = pullback.decoder_jacobians(linear, torch.randn(4, 2))
    torch.testing.assert_close(found, LINEAR.expand(4, 3, 2))


def test_the_metric_of_a_linear_decoder():
    expected = torch.eye(2, dtype=torch.float64) + 0.5 * torch.tensor(PRODUCT, dtype=torch.float64)
    found = pullback.pullback_metric(linear, torch.randn(5, 2), weight=0.5, batch_size=2)
    assert found.dtype == torch.float64
    torch.testing.assert_close(found, expected.expand(5, 2, 2))


@pytest.mark.parametrize("net", ["mlp", "conv", "infogan"])
def test_jacobians_of_the_nets_are_those_of_autograd(net):
    size = 8 if net == "mlp" else 32
    description = {"model": "vae", "settings": {}, "net": net, "width": 0.03, "latent_dim": 3}
    model = build_model(description | {"image_shape": [1, size, size]}, seed=1).eval()
    z = torch.randn(2, 3, generator=torch.Generator().manual_seed(0))
    for point, found in zip(z, pullback.decoder_jacobians(model.decode, z), strict=True):
        expected = torch.autograd.functional.jacobian(lambda p: model.decode(p[None]).flatten(), point)
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


def test_the_best_posterior_of_a_linear_decoder_has_the_metrics_diagonal_as_precisions():
    beta = 0.4
    log_var = torch.zeros(1, 2, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_var], max_iter=200, line_search_fn="strong_wolfe", tolerance_grad=1e-12)
    square = LINEAR.double().square().sum(0)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        # E‖x − D(z)‖² of a linear decoder is that at the mean plus Σ_j σ_j² ‖J_j‖².
        value = (log_var.exp() * square).sum() + beta * kl_to_standard_normal(
            Posterior(torch.zeros(1, 2, dtype=torch.float64), log_var)
        )
        value.backward()
        return value

    optimiser.step(loss)
    metric = pullback.pullback_metric(linear, torch.zeros(1, 2), weight=2 / beta)[0]
    torch.testing.assert_close((-log_var.detach()).exp()[0], metric.diagonal(), rtol=1e-4, atol=0)


def test_a_weight_or_a_jacobian_that_is_no_number_is_refused():
    for weight in (0.0, math.inf):
        with pytest.raises(GeovaeError, match="weight is"):
            pullback.pullback_metric(linear, torch.zeros(1, 2), weight)
    with pytest.raises(GeovaeError, match="not finite"):
        pullback.pullback_metric(lambda z: linear(z).sqrt(), -torch.ones(1, 2), 1.0)


def test_log_volumes_and_the_share_off_the_diagonal():
    full = np.array([[[2.0, 1.0], [1.0, 3.0]], [[4.0, 0.0], [0.0, 0.25]]])
    np.testing.assert_allclose(pullback.full_log_volume(full), [0.5 * math.log(5), 0.0], atol=1e-15)
    np.testing.assert_allclose(pullback.log_volume(np.array([[2.0, 3.0], [4.0, 0.25]])), [0.5 * math.log(6), 0.0])
    np.testing.assert_allclose(pullback.off_diagonal_share(full), [2 / 15, 0.0], atol=1e-15)


def test_a_metric_agrees_with_itself_and_not_with_its_reverse():
    generator = np.random.default_rng(0)
    diagonals = generator.uniform(1, 9, (50, 3))
    same = pullback.agreement(diagonals, np.einsum("ni,ij->nij", diagonals, np.eye(3)))
    assert same.pop("log_ratio_diagonal") == pytest.approx(0)
    assert list(same.values()) == pytest.approx([1.0] * 4)
    reverse = pullback.agreement(2 / diagonals, np.einsum("ni,ij->nij", diagonals, np.eye(3)))
    assert reverse.pop("log_ratio_diagonal") == pytest.approx(math.log(2) - 2 * np.log(diagonals).mean())
    assert list(reverse.values()) == pytest.approx([-1.0] * 4)


def test_rank_correlations_are_scipys_also_with_ties():
    a, b = np.array([1.0, 2.0, 2.0, 5.0, 4.0]), np.array([3.0, 1.0, 7.0, 7.0, 2.0])
    assert pullback.rank_correlation(a, b) == pytest.approx(spearmanr(a, b).statistic)
    assert pullback.rank_correlation(a, np.ones(5)) is None


def test_ranks_within_a_dimension_know_nothing_of_the_differences_between_dimensions():
    low = np.array([[1.0, 10.0], [2.0, 11.0], [3.0, 12.0]])
    turned = np.einsum("ni,ij->nij", low[::-1], np.eye(2))
    found = pullback.agreement(low, turned)
    assert found["rank_diagonal_within"] == pytest.approx(-1)
    assert found["rank_diagonal"] > 0.5
    constant = np.einsum("ni,ij->nij", np.ones((3, 2)), np.eye(2))
    assert pullback.agreement(low, constant)["rank_diagonal_within"] is None
