"""Draw the training images of a subset, and the validation images that go with them."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--data", type=job.data_folder, required=True, help="card.json of a split of the data set")
    parser.add_argument("--subset", required=True, help="full, nNUMBER (n1000), class-NAME or class-NAME.nNUMBER")
    parser.add_argument(
        "--output", type=job.folder, required=True, help="folder to write train.npy and validation.npy to"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Draw both parts of the subset."""
    from geovae.core import storage
    from geovae.data.base import read_split
    from geovae.data.subsets import draw_subset, draw_validation_subset

    for split, draw in (("train", draw_subset), ("validation", draw_validation_subset)):
        _, labels, card = read_split(options.data, split)
        indices = draw(labels, options.subset, f"{card['dataset']}/{split}", tuple(card["class_names"]))
        storage.save_array(options.output / f"{split}.npy", indices)
        print(f"{card['dataset']}/{split}, subset {options.subset}: {len(indices):,} of {len(labels):,} images")


if __name__ == "__main__":
    job.run(main, build_parser())
