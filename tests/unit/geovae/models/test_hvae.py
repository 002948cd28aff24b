"""The Hamiltonian VAE: its flow against automatic differentiation, its loss against the definition of its bound."""

import math

import pytest
import torch
from torch.distributions import Bernoulli, Independent, Normal

from geovae.core.errors import GeovaeError
from geovae.models.base import Posterior
from geovae.models.hamiltonian import Euclidean, HamiltonianVAE, PhasePoint, Potential, leapfrog, tempering_factors
from geovae.models.hvae import HVAE
from geovae.models.losses import kl_to_standard_normal, reparametrise
from geovae.models.vae import VAE
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 5, 4)
D = 3


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(model: type = HVAE, net: str = "mlp", shape: tuple[int, int, int] = SHAPE, **settings):
    torch.manual_seed(0)
    return model(*build_net(net, shape, D, 0.02, True), D, shape, **settings)


def images(n: int = 4, shape: tuple[int, int, int] = SHAPE) -> torch.Tensor:
    return torch.rand(n, *shape, generator=generator(1))


def latents(n: int = 4, seed: int = 2) -> torch.Tensor:
    return torch.randn(n, D, generator=generator(seed), dtype=torch.float64)


def potential_at(z: torch.Tensor) -> Potential:
    """A potential that is no quadratic: U = Σ_j cosh(z_j) + z_1 z_2²."""
    extra = torch.stack([z[:, 1].square(), 2 * z[:, 0] * z[:, 1], torch.zeros_like(z[:, 2])], 1)
    return Potential(z.cosh().sum(1) + z[:, 0] * z[:, 1].square(), z.sinh() + extra)


def steps(z: torch.Tensor, rho: torch.Tensor, factors: list[float], eps_lf: float) -> tuple[torch.Tensor, torch.Tensor]:
    point = PhasePoint(z, rho, potential_at(z), Euclidean(z))
    for factor in factors:
        point = leapfrog(point, potential_at, Euclidean, eps_lf, 1)
        point = point._replace(rho=factor * point.rho)
    return point.z, point.rho


@pytest.mark.parametrize(
    "settings", [{"likelihood": "gaussian", "beta": 0.01}, {"likelihood": "gaussian", "beta": 2.0}]
)
def test_without_steps_it_is_the_vae(settings):
    ours = build(n_lf=0, **settings).loss(images(), generator(3))
    theirs = build(VAE, beta=settings["beta"]).loss(images(), generator(3))
    torch.testing.assert_close(ours.total, theirs.total)
    for name in theirs.terms:
        torch.testing.assert_close(ours.terms[name], theirs.terms[name])
    assert ours.terms["energy"] == 0.0


def test_steps_are_reversible():
    z, rho = latents(), latents(seed=3)
    z_1, rho_1 = steps(z, rho, [1.0] * 5, 0.1)
    assert (z_1 - z).abs().max() > 0.1
    back, rho_back = steps(z_1, -rho_1, [1.0] * 5, 0.1)
    torch.testing.assert_close(back, z, rtol=0, atol=1e-12)
    torch.testing.assert_close(rho_back, -rho, rtol=0, atol=1e-12)


def log_det(factors: list[float]) -> float:
    def transport(both: torch.Tensor) -> torch.Tensor:
        z, rho = steps(both[None, :D], both[None, D:], factors, 0.1)
        return torch.cat([z, rho], 1)[0]

    start = torch.cat([latents(1), latents(1, 3)], 1)[0]
    return torch.autograd.functional.jacobian(transport, start).logdet().item()


def test_steps_keep_volume():
    assert log_det([1.0] * 4) == pytest.approx(0.0, abs=1e-12)


def test_tempering_scales_volume_by_the_root_of_beta_zero():
    first, *others = tempering_factors(4, 0.3)
    # The bound has (d/2) log β₀ for the steps; the heating at the start belongs to the law of rho_0.
    assert log_det(others) == pytest.approx(0.5 * D * math.log(0.3), rel=1e-10)
    assert first == pytest.approx(0.3**-0.5)


@pytest.mark.parametrize("n_lf", [1, 3])
def test_tempering_follows_the_quadratic_schedule(n_lf):
    first, *others = tempering_factors(n_lf, 0.25)
    scale = first  # 1/√β_k
    assert scale == pytest.approx(2.0)
    for k, factor in enumerate(others, 1):
        scale *= factor
        assert scale == pytest.approx((1 - 2) * k**2 / n_lf**2 + 2)
    assert len(others) == n_lf
    assert scale == pytest.approx(1.0)
    assert tempering_factors(0, 0.25) == [1.0]


def test_steps_nearly_keep_the_energy():
    z, rho = latents(), latents(seed=3)
    before = potential_at(z).nll + Euclidean(z).kinetic_energy(rho)
    errors = []
    for eps_lf, n in ((0.02, 10), (0.01, 20)):
        z_1, rho_1 = steps(z, rho, [1.0] * n, eps_lf)
        errors.append((potential_at(z_1).nll + Euclidean(z_1).kinetic_energy(rho_1) - before).abs().mean().item())
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.2)  # of second order


@pytest.mark.parametrize(("likelihood", "beta"), [("bernoulli", 1.0), ("bernoulli", 0.5), ("gaussian", 0.1)])
def test_the_potential_is_minus_the_log_joint(likelihood, beta):
    model, x = build(likelihood=likelihood, beta=beta), images()
    z = latents().float().requires_grad_()
    if likelihood == "bernoulli":
        log_likelihood = Bernoulli(model.decode(z), validate_args=False).log_prob(x).flatten(1).sum(1)
    else:
        scale = torch.full_like(x, math.sqrt(beta / 2))
        at_best = Normal(x, scale).log_prob(x)
        log_likelihood = beta * (Normal(model.decode(z), scale).log_prob(x) - at_best).flatten(1).sum(1)
    nll, gradient = model.potential(x, z)
    torch.testing.assert_close(nll, -log_likelihood, rtol=1e-4, atol=1e-4)
    (expected,) = torch.autograd.grad((-log_likelihood / beta + 0.5 * z.square().sum(1)).sum(), z)
    torch.testing.assert_close(gradient, expected, rtol=1e-4, atol=1e-4)


def test_the_loss_is_minus_beta_times_the_bound():
    beta, beta_zero, eps = 0.5, 0.3, 0.05
    model, x = build(likelihood="gaussian", beta=beta, beta_zero=beta_zero, eps_lf=eps, n_lf=3).double(), images()
    x = x.double()
    loss = model.loss(x, generator(3))
    noise = generator(3)
    posterior = model.encode(x)
    z_0 = reparametrise(posterior, noise)
    rho_0 = torch.randn(4, D, generator=noise, dtype=torch.float64) / beta_zero**0.5

    def gradient(z: torch.Tensor) -> torch.Tensor:
        return torch.autograd.functional.jacobian(
            lambda z: (model.decode(z) - x).square().sum() / beta + 0.5 * z.square().sum(), z
        )

    z, rho = z_0, rho_0
    for factor in tempering_factors(3, beta_zero)[1:]:
        rho = rho - eps / 2 * gradient(z)
        z = z + eps * rho
        rho = factor * (rho - eps / 2 * gradient(z))
    unit = Normal(torch.zeros_like(z), 1.0)
    log_likelihood = -(model.decode(z) - x).square().flatten(1).sum(1) / beta
    log_q = Independent(Normal(posterior.mu, (0.5 * posterior.log_var).exp()), 1).log_prob(z_0)
    bound = log_likelihood + unit.log_prob(z).sum(1) + unit.log_prob(rho).sum(1) - log_q
    bound = bound - Normal(0.0, beta_zero**-0.5).log_prob(rho_0).sum(1) + 0.5 * D * math.log(beta_zero)
    # The loss has the KL of z_0's law in closed form where the bound has its estimate.
    estimate = (log_q - unit.log_prob(z_0).sum(1)).mean()
    expected = -beta * (bound.mean() + estimate - kl_to_standard_normal(posterior))
    torch.testing.assert_close(loss.total, expected)


def test_the_gradient_of_the_loss_passes_through_the_flow():
    model = build(likelihood="gaussian", beta=0.5, eps_lf=0.1, n_lf=2).double()
    x, weight = images().double(), model.decoder[0].weight

    def total() -> torch.Tensor:
        return model.loss(x, generator(3)).total

    total().backward()
    direction = torch.randn(weight.shape, generator=generator(4), dtype=torch.float64)
    h = 1e-5
    with torch.no_grad():
        weight.add_(h * direction)
        upper = total()
        weight.sub_(2 * h * direction)
        numeric = (upper - total()) / (2 * h)
    torch.testing.assert_close((weight.grad * direction).sum(), numeric, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_every_parameter_is_trained_and_validation_needs_no_gradient(likelihood):
    shape = (1, 32, 32)
    model, x = build(net="conv", shape=shape, likelihood=likelihood), images(6, shape)
    model.loss(x, generator()).total.backward()
    for name, parameter in model.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        if name.endswith("weight"):
            assert parameter.grad.abs().sum() > 0, name
    model.eval()
    with torch.no_grad():
        first, again = (model.loss(x, generator()) for _ in range(2))
    assert not first.total.requires_grad
    assert torch.equal(first.total, again.total)
    # Gradients recorded or not, the value is the same.
    torch.testing.assert_close(first.total, model.loss(x, generator()).total.detach())


def test_the_flow_is_float32_around_nets_in_bfloat16():
    model, x = build(), images()
    model.autocast_dtype = torch.bfloat16
    loss = model.loss(x, generator())
    assert loss.total.dtype == torch.float32
    loss.total.backward()
    assert all(torch.isfinite(parameter.grad).all() for parameter in model.parameters())
    reference = build()
    torch.testing.assert_close(loss.total, reference.loss(x, generator()).total, rtol=0.02, atol=0.0)


def test_the_base_has_no_geometry():
    model = build(HamiltonianVAE, n_lf=1, eps_lf=0.1, beta_zero=0.3, likelihood="gaussian", beta=1.0, n_fixed_point=1)
    with pytest.raises(NotImplementedError):
        model.geometry(images(), Posterior(latents(), latents()))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_lf": -1}, "n_lf = -1"),
        ({"eps_lf": 0.0}, "eps_lf = 0"),
        ({"beta_zero": 0.0}, "beta_zero = 0"),
        ({"beta_zero": 1.5}, "beta_zero = 1.5"),
        ({"likelihood": "poisson"}, "likelihood is 'poisson'. Known: bernoulli, gaussian"),
        ({"beta": 0.0}, "beta = 0"),
    ],
)
def test_settings_out_of_range_are_named(settings, words):
    with pytest.raises(GeovaeError, match=f"model 'hvae': {words}"):
        build(**settings)
