"""Extract the features of a model's training images, and how far unseen real images are from them: for novelty."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--backbone", type=job.folder, required=True, help="model.json of the backbone")
    parser.add_argument("--resize", help="how images are resized, for the inception backbone: tf_legacy or pytorch_fid")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="indices (train.npy) of the model's training images")
    parser.add_argument(
        "--reference",
        type=job.named_path,
        action="append",
        required=True,
        metavar="SPLIT=PATH",
        help="reference file (.npz) of a split; once for validation and once for test",
    )
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", type=job.folder, required=True, help="folder to write train.npy and unseen.npz to")
    return parser


def main(options: argparse.Namespace) -> None:
    """Features (N, F) float32 of the subset, and distances (n,) float64 from each reference image to the nearest."""
    import numpy as np

    from geovae.core import storage
    from geovae.data.base import read_images
    from geovae.data.splits import UNSEEN_SPLITS
    from geovae.evaluation.features import load_backbone
    from geovae.evaluation.neighbours import nearest_features, subset_rows
    from geovae.evaluation.reference import load_reference
    from geovae.evaluation.unseen import save_unseen

    references = job.each_once("--reference", options.reference, UNSEEN_SPLITS)
    device = job.torch_device(options.device, options.threads)
    backbone = load_backbone(options.backbone, device, options.resize)
    features = backbone.features(subset_rows(read_images(options.data, "train")[0], options.subset))
    distances = {
        split: nearest_features(load_reference(path, backbone.resize).features, features)[0]
        for split, path in references.items()
    }
    save_unseen(options.output / "unseen.npz", **distances)
    storage.save_array(options.output / "train.npy", features.astype(np.float32))


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
