"""The Wasserstein autoencoder: its discrepancy against double loops, known samples and its expectation."""

import math

import pytest
import torch

from geovae.core.errors import GeovaeError
from geovae.models.losses import squared_error
from geovae.models.wae import WAE, imq_kernel, mmd
from geovae.nets.build import build_net

torch.set_num_threads(1)

SHAPE, LATENT_DIM = (2, 6, 5), 3


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def build(seed: int = 0, **settings) -> WAE:
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        return WAE(*build_net("mlp", SHAPE, LATENT_DIM, 0.02, False), LATENT_DIM, SHAPE, **settings)


def images(n: int) -> torch.Tensor:
    return torch.rand(n, *SHAPE, generator=generator(1))


def samples(n: int, d: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(n, d, generator=generator(seed), dtype=torch.float64)


def kernel(a: list[float], b: list[float], bandwidth: float) -> float:
    """The kernel from its definition, in plain Python."""
    square = sum((x - y) ** 2 for x, y in zip(a, b, strict=True))
    bases = [2 * len(a) * bandwidth**2 * scale for scale in (0.1, 0.2, 0.5, 1, 2, 5, 10)]
    return sum(base / (base + square) for base in bases)


@pytest.mark.parametrize(("n", "d", "bandwidth"), [(2, 1, 1.0), (5, 3, 0.1), (7, 16, 1.0), (4, 2, 5.0)])
def test_mmd_is_that_of_double_loops(n, d, bandwidth):
    z, prior = 1 + 2 * samples(n, d, 0), samples(n, d, 1)
    rows_z, rows_prior = z.tolist(), prior.tolist()
    expected = 0.0
    for i in range(n):
        for j in range(n):
            if i != j:
                within = kernel(rows_z[i], rows_z[j], bandwidth) + kernel(rows_prior[i], rows_prior[j], bandwidth)
                expected += within / (n * (n - 1))
            expected -= 2 * kernel(rows_z[i], rows_prior[j], bandwidth) / n**2
    assert mmd(z, prior, bandwidth).item() == pytest.approx(expected, rel=1e-10)


def test_two_points_against_themselves():
    z = torch.tensor([[0.0, 0.0], [0.0, 2.0]], dtype=torch.float64)
    # ‖z₁ − z₂‖² = 4 = 2d, so each scale s gives s/(s + 1); each point gives 1 with itself, seven times.
    pair = sum(scale / (scale + 1) for scale in (0.1, 0.2, 0.5, 1, 2, 5, 10))
    assert mmd(z, z).item() == pytest.approx(2 * pair - (7 + pair), rel=1e-12)


def test_distributions_far_apart_leave_the_terms_within():
    point = torch.zeros(6, 2, dtype=torch.float64)
    assert mmd(point, point + 1e6).item() == pytest.approx(14.0, abs=1e-9)


def test_the_expectation_is_zero_for_equal_distributions_and_positive_for_others():
    draws = samples(600 * 2, 10 * 3).view(600, 2, 10, 3)
    equal = torch.stack([mmd(z, prior) for z, prior in draws])
    assert equal.mean().abs() < 5 * equal.std() / 600**0.5
    assert (equal < 0).any()
    shifted = torch.stack([mmd(z + 0.5, prior) for z, prior in draws])
    assert shifted.mean() > 5 * shifted.std() / 600**0.5


def test_the_gradient_of_the_mmd_is_that_of_finite_differences():
    z = samples(4, 3).requires_grad_()
    assert torch.autograd.gradcheck(lambda z: mmd(z, samples(4, 3, 1), 0.5), (z,))


def test_close_points_far_from_the_origin_have_a_kernel_of_at_most_one_a_scale():
    z = (1000 + 1e-3 * samples(50, 4)).float()
    assert imq_kernel(z, z).max() <= 7
    assert torch.isfinite(imq_kernel(z, z)).all()


@pytest.mark.parametrize(("lam", "bandwidth"), [(0.0, 1.0), (0.03, 1.0), (10.0, 0.1)])
def test_the_loss_is_the_weighted_sum_of_its_terms(lam, bandwidth):
    model, x = build(lam=lam, kernel_bandwidth=bandwidth), images(7)
    loss = model.loss(x, generator(3))
    z = model.encode(x).mu
    reconstruction = squared_error(model.decode(z), x)
    discrepancy = mmd(z, torch.randn(7, LATENT_DIM, generator=generator(3)), bandwidth)
    torch.testing.assert_close(loss.terms, {"reconstruction": reconstruction, "mmd": discrepancy})
    torch.testing.assert_close(loss.total, reconstruction + 60 * lam * discrepancy)  # D = 2·6·5
    assert model.encode(x).log_var is None


@pytest.mark.parametrize("shape", [(1, 4, 4), (3, 8, 8)])
def test_the_published_weight_stands_beside_a_mean_over_pixels_whatever_the_images_size(shape):
    model = WAE(*build_net("mlp", shape, LATENT_DIM, 0.02, False), LATENT_DIM, shape)
    x = torch.rand(6, *shape, generator=generator(1))
    loss = model.loss(x, generator(3))
    mean_error = (model.decode(model.encode(x).mu) - x).square().mean()
    torch.testing.assert_close(loss.total / math.prod(shape), mean_error + 0.03 * loss.terms["mmd"])


def test_the_discrepancy_trains_the_encoder_alone():
    model = build()
    model.loss(images(6), generator()).terms["mmd"].backward()
    assert all(parameter.grad is None for parameter in model.decoder.parameters())
    assert all(
        parameter.grad.abs().sum() > 0 for name, parameter in model.encoder.named_parameters() if "weight" in name
    )


def test_the_normal_distribution_closest_to_the_prior_is_the_prior():
    mean, scale = torch.full((2,), 3.0, requires_grad=True), torch.full((2,), 0.1, requires_grad=True)
    optimizer, noise = torch.optim.Adam([mean, scale], lr=0.05), generator(5)
    for _ in range(150):
        optimizer.zero_grad()
        codes, prior = torch.randn(2, 200, 2, generator=noise)
        mmd(mean + scale * codes, prior).backward()
        optimizer.step()
    assert mean.abs().max() < 0.15
    assert (scale.abs() - 1).abs().max() < 0.15


def test_noise_comes_from_the_generator_alone():
    model, x = build(), images(4)
    first, again, other = (model.loss(x, generator(seed)).total for seed in (0, 0, 1))
    assert first == again
    assert first != other


def test_a_batch_of_one_image_has_no_discrepancy():
    loss = build().eval().loss(images(1), generator())
    assert loss.terms["mmd"] == 0
    assert torch.isfinite(loss.total)


@pytest.mark.parametrize("settings", [{"lam": -1.0}, {"lam": float("nan")}, {"kernel_bandwidth": 0.0}])
def test_settings_out_of_range_are_named(settings):
    with pytest.raises(GeovaeError, match=f"model 'wae': {next(iter(settings))} = "):
        build(**settings)
