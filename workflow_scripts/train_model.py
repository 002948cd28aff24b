"""Train one model on one subset; write its weights, its history and the description that rebuilds it."""

import argparse
from collections.abc import Sequence

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument(
        "--subset-dir", type=job.folder, required=True, help="train.npy of the subset, with validation.npy beside it"
    )
    parser.add_argument(
        "--settings",
        type=job.settings,
        required=True,
        help="JSON object: model, model_settings, net, width, latent_dim, training {epochs, batch_size, lr, patience}",
    )
    parser.add_argument("--key", required=True, help="the run's key, from which all randomness is drawn")
    parser.add_argument("--output", type=job.folder, required=True, help="run folder to write")
    parser.add_argument(
        "--resume-dir",
        help="where the state of the unfinished training is kept: a folder, or s3://BUCKET/PREFIX (default: --output)",
    )
    parser.add_argument(
        "--keep-diverged",
        action="store_true",
        help="a training that diverges is a result: keep its best weights of the epochs before, and say so",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="where to train")
    return parser


def main(options: argparse.Namespace) -> None:
    """Train, from where an interrupted training stopped if there is one, and write the model."""
    import torch

    from geovae.core.seeding import seed_from
    from geovae.data.subsets import subset_images
    from geovae.models.files import build_model, save_model
    from geovae.training.checkpoint import fingerprint
    from geovae.training.history import EpochReport, kept_row, save_history
    from geovae.training.loop import train
    from geovae.training.state import DivergedError
    from reproduction.runtime.resume import checkpoint_of

    settings, training = options.settings, dict(options.settings["training"])
    device = job.torch_device(options.device, options.threads, training.pop("deterministic", True))
    data = [subset_images(options.data, options.subset_dir, split) for split in ("train", "validation")]
    description = _description(settings, data[0].shape[1:])
    model = build_model(description, seed=seed_from(options.key, "weights"))
    if training.pop("compile", False):
        model.encoder.compile()
        model.decoder.compile()
    circumstances = {
        "torch": torch.__version__,
        "threads": options.threads,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
    }
    what = fingerprint(options.key, settings, circumstances, *(_digest(images.data) for images in data))
    checkpoint = checkpoint_of(options.key, options.output, options.resume_dir, what)
    report = EpochReport(sum(phase.epochs for phase in model.phases(training["epochs"])))
    common = {"key": options.key, "device": device, "checkpoint": checkpoint, "report": report}
    diverged = {}
    try:
        history = train(model, *map(torch.from_numpy, data), **training, **common)
    except DivergedError as error:
        if not options.keep_diverged:
            raise
        print(f"diverged: {error}", flush=True)
        history, diverged = error.history, {"diverged_epoch": len(error.history) + 1}
        if not history:
            model = build_model(description, seed=seed_from(options.key, "weights"))
    best = kept_row(history) if history else {"epoch": 0, "validation_loss": None}
    results = {"best_epoch": best["epoch"], "best_validation_loss": best["validation_loss"]}
    sizes = {
        "n_train": len(data[0]),
        "n_validation": len(data[1]),
        "n_parameters": sum(parameter.numel() for parameter in model.parameters()),
    }
    asked = {"key": options.key, "training": settings["training"]}
    save_history(options.output / "history.csv", history)
    save_model(options.output, model, description | circumstances | asked | sizes | results | diverged)
    checkpoint.delete()


def _description(settings: dict, image_shape: Sequence[int]) -> dict:
    """What rebuilds the model, but for its weights."""
    return {
        "model": settings["model"],
        "settings": settings["model_settings"],
        "net": settings["net"],
        "width": settings["width"],
        "latent_dim": settings["latent_dim"],
        "image_shape": list(image_shape),
    }


def _digest(content: memoryview) -> str:
    import hashlib

    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    job.run(main, build_parser(), gpu_keys="datasets.NAME.training.batch_size or datasets.NAME.width")
