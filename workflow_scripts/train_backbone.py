"""Train a backbone on the images and labels of a data set."""

import argparse

from reproduction.runtime import job

# What every training gets beside the images and its own options.
GIVEN = ("dataset", "class_names", "key", "device")


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--backbone", required=True, help="name of the backbone")
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--settings", type=job.settings, required=True, help="JSON: options of its training")
    parser.add_argument("--key", required=True, help="text from which weights and batch orders are seeded")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument(
        "--output", type=job.folder, required=True, help="folder to write model.safetensors and model.json to"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Train, measure and save; model.json is written last."""
    import inspect

    import torch

    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.registry import look_up, resolve
    from geovae.data.base import read_split
    from geovae.evaluation.splits import Split
    from geovae.evaluation.table import BACKBONES

    entry = look_up(BACKBONES, "backbone", options.backbone)
    if entry.train is None:
        raise GeovaeError(f"backbone {options.backbone!r} is not trained here: all data sets share it.")
    train = resolve(entry.train)
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
    storage.save_weights(options.output / "model.safetensors", model.state_dict())
    storage.save_json(options.output / "model.json", description, beside=["model.safetensors"])


if __name__ == "__main__":
    job.run(main, build_parser(), gpu_keys="evaluation.classifier.batch_size or evaluation.classifier.width")
