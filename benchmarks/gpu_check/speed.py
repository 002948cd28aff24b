"""Speed on the device: training against what it multiplies, the sampler, and features."""

import statistics
import time
from functools import partial

import torch

import training_speed
from geovae.core.seeding import torch_generator
from geovae.geometry import hmc
from geovae.geometry.reach import fast_leapfrog
from geovae.training.loop import train
from gpu_check.digits import drawn_digits
from gpu_check.models import LATENT_DIM, fresh
from gpu_check.report import Check, Row
from gpu_check.sampling import build_backbone, synthetic_metric

PRECISIONS = ("float32", "bfloat16")
TIMED_MODELS = ("vae", "hvae")  # Table 1's fastest, and its slowest


def measure_speed(check: Check) -> None:
    """Rows on the product of matrices, trainings, chains, features; last on compiled trainings, which take longest."""
    peaks: dict[str, float] = {}
    for precision in PRECISIONS:
        row = check.attempt(f"matrix product, {precision}", partial(_product, check, precision))
        peaks[precision] = row.get("tflop_per_second")
    images = torch.from_numpy(drawn_digits(check.scale.speed_images, "speed")[0])
    for name in TIMED_MODELS:
        for precision in PRECISIONS:
            training = partial(_training, check, images, name, precision, False, peaks[precision])
            check.attempt(f"training {name}, {precision}", training)
    for k in check.scale.centroids:
        for log_var in (-7.0, -2.0):
            for fast in (True, False):
                what = f"sampler d {LATENT_DIM}, k {k}, log-variance {log_var:g}, {'fast' if fast else 'plain'}"
                check.attempt(what, partial(_sampler, check, k, log_var, fast))
    for name, n in check.scale.timed_features.items():
        check.attempt(f"features, {name}", partial(_features, check, name, n))
    for precision in PRECISIONS:
        training = partial(_training, check, images, "vae", precision, True, peaks[precision])
        check.attempt(f"training vae, {precision}, compiled", training)


def _product(check: Check, precision: str) -> Row:
    side, dtype = check.scale.product_side, getattr(torch, precision)
    a, b = (torch.rand(side, side, device=check.device).to(dtype) for _ in range(2))
    seconds = []
    for _ in range(5):
        clock = time.perf_counter()
        a @ b
        _wait(check.device)
        seconds.append(time.perf_counter() - clock)
    return {"side": side, "tflop_per_second": 2 * side**3 / statistics.median(seconds) / 1e12}


def _training(check: Check, images: torch.Tensor, name: str, precision: str, compiled: bool, peak: float | None) -> Row:
    """Images a second of the last of three epochs: the first compiles, and warms up."""
    model = fresh(name, check.scale.speed_width)
    if check.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(check.device)
    if compiled:
        model.encoder.compile(backend=check.scale.compiler)
        model.decoder.compile(backend=check.scale.compiler)
    settings = {"epochs": 3, "batch_size": 100, "lr": 1e-3, "patience": 5, "key": "speed", "precision": precision}
    rows = train(model, images, images[:100], **settings, device=check.device)
    row: Row = {"images_per_second": rows[-1]["images_per_second"], "first_epoch_seconds": rows[0]["seconds"]}
    row["memory_mb"] = rows[-1]["peak_memory_mb"]
    if name == "vae" and peak:  # of others the operations are not counted
        flops = training_speed.flops_per_image(check.scale.speed_width) * row["images_per_second"]
        row["share_of_product"] = flops / (peak * 1e12)
    return row


def _sampler(check: Check, k: int, log_var: float, fast: bool) -> Row:
    metric, mu, _ = synthetic_metric(LATENT_DIM, k, log_var)
    metric = metric.to(check.device, metric.sampling_dtype())
    start = mu[: check.scale.chains].to(check.device, metric.dtype)
    run = partial(
        hmc.sample,
        metric.log_density_and_gradient,
        start,
        integrator=fast_leapfrog(metric) if fast else hmc.leapfrog,
    )
    run(n_steps=1, generator=torch_generator("warm up"))
    _wait(check.device)
    clock = time.perf_counter()
    _, info = run(n_steps=check.scale.chain_steps, generator=torch_generator("speed"))
    acceptance = info.acceptance.mean().item()  # waits for the device
    seconds = time.perf_counter() - clock
    row: Row = {"chains": len(start), "steps": check.scale.chain_steps, "dtype": str(metric.dtype)}
    return row | {"seconds_per_1000": 1000 * seconds / len(start), "acceptance": acceptance}


def _features(check: Check, name: str, n: int) -> Row:
    images = drawn_digits(min(n, 1000), "features")[0]
    images = images.repeat(-(-n // len(images)), 0)[:n]
    backbone = build_backbone(name, check.device)
    backbone.features(images[: backbone.batch_size])
    clock = time.perf_counter()
    backbone.features(images)
    return {"images": n, "images_per_second": n / (time.perf_counter() - clock)}


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
