"""The exact draw of √det G: against quadrature in the plane, against long chains, and where it is not exact."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric
from geovae.sampling.base import Context
from geovae.sampling.draw import draw
from geovae.sampling.volume import kernel_log_sum

torch.set_num_threads(1)


def metric_of(centroids, precisions, rho=1.0, lam=0.0) -> RiemannianMetric:
    return RiemannianMetric(
        torch.tensor(centroids, dtype=torch.float64), torch.tensor(precisions, dtype=torch.float64), rho, lam
    )


def apart(distance: float, precisions=((4.0, 1.0), (0.25, 2.0))) -> RiemannianMetric:
    return metric_of([[0.0, 0.0], [distance, 0.0]], precisions, rho=1.2)


def on_a_grid(metric: RiemannianMetric, half: float = 9.0, n: int = 721):
    """Points of a square about the centroids, √det G and the kernels' sum there, and the area of a cell."""
    centre = metric.centroids.mean(0)
    line = torch.linspace(-half, half, n, dtype=torch.float64)
    z = centre + torch.cartesian_prod(line, line)
    return z, metric.log_density(z).exp(), kernel_log_sum(metric, z).exp(), (line[1] - line[0]).item() ** 2


def lost_share(metric: RiemannianMetric) -> float:
    """ε by quadrature: the share of the volume that is not the kernels'."""
    _, volume, kernels, _ = on_a_grid(metric)
    return 1 - (kernels.sum() / volume.sum()).item()


def test_the_kernels_are_normal_densities_of_equal_weight_and_their_volume_is_as_derived():
    metric = apart(3.0)
    z, _, kernels, cell = on_a_grid(metric)
    volume = 2 * math.pi * metric.rho**2 / 2
    expected = sum(
        stats.multivariate_normal(c.numpy(), metric.rho**2 / 2 * np.diag(1 / p.numpy())).pdf(z.numpy())
        for c, p in zip(metric.centroids, metric.precisions, strict=True)
    )
    np.testing.assert_allclose(kernels.numpy(), volume * expected, rtol=1e-9, atol=1e-300)
    assert kernels.sum().item() * cell == pytest.approx(2 * volume, rel=1e-5)


def test_isolated_centroids_make_the_volume_the_mixture_by_quadrature():
    metric = apart(7.0)
    _, volume, kernels, _ = on_a_grid(metric)
    distance = 0.5 * (volume / volume.sum() - kernels / kernels.sum()).abs().sum().item()
    assert distance < 2e-3
    drawn = draw("volume", Context(metric=metric), 150_000, "key")
    assert abs(drawn.diagnostics["overlap"] - lost_share(metric)) < 1e-3
    # Which share of the draws lies in each bin of the plane, beside what the quadrature says.
    z, _, _, _ = on_a_grid(metric)
    edges = [np.linspace(-5.4875, 12.5125, 13), np.linspace(-8.9875, 9.0125, 13)]  # between points of the grid
    wanted = np.histogram2d(*z.numpy().T, bins=edges, weights=volume.numpy())[0]
    found = np.histogram2d(*drawn.latents.numpy().T, bins=edges)[0]
    wanted, found = wanted / wanted.sum(), found / found.sum()
    assert np.abs(found - wanted).sum() / 2 < 0.01


@pytest.mark.parametrize("distance", [0.5, 1.5, 2.5])
def test_what_overlapping_centroids_add_is_estimated_from_the_draws_and_bounds_the_distance(distance):
    metric = apart(distance, precisions=((6.0, 0.5), (0.5, 6.0)))
    lost = lost_share(metric)
    assert 0.04 < lost < 0.5
    drawn = draw("volume", Context(metric=metric), 40_000, "key")
    assert drawn.diagnostics["overlap"] == pytest.approx(lost, rel=0.03)
    _, volume, kernels, _ = on_a_grid(metric)
    assert (volume >= kernels * (1 - 1e-9)).all()  # Minkowski's inequality for determinants
    distance = 0.5 * (volume / volume.sum() - kernels / kernels.sum()).abs().sum().item()
    assert 0.01 < distance <= lost


def test_in_the_plane_proportional_posteriors_need_no_isolation():
    metric = apart(0.7, precisions=((2.0, 1.0), (4.0, 2.0)))
    _, volume, kernels, _ = on_a_grid(metric)
    np.testing.assert_allclose(volume.numpy(), kernels.numpy(), rtol=1e-9, atol=1e-300)
    assert abs(draw("volume", Context(metric=metric), 2000, "key").diagnostics["overlap"]) < 1e-9


def test_one_centroid_is_exact_in_any_dimension():
    generator = torch.Generator().manual_seed(0)
    precisions = torch.exp(torch.randn(1, 12, generator=generator, dtype=torch.float64))
    metric = RiemannianMetric(torch.ones(1, 12, dtype=torch.float64), precisions, 2.0, 0.0)
    drawn = draw("volume", Context(metric=metric), 4000, "key")
    assert abs(drawn.diagnostics["overlap"]) < 1e-9
    white = (drawn.latents.double() - 1) * precisions.sqrt() * math.sqrt(12) / 2
    assert stats.kstest(white.ravel().numpy(), "norm").pvalue > 1e-3


def test_long_chains_end_with_the_law_that_is_drawn():
    """From a centroid, which is far from that law, a long chain comes to the Gaussian of its centroid."""
    metric = metric_of([[0.0] * 4, [40.0] + [0.0] * 3], [[4.0, 1.0, 1.0, 0.5], [1.0, 2.0, 4.0, 1.0]], rho=2.0)
    n = 2000
    starts = metric.centroids.repeat_interleave(n // 2, 0)
    target = metric.log_density_and_gradient
    state, info = hmc.sample(
        target, starts, generator=torch.Generator().manual_seed(0), n_steps=60, n_lf=8, eps_lf=0.15
    )
    assert info.acceptance.mean() > 0.9
    drawn = draw("volume", Context(metric=metric), n, "key").latents.double()
    for i, far in enumerate((lambda z: z[:, 0] < 20, lambda z: z[:, 0] > 20)):
        chain, exact = state.z[far(state.z)], drawn[far(drawn)]
        assert len(chain) == n // 2  # no chain crosses
        for axis in range(4):
            deviation = 2.0 / math.sqrt(4) / metric.precisions[i, axis].sqrt().item()
            assert stats.ks_2samp(chain[:, axis], exact[:, axis]).pvalue > 1e-3
            assert chain[:, axis].std().item() == pytest.approx(deviation, rel=0.1)
            assert exact[:, axis].std().item() == pytest.approx(deviation, rel=0.1)


def test_chains_that_start_at_the_draws_leave_their_law_as_it_is():
    metric = apart(7.0)
    starts = draw("volume", Context(metric=metric), 4000, "key").latents.double()
    state, _ = hmc.sample(
        metric.log_density_and_gradient, starts, generator=torch.Generator().manual_seed(0), n_steps=30, n_lf=5,
        eps_lf=0.15,
    )  # fmt: skip
    assert (state.z - starts).norm(dim=1).mean() > 0.3
    for axis in range(2):
        assert stats.ks_2samp(state.z[:, axis], starts[:, axis]).pvalue > 1e-3


def test_lambda_is_told_and_changes_no_draw():
    bare, with_floor = apart(7.0), apart(7.0)
    with_floor = metric_of(with_floor.centroids.tolist(), with_floor.precisions.tolist(), 1.2, lam=0.05)
    first, second = (draw("volume", Context(metric=metric), 500, "key") for metric in (bare, with_floor))
    assert torch.equal(first.latents, second.latents)
    assert first.diagnostics["floor"] == 0.0
    rise = (with_floor.log_density(second.latents.double()) - bare.log_density(first.latents.double())).mean().item()
    assert second.diagnostics["floor"] == pytest.approx(rise, rel=1e-3)
    assert second.diagnostics["floor"] > 0.01


@pytest.mark.parametrize("distance", [0.5, 1.5, 12.0])
def test_on_a_line_the_overlap_is_the_share_of_the_mixture_that_lies_between(distance):
    metric = metric_of([[0.0], [distance]], [[4.0], [1.0]], rho=1.2)
    z = torch.linspace(-15.0, 25.0, 40_001, dtype=torch.float64)[:, None]
    volume, kernels = metric.log_density(z).exp(), kernel_log_sum(metric, z).exp()
    assert (volume <= kernels * (1 + 1e-9)).all()
    share = 1 - (volume.sum() / kernels.sum()).item()
    apart = 0.5 * (volume / volume.sum() - kernels / kernels.sum()).abs().sum().item()
    overlap = draw("volume", Context(metric=metric), 40_000, "key").diagnostics["overlap"]
    assert overlap == pytest.approx(share, abs=2e-3)
    assert apart <= share + 1e-9
    assert (overlap < 1e-3) == (distance == 12.0)
