"""The adversarial autoencoder: its objectives by hand, and whom each of them moves, and where to."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy

from geovae.core.errors import GeovaeError
from geovae.models.aae import AAE
from geovae.models.losses import reparametrise, squared_error
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 4, 4)
DIM = 3


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(**options) -> AAE:
    torch.manual_seed(0)
    return AAE(*build_net("mlp", SHAPE, DIM, 0.02, log_var=True), DIM, SHAPE, **options)


def images(n: int = 8) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=generator(1))


def draws(model: AAE, x: torch.Tensor, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """The latents z and the prior's draws that `loss` sees."""
    noise = generator(seed)
    z = reparametrise(model.encode(x), noise)
    return z, torch.randn(z.shape, generator=noise)


def probability(model: AAE, z: torch.Tensor) -> torch.Tensor:
    return torch.sigmoid(model.discriminator(z))


def step(model: AAE, group: str, x: torch.Tensor, size: float) -> None:
    """A small step of one group down its own objective, as the training loop makes it."""
    parameters = model.parameter_groups()[group]
    gradients = torch.autograd.grad(model.loss(x, generator(4)).objectives[group], parameters)
    with torch.no_grad():
        for parameter, gradient in zip(parameters, gradients, strict=True):
            parameter.sub_(size * gradient)


@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_objectives_are_those_of_the_source(alpha):
    model, x = build(adversarial_loss_scale=alpha), images()
    loss = model.loss(x, generator(4))
    z, prior = draws(model, x, 4)
    adversarial = binary_cross_entropy(probability(model, z), torch.ones(8))
    reconstruction = squared_error(model.decode(z), x)
    autoencoder = alpha * adversarial + (1 - alpha) * reconstruction
    true = binary_cross_entropy(probability(model, prior), torch.ones(8))
    false = binary_cross_entropy(probability(model, z), torch.zeros(8))
    torch.testing.assert_close(loss.objectives["autoencoder"], autoencoder)
    torch.testing.assert_close(loss.objectives["discriminator"], 0.5 * true + 0.5 * false)
    torch.testing.assert_close(loss.total, autoencoder)
    torch.testing.assert_close(loss.terms["adversarial"], adversarial)
    torch.testing.assert_close(loss.terms["reconstruction"], reconstruction)


def test_groups_part_all_parameters_and_each_has_a_gradient():
    model, x = build(), images()
    groups = model.parameter_groups()
    assert sorted(id(p) for group in groups.values() for p in group) == sorted(id(p) for p in model.parameters())
    objectives = model.loss(x, generator()).objectives
    assert objectives.keys() == groups.keys()
    for name, group in groups.items():
        for gradient in torch.autograd.grad(objectives[name], group, retain_graph=True):
            assert gradient.abs().sum() > 0


def test_a_step_of_the_autoencoder_makes_latents_look_more_like_the_prior():
    model, x = build(adversarial_loss_scale=1.0), images()
    before = probability(model, draws(model, x, 4)[0]).log().mean()
    step(model, "autoencoder", x, 1e-2)
    assert probability(model, draws(model, x, 4)[0]).log().mean() > before


def test_a_step_of_the_autoencoder_lowers_the_error_when_that_is_all_it_minimises():
    model, x = build(adversarial_loss_scale=0.0), images()
    before = model.loss(x, generator(4)).terms["reconstruction"]
    step(model, "autoencoder", x, 1e-3)
    assert model.loss(x, generator(4)).terms["reconstruction"] < before


def test_a_step_of_the_discriminator_tells_the_prior_from_latents():
    model, x = build(), images()
    z, prior = draws(model, x, 4)
    margin = model.discriminator(prior).mean() - model.discriminator(z).mean()
    step(model, "discriminator", x, 1e-2)
    assert model.discriminator(prior).mean() - model.discriminator(z).mean() > margin


def test_playing_brings_a_shifted_posterior_to_the_prior():
    model, x = build(adversarial_loss_scale=1.0), images(64)
    with torch.no_grad():
        model.encoder.mu.bias.add_(1.5)
    groups, noise = model.parameter_groups(), generator()
    # The faster discriminator without momentum: two equal players with momentum circle around one another.
    rates = {"autoencoder": 0.05, "discriminator": 0.5}
    distance = model.encode(x).mu.mean(0).norm()
    for _ in range(100):
        objectives = model.loss(x, noise).objectives
        gradients = {
            name: torch.autograd.grad(objectives[name], group, retain_graph=True, allow_unused=True)
            for name, group in groups.items()
        }
        with torch.no_grad():
            for name, group in groups.items():
                for parameter, gradient in zip(group, gradients[name], strict=True):
                    if gradient is not None:  # the decoder has none without the reconstruction's error
                        parameter.sub_(rates[name] * gradient)
    assert model.encode(x).mu.mean(0).norm() < 0.15 * distance


def test_the_discriminator_is_the_sources():
    shapes = [tuple(parameter.shape) for parameter in build().discriminator.parameters()]
    assert shapes == [(256, DIM), (256,), (1, 256), (1,)]


@pytest.mark.parametrize("alpha", [-0.1, 1.1, float("nan")])
def test_a_wrong_scale_is_named(alpha):
    with pytest.raises(GeovaeError, match="model 'aae': adversarial_loss_scale is"):
        build(adversarial_loss_scale=alpha)
