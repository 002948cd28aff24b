"""Measure how far unseen real images are from the training images of a model: the unit of its novelty."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the model's training images")
    parser.add_argument("--n", type=int, required=True, help="use at most the first N images of each split")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="distances (.npz) to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Pixel distances of the first validation and test images to their nearest image of the subset."""
    from geovae.core.errors import GeovaeError
    from geovae.data.base import read_images
    from geovae.data.splits import UNSEEN_SPLITS
    from geovae.evaluation.neighbours import nearest, subset_rows
    from geovae.evaluation.unseen import save_unseen

    if options.n < 1:
        raise GeovaeError(f"--n is {options.n}: at least one image is needed.")
    device = job.torch_device(options.device, options.threads)
    train = subset_rows(read_images(options.data, "train")[0], options.subset)
    distances = {}
    for split in UNSEEN_SPLITS:
        images, _ = read_images(options.data, split)
        distances[split], _ = nearest(images[: options.n], train, device=device)
    save_unseen(options.output, **distances)


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
