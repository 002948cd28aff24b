"""What the sampler is given: no graph is kept, and what cannot work is refused by the argument's name."""

import numpy as np
import pytest
import torch
from torch import nn

from geovae.core.errors import GeovaeError
from geovae.geometry import hmc
from geovae.geometry.centroids import select_centroids
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import fast_leapfrog

torch.set_num_threads(1)


def latents(**kind) -> tuple[torch.Tensor, torch.Tensor]:
    mu = torch.randn(40, 3, generator=torch.Generator().manual_seed(0)).to(**kind)
    return mu, torch.full_like(mu, -2)


def sampled(target, start, n_steps=4, integrator=hmc.leapfrog):
    return hmc.sample(target, start, n_steps=n_steps, generator=torch.Generator().manual_seed(0), integrator=integrator)


@pytest.mark.parametrize("tracked", ["mu", "log_var", "start"])
@pytest.mark.parametrize("integrator", [lambda metric: hmc.leapfrog, fast_leapfrog])
def test_no_graph_is_kept_whatever_tracks_gradients(tracked, integrator):
    mu, log_var = latents()
    plain = RiemannianMetric.from_latents(mu, log_var, k=5, lam=0.01)
    wanted = sampled(plain.log_density_and_gradient, mu, integrator=integrator(plain))
    parts = {"mu": mu.clone(), "log_var": log_var.clone(), "start": mu.clone()}
    parts[tracked].requires_grad_()
    metric = RiemannianMetric.from_latents(parts["mu"], parts["log_var"], k=5, lam=0.01)
    state, info = sampled(metric.log_density_and_gradient, parts["start"], integrator=integrator(metric))
    for part, expected in zip((*state, *info), (*wanted[0], *wanted[1]), strict=True):
        assert part.grad_fn is None
        assert not part.requires_grad
        assert torch.equal(part, expected)
    for part in (metric.centroids, metric.precisions, metric.expansion.moments, metric.log_density(parts["start"])):
        assert not part.requires_grad


def test_a_target_through_weights_that_track_gradients_keeps_no_graph():
    decoder = nn.Linear(3, 5)
    seen = []

    def target(z):
        seen.append(z.grad_fn is None)
        value = -decoder(z).square().sum(1)
        return value, -2 * decoder(z) @ decoder.weight

    mu, _ = latents()
    state, _ = sampled(target, mu, n_steps=3)
    assert seen == [True] * (1 + 3 * 10)
    assert all(part.grad_fn is None and not part.requires_grad for part in state)
    again, _ = sampled(hmc.autograd_target(lambda z: -decoder(z).square().sum(1)), mu, n_steps=3)
    torch.testing.assert_close(again.z, state.z)
    assert decoder.weight.grad is None
    decoder.weight.new_empty(5, 3)
    decoder.__class__(3, 5)(state.z).sum().backward()  # what a decoder makes of the end can be differentiated


@pytest.mark.parametrize("mode", [torch.inference_mode, torch.no_grad, torch.enable_grad])
def test_the_callers_mode_does_not_matter(mode):
    mu, log_var = latents()
    decoder = nn.Linear(3, 2)
    with mode():
        metric = RiemannianMetric.from_latents(mu.clone(), log_var, k=5, lam=0.01)
        inside, _ = sampled(hmc.autograd_target(lambda z: -z.square().sum(1)), mu.clone(), n_steps=2)
    state, _ = sampled(metric.log_density_and_gradient, metric.centroids, integrator=fast_leapfrog(metric))
    decoder(state.z).sum().backward()
    assert decoder.weight.grad.shape == (2, 3)
    outside, _ = sampled(lambda z: (-z.square().sum(1), -2 * z), mu, n_steps=2)
    assert torch.equal(inside.z, outside.z)


def test_a_log_density_without_a_way_back_to_z_is_refused():
    metric = RiemannianMetric.from_latents(*latents(), k=5, lam=0.01)
    with pytest.raises(GeovaeError, match="does not depend on z by operations of torch"):
        hmc.autograd_target(metric.log_density)(metric.centroids)


def ten_lines(mu, log_var, start) -> None:
    metric = RiemannianMetric.from_latents(mu, log_var, k=5, lam=0.01)
    sampled(metric.log_density_and_gradient, start)


ODD = {
    "int64": lambda x: x.to(torch.int64),
    "bool": lambda x: x > 0,
    "complex64": lambda x: x.to(torch.complex64),
    "float16": lambda x: x.half(),
    "bfloat16": lambda x: x.bfloat16(),
    "meta": lambda x: x.to("meta"),
    "sparse": lambda x: x.to_sparse(),
    "ndarray": lambda x: x.numpy(),
    "list": lambda x: x.tolist(),
    "NaN": lambda x: x.masked_fill(x == x.max(), torch.nan),
    "infinities": lambda x: x / 0,
    "shape": lambda x: x[0],
    "NoneType": lambda x: None,
    r"shape \(0, 3\)": lambda x: x[:0],
}


@pytest.mark.parametrize("name", ["mu", "log_var", "start", "points"])
@pytest.mark.parametrize("kind", ODD)
def test_odd_tensors_are_refused_by_name(kind, name):
    mu, log_var = latents()
    metric = RiemannianMetric.from_latents(mu, log_var, k=5, lam=0.01)
    odd = ODD[kind]({"log_var": log_var}.get(name, mu))
    if name == "points":
        if kind in ("NaN", "infinities", r"shape \(0, 3\)"):
            return  # a log-density of no number, or of no point, is no error
        with pytest.raises(GeovaeError, match=r"^points: "):
            metric.log_density_and_gradient(odd)
        return
    arguments = {"mu": mu, "log_var": log_var, "start": mu} | {name: odd}
    with pytest.raises(GeovaeError, match=f"^(latents: )?{name} .*{kind}") as caught:
        ten_lines(**arguments)
    assert len(str(caught.value).splitlines()) == 1


def test_no_points_have_no_densities():
    for lam in (0.01, 0.0):
        metric = RiemannianMetric.from_latents(*latents(), k=5, lam=lam)
        none = torch.empty(0, 3)
        value, gradient = metric.log_density_and_gradient(none)
        assert (value.shape, gradient.shape, metric.max_weight(none).shape) == ((0,), (0, 3), (0,))
        assert metric.diagonal(none).shape == (0, 3)


def test_types_and_devices_that_do_not_fit_each_other_are_named():
    mu, log_var = latents()
    with pytest.raises(GeovaeError, match=r"mu torch\.float32, log_var torch\.float64"):
        RiemannianMetric.from_latents(mu, log_var.double(), k=5, lam=0.01)
    with pytest.raises(GeovaeError, match=r"precisions torch\.float64"):
        RiemannianMetric(mu, log_var.exp().double(), 1.0, 0.1)
    with pytest.raises(GeovaeError, match="log_var is on the device meta"):
        RiemannianMetric.from_latents(mu, log_var.to("meta"), k=5, lam=0.01)
    metric = RiemannianMetric.from_latents(mu, log_var, k=5, lam=0.01)
    with pytest.raises(
        GeovaeError, match=r"^points: .*torch\.float64 on cpu; this metric takes \(n, 3\), torch.float32"
    ):
        sampled(metric.log_density_and_gradient, mu.double())
    with pytest.raises(GeovaeError, match=r"metric: to dtype torch\.float16"):
        metric.to(dtype=torch.float16)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"k": 41}, r"metric\.k = 41: there are 40"),
        ({"k": 0}, "metric: k = 0"),
        ({"k": 2.5}, r"metric: k = 2\.5"),
        ({"k": True}, "metric: k = True"),
        ({"seed": -1}, "seed = -1"),
        ({"rho_factor": 0.0}, r"metric: rho_factor = 0\.0"),
        ({"rho": torch.ones(2)}, "metric: rho = "),
        ({"indices": np.array([0, 1, 40]), "k": 3}, "indices must be whole numbers from 0 to 39"),
        ({"indices": np.array([0.0, 1.0]), "k": 2}, "indices must be whole numbers"),
        ({"distance": "cosine"}, "distance = 'cosine'"),
    ],
)
def test_odd_settings_of_the_metric_are_refused_by_name(change, message):
    mu, log_var = latents()
    with pytest.raises(GeovaeError, match=message):
        RiemannianMetric.from_latents(mu, log_var, **{"k": 5, "lam": 0.01} | change)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_steps": 2.5}, r"n_steps = 2\.5"),
        ({"n_lf": "3"}, "n_lf = '3'"),
        ({"eps_lf": torch.tensor([0.1, 0.2])}, "eps_lf = "),
        ({"velocity_std": 0}, "velocity_std = 0"),
        ({"generator": None}, "generator is a NoneType"),
        ({"generator": 0}, "generator is a int"),
    ],
)
def test_odd_settings_of_the_chains_are_refused_by_name(change, message):
    with pytest.raises(GeovaeError, match=message):
        hmc.sample(
            lambda z: (-z.square().sum(1), -2 * z), torch.zeros(2, 3), **{"generator": torch.Generator()} | change
        )


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (lambda z: (-z.square().sum(), -2 * z), r"shapes \(2, 3\), \(\), \(2, 3\)"),
        (lambda z: (-z.square().sum(1), -2 * z[:1]), r"shapes \(2, 3\), \(2,\), \(1, 3\)"),
        (lambda z: (-z.double().square().sum(1), -2 * z), r"log_density torch\.float64"),
        (lambda z: (0.0, -2 * z), "the target's log-density is a float"),
        (lambda z: -z.square().sum(1), "the target gives a Tensor; it must give a log-density and its gradient"),
        (lambda z: (-z, -z, -z), "the target gives a tuple"),
        (lambda z: None, "the target gives a NoneType"),
        (RiemannianMetric(torch.zeros(1, 3), torch.ones(1, 3), rho=1.0, lam=0.01), "target is a RiemannianMetric"),
    ],
)
def test_a_target_that_does_not_fit_its_points_is_refused(target, message):
    with pytest.raises(GeovaeError, match=message):
        sampled(target, torch.zeros(2, 3))


def test_centroids_are_chosen_among_finite_numbers():
    mu = latents()[0].numpy()
    for odd, message in (
        (torch.zeros(3, 2), "latents: mu is a Tensor"),
        (mu.astype(np.complex64), "latents: mu holds complex64"),
        (mu.astype(object), "latents: mu holds object"),
        (mu[:0], r"latents: mu of shape \(0, 3\)"),
        (1e35 * mu.astype(np.float64), "latents: mu reaches"),
    ):
        with pytest.raises(GeovaeError, match=message):
            select_centroids(odd, 2, 0)


def test_a_fast_integrator_serves_its_own_metric_alone():
    mu, log_var = latents()
    metric, other = (RiemannianMetric.from_latents(mu, log_var, k=k, lam=0.01) for k in (5, 6))
    with pytest.raises(GeovaeError, match="made for another metric than the target's"):
        sampled(metric.log_density_and_gradient, mu, integrator=fast_leapfrog(other))
    with pytest.raises(GeovaeError, match="takes a RiemannianMetric, not a NoneType"):
        fast_leapfrog(None)
