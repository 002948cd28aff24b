"""Encode training, validation and test images with a trained model, and measure how far unseen ones are."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--model", type=job.folder, required=True, help="model.json of a run, its weights beside it")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument(
        "--subset-dir", type=job.folder, required=True, help="train.npy of the subset, with validation.npy beside it"
    )
    parser.add_argument("--n-unseen", type=int, required=True, help="encode at most the first N images of whole splits")
    parser.add_argument(
        "--output", type=job.folder, required=True, help="folder to write latents*.npz and unseen.npz to"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to encode")
    return parser


def main(options: argparse.Namespace) -> None:
    """Encode both parts of the subset and the first images of whole splits, and measure the distances of these."""
    import numpy as np

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.data.base import read_images
    from geovae.data.subsets import subset_images
    from geovae.evaluation.neighbours import nearest_features
    from geovae.evaluation.unseen import save_unseen
    from geovae.models.coding import encode_images
    from geovae.models.files import load_model

    if options.n_unseen < 1:
        raise GeovaeError(f"--n-unseen is {options.n_unseen}: at least one image is needed.")
    device = job.torch_device(options.device, options.threads)
    model = load_model(options.model, device)

    def encoded(images: np.ndarray) -> dict[str, np.ndarray]:
        mu, log_var = encode_images(model, images)
        if not mu.isfinite().all():
            raise GeovaeError(
                f"{options.model}: this model's encoder gives means that are not finite.\n"
                "Lower the learning rate of its training, and train it again."
            )
        return {"mu": mu.numpy()} | ({} if log_var is None else {"log_var": log_var.numpy()})

    def first(split: str) -> np.ndarray:
        return read_images(options.data, split)[0][: options.n_unseen]

    latents = {
        "latents": encoded(subset_images(options.data, options.subset_dir, "train")),
        "latents_validation": encoded(subset_images(options.data, options.subset_dir, "validation")),
        "latents_test": encoded(first("test")),
    }
    for name, arrays in latents.items():
        storage.save_arrays(options.output / f"{name}.npz", **arrays)
    # Real images of whole splits, whatever the subset, that the weights were not fitted to: the unit of novelty.
    unseen = {"validation": encoded(first("validation")), "test": latents["latents_test"]}
    train = latents["latents"]["mu"]
    save_unseen(
        options.output / "unseen.npz",
        **{split: nearest_features(arrays["mu"], train)[0] for split, arrays in unseen.items()},
    )


if __name__ == "__main__":
    job.run(main, build_parser(), memory_keys="evaluation.n_samples")
