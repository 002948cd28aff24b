"""Trace what Figure 1 shows of a VAE with two latent dimensions: volume element, distances, curves, decoded images.

A decoded image counts as bad if it lies further (L2 on pixels in [0, 1]) from its nearest training image than 95 % of
the decoded training means do from theirs.
"""

import argparse

from reproduction.runtime import job

BAD_QUANTILE = 0.95


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--model", type=job.folder, required=True, help="model.json of a run, its weights beside it")
    parser.add_argument("--latents", required=True, help="latents.npz of the training images")
    parser.add_argument("--metric", required=True, help="metric.npz")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="train.npy of the subset")
    parser.add_argument("--settings", type=job.settings, required=True, help="JSON: grid, n_stops, n_points, n_pairs")
    parser.add_argument("--key", required=True, help="key of the run, which seeds the choice of ends")
    parser.add_argument("--output", required=True, help=".npz file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Trace in float64 on the CPU, decode the stops, and write all arrays to one file."""
    import numpy as np
    import torch

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.registry import take_options
    from geovae.core.seeding import numpy_generator
    from geovae.data.base import read_split
    from geovae.evaluation.neighbours import nearest
    from geovae.geometry.tracing import trace
    from geovae.models.coding import decode_posterior
    from geovae.sampling.inputs import read_context

    device = job.torch_device("cpu", options.threads)
    defaults = {"grid": 200, "n_stops": 10, "n_points": 100, "n_pairs": 2}
    settings = take_options(options.settings, defaults, "trace_geodesics")
    files = {"latents": options.latents, "metric": options.metric, "data": options.data, "subset": options.subset}
    context = read_context(options.model, **files, device=device)
    if context.model.latent_dim != 2:
        raise GeovaeError(
            f"{options.model}: {context.model.latent_dim} latent dimensions; Figure 1 needs latent_dim: 2."
        )
    _, all_labels, card = read_split(options.data, "train")
    labels, mu = all_labels[storage.load_array(options.subset)], context.mu.numpy()
    if len(labels) != len(mu):
        raise GeovaeError(f"{options.latents}: {len(mu)} latents, {len(labels)} images. Run embed_latents again.")
    metric = context.metric.to(dtype=torch.float64)
    traced = trace(metric, mu, labels, numpy_generator(options.key, "ends"), **settings)

    def decode(latents: np.ndarray) -> np.ndarray:
        flat = torch.from_numpy(latents.reshape(-1, 2)).float()
        return decode_posterior(context.model, flat).numpy()

    def distance(images: np.ndarray) -> np.ndarray:
        return nearest(images, context.images)[0]

    limit = np.quantile(distance(decode(mu)), BAD_QUANTILE)
    arrays = {name: value for name, value in traced._asdict().items() if name != "axes"}
    for name in ("affine", "geodesic"):
        stops = arrays[f"{name}_stops"]
        images = decode(stops)
        arrays[f"{name}_images"] = images.reshape(*stops.shape[:2], *images.shape[1:])
        arrays[f"{name}_bad"] = (distance(images) > limit).reshape(stops.shape[:2])
    axis_x, axis_y = traced.axes
    class_names = np.array(card["class_names"], dtype=np.str_)
    storage.save_arrays(
        options.output, axis_x=axis_x, axis_y=axis_y, mu=mu, labels=labels, class_names=class_names, **arrays
    )


if __name__ == "__main__":
    job.run(main, build_parser())
