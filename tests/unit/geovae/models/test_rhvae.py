"""The learned metric and its flow against brute force and automatic differentiation, and what is saved of it."""

import math

import pytest
import torch
from torch.distributions import Independent, MultivariateNormal, Normal

from geovae.core.errors import GeovaeError
from geovae.core.images import to_unit
from geovae.core.storage import load_weights, save_weights
from geovae.models.hamiltonian import PhasePoint, Potential, leapfrog, tempering_factors
from geovae.models.hvae import HVAE
from geovae.models.losses import kl_to_standard_normal, reparametrise
from geovae.models.rhvae import RHVAE, LearnedMetric
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 5, 4)
D = 3
T, LAM = 0.8, 0.05


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(model: type = RHVAE, net: str = "mlp", shape: tuple[int, int, int] = SHAPE, seed: int = 0, **settings):
    torch.manual_seed(seed)
    return model(*build_net(net, shape, D, 0.02, True), D, shape, **settings)


def images(n: int = 4, shape: tuple[int, int, int] = SHAPE) -> torch.Tensor:
    return torch.randint(0, 256, (n, *shape), generator=generator(1), dtype=torch.uint8)


def latents(n: int = 4, seed: int = 2) -> torch.Tensor:
    return 0.6 * torch.randn(n, D, generator=generator(seed), dtype=torch.float64)


def parts(n: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    factors = torch.randn(n, D, D, generator=generator(7), dtype=torch.float64).tril()
    return latents(n, 8), factors @ factors.mT


def metric_at(z: torch.Tensor) -> LearnedMetric:
    return LearnedMetric(z, *parts(), T, LAM)


def brute_inverse(z: torch.Tensor, centroids: torch.Tensor, matrices: torch.Tensor, lam: float) -> torch.Tensor:
    """G⁻¹ at one z, term by term."""
    terms = [math.exp(-((z - c) ** 2).sum().item() / T**2) * M for c, M in zip(centroids, matrices, strict=True)]
    return sum(terms) + lam * torch.eye(D, dtype=z.dtype)


def potential_at(z: torch.Tensor) -> Potential:
    return Potential(z.cosh().sum(1), z.sinh())


def steps(z: torch.Tensor, rho: torch.Tensor, n: int, eps_lf: float, n_fixed_point: int = 60) -> tuple:
    point = PhasePoint(z, rho, potential_at(z), metric_at(z))
    for _ in range(n):
        point = leapfrog(point, potential_at, metric_at, eps_lf, n_fixed_point)
    return point.z, point.rho


def test_the_metric_is_that_of_brute_force():
    z = latents()
    geometry = metric_at(z)
    expected = torch.stack([brute_inverse(row, *parts(), LAM) for row in z])
    torch.testing.assert_close(geometry.inverse, expected)
    torch.testing.assert_close(geometry.metric, expected.inverse())
    torch.testing.assert_close(geometry.log_det(), -expected.logdet())
    assert torch.linalg.eigvalsh(geometry.inverse).min() >= LAM
    torch.testing.assert_close(geometry.metric, geometry.metric.mT)


def test_far_from_all_centroids_the_metric_is_constant():
    geometry = metric_at(torch.full((2, D), 50.0, dtype=torch.float64))
    expected = torch.eye(D, dtype=torch.float64).expand(2, D, D) / LAM
    torch.testing.assert_close(geometry.metric, expected)
    empty = LearnedMetric(latents(2), *(part[:0] for part in parts()), T, LAM)
    torch.testing.assert_close(empty.metric, expected)


def test_a_matrix_that_is_not_positive_definite_gives_nan():
    centroids, matrices = parts()
    geometry = LearnedMetric(latents(), centroids, -matrices, T, 1e-6)
    assert torch.isnan(geometry.log_det()).all()


def test_the_kinetic_energy_is_minus_the_log_density_of_the_momentum():
    rho = latents(seed=3)
    geometry = metric_at(latents())
    law = MultivariateNormal(torch.zeros(D, dtype=torch.float64), geometry.metric)
    expected = -law.log_prob(rho) - 0.5 * D * math.log(2 * math.pi)
    torch.testing.assert_close(geometry.kinetic_energy(rho), expected)


def test_its_derivatives_are_those_of_automatic_differentiation():
    z, rho = latents().requires_grad_(), latents(seed=3).requires_grad_()
    geometry = metric_at(z)
    by_z, by_rho = torch.autograd.grad(geometry.kinetic_energy(rho).sum(), (z, rho))
    torch.testing.assert_close(geometry.kinetic_gradient(rho), by_z)
    torch.testing.assert_close(geometry.velocity(rho), by_rho)


def test_momenta_have_the_covariance_of_the_metric():
    geometry = metric_at(latents(1).expand(D, D))
    # The momentum is linear in its noise: the images of the unit vectors give its covariance exactly.
    rows = geometry.momentum(torch.eye(D, dtype=torch.float64))
    torch.testing.assert_close(rows.T @ rows, geometry.metric[0])


def test_steps_are_reversible():
    z, rho = latents(), latents(seed=3)
    z_1, rho_1 = steps(z, rho, 3, 0.1)
    assert (z_1 - z).abs().max() > 0.05
    back, rho_back = steps(z_1, -rho_1, 3, 0.1)
    torch.testing.assert_close(back, z, rtol=0, atol=1e-10)
    torch.testing.assert_close(rho_back, -rho, rtol=0, atol=1e-10)


@pytest.mark.parametrize(("eps_lf", "n_fixed_point", "tolerance"), [(0.1, 60, 1e-10), (1e-3, 3, 1e-8)])
def test_steps_keep_volume(eps_lf, n_fixed_point, tolerance):
    def transport(both: torch.Tensor) -> torch.Tensor:
        return torch.cat(steps(both[None, :D], both[None, D:], 2, eps_lf, n_fixed_point), 1)[0]

    start = torch.cat([latents(1), latents(1, 3)], 1)[0]
    jacobian = torch.autograd.functional.jacobian(transport, start)
    assert jacobian.logdet().item() == pytest.approx(0.0, abs=tolerance)


def test_steps_nearly_keep_the_energy():
    z, rho = latents(), latents(seed=3)
    before = potential_at(z).nll + metric_at(z).kinetic_energy(rho)
    errors = []
    for eps_lf, n in ((0.02, 10), (0.01, 20)):
        z_1, rho_1 = steps(z, rho, n, eps_lf)
        errors.append((potential_at(z_1).nll + metric_at(z_1).kinetic_energy(rho_1) - before).abs().mean().item())
    assert errors[0] / errors[1] == pytest.approx(4.0, rel=0.2)  # of second order


def test_matrices_are_made_of_the_nets_factors():
    model, x = build(), to_unit(images())
    entries = model.metric_net(x)
    for row, matrix in zip(entries, model.metric_matrices(x), strict=True):
        factor = torch.diag(row[:D].exp())
        factor[1, 0], factor[2, 0], factor[2, 1] = row[D:]
        torch.testing.assert_close(matrix, factor @ factor.T)


def test_with_the_identity_as_metric_it_is_the_hvae():
    settings = {"n_lf": 2, "eps_lf": 0.05, "likelihood": "gaussian", "beta": 0.5}
    model, reference = build(lam=1.0, **settings).eval(), build(HVAE, **settings).eval()
    reference.load_state_dict({name: model.state_dict()[name] for name in reference.state_dict()})
    ours, theirs = (m.loss(to_unit(images()), generator(3)) for m in (model, reference))
    assert ours.terms["energy"].abs() > 1e-3
    for name in theirs.terms:
        torch.testing.assert_close(ours.terms[name], theirs.terms[name], rtol=1e-5, atol=1e-6)


def test_the_loss_is_minus_beta_times_the_bound():
    beta, beta_zero = 0.5, 0.3
    model = build(likelihood="gaussian", beta=beta, eps_lf=0.05, n_lf=2, lam=0.1, n_fixed_point=20).double()
    x = to_unit(images()).double()
    loss = model.loss(x, generator(3))
    noise = generator(3)
    posterior = model.encode(x)
    z_0 = reparametrise(posterior, noise)
    geometry_at = model.geometry(x, posterior)
    law = MultivariateNormal(torch.zeros_like(z_0), geometry_at(z_0).metric / beta_zero)
    heated = torch.randn(4, D, generator=noise, dtype=torch.float64) / beta_zero**0.5
    rho_0 = geometry_at(z_0).momentum(heated)
    point = PhasePoint(z_0, rho_0, model.potential(x, z_0), geometry_at(z_0))
    for factor in tempering_factors(2, beta_zero)[1:]:
        point = leapfrog(point, lambda z: model.potential(x, z), geometry_at, 0.05, 20)
        point = point._replace(rho=factor * point.rho)
    unit = Normal(torch.zeros_like(z_0), 1.0)
    log_likelihood = -(model.decode(point.z) - x).square().flatten(1).sum(1) / beta
    log_q = Independent(Normal(posterior.mu, (0.5 * posterior.log_var).exp()), 1).log_prob(z_0)
    bound = log_likelihood + unit.log_prob(point.z).sum(1) - log_q - law.log_prob(rho_0) + 0.5 * D * math.log(beta_zero)
    bound = bound + MultivariateNormal(torch.zeros_like(z_0), geometry_at(point.z).metric).log_prob(point.rho)
    # The loss has the KL of z_0's law in closed form where the bound has its estimate.
    estimate = (log_q - unit.log_prob(z_0).sum(1)).mean()
    expected = -beta * (bound.mean() + estimate - kl_to_standard_normal(posterior))
    torch.testing.assert_close(loss.total, expected)


def test_the_gradient_of_the_loss_passes_through_metric_and_implicit_steps():
    model = build(likelihood="gaussian", beta=0.5, eps_lf=0.1, lam=0.1).double()
    x, weight = to_unit(images()).double(), model.metric_net[3].weight

    def total() -> torch.Tensor:
        return model.loss(x, generator(3)).total

    total().backward()
    direction = torch.randn(weight.shape, generator=generator(4), dtype=torch.float64)
    h = 1e-6
    with torch.no_grad():
        weight.add_(h * direction)
        upper = total()
        weight.sub_(2 * h * direction)
        numeric = (upper - total()) / (2 * h)
    torch.testing.assert_close((weight.grad * direction).sum(), numeric, rtol=1e-5, atol=1e-7)


def test_every_parameter_is_trained_and_validation_needs_no_gradient():
    shape = (1, 32, 32)
    model, x = build(net="conv", shape=shape), to_unit(images(6, shape))
    model.loss(x, generator()).total.backward()
    for name, parameter in model.named_parameters():
        assert torch.isfinite(parameter.grad).all(), name
        if name.endswith("weight"):
            assert parameter.grad.abs().sum() > 0, name
    model.eval().end_epoch(images(6, shape), 4)
    with torch.no_grad():
        first, again = (model.loss(x, generator()) for _ in range(2))
    assert not first.total.requires_grad
    assert torch.equal(first.total, again.total)


@pytest.mark.parametrize(("n_centroids", "rows"), [(100, list(range(7))), (3, [0, 2, 4]), (1, [0])])
def test_an_epochs_end_stores_images_evenly_spaced(n_centroids, rows):
    model = build(n_centroids=n_centroids).eval()
    model.end_epoch(images(7), batch_size=2)
    x = to_unit(images(7)[rows])
    torch.testing.assert_close(model.centroids, model.encode(x).mu.detach())
    torch.testing.assert_close(model.matrices, model.metric_matrices(x).detach())
    assert not model.matrices.requires_grad


def test_evaluation_uses_what_is_stored_and_training_the_batch():
    model, x = build(eps_lf=0.1), to_unit(images())
    posterior = model.encode(x)
    z = latents().float()
    batch = model.geometry(x, posterior)(z).inverse
    torch.testing.assert_close(
        batch, LearnedMetric(z, posterior.mu, model.metric_matrices(x), model.temperature, model.lam).inverse
    )
    model.eval()
    torch.testing.assert_close(model.geometry(x, posterior)(z).inverse, 1e-3 * torch.eye(D).expand(4, D, D))
    model.end_epoch(images(), 4)
    torch.testing.assert_close(model.geometry(x, posterior)(z).inverse, batch)


def test_the_stored_metric_survives_a_file_and_a_fresh_model(tmp_path):
    model = build(eps_lf=0.05).eval()
    model.end_epoch(images(5), 4)
    save_weights(tmp_path / "model.safetensors", model.state_dict())
    fresh = build(eps_lf=0.05, seed=9)
    fresh.load_state_dict(load_weights(tmp_path / "model.safetensors"))
    fresh.eval()
    assert fresh.centroids.shape == (5, D)
    for name, tensor in model.state_dict().items():
        assert torch.equal(fresh.state_dict()[name], tensor), name
    ours, theirs = (m.loss(to_unit(images()), generator()).total for m in (model, fresh))
    assert torch.equal(ours, theirs)
    # And a model that has stored something takes weights that have nothing stored.
    fresh.load_state_dict(build().state_dict())
    assert fresh.matrices.shape == (0, D, D)


def test_weights_of_another_latent_dimension_are_refused():
    state = build().state_dict() | {"centroids": torch.empty(0, D + 1)}
    with pytest.raises(RuntimeError, match="centroids"):
        build().load_state_dict(state)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"n_lf": -1}, "n_lf = -1"),
        ({"temperature": 0.0}, "temperature = 0"),
        ({"lam": 0.0}, "lam = 0"),
        ({"n_centroids": 0}, "n_centroids = 0"),
        ({"n_fixed_point": 0}, "n_fixed_point = 0"),
    ],
)
def test_settings_out_of_range_are_named(settings, words):
    with pytest.raises(GeovaeError, match=f"model 'rhvae': {words}"):
        build(**settings)
