"""Gather the classifier's records of the data augmentation task into one tidy table, sorted by key."""

import argparse
from functools import partial

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument(
        "--records",
        type=partial(job.named_path, form="SOURCE=FILE"),
        nargs="+",
        required=True,
        metavar="SOURCE=FILE",
        help="files of train_classifier; SOURCE is raw, resampled or MODEL/SAMPLER/VARIANT/seedN",
    )
    parser.add_argument("--output", required=True, help="CSV file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Read, check, sort and write."""
    from reproduction.scores.classification import Source, collect_classification

    collect_classification([(Source.parse(source), path) for source, path in options.records], options.output)


if __name__ == "__main__":
    job.run(main, build_parser())
