"""Gather the score records of one artefact, or of all, into one tidy table, sorted by key."""

import argparse
import os

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--records", nargs="+", metavar="FILE", help="score records")
    source.add_argument("--config", type=job.settings, metavar="JSON", help="config whose score records are gathered")
    parser.add_argument("--artefact", help="table or figure of --config; all of them by default")
    parser.add_argument("--root", default=".", help="folder that the records of --config lie in (default: this one)")
    parser.add_argument("--output", required=True, help="CSV file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Read, check, sort and write."""
    from reproduction.scores.score_table import collect

    collect(_paths(options), options.output)


def _paths(options: argparse.Namespace) -> list[str]:
    if options.records:
        return options.records
    from reproduction.config.config import load_config
    from reproduction.plan.targets import score_records

    records = score_records(load_config(options.config), *([options.artefact] if options.artefact else []))
    return [os.path.join(options.root, path) for path in records]


if __name__ == "__main__":
    job.run(main, build_parser())
