"""Train one model on one subset; write its weights, its history and the description that rebuilds it."""

import argparse

from geovae import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", required=True, help="folder of the prepared data set")
    parser.add_argument("--subset-dir", required=True, help="folder with the subset's train.npy and validation.npy")
    parser.add_argument(
        "--settings",
        type=job.settings,
        required=True,
        help="JSON object: model, model_settings, net, width, latent_dim, training {epochs, batch_size, lr, patience}",
    )
    parser.add_argument("--key", required=True, help="the run's key, from which all randomness is drawn")
    parser.add_argument("--output", required=True, help="run folder to write")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train")
    return parser


def main(options: argparse.Namespace) -> None:
    """Build, train and write the model."""
    from pathlib import Path

    import torch

    from geovae.data.subsets import subset_images
    from geovae.history import EpochReport, save_history
    from geovae.models import build_model, save_model
    from geovae.seeding import seed_from
    from geovae.training import train

    device = job.torch_device(options.device, options.threads)
    # Convolutions on a GPU give the same bytes run after run only so.
    torch.backends.cudnn.deterministic = True
    settings, training = options.settings, options.settings["training"]
    images = {
        split: torch.from_numpy(subset_images(options.data, options.subset_dir, split))
        for split in ("train", "validation")
    }
    description = {
        "model": settings["model"],
        "settings": settings["model_settings"],
        "net": settings["net"],
        "width": settings["width"],
        "latent_dim": settings["latent_dim"],
        "image_shape": list(images["train"].shape[1:]),
    }
    model = build_model(description, seed=seed_from(options.key, "weights"))
    report = EpochReport(training["epochs"])
    history = train(
        model, images["train"], images["validation"], **training, key=options.key, device=device, report=report
    )
    best = min(history, key=lambda row: row["validation_loss"])
    description |= {
        "key": options.key,
        "training": training,
        "n_train": len(images["train"]),
        "n_validation": len(images["validation"]),
        "n_parameters": sum(parameter.numel() for parameter in model.parameters()),
        "best_epoch": best["epoch"],
        "best_validation_loss": best["validation_loss"],
        "torch": torch.__version__,
        "threads": options.threads,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
    }
    save_history(Path(options.output) / "history.csv", history)
    save_model(options.output, model, description)


if __name__ == "__main__":
    job.run(main, build_parser())
