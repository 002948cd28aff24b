"""Samplers, features and distances on the device beside the CPU."""

import numpy as np
import torch

from geovae.core.seeding import torch_generator
from geovae.evaluation import classifier, inception
from geovae.evaluation.features import Backbone
from geovae.evaluation.fid import frechet_distance, statistics
from geovae.evaluation.neighbours import nearest
from geovae.geometry import hmc
from geovae.geometry.metric import RiemannianMetric
from geovae.geometry.reach import fast_leapfrog
from geovae.models.coding import decode_images, encode_images
from geovae.sampling.base import Context
from geovae.sampling.draw import draw
from gpu_check.digits import drawn_digits
from gpu_check.models import IMAGE_SHAPE, LATENT_DIM, ROUND_OFF, TIMES_CPU, fresh
from gpu_check.report import Check, Row
from gpu_check.standins import installed

# A chain that rounding takes the other way at one acceptance ends elsewhere: so many may.
OTHER_WAYS = 0.05
END_TOLERANCE = 1e-3
FEATURE_TOLERANCE, FID_TOLERANCE = 1e-3, 1e-2
DRAWN = ("prior", "manifold", "posterior", "resample", "reconstruction")


def compare_sampling(check: Check) -> None:
    """Rows on the metric's density and gradient, chains, samplers, codes, features, their distance and neighbours."""
    check.attempt("density and gradient", lambda: _targets(check))
    for name in ("leapfrog", "fast_leapfrog"):
        check.attempt(f"chains, {name}", lambda name=name: _chains(check, name == "fast_leapfrog"))
    for sampler in DRAWN:
        check.attempt(f"sampler {sampler}", lambda sampler=sampler: _draws(check, sampler))
    check.attempt("encoding and decoding", lambda: _codes(check))
    for name in ("classifier", "inception"):
        check.attempt(f"features and FID, {name}", lambda name=name: _features(check, name))
    check.attempt("nearest images", lambda: _neighbours(check))


def synthetic_metric(d: int, k: int, log_var: float = -7.0) -> tuple[RiemannianMetric, torch.Tensor, torch.Tensor]:
    """A metric of k centroids among 10,000 means (N, d) ~ N(0, I), its means and log-variances.

    Variances are about exp(−7), as β = 0.01 gives them, or exp(`log_var`). ρ is the distance that most neighbours have
    (no medoids are looked for, so that no library is needed).
    """
    generator = torch.Generator().manual_seed(0)
    mu = torch.randn(10_000, d, generator=generator)
    log_vars = log_var + 0.3 * torch.randn(10_000, d, generator=generator)
    rho = torch.cdist(mu[:k], mu[:k]).fill_diagonal_(torch.inf).amin(1).max().item()
    return RiemannianMetric(mu[:k].clone(), (-log_vars[:k]).exp(), rho, 0.01), mu, log_vars


def _targets(check: Check) -> Row:
    metric, mu, _ = synthetic_metric(LATENT_DIM, 100)
    n = check.scale.n_points
    # Near centroids, between means, and far from all.
    noise = torch.randn(n, LATENT_DIM, generator=torch.Generator().manual_seed(1))
    z = torch.cat([mu[:n] + 0.1 * noise, mu[:n], 30 * noise])
    exact = metric.to("cpu", torch.float64).log_density_and_gradient(z.double())
    places = {"cpu": metric, "device": metric.to(check.device)}
    row: Row = {}
    for place, moved in places.items():
        found = moved.log_density_and_gradient(z.to(moved.device))
        for name, value, true in zip(("density", "gradient"), found, exact, strict=True):
            row[f"{name}_error_{place}"] = ((value.double().cpu() - true).norm() / true.norm()).item()
    bounds = [TIMES_CPU * row[f"{name}_error_cpu"] + ROUND_OFF for name in ("density", "gradient")]
    held = [row[f"{name}_error_device"] <= bound for name, bound in zip(("density", "gradient"), bounds, strict=True)]
    return {"ok": all(held), **row}


def _chains(check: Check, fast: bool) -> Row:
    metric, mu, _ = synthetic_metric(LATENT_DIM, 100)
    ends, acceptances = [], []
    for device in ("cpu", check.device):
        moved = metric.to(device, torch.float64)
        integrator = fast_leapfrog(moved) if fast else hmc.leapfrog
        state, info = hmc.sample(
            moved.log_density_and_gradient,
            mu[: check.scale.n_points].double().to(device),
            n_steps=check.scale.n_steps,
            generator=torch_generator("check", "chains"),
            integrator=integrator,
        )
        ends.append(state.z.cpu())
        acceptances.append(info.acceptance.mean().item())
    elsewhere = ((ends[0] - ends[1]).norm(dim=1) > END_TOLERANCE).double().mean().item()
    row = {"elsewhere": elsewhere, "acceptance_cpu": acceptances[0], "acceptance_device": acceptances[1]}
    return {"ok": elsewhere <= OTHER_WAYS, **row}


def _draws(check: Check, sampler: str) -> Row:
    metric, mu, log_var = synthetic_metric(LATENT_DIM, 100)
    model = fresh("vae", check.scale.width).to(check.device).eval()
    context = Context(mu=mu, log_var=log_var, metric=metric, model=model, device=check.device)
    settings = {"n_steps": check.scale.n_steps, "n_long": 2} if sampler == "manifold" else {}
    first, again = (draw(sampler, context, check.scale.n_points, "check", **settings).latents for _ in range(2))
    same_bytes = torch.equal(first, again)
    return {"ok": same_bytes and bool(torch.isfinite(first).all()), "same_bytes": same_bytes}


def _codes(check: Check) -> Row:
    images = drawn_digits(check.scale.feature_images, "codes")[0]
    codes, decoded = [], []
    for device in ("cpu", check.device):
        model = fresh("vae", check.scale.width).to(device).eval()
        codes.append(encode_images(model, images)[0])
        decoded.append(decode_images(model, codes[0]).int())
    error = ((codes[1] - codes[0]).norm() / codes[0].norm()).item()
    levels = (decoded[1] - decoded[0]).abs().max().item()
    return {"ok": error <= FEATURE_TOLERANCE and levels <= 1, "error": error, "grey_levels": levels}


def build_backbone(name: str, device: torch.device) -> Backbone:
    """An untrained backbone; Inception is torchvision's own where pytorch-fid, whose pools it wants, is not there."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        if name == "classifier":
            extractor = classifier.Extractor(classifier.Classifier(IMAGE_SHAPE, 10, 1.0))
        else:
            extractor = inception.Extractor(_inception(), "tf_legacy")
    batch_size = 500 if name == "classifier" else 50
    return Backbone(name, None, None, None, batch_size, extractor.to(device).eval().requires_grad_(False), device)


def _inception() -> torch.nn.Module:
    if installed("pytorch_fid"):
        return inception.build_network()
    from torchvision.models import inception_v3

    network = inception_v3(num_classes=1008, aux_logits=False, weights=None, init_weights=False, transform_input=False)
    network.dropout = network.fc = torch.nn.Identity()
    return network.eval()


def _features(check: Check, name: str) -> Row:
    images = drawn_digits(2 * check.scale.feature_images, "features")[0]
    backbones = [build_backbone(name, torch.device(device)) for device in ("cpu", check.device)]
    found = [backbone.features(images) for backbone in backbones]
    again = backbones[1].features(images)
    error = float(np.linalg.norm(found[1] - found[0]) / np.linalg.norm(found[0]))
    halves = [np.split(features.astype(np.float64), 2) for features in found]
    fids = [frechet_distance(*map(statistics, parts)) for parts in halves]
    same_bytes = bool(np.array_equal(found[1], again))
    held = error <= FEATURE_TOLERANCE and abs(fids[1] - fids[0]) <= FID_TOLERANCE * fids[0] and same_bytes
    return {"ok": held, "error": error, "fid_cpu": fids[0], "fid_device": fids[1], "same_bytes": same_bytes}


def _neighbours(check: Check) -> Row:
    images = drawn_digits(3 * check.scale.feature_images, "neighbours")[0]
    queries, references = np.split(images, [check.scale.feature_images])
    found = [nearest(queries, references, device=device) for device in ("cpu", check.device)]
    same = all(np.array_equal(a, b) for a, b in zip(*found, strict=True))
    return {"ok": same, "same_bytes": same}
