"""Measure how far unseen real images are from the training images of a model: the unit of its novelty."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the model's training images")
    parser.add_argument("--split", required=True, choices=("validation", "test"))
    parser.add_argument("--n", type=int, required=True, help="use at most the first N images of the split")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="distances (.npy) to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Pixel distances of the split's first images to their nearest image of the subset, float64, in one file."""
    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.data.base import read_images
    from geovae.evaluation.neighbours import nearest, subset_rows

    if options.n < 1:
        raise GeovaeError(f"--n is {options.n}: at least one image is needed.")
    device = job.torch_device(options.device, options.threads)
    images, _ = read_images(options.data, options.split)
    train, _ = read_images(options.data, "train")
    distances, _ = nearest(images[: options.n], subset_rows(train, options.subset), device=device)
    storage.save_array(options.output, distances)


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
