"""Decode the centroids of a small metric, find their nearest training images, and part the samples among them.

Figure 13 shows it for two centroids: if samples are more than the centroids and what lies between them, each centroid's
samples differ from it.
"""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--model", type=job.folder, required=True, help="model.json of a run, its weights beside it")
    parser.add_argument("--metric", required=True, help="metric.npz")
    parser.add_argument("--samples", required=True, help="samples.npy")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the run's training images")
    parser.add_argument("--n-samples", type=int, required=True, help="show the first N samples of each centroid")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="file (.npz) to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Decode, look up, assign each sample to the decoded centroid that it is nearest to, write one file."""
    import numpy as np

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.data.base import read_images
    from geovae.data.generations import load_samples
    from geovae.evaluation.neighbours import nearest, subset_rows
    from geovae.geometry.metric import RiemannianMetric
    from geovae.models.coding import decode_posterior
    from geovae.models.files import load_model

    if options.n_samples < 1:
        raise GeovaeError(f"--n-samples is {options.n_samples}: at least one is needed.")
    device = job.torch_device(options.device, options.threads)
    samples = load_samples(options.samples)
    train = subset_rows(read_images(options.data, "train")[0], options.subset)
    metric = RiemannianMetric.load(options.metric)
    centroids = decode_posterior(load_model(options.model, device), metric.centroids.float()).numpy()
    distance_train, nearest_train = nearest(centroids, train, device=device)
    _, owner = nearest(samples, centroids, device=device)
    shown = np.concatenate([np.flatnonzero(owner == index)[: options.n_samples] for index in range(len(centroids))])
    storage.save_arrays(
        options.output,
        centroids=centroids,
        nearest_train=train[nearest_train],
        distance_train=distance_train,
        samples=samples[shown],
        owner=owner[shown],
        counts=np.bincount(owner, minlength=len(centroids)),
    )


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
