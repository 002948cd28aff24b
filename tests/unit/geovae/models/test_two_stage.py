"""The two-stage VAE: its likelihood, its noise levels, its two phases, and its draws."""

import copy
import math

import pytest
import torch
from torch.distributions import Independent, Normal

from geovae.core.errors import GeovaeError
from geovae.models.base import ALL
from geovae.models.losses import kl_to_standard_normal, reparametrise
from geovae.models.two_stage import SkipNet, TwoStageVAE, gaussian_cost
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 32, 32)
DIM = 3


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(**options) -> TwoStageVAE:
    torch.manual_seed(0)
    return TwoStageVAE(
        *build_net("conv", SHAPE, DIM, 0.02, log_var=True), DIM, SHAPE, **{"second_units": 16, **options}
    )


def images(n: int = 6) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=generator(1))


@pytest.mark.parametrize("log_gamma", [-2.0, 0.0, 0.7])
def test_the_cost_is_the_negative_log_likelihood_of_a_gaussian(log_gamma):
    x, mean = torch.randn(2, 5, 2, 3, 4, generator=generator(), dtype=torch.float64)
    log_gamma = torch.tensor(log_gamma, dtype=torch.float64)
    expected = -Independent(Normal(mean, log_gamma.exp()), 3).log_prob(x).mean()
    torch.testing.assert_close(gaussian_cost(x, mean, log_gamma), expected)


def test_gamma_is_best_at_the_root_mean_square_error():
    x, mean = torch.rand(2, 8, *SHAPE, generator=generator(), dtype=torch.float64)
    rms = (x - mean).square().mean().sqrt()
    log_gamma = rms.log().requires_grad_()
    cost = gaussian_cost(x, mean, log_gamma)
    (gradient,) = torch.autograd.grad(cost, log_gamma)
    assert abs(gradient) < 1e-9
    assert cost < gaussian_cost(x, mean, log_gamma + 0.01)
    assert cost < gaussian_cost(x, mean, log_gamma - 0.01)
    pixels = math.prod(SHAPE)
    assert cost.item() == pytest.approx(pixels * (0.5 + math.log(rms) + 0.5 * math.log(2 * math.pi)))


def test_the_first_stage_is_a_vae_with_a_noise_level():
    model, x = build().eval(), images()
    with torch.no_grad():
        model.log_gamma_x.fill_(-0.8)
    loss = model.loss(x, generator(2))
    posterior = model.encode(x)
    mean = model.decode(reparametrise(posterior, generator(2)))
    likelihood = Independent(Normal(mean, math.exp(-0.8)), 3).log_prob(x).mean()
    torch.testing.assert_close(loss.terms["reconstruction"], -likelihood)
    torch.testing.assert_close(loss.total, kl_to_standard_normal(posterior) - likelihood)
    assert loss.terms["gamma"].item() == pytest.approx(math.exp(-0.8))


def test_the_second_stage_is_a_vae_of_draws_from_the_first():
    model, x = build().eval(), images()
    model.start_phase("second")
    with torch.no_grad():
        model.log_gamma_z.fill_(0.4)
    loss = model.loss(x, generator(2))
    noise = generator(2)
    z = reparametrise(model.encode(x), noise)
    mu, log_var = model.second["encoder"](z)
    u = mu + (0.5 * log_var).exp() * torch.randn(mu.shape, generator=noise)
    likelihood = Independent(Normal(model.second["decoder"](u)[0], math.exp(0.4)), 1).log_prob(z).mean()
    posterior, prior = Normal(mu, (0.5 * log_var).exp()), Normal(0.0, 1.0)
    kl = torch.distributions.kl_divergence(posterior, prior).sum(1).mean()
    torch.testing.assert_close(loss.total, kl - likelihood)
    assert loss.total != model.loss(x, generator(3)).total  # latents are drawn anew


def test_both_noise_levels_start_at_one():
    model = build()
    assert model.log_gamma_x.item() == model.log_gamma_z.item() == 0.0


def test_phases_and_their_parameters():
    model = build(second_epochs=0.5)
    assert [tuple(phase) for phase in model.phases(7)] == [("first", 7), ("second", 4)]
    assert [tuple(phase) for phase in build().phases(400)] == [("first", 400), ("second", 800)]
    assert build(second_epochs=0.1).phases(1)[1].epochs == 1
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    seen = {}
    for phase in model.phases(1):
        model.start_phase(phase.name)
        (group,) = model.parameter_groups().values()
        seen[phase.name] = {names[id(parameter)] for parameter in group}
    assert seen["first"] | seen["second"] == set(names.values())
    assert not seen["first"] & seen["second"]
    assert {name for name in seen["second"] if not name.startswith("second.")} == {"log_gamma_z"}
    assert "log_gamma_x" in seen["first"]


@pytest.mark.parametrize("phase", ["first", "second"])
def test_a_phase_trains_its_own_stage_alone(phase):
    model, x = build(), images()
    model.start_phase(phase)
    model.train()
    before = copy.deepcopy(model.state_dict())
    model.loss(x, generator()).total.backward()
    mine = {id(parameter) for parameter in model.parameter_groups()[ALL]}
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == (id(parameter) in mine), name
    moved = {name for name, tensor in model.state_dict().items() if not torch.equal(tensor, before[name])}
    # The running statistics of the first stage, which are no parameters, stand still in the second phase.
    assert bool(moved) == (phase == "first")


def test_the_first_stage_is_frozen_in_evaluation_mode_until_the_phase_is_over():
    model = build().train()
    model.start_phase("second")
    assert not any(part.training for net in (model.encoder, model.decoder) for part in net.modules())
    model.eval()
    model.train()
    assert model.training
    assert model.second.training
    assert not model.encoder.training
    model.start_phase("first")
    assert model.encoder.training


def test_the_nets_heads_see_the_input_too():
    net = SkipNet(DIM, units=8, layers=3, heads=2)
    with torch.no_grad():
        for parameter in net.hidden.parameters():
            parameter.zero_()
    z = torch.randn(5, DIM, generator=generator())
    heads = net(z)
    assert len(heads) == 2
    for head, values in zip(net.heads, heads, strict=True):
        torch.testing.assert_close(values, z @ head.weight[:, 8:].T + head.bias)
    assert [layer.weight.shape for layer in net.hidden if hasattr(layer, "weight")] == [(8, 3), (8, 8), (8, 8)]


def test_draws_of_the_second_stage_have_its_moments():
    model, n = build(), 100_000
    decoder = model.second["decoder"]
    linear = torch.tensor([[1.0, 0.5, 0.0], [0.0, -0.3, 0.2], [0.4, 0.0, 0.6]])
    with torch.no_grad():  # ẑ = A u + b
        for parameter in decoder.parameters():
            parameter.zero_()
        decoder.heads[0].weight[:, 16:] = linear
        decoder.heads[0].bias.copy_(torch.tensor([1.0, -2.0, 0.5]))
        model.log_gamma_z.fill_(-0.5)
    z = model.sample_second_stage(n, generator())
    covariance = linear @ linear.T + math.exp(-1.0) * torch.eye(DIM)
    assert z.shape == (n, DIM)
    assert not z.requires_grad
    assert torch.all((z.mean(0) - decoder.heads[0].bias).abs() < 5 * (covariance.diagonal() / n).sqrt())
    torch.testing.assert_close(torch.cov(z.T), covariance, rtol=0, atol=0.03)
    assert torch.equal(z, model.sample_second_stage(n, generator()))
    # The first stage's prior is what the metric's comparisons call the prior.
    assert model.sample_prior(4, generator()).shape == (4, DIM)


def test_training_both_stages_recovers_a_distribution_that_is_not_the_prior():
    """Latents drawn by the trained second stage lie where the first one's posterior does, unlike the prior's."""
    model, x = build().eval(), images(64)
    with torch.no_grad():
        model.encoder.mu.bias.copy_(torch.tensor([3.0, -2.0, 0.0]))
        model.encoder.log_var.bias.fill_(-3.0)
    model.start_phase("second")
    optimizer, noise = torch.optim.Adam(model.parameter_groups()[ALL], lr=1e-2), generator()
    for _ in range(250):
        optimizer.zero_grad()
        model.loss(x, noise).total.backward()
        optimizer.step()
    with torch.no_grad():
        z = reparametrise(model.encode(x), noise)
    drawn = model.sample_second_stage(5000, noise)
    torch.testing.assert_close(drawn.mean(0), z.mean(0), rtol=0, atol=0.15)
    torch.testing.assert_close(drawn.std(0), z.std(0), rtol=0.3, atol=0.05)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"second_epochs": 0}, "model 'two_stage': second_epochs = 0"),
        ({"second_units": 0}, "second_units = 0"),
        ({"second_layers": 0}, "second_layers = 0"),
    ],
)
def test_a_wrong_setting_is_named(options, words):
    with pytest.raises(GeovaeError, match=words):
        build(**options)
