"""Train a backbone on the images and labels of a data set, or take one that another build trained."""

import argparse
from collections.abc import Callable
from pathlib import Path

from reproduction.runtime import job

# What every training gets beside the images and its own options.
GIVEN = ("dataset", "class_names", "key", "device")


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--backbone", required=True, help="name of the backbone")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument(
        "--settings", type=job.settings, required=True, help="JSON: options of its training, or a trained one's place"
    )
    parser.add_argument("--key", required=True, help="text from which weights and batch orders are seeded")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument(
        "--output", type=job.folder, required=True, help="folder to write model.safetensors and model.json to"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Train and measure, or read; save, model.json last."""
    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.registry import look_up
    from geovae.evaluation.table import BACKBONES

    entry = look_up(BACKBONES, "backbone", options.backbone)
    if entry.train is None:
        raise GeovaeError(f"backbone {options.backbone!r} is not trained here: all data sets share it.")
    if "trained" in options.settings:
        weights, description = taken(options, entry.load)
    else:
        weights, description = trained_here(options, entry.train)
    storage.save_weights(options.output / "model.safetensors", weights)
    storage.save_json(options.output / "model.json", description, beside=["model.safetensors"])


def trained_here(options: argparse.Namespace, train: str | Callable) -> tuple[dict, dict]:
    """Weights and description of a backbone that is trained on the images and labels."""
    import inspect

    import torch

    from geovae.core.errors import GeovaeError
    from geovae.core.registry import resolve
    from geovae.data.base import read_split
    from geovae.evaluation.splits import Split

    train = resolve(train)
    expected = sorted(set(inspect.signature(train).parameters) - {"splits", *GIVEN})
    if sorted(options.settings) != expected:
        raise GeovaeError(f"--settings: {expected} are expected, not {sorted(options.settings)}.")
    device = job.torch_device(options.device, options.threads)
    # Convolutions on a GPU give the same bytes run after run only so.
    torch.backends.cudnn.deterministic = True
    splits = {}
    for split in ("train", "validation", "test"):
        images, labels, card = read_split(options.data, split)
        splits[split] = Split(images, labels)
    model, description = train(
        splits,
        dataset=card["dataset"],
        class_names=tuple(card["class_names"]),
        key=options.key,
        device=device,
        **options.settings,
    )
    return model.state_dict(), description


def taken(options: argparse.Namespace, load: str | Callable) -> tuple[dict, dict]:
    """Weights and description of a backbone that was trained elsewhere, unchanged, its accuracies among them."""
    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.registry import resolve
    from geovae.data.base import read_images

    folder = job.folder(options.settings["trained"])
    job.torch_device("cpu", options.threads)
    images, card = read_images(options.data, "test")
    _require_files(folder, card["dataset"])
    # No rerun of this workflow makes these files again.
    advice = (
        "Copy model.json and model.safetensors again from the build that trained them, or correct "
        f"datasets.{card['dataset']}.classifier."
    )
    with storage.advising(advice):
        description = storage.load_json(folder / "model.json", backbone=str)
        if description["backbone"] != options.backbone:
            raise GeovaeError(
                f"{folder / 'model.json'}: its backbone is {description['backbone']!r}, not {options.backbone!r}.\n"
                f"{advice}"
            )
        resolve(load)(folder, description)  # which refuses a description and weights that do not belong together
        weights = storage.load_weights(folder / "model.safetensors", record="model.json")
        description = storage.load_json(folder / "model.json", dataset=str, image_shape=list, n_classes=int)
    shape, classes = tuple(description["image_shape"]), description["n_classes"]
    of_images = (card["dataset"], tuple(images.shape[1:]), len(card["class_names"]))
    if (description["dataset"], shape, classes) != of_images:
        raise GeovaeError(
            f"{folder}: it was trained on {description['dataset']}, images of shape {shape} in {classes} classes; "
            f"those of {of_images[0]} have {of_images[1]} and {of_images[2]}.\nGive one of the same images."
        )
    return weights, description


def _require_files(folder: Path, dataset: str) -> None:
    """That a backbone's two files are there; a `GeovaeError` names one that is not."""
    from geovae.core.errors import GeovaeError

    for name in ("model.json", "model.safetensors"):
        if not (folder / name).is_file():
            raise GeovaeError(
                f"{folder / name}: no such file. Correct datasets.{dataset}.classifier, or copy model.json and "
                "model.safetensors there."
            )


if __name__ == "__main__":
    job.run(main, build_parser(), gpu_keys="evaluation.classifier.batch_size or evaluation.classifier.width")
