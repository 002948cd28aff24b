"""Extract the features of real images, once for all generations of a data set."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--backbone", type=job.folder, required=True, help="model.json of the backbone")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--split", required=True, choices=("train", "validation", "test"))
    parser.add_argument("--n", type=int, required=True, help="use at most the first N images of the split")
    parser.add_argument("--resize", help="how images are resized, for the inception backbone: tf_legacy or pytorch_fid")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="reference file (.npz) to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Features of the split's first images, their mean, covariance and a factor of it, in one file."""
    from geovae.core.errors import GeovaeError
    from geovae.data.base import read_images
    from geovae.evaluation.features import load_backbone
    from geovae.evaluation.reference import save_reference
    from geovae.evaluation.sharpness import laplacian_variances

    if options.n < 2:
        raise GeovaeError(f"--n is {options.n}: at least two reference images are needed.")
    device = job.torch_device(options.device, options.threads)
    images, _ = read_images(options.data, options.split)
    backbone = load_backbone(options.backbone, device, options.resize)
    images = images[: options.n]
    features, sharpness = backbone.features(images), laplacian_variances(images)
    save_reference(options.output, features, sharpness, backbone.resize)


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
