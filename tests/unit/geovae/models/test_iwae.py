"""The importance weighted bound against the VAE's, brute force, and a linear Gaussian model with a known likelihood."""

import math

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Independent, MultivariateNormal, Normal

from geovae.core.errors import GeovaeError
from geovae.models.densities import log_normal, log_standard_normal
from geovae.models.iwae import IWAE
from geovae.models.losses import reparametrise
from geovae.models.vae import VAE
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 5, 4)
D = 3
BETA = 0.5


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(model: type = IWAE, **settings):
    torch.manual_seed(0)
    return model(*build_net("mlp", SHAPE, D, 0.02, True), D, SHAPE, **settings)


def images(n: int = 6) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=generator(1))


def test_one_sample_is_the_vae_with_the_kl_estimated_by_it():
    model, vae = build(beta=BETA, n_samples=1), build(VAE, beta=BETA)
    ours, theirs = model.loss(images(), generator(3)), vae.loss(images(), generator(3))
    posterior = vae.encode(images())
    z = reparametrise(posterior, generator(3))
    kl = (log_normal(z, posterior) - log_standard_normal(z)).mean()
    torch.testing.assert_close(ours.terms["reconstruction"], theirs.terms["reconstruction"])
    torch.testing.assert_close(ours.terms["kl"], kl)
    torch.testing.assert_close(ours.total, theirs.total + BETA * (kl - theirs.terms["kl"]))


def test_the_bound_is_that_of_brute_force():
    model = build(beta=BETA, n_samples=4)
    loss = model.loss(images(3), generator(3)).total.item()
    noise = torch.randn(4, 3, D, generator=generator(3))
    mu, log_var = model.encode(images(3))
    bounds = []
    for i, x in enumerate(images(3)):
        q = Independent(Normal(mu[i], (0.5 * log_var[i]).exp()), 1)
        weights = []
        for k in range(4):
            z = mu[i] + (0.5 * log_var[i]).exp() * noise[k, i]
            prior = Independent(Normal(torch.zeros(D), torch.ones(D)), 1)
            likelihood = -(model.decode(z[None])[0] - x).square().sum() / BETA
            weights.append(math.exp((likelihood + prior.log_prob(z) - q.log_prob(z)).item()))
        bounds.append(math.log(np.mean(weights)))
    assert loss == pytest.approx(-BETA * np.mean(bounds), rel=1e-5)


def test_the_gradient_is_weighted_by_the_normalised_importance_weights():
    model = build(beta=BETA, n_samples=4)
    model.loss(images(), generator(3)).total.backward()
    direct = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    log_weights, _ = model.log_weights(images(), generator(3))
    (-BETA * (log_weights.detach().softmax(0) * log_weights).sum(0).mean()).backward()
    for ours, parameter in zip(direct, model.parameters(), strict=True):
        torch.testing.assert_close(ours, parameter.grad, rtol=1e-4, atol=1e-6)


class LinearDecoder(nn.Module):
    """x = W z with orthogonal columns, so that the true posterior has a diagonal covariance."""

    W = torch.tensor([[1.0, 0.5], [-0.5, 1.0], [0.3, 0.6], [-0.6, 0.3]], dtype=torch.float64)

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        return (z @ self.W.T).view(-1, 1, 2, 2)


class GaussianEncoder(nn.Module):
    """The true posterior for the decoder's variance BETA/2, with its variance times `widening`."""

    def __init__(self, widening: float) -> None:
        super().__init__()
        self.widening = widening

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        W = LinearDecoder.W
        precision = torch.eye(2, dtype=torch.float64) + W.T @ W / (BETA / 2)
        mu = x.flatten(1) @ W / (BETA / 2) / precision.diagonal()
        return mu, (self.widening / precision.diagonal()).log().expand_as(mu)


def linear(widening: float, n_samples: int) -> IWAE:
    return IWAE(GaussianEncoder(widening), LinearDecoder(), 2, (1, 2, 2), beta=BETA, n_samples=n_samples)


def exact_loss(x: torch.Tensor) -> float:
    """−β log p(x), less the constant of the Gaussian decoder, which the loss leaves out."""
    covariance = LinearDecoder.W @ LinearDecoder.W.T + BETA / 2 * torch.eye(4, dtype=torch.float64)
    log_likelihood = MultivariateNormal(torch.zeros(4, dtype=torch.float64), covariance).log_prob(x.flatten(1))
    return (-BETA * (log_likelihood + 2.0 * math.log(math.pi * BETA))).mean().item()


@pytest.mark.parametrize("n_samples", [1, 5])
def test_the_true_posterior_gives_the_likelihood_itself(n_samples):
    x = torch.randn(6, 1, 2, 2, generator=generator(1), dtype=torch.float64)
    assert linear(1.0, n_samples).loss(x, generator()).total.item() == pytest.approx(exact_loss(x), rel=1e-10)


def test_the_bound_tightens_with_the_number_of_samples():
    x = torch.randn(1, 1, 2, 2, generator=generator(1), dtype=torch.float64)
    many = x.expand(4000, 1, 2, 2)
    losses = [linear(2.0, k).loss(many, generator()).total.item() for k in (1, 3, 10, 100)]
    assert losses == sorted(losses, reverse=True)
    assert losses[0] - exact_loss(x) > 0.1
    assert losses[-1] == pytest.approx(exact_loss(x), abs=0.005)


@pytest.mark.parametrize(("settings", "words"), [({"beta": 0.0}, "beta = 0"), ({"n_samples": 0}, "n_samples = 0")])
def test_settings_out_of_range_are_named(settings, words):
    with pytest.raises(GeovaeError, match=f"model 'iwae': {words}"):
        build(**settings)
