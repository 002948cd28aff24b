"""Train the classifier of the data augmentation task some times and score it on the real test images (Table 2)."""

import argparse
from functools import partial

from reproduction.runtime import job

TRAINING_SETS = ("raw", "resampled", "generated")


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--training-set", required=True, choices=TRAINING_SETS, help="what to train on")
    parser.add_argument(
        "--samples",
        type=partial(job.named_path, form="CLASS=PATH"),
        action="append",
        default=[],
        metavar="CLASS=PATH",
        help="samples.npy of a class; once for each class (generated)",
    )
    parser.add_argument(
        "--class",
        dest="classes",
        type=partial(job.named_path, form="CLASS=PATH"),
        action="append",
        default=[],
        metavar="CLASS=PATH",
        help="train.npy of a class's images (draw_subset); once for each of two, instead of all",
    )
    parser.add_argument("--n-per-class", type=int, help="generated images of each class (generated)")
    parser.add_argument(
        "--settings", type=job.settings, required=True, help="JSON: epochs, batch_size, lr, patience, width"
    )
    parser.add_argument("--key", required=True, help="text from which, with its number, every run is seeded")
    parser.add_argument("--first-run", type=int, default=0, help="number of the first run (default: 0)")
    parser.add_argument("--n-runs", type=int, required=True, help="how many runs, one after the other")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    parser.add_argument("--output", required=True, help="JSON file to write the records of the runs to")
    return parser


def main(options: argparse.Namespace) -> None:
    """Train and test run by run; write all records at the end."""
    from geovae.augmentation.classifier import Settings, run_classifier
    from geovae.augmentation.training_sets import resampled
    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.core.seeding import numpy_generator
    from reproduction.runtime.provenance import provenance

    if set(options.settings) != set(Settings._fields):
        raise GeovaeError(f"--settings: {', '.join(Settings._fields)} are expected, not {sorted(options.settings)}.")
    if options.first_run < 0 or options.n_runs < 1:
        raise GeovaeError(
            f"--first-run {options.first_run} --n-runs {options.n_runs}: they must be at least 0 and at least 1."
        )
    settings = Settings(**options.settings)
    device = job.torch_device(options.device, options.threads)
    splits, dataset, class_names = _read_splits(options)
    image_shape = splits["train"].images.shape[1:]
    training = _read_samples(options, class_names, image_shape) or splits["train"]
    records = []
    for run in range(options.first_run, options.first_run + options.n_runs):
        if options.training_set == "resampled":
            training = resampled(splits["train"], numpy_generator(options.key, run, "resampling"))
        record = run_classifier(
            training,
            splits["validation"],
            splits["test"],
            class_names=class_names,
            key=options.key,
            run=run,
            settings=settings,
            device=device,
        )
        records.append({"training_set": options.training_set, **record})
        print(
            f"run {run}: balanced accuracy {record['balanced_accuracy']:.4f} "
            f"(epoch {record['best_epoch']}, {record['seconds']:.1f} s)",
            flush=True,
        )
    storage.save_json(
        options.output,
        {
            "dataset": dataset,
            "class_names": class_names,
            "image_shape": list(image_shape),
            "settings": settings._asdict(),
            "provenance": provenance(device),
            "records": records,
        },
    )


def _read_splits(options: argparse.Namespace):
    """The three splits in memory, each with images of every class; the name of the data set; the class names."""
    import numpy as np

    from geovae.augmentation.training_sets import LabelledImages, check_classes
    from geovae.data.base import read_split

    if options.classes:
        return _read_classes(options)
    splits = {}
    for split in ("train", "validation", "test"):
        images, labels, card = read_split(options.data, split)
        splits[split] = LabelledImages(np.asarray(images), labels)
        check_classes(splits[split], card["class_names"], f"{options.data}: the {split} split")
    return splits, card["dataset"], card["class_names"]


def _read_classes(options: argparse.Namespace):
    """The same of the classes that are asked for: the test images in the proportion of the training images."""
    import numpy as np

    from geovae.augmentation.training_sets import LabelledImages, in_proportion
    from geovae.core.errors import GeovaeError
    from geovae.data.base import read_split
    from geovae.data.subsets import subset_images

    classes = dict(options.classes)
    if len(classes) < 2 or len(classes) < len(options.classes):
        raise GeovaeError("--class: give it once for each of two classes.")
    images, labels, card = read_split(options.data, "test")
    parts = {
        split: [subset_images(options.data, job.folder(path), split) for path in classes.values()]
        for split in ("train", "validation")
    }
    sizes = {name: len(part) for name, part in zip(classes, parts["train"], strict=True)}
    key = f"{card['dataset']}/test"
    parts["test"] = [images[np.sort(rows)] for rows in in_proportion(labels, sizes, card["class_names"], key)]
    splits = {
        split: LabelledImages(
            np.concatenate(of_classes), np.repeat(np.arange(len(classes)), [len(part) for part in of_classes])
        )
        for split, of_classes in parts.items()
    }
    return splits, card["dataset"], list(classes)


def _read_samples(options: argparse.Namespace, class_names: list[str], image_shape: tuple[int, ...]):
    """The generated training set, or None where real images are trained on."""
    from geovae.augmentation.training_sets import generated
    from geovae.core.errors import GeovaeError
    from geovae.data.generations import load_samples

    if options.training_set != "generated":
        if options.samples or options.n_per_class is not None:
            raise GeovaeError(
                f"--training-set {options.training_set} is made of real images: leave out --samples and --n-per-class."
            )
        return None
    if options.n_per_class is None:
        raise GeovaeError("--training-set generated: --n-per-class is missing.")
    names = [name for name, _ in options.samples]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise GeovaeError(f"--samples: class {twice[0]} is given twice. Give each class one file.")
    samples = {name: load_samples(path) for name, path in options.samples}
    return generated(samples, options.n_per_class, class_names, image_shape)


if __name__ == "__main__":
    job.run(main, build_parser(), gpu_keys="artefacts.table2.classifier.batch_size")
