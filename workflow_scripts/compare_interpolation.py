"""Interpolate between many random pairs of training means and measure how far the images are from all training images.

Affine lines, curves of least potential (Eq. 12) and geodesics of the metric are decoded at inner stops. An image counts
as far if it is farther (L2 on pixels in [0, 1]) from its nearest training image than a quantile of the unseen images.
"""

import argparse

from reproduction.runtime import job

# Pairs whose images are kept for the figure: the first ones, as random as the rest.
N_SHOWN = 2


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--model", type=job.folder, required=True, help="model.json of a run, its weights beside it")
    parser.add_argument("--latents", required=True, help="latents.npz of the training images")
    parser.add_argument("--metric", required=True, help="metric.npz")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the model's training images")
    parser.add_argument("--unseen", required=True, help="pixel distances (.npz) of unseen images to the same images")
    parser.add_argument("--settings", type=job.settings, required=True, help="JSON: n_pairs, n_stops, quantile")
    parser.add_argument("--key", required=True, help="key of the run, which seeds the choice of pairs")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="arrays (.npz) to write")
    parser.add_argument("--output-scores", required=True, help="record (.json) to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Curves in float64 on the CPU; decoded images and their distances on the device."""
    import numpy as np
    import torch

    from geovae.core import storage
    from geovae.core.registry import take_options
    from geovae.core.seeding import numpy_generator
    from geovae.data.base import read_images
    from geovae.evaluation.neighbours import nearest, subset_rows
    from geovae.evaluation.unseen import load_unseen
    from geovae.geometry.interpolation import KINDS, far_scores, interpolate, random_pairs
    from geovae.models.coding import decode_posterior
    from geovae.sampling.inputs import read_context

    device = job.torch_device(options.device, options.threads)
    defaults = {"n_pairs": 200, "n_stops": 10, "quantile": 0.95}
    settings = take_options(options.settings, defaults, "compare_interpolation")
    context = read_context(options.model, latents=options.latents, metric=options.metric, device=device)
    mu = context.mu.numpy()
    rows = random_pairs(len(mu), settings["n_pairs"], numpy_generator(options.key, "pairs"))
    found = interpolate(context.metric.to("cpu", torch.float64), mu, rows, settings["n_stops"])

    stops = torch.from_numpy(found.stops.reshape(-1, mu.shape[1])).float()
    images = decode_posterior(context.model, stops).numpy()
    train, _ = read_images(options.data, "train")
    distances, _ = nearest(images, subset_rows(train, options.subset), device=device)
    distances = distances.reshape(found.stops.shape[:3])
    threshold = float(np.quantile(load_unseen(options.unseen)["test"], settings["quantile"]))
    scores = far_scores(distances, threshold)
    scores |= {f"{kind}_length": float(lengths.mean()) for kind, lengths in zip(KINDS, found.lengths, strict=True)}
    scores |= settings | {"latent_dim": mu.shape[1], "threshold": threshold}
    storage.save_arrays(
        options.output,
        rows=rows,
        distances=distances,
        lengths=found.lengths,
        threshold=np.float64(threshold),
        images=images.reshape(*found.stops.shape[:3], *images.shape[1:])[:, :N_SHOWN],
    )
    storage.save_json(options.output_scores, scores)
    shares = ", ".join(f"{kind} {scores[f'{kind}_far_share']:.3f}" for kind in KINDS)
    print(f"share of images far from all training images: {shares}", flush=True)


if __name__ == "__main__":
    job.run(main, build_parser())
