"""Make the raw files of a data set be there and right: found in the data folder, or downloaded to it."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--dataset", required=True, help="name of the data set, e.g. mnist")
    parser.add_argument("--data-dir", required=True, help="folder of raw data; what lies there is checked and used")
    parser.add_argument("--mirror", help="address below which each file is tried first, under its name in the folder")
    parser.add_argument("--output", required=True, help="JSON file to write: the files with checksum and origin")
    return parser


def main(options: argparse.Namespace) -> None:
    """Check what is there, fetch what is missing, and write what was used."""
    from geovae.core import storage
    from geovae.core.errors import GeovaeError
    from geovae.data.raw_files.download import Store
    from geovae.data.table import dataset_module

    module = dataset_module(options.dataset)
    if not hasattr(module, "obtain"):
        raise GeovaeError(f"data set {options.dataset!r} has no raw files to download. Run prepare_dataset.py.")
    store = Store(options.data_dir, mirror=options.mirror)
    module.obtain(store)
    storage.save_json(options.output, {"dataset": options.dataset, "files": store.used})
    for path, entry in store.used.items():
        print(f"{path}: {entry['origin']}")


if __name__ == "__main__":
    job.run(main, build_parser())
