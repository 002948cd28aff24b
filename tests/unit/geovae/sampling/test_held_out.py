"""The choice of scales by held-out means: validation means that are training means, and kernels of any width."""

import math

import numpy as np
import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.sampling import held_out, parzen
from geovae.sampling.base import Context
from geovae.sampling.draw import draw

torch.set_num_threads(1)

DENSITIES = ("parzen", "posterior_kde")


def cloud(n: int, d: int, seed: int, offset: float = 0.0) -> torch.Tensor:
    return offset + torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def context_of(mu: torch.Tensor, validation: torch.Tensor, log_variance: float = -2.0) -> Context:
    spread = 0.3 * cloud(*mu.shape, 5).to(mu.dtype)
    return Context(mu=mu, log_var=log_variance + spread, mu_validation=validation)


# -- validation means that are training means -------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sampler", DENSITIES)
@pytest.mark.parametrize("offset", [0.0, 30.0])
@pytest.mark.parametrize("n_shared", [60, 100, 110, 200])
@pytest.mark.parametrize("rounding", [0.0, 1e-7])
def test_validation_means_half_of_which_are_training_means_fit_no_scale(sampler, offset, n_shared, rounding):
    mu = cloud(300, 8, 0, offset)
    validation = torch.cat([mu[:n_shared] * (1 + rounding), cloud(200 - n_shared, 8, 1, offset)])
    context = context_of(mu, validation)
    if n_shared >= 100:
        with pytest.raises(GeovaeError, match=f"sampler '{sampler}': half of the validation means are training means"):
            draw(sampler, context, 5, "key")
    else:
        found = draw(sampler, context, 5, "key").diagnostics
        assert found["scale"] > 1e-2
        assert math.isfinite(found["held_out_log_likelihood"])


@pytest.mark.parametrize("sampler", DENSITIES)
def test_one_wide_kernel_does_not_hide_that_means_are_shared(sampler):
    mu = cloud(100, 4, 0)
    log_var = torch.full((100, 4), -2.0)
    log_var[7] = 40.0
    context = Context(mu=mu, log_var=log_var, mu_validation=mu.clone())
    with pytest.raises(GeovaeError, match="half of the validation means are training means"):
        draw(sampler, context, 5, "key")


def test_near_means_are_seen_and_others_not():
    mu = np.array([[0.0, 0.0], [1e3, 1.0], [5.0, 5.0]])
    held_out.require_unseen("parzen", np.array([[1e3, 1.01], [0.0, 1e-9], [5.0, 5.001]]), mu)
    with pytest.raises(GeovaeError, match="half"):
        held_out.require_unseen("parzen", np.array([[1e3, 1.0001], [5.0, 5.001]]), mu)
    with pytest.raises(GeovaeError, match="half"):
        held_out.require_unseen("parzen", np.zeros((1, 2)), mu)


# -- kernels of any width ---------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("n_shared", [0, 1])
@pytest.mark.parametrize("log_variance", [40.0, 60.0, 80.0, 200.0, 900.0])
def test_posteriors_too_wide_for_distances_are_refused_by_their_variances(log_variance, n_shared):
    mu = cloud(50, 3, 0)
    validation = torch.cat([mu[:n_shared], cloud(40 - n_shared, 3, 1)])
    context = Context(mu=mu, log_var=torch.full((50, 3), log_variance), mu_validation=validation)
    if log_variance < 70:
        found = draw("posterior_kde", context, 5, "key").diagnostics
        usual = draw("posterior_kde", Context(mu=mu, log_var=torch.zeros(50, 3), mu_validation=validation), 5, "key")
        assert found["bandwidth"] == pytest.approx(usual.diagnostics["bandwidth"], rel=1e-2)
        assert found["held_out_log_likelihood"] == pytest.approx(usual.diagnostics["held_out_log_likelihood"], rel=1e-4)
    else:
        with pytest.raises(GeovaeError) as caught:
            draw("posterior_kde", context, 5, "key")
        assert str(caught.value) == (
            "sampler 'posterior_kde': the kernels are too wide beside the distances between the latents for numbers of "
            f"32 bits.\nSee whether the posteriors' log-variances, {log_variance:g} to {log_variance:g}, have diverged."
        )


def test_posteriors_too_narrow_are_named_too():
    context = Context(mu=cloud(50, 3, 0), log_var=torch.full((50, 3), -200.0), mu_validation=cloud(40, 3, 1))
    with pytest.raises(GeovaeError, match=r"too large for numbers of 32 bits\.\nSee .* log-variances, -200 to"):
        draw("posterior_kde", context, 5, "key")


# -- likelihoods that are no numbers ----------------------------------------------------------------------------------


def test_what_is_not_finite_is_never_the_highest():
    assert held_out.highest([math.nan, -3.0, math.inf, -2.0, -2.0, -math.inf]) == 3
    with pytest.raises(GeovaeError, match=r"no setting .* \(--latents-validation\) a finite likelihood"):
        held_out.highest([math.nan, -math.inf])


def test_a_scale_whose_likelihood_is_nan_never_wins():
    scales = np.geomspace(0.1, 10.0, 9)
    found = held_out.best_scale(lambda x: math.nan if x < -1 else -(x**2), scales)
    assert (found.scale, found.at_edge) == (pytest.approx(1.0, abs=1e-2), False)
    holed = held_out.best_scale(
        lambda x: -(x**2) if any(abs(x - y) < 1e-9 for y in np.log(scales)) else math.nan, scales
    )
    assert (holed.scale, holed.log_likelihood) == (pytest.approx(1.0), pytest.approx(0.0))
    with pytest.raises(GeovaeError, match="a finite likelihood"):
        held_out.best_scale(lambda _: math.nan, scales)


def test_a_number_of_neighbours_whose_likelihood_is_nan_never_wins(monkeypatch):
    likelihoods = iter([math.nan, -5.0, -4.0])
    monkeypatch.setattr(parzen, "kernel_likelihood", lambda *_: lambda _: next(likelihoods))
    monkeypatch.setattr(parzen, "CANDIDATES", (3, 4, 5))
    context = Context(mu=cloud(30, 2, 0), mu_validation=cloud(20, 2, 1))
    found = draw("parzen", context, 5, "key", scale=1.0).diagnostics
    assert (found["n_neighbours"], found["held_out_log_likelihood"]) == (5.0, -4.0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("sampler", DENSITIES)
@pytest.mark.parametrize(
    ("n_far", "words"), [(1, "no setting .* a finite likelihood"), (40, "too large for numbers of 32 bits")]
)
def test_validation_means_beyond_float32_are_refused_without_warnings(sampler, n_far, words):
    validation = cloud(40, 3, 1)
    validation[:n_far] = 1e30
    with pytest.raises(GeovaeError, match=words):
        draw(sampler, context_of(cloud(50, 3, 0), validation), 5, "key")
