"""Samplers on latents that no distribution fits: refused by name, never a traceback of a library beneath."""

import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.sampling.base import Context
from geovae.sampling.draw import draw

torch.set_num_threads(1)


def means(n: int, d: int, scale: float) -> torch.Tensor:
    return scale * torch.randn(n, d, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("scale", [1e5, 1e20, 1e36])
def test_a_mixture_of_more_gaussians_than_the_means_bear_names_the_latents(scale):
    with pytest.raises(GeovaeError) as caught:
        draw("gmm", Context(mu=means(30, 16, scale)), 5, "key")
    assert "no mixture of 10 Gaussians can be fitted to the 30 training means in 16 dimensions (--latents)" in str(
        caught.value
    )


def test_fewer_gaussians_fit_the_same_means():
    drawn = draw("gmm", Context(mu=means(300, 16, 1e5)), 50, "key", n_components=1)
    assert 5e4 < drawn.latents.std() < 2e5


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
def test_a_kernel_density_fits_any_scale(scale):
    context = Context(mu=means(100, 3, scale), mu_validation=-means(50, 3, scale))
    drawn = draw("kde", context, 200, "key")
    assert torch.isfinite(drawn.latents).all()
    assert 0.5 < drawn.latents.double().std() / scale < 2


def test_a_kernel_density_refuses_what_squares_overflow_of():
    context = Context(mu=means(100, 3, 1e25), mu_validation=means(50, 3, 1.0))
    with pytest.raises(GeovaeError, match=r"sampler 'kde': the latents reach .*e\+25"):
        draw("kde", context, 5, "key")
    context = Context(mu=means(100, 3, 1e-20), mu_validation=means(50, 3, 1.0))
    with pytest.raises(GeovaeError, match=r"sampler 'kde': all training means coincide"):
        draw("kde", context, 5, "key")


@pytest.mark.parametrize("name", ["mu", "log_var", "mu_validation", "mu_test"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda x: x.to("meta"), "is on the device meta"),
        (lambda x: x.half(), r"is torch\.float16"),
        (lambda x: x.long(), r"is torch\.int64"),
        (lambda x: x.numpy(), "is a ndarray"),
        (lambda x: x / 0, r"of shape \(20, 3\) must be \(N, d\) and finite"),
        (lambda x: x[0], r"of shape \(3,\) must be"),
        (lambda x: x[:, :0], r"of shape \(20, 0\) must be \(N, d\) and finite, with d ≥ 1"),
        (lambda x: x[:, :2], "latents do not fit each other: .*NAME.*2"),
    ],
)
def test_odd_latents_are_refused_by_name(name, change, message):
    latents = {other: means(20, 3, 1.0) for other in ("mu", "log_var", "mu_validation", "mu_test")}
    latents[name] = change(latents[name])
    with pytest.raises(GeovaeError, match=message.replace("NAME", name) if "NAME" in message else f"^{name} {message}"):
        Context(**latents)


def test_latents_that_track_gradients_are_drawn_from_without_them():
    mu = means(40, 3, 1.0).requires_grad_()
    context = Context(mu=mu, log_var=means(40, 3, 0.1).requires_grad_(), mu_validation=mu)
    plain = Context(mu=mu.detach(), log_var=context.log_var.detach(), mu_validation=mu.detach())
    for name in ("resample", "posterior", "reconstruction", "kde"):
        drawn = draw(name, context, 10, "key").latents
        assert not drawn.requires_grad
        assert torch.equal(drawn, draw(name, plain, 10, "key").latents)
    jittered = draw("jitter", context, 10, "key", scale=0.5).latents
    assert not jittered.requires_grad


@pytest.mark.parametrize("n", [0, -3, 2.5, True])
def test_a_number_of_draws_is_a_whole_number(n):
    with pytest.raises(GeovaeError, match=f"^n = {n}"):
        draw("resample", Context(mu=means(4, 2, 1.0)), n, "key")


@pytest.mark.parametrize(
    ("name", "settings", "log_variance"),
    [
        ("posterior_kde", {"scale": 1e15}, 120.0),
        ("posterior", {}, 200.0),
        ("jitter", {"scale": 1e300}, 0.0),
    ],
)
def test_draws_beyond_float32_are_refused(name, settings, log_variance):
    context = Context(mu=means(20, 3, 1.0), log_var=torch.full((20, 3), log_variance))
    with pytest.raises(GeovaeError, match=f"sampler '{name}': it drew latents that are not finite numbers of 32 bits"):
        draw(name, context, 5, "key", **settings)


@pytest.mark.parametrize("scale", [1e-150, 1e75])
def test_neighbourhoods_beyond_float64_are_refused(scale):
    mu = means(20, 3, 1.0).double() * scale
    with pytest.raises(GeovaeError, match=r"sampler 'parzen': (all training means coincide|the latents reach 2)"):
        draw("parzen", Context(mu=mu), 5, "key", n_neighbours=3, scale=1.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("log_variance", [-60.0, -200.0, -900.0])
def test_posteriors_too_narrow_for_distances_are_refused_without_warnings(log_variance):
    mu = means(50, 3, 1.0)
    context = Context(mu=mu, log_var=torch.full((50, 3), log_variance), mu_validation=-mu)
    if log_variance == -60.0:
        assert torch.isfinite(draw("posterior_kde", context, 5, "key").latents).all()
    else:
        with pytest.raises(GeovaeError, match="distances between the latents are too large for numbers of 32 bits"):
            draw("posterior_kde", context, 5, "key")
