"""Flows: log-determinants against Jacobians, invertibility, order of dependence, and the VAEs that have them."""

import pytest
import torch
from torch.distributions import MultivariateNormal

from geovae.core.errors import GeovaeError
from geovae.models.base import Posterior
from geovae.models.flows import INVERSE_SOFTPLUS_OF_1, LOG_SCALE_BOUND, Autoregressive, Chain, Planar, Radial, Reversed
from geovae.models.losses import reparametrise, squared_error
from geovae.models.vae import VAE
from geovae.models.vae_iaf import VAEIAF
from geovae.models.vae_nf import VAENF
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE = (1, 4, 4)
DIM = 3
MODELS = [(VAEIAF, {}), (VAENF, {"flow": "planar"}), (VAENF, {"flow": "radial"})]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def net() -> tuple:
    return (*build_net("mlp", SHAPE, DIM, 0.02, log_var=True), DIM, SHAPE)


def images(n: int = 6) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=generator(1))


def roughen(module: torch.nn.Module, seed: int, scale: float = 1.0) -> torch.nn.Module:
    """Move all parameters far from where the flow starts, that is from the identity."""
    noise = generator(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            step = torch.randn(parameter.shape, generator=noise, dtype=torch.float64)
            parameter.add_(scale * step.to(parameter.dtype))
    return module


def flows(seed: int, dim: int = DIM) -> dict[str, torch.nn.Module]:
    torch.manual_seed(seed)
    chain = Chain([Planar(dim), Reversed(Autoregressive(dim, 2, 7)), Radial(dim), Autoregressive(dim, 1, 5)])
    kinds = {"planar": Planar(dim), "radial": Radial(dim), "autoregressive": Autoregressive(dim, 2, 9), "chain": chain}
    return {name: roughen(flow.double(), seed, 0.7) for name, flow in kinds.items()}


def jacobians(flow: torch.nn.Module, z: torch.Tensor) -> torch.Tensor:
    return torch.stack([torch.autograd.functional.jacobian(lambda row: flow(row[None])[0][0], row) for row in z])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dim", [1, 2, 5])
@pytest.mark.parametrize("kind", ["planar", "radial", "autoregressive", "chain"])
def test_log_determinants_are_those_of_the_jacobian(kind, dim, seed):
    flow = flows(seed, dim)[kind]
    z = 2.0 * torch.randn(5, dim, generator=generator(seed), dtype=torch.float64)
    image, log_det = flow(z)
    assert image.shape == z.shape
    assert log_det.shape == (5,)
    sign, expected = torch.linalg.slogdet(jacobians(flow, z))
    assert torch.all(sign > 0)
    torch.testing.assert_close(log_det, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("push", [-40.0, -3.0, 0.0, 3.0, 40.0])
@pytest.mark.parametrize("kind", [Planar, Radial])
def test_flows_stay_invertible_however_far_their_parameters_go(kind, push):
    torch.manual_seed(1)
    flow = kind(2).double()
    with torch.no_grad():
        # Unconstrained, these would fold space where push is negative.
        if kind is Planar:
            flow.u.copy_(push * flow.w / flow.w.norm())
        else:
            flow.beta.fill_(push)
    z = torch.randn(2000, 2, generator=generator(), dtype=torch.float64)
    _, log_det = flow(z)
    assert torch.isfinite(log_det).all()
    if kind is Planar:  # along w, the only direction in which the map could fold, it increases
        line = torch.linspace(-4, 4, 400, dtype=torch.float64)[:, None] * flow.w / flow.w.norm()
        progress = flow(line)[0] @ flow.w
    else:  # along a ray from the centre
        line = flow.centre + torch.linspace(0, 6, 400, dtype=torch.float64)[:, None] * torch.tensor([0.6, 0.8])
        progress = (flow(line)[0] - flow.centre).norm(dim=1)
    assert torch.all(progress.diff() > 0)


def test_the_constraints_are_those_of_the_source():
    torch.manual_seed(3)
    planar, radial = roughen(Planar(4).double(), 0), roughen(Radial(4).double(), 1)
    z = torch.randn(7, 4, generator=generator(), dtype=torch.float64)
    w, u, b = planar.w, planar.u, planar.b
    u_hat = u + (torch.log1p((w @ u).exp()) - 1 - w @ u) * w / (w @ w)
    expected = z + u_hat * torch.tanh(z @ w + b)[:, None]
    torch.testing.assert_close(planar(z)[0], expected)
    beta_hat = -radial.log_alpha.exp() + torch.log1p(radial.beta.exp())
    r = (z - radial.centre).norm(dim=1, keepdim=True)
    expected = z + beta_hat / (radial.log_alpha.exp() + r) * (z - radial.centre)
    torch.testing.assert_close(radial(z)[0], expected)


@pytest.mark.parametrize("units", [3, 16])
def test_autoregressive_jacobians_are_triangular(units):
    torch.manual_seed(2)
    flow = roughen(Autoregressive(5, 3, units).double(), 2, 0.5)
    z = torch.randn(3, 5, generator=generator(), dtype=torch.float64)
    jacobian = jacobians(flow, z)
    assert torch.equal(jacobian.triu(1), torch.zeros_like(jacobian))
    assert torch.all(jacobian.diagonal(dim1=1, dim2=2) > 0)
    reverse = jacobians(Reversed(flow), z)
    assert torch.equal(reverse.tril(-1), torch.zeros_like(reverse))
    if units == 16:  # enough for all degrees: every entry does depend on each before it
        below = torch.tril_indices(5, 5, -1)
        assert torch.all(jacobian[:, below[0], below[1]].abs().amax(0) > 0)


def test_autoregressive_flows_are_inverted_entry_by_entry():
    torch.manual_seed(4)
    flow = roughen(Autoregressive(4, 2, 12).double(), 3, 0.5)
    z = torch.randn(6, 4, generator=generator(), dtype=torch.float64)
    image, _ = flow(z)
    recovered = torch.zeros_like(z)
    for i in range(4):
        shift, raw = flow.made(recovered).chunk(2, dim=1)
        log_scale = LOG_SCALE_BOUND * torch.tanh(raw / LOG_SCALE_BOUND)
        recovered[:, i] = (image[:, i] - shift[:, i]) * (-log_scale[:, i]).exp()
    torch.testing.assert_close(recovered, z)


def test_no_autoregressive_step_stretches_by_more_than_the_bound():
    flow = roughen(Autoregressive(3, 2, 8), 5, 30.0)
    _, log_det = flow(100.0 * torch.randn(50, 3, generator=generator()))
    assert log_det.abs().max() <= 3 * LOG_SCALE_BOUND
    assert log_det.abs().max() > 2 * LOG_SCALE_BOUND


def to_identity(flow: torch.nn.Module) -> None:
    with torch.no_grad():
        for part in flow.modules():
            if isinstance(part, Planar):
                part.u.copy_(INVERSE_SOFTPLUS_OF_1 * part.w / part.w.square().sum())
            elif isinstance(part, Radial):
                part.beta.fill_(INVERSE_SOFTPLUS_OF_1)
            elif isinstance(part, Autoregressive):
                part.made[-1].weight.zero_()


@pytest.mark.parametrize(("kind", "options"), MODELS)
def test_with_the_identity_as_flow_the_loss_is_the_vaes(kind, options):
    parts = net()
    model, vae = kind(*parts, beta=0.3, **options), VAE(*parts, beta=0.3)
    to_identity(model.flow)
    loss, expected = model.loss(images(), generator(5)), vae.loss(images(), generator(5))
    torch.testing.assert_close(loss.total, expected.total)
    torch.testing.assert_close(loss.terms, expected.terms)


@pytest.mark.parametrize(("kind", "options"), MODELS)
def test_models_start_near_the_vae(kind, options):
    model = kind(*net(), **options)
    z = torch.randn(50, DIM, generator=generator())
    image, log_det = model.flow(z)
    assert 0 < (image - z).abs().max() < 0.3
    assert 0 < log_det.abs().max() < 0.3


@pytest.mark.parametrize(("kind", "options"), MODELS)
def test_the_loss_is_that_of_the_latents_that_the_flow_gives(kind, options):
    model = kind(*net(), beta=0.7, **options)
    roughen(model.flow, 6, 0.3)
    x = images()
    loss = model.loss(x, generator(5))
    z_0 = reparametrise(model.encode(x), generator(5))
    reconstruction = squared_error(model.decode(model.to_decoder(z_0)), x)
    torch.testing.assert_close(loss.terms["reconstruction"], reconstruction)
    torch.testing.assert_close(loss.total, reconstruction + 0.7 * loss.terms["kl"])


def test_kl_of_an_affine_flow_is_the_closed_form():
    model = VAEIAF(*net(), n_blocks=1)
    scale, shift = torch.tensor([0.5, -0.4, 0.2]), torch.tensor([1.0, 0.0, -2.0])
    to_identity(model.flow)
    with torch.no_grad():  # without weights, z_K = exp(s)·z_0 + m
        raw = LOG_SCALE_BOUND * torch.atanh(scale / LOG_SCALE_BOUND)
        model.flow.flows[0].made[-1].bias.copy_(torch.cat([shift, raw]))
    mu, log_var = torch.tensor([0.3, -0.2, 0.1]), torch.tensor([-1.0, 0.2, -0.5])
    n = 200_000
    model.encode = lambda x: Posterior(mu.expand(n, DIM), log_var.expand(n, DIM))
    model.decode = lambda z: torch.zeros(n, 1)
    with torch.no_grad():
        kl = model.loss(torch.zeros(n, 1), generator()).terms["kl"]
    posterior = MultivariateNormal(scale.exp() * mu + shift, torch.diag((2 * scale + log_var).exp()))
    expected = torch.distributions.kl_divergence(posterior, MultivariateNormal(torch.zeros(DIM), torch.eye(DIM)))
    assert abs(kl - expected) < 0.03  # about five standard errors


@pytest.mark.parametrize(("kind", "options"), MODELS)
def test_reconstructing_from_the_mean_goes_through_the_flow(kind, options):
    model = kind(*net(), **options).eval()
    roughen(model.flow, 6, 0.3)
    mu = model.encode(images()).mu
    z, _ = model.flow(mu)
    torch.testing.assert_close(model.decode(model.to_decoder(mu)), model.decode(z))
    assert not torch.allclose(model.to_decoder(mu), mu)


@pytest.mark.parametrize(("kind", "options"), MODELS)
def test_training_lowers_the_loss_and_reaches_every_parameter(kind, options):
    torch.manual_seed(0)
    model, x = kind(*net(), **options), images()
    before = model.loss(x, generator(7)).total
    before.backward()
    gradients = {name: parameter.grad for name, parameter in model.named_parameters()}
    assert all(gradient is not None and torch.isfinite(gradient).all() for gradient in gradients.values())
    assert all(gradient.abs().sum() > 0 for name, gradient in gradients.items() if name.startswith("flow"))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.sub_(1e-3 * parameter.grad)
    assert model.loss(x, generator(7)).total < before


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        (VAEIAF, {"beta": -1}, "model 'vae_iaf': beta = -1"),
        (VAEIAF, {"n_blocks": 0}, "model 'vae_iaf': n_blocks = 0"),
        (VAEIAF, {"hidden_units": 0}, "hidden_units = 0"),
        (VAENF, {"n_flows": 0}, "model 'vae_nf': n_flows = 0"),
        (VAENF, {"flow": "radiall"}, "flow 'radiall' is not known. Did you mean 'radial'"),
    ],
)
def test_a_wrong_setting_is_named(kind, options, words):
    with pytest.raises(GeovaeError, match=words):
        kind(*net(), **options)
