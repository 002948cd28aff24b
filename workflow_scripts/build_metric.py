"""Build the Riemannian metric of a trained VAE from the latents of its training images (Algorithm 1)."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--latents", required=True, help="latents.npz of the training images")
    parser.add_argument(
        "--settings",
        type=job.settings,
        required=True,
        help="JSON: k, lam, tau, draw (null: k-medoids; a number: that random choice), rho (in units of the paper's), "
        "dist (of neighbours: euclidean, mahalanobis)",
    )
    parser.add_argument("--key", required=True, help="key of the metric, which seeds the k-medoids")
    parser.add_argument("--output", required=True, help="metric.npz to write")
    parser.add_argument("--output-seconds", help="JSON file to write: how long the choice of the centroids took")
    return parser


def main(options: argparse.Namespace) -> None:
    """Choose the centroids and write the metric."""
    import numpy as np
    import torch

    from geovae.core.errors import GeovaeError
    from geovae.core.registry import take_options
    from geovae.core.seeding import numpy_generator, small_seed
    from geovae.core.stopwatch import Stopwatch
    from geovae.core.storage import load_arrays, save_json
    from geovae.geometry.metric import RiemannianMetric

    job.torch_device("cpu", options.threads)
    defaults = {"k": 100, "lam": 0.01, "tau": 0.0, "draw": None, "rho": 1.0, "dist": "euclidean"}
    settings = take_options(options.settings, defaults, "the metric")
    latents = load_arrays(options.latents, "mu")
    if "log_var" not in latents:
        raise GeovaeError(f"{options.latents}: no log_var. The metric is made of posterior variances: use a VAE.")
    mu, log_var = (torch.from_numpy(latents[name]) for name in ("mu", "log_var"))
    clock = Stopwatch()
    draw = settings.pop("draw")
    if draw is not None:
        if not 1 <= settings["k"] <= len(mu):
            raise GeovaeError(f"{options.latents}: k = {settings['k']}, but there are {len(mu)} training means.")
        generator = numpy_generator(options.key, "draw", draw)
        settings["indices"] = np.sort(generator.choice(len(mu), settings["k"], replace=False))
    settings |= {"rho_factor": settings.pop("rho"), "distance": settings.pop("dist")}
    try:
        metric = RiemannianMetric.from_latents(mu, log_var, **settings, seed=small_seed(options.key, "centroids"))
    except GeovaeError as error:
        raise GeovaeError(f"{options.latents}: {error}") from None
    if options.output_seconds:
        save_json(options.output_seconds, {"seconds": clock.seconds()})
    metric.save(options.output)
    print(f"{len(metric.centroids)} centroids in {metric.latent_dim} dimensions, rho = {metric.rho:.4g}", flush=True)


if __name__ == "__main__":
    job.run(main, build_parser())
