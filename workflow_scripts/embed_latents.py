"""Encode a subset's training and validation images with a trained model."""

import argparse

from geovae import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--model", required=True, help="run folder with model.safetensors and model.json")
    parser.add_argument("--data", required=True, help="folder of the prepared data set")
    parser.add_argument("--subset-dir", required=True, help="folder with the subset's train.npy and validation.npy")
    parser.add_argument("--output", required=True, help="folder to write latents.npz and latents_validation.npz to")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to encode")
    return parser


def main(options: argparse.Namespace) -> None:
    """Encode both parts of the subset."""
    from pathlib import Path

    from geovae import storage
    from geovae.data.subsets import subset_images
    from geovae.models import encode_images, load_model

    device = job.torch_device(options.device, options.threads)
    model = load_model(options.model, device)
    for split, name in (("train", "latents.npz"), ("validation", "latents_validation.npz")):
        mu, log_var = encode_images(model, subset_images(options.data, options.subset_dir, split))
        latents = {"mu": mu.numpy()} | ({} if log_var is None else {"log_var": log_var.numpy()})
        storage.save_arrays(Path(options.output) / name, **latents)


if __name__ == "__main__":
    job.run(main, build_parser())
