"""Write the train, validation and test split of a data set as arrays with a card each."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--dataset", required=True, help="name of the data set, e.g. digits")
    parser.add_argument("--options", type=job.settings, default={}, help="its options as a JSON object")
    parser.add_argument("--data-dir", help="folder of raw data, for data sets that have any")
    parser.add_argument(
        "--downloads", help="JSON file of download_dataset.py; files that are gone since are fetched again"
    )
    parser.add_argument("--mirror", help="address below which such a file is tried first")
    parser.add_argument(
        "--output", type=job.data_folder, required=True, help="folder to write, or a split's card in it"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Prepare all splits."""
    from geovae.data.base import write_split
    from geovae.data.table import load_dataset

    if options.downloads:
        _fetch_again(options)
    splits, card = load_dataset(options.dataset, options.options, options.data_dir, options.threads)
    for split, images in splits.items():
        written = write_split(options.output / split, images, {**card, "split": split})
        print(f"{options.dataset}/{split}: {written['shape']}, {written['class_counts'] or 'no labels'}")


def _fetch_again(options: argparse.Namespace) -> None:
    """Obtain the raw files where some are not there: on another machine than the one that downloaded them."""
    from pathlib import Path

    from geovae.core import storage
    from geovae.data.raw_files.download import Store
    from geovae.data.table import dataset_module

    used = storage.load_json(options.downloads)["files"]
    if not all((Path(options.data_dir) / path).is_file() for path in used):
        dataset_module(options.dataset).obtain(Store(options.data_dir, mirror=options.mirror))


if __name__ == "__main__":
    job.run(main, build_parser())
