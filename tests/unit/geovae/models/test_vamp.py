"""The VAMP prior against torch.distributions, and its draws against the moments of the mixture."""

import math

import pytest
import torch
from torch.distributions import Categorical, Independent, MixtureSameFamily, Normal

from geovae.core.errors import GeovaeError
from geovae.models.base import Posterior
from geovae.models.densities import log_normal, log_standard_normal
from geovae.models.losses import reparametrise, squared_error
from geovae.models.vamp import VAMP, log_mixture
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 5, 4)
D = 3


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(**settings) -> VAMP:
    torch.manual_seed(0)
    return VAMP(*build_net("mlp", SHAPE, D, 0.02, True), D, SHAPE, **settings)


def images(n: int = 6) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=generator(1))


def posterior(n: int, seed: int = 2) -> Posterior:
    return Posterior(*torch.randn(2, n, D, generator=generator(seed), dtype=torch.float64))


def normal(components: Posterior) -> Independent:
    return Independent(Normal(components.mu, (0.5 * components.log_var).exp()), 1)


def test_densities_are_those_of_torch_distributions():
    z = torch.randn(4, D, generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(log_normal(z, posterior(4)), normal(posterior(4)).log_prob(z))
    expected = normal(Posterior(torch.zeros_like(z), torch.zeros_like(z))).log_prob(z)
    torch.testing.assert_close(log_standard_normal(z), expected)


def test_one_component_is_its_own_gaussian():
    z = torch.randn(4, D, generator=generator(), dtype=torch.float64)
    torch.testing.assert_close(log_mixture(z, posterior(1)), normal(posterior(1)).log_prob(z))


def test_mixture_is_that_of_torch_distributions():
    z = torch.randn(5, D, generator=generator(), dtype=torch.float64)
    components = posterior(7)
    mixture = MixtureSameFamily(Categorical(torch.ones(7)), normal(components))
    torch.testing.assert_close(log_mixture(z, components), mixture.log_prob(z), check_dtype=False)
    one_by_one = [log_mixture(z, Posterior(mu[None], v[None])).exp() for mu, v in zip(*components, strict=True)]
    torch.testing.assert_close(log_mixture(z, components), (sum(one_by_one) / 7).log())


def test_far_latents_have_a_finite_density():
    far = torch.full((1, D), 1e4)
    components = Posterior(torch.zeros(2, D), torch.full((2, D), -9.0))
    assert torch.isfinite(log_mixture(far, components)).all()


@pytest.mark.parametrize("beta", [0.0, 0.5])
def test_loss_is_squared_error_and_the_one_sample_kl(beta):
    model = build(beta=beta, n_components=4)
    loss = model.loss(images(), generator(3))
    ours = model.encode(images())
    z = reparametrise(ours, generator(3))
    mixture = MixtureSameFamily(Categorical(torch.ones(4)), normal(model.encode(model.pseudo_images())))
    torch.testing.assert_close(loss.terms["reconstruction"], squared_error(model.decode(z), images()))
    torch.testing.assert_close(loss.terms["kl"], (normal(ours).log_prob(z) - mixture.log_prob(z)).mean())
    torch.testing.assert_close(loss.total, loss.terms["reconstruction"] + beta * loss.terms["kl"])


def test_pseudo_inputs_start_as_told_and_are_cut_to_images():
    model = build(n_components=400, pseudo_mean=0.4, pseudo_std=0.05)
    assert model.pseudo_inputs.shape == (400, *SHAPE)
    assert model.pseudo_inputs.mean().item() == pytest.approx(0.4, abs=0.005)
    assert model.pseudo_inputs.std().item() == pytest.approx(0.05, rel=0.05)
    assert torch.equal(model.pseudo_inputs, build(n_components=400, pseudo_mean=0.4, pseudo_std=0.05).pseudo_inputs)
    with torch.no_grad():
        model.pseudo_inputs[0] = -1.0
        model.pseudo_inputs[1] = 2.0
    assert model.pseudo_images()[0].max() == 0.0
    assert model.pseudo_images()[1].min() == 1.0


def test_the_running_statistics_are_those_of_images_alone():
    shape = (1, 32, 32)
    torch.manual_seed(0)
    model = VAMP(*build_net("conv", shape, D, 0.02, True), D, shape, n_components=6)
    x = torch.rand(4, *shape, generator=generator())
    first = model.encoder.body[0](x)
    model.loss(x, generator()).total.backward()
    norm = model.encoder.body[1]
    assert norm.num_batches_tracked == 1
    torch.testing.assert_close(norm.running_mean, 0.1 * first.mean((0, 2, 3)))
    assert model.encoder.training
    # The prior of a training step is that of evaluation.
    in_training = model.components()
    for ours, theirs in zip(in_training, model.eval().components(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_draws_have_the_moments_of_the_mixture():
    model = build(n_components=3)
    with torch.no_grad():
        model.pseudo_inputs.copy_(torch.rand(3, *SHAPE, generator=generator(5)))
        model.encoder.mu.weight.mul_(20.0)  # components well apart
    n = 100_000
    z = model.sample_prior(n, generator())
    mu, log_var = model.encode(model.pseudo_images())
    mean = mu.mean(0)
    variance = (log_var.exp() + mu.square()).mean(0) - mean.square()
    assert z.shape == (n, D)
    assert not z.requires_grad
    assert torch.all((z.mean(0) - mean).abs() < 5 * (variance / n).sqrt())
    torch.testing.assert_close(z.var(0), variance, rtol=0.03, atol=0.0)
    assert torch.equal(model.sample_prior(9, generator(1)), model.sample_prior(9, generator(1)))


def test_draws_leave_training_mode_and_running_statistics_alone():
    shape = (1, 32, 32)
    model = VAMP(*build_net("conv", shape, D, 0.02, True), D, shape, n_components=6)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    model.sample_prior(4, generator())
    assert model.training
    assert model.encoder.training
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())


def test_every_parameter_is_trained():
    model = build(n_components=4)
    model.loss(images(), generator()).total.backward()
    assert all(parameter.grad is not None for parameter in model.parameters())
    assert (model.pseudo_inputs.grad.flatten(1).norm(dim=1) > 0).all()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"beta": -1.0}, "beta = -1"),
        ({"beta": math.nan}, "beta = nan"),
        ({"n_components": 0}, "n_components = 0"),
        ({"pseudo_mean": 1.5}, "pseudo_mean is 1.5"),
        ({"pseudo_std": -0.1}, "pseudo_std = -0.1"),
    ],
)
def test_settings_out_of_range_are_named(settings, words):
    with pytest.raises(GeovaeError, match=f"model 'vamp': {words}"):
        build(**settings)
