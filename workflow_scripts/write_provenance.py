"""Write what the score records of a build say of their origin, as HTML."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--scores", required=True, help="scores.csv")
    parser.add_argument("--output", required=True, help="HTML file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Read the scores, build the tables and write the page."""
    from geovae.core.storage import write_text
    from reproduction.rendering.provenance import build
    from reproduction.rendering.writers.web import html_page
    from reproduction.scores.score_table import read_scores

    write_text(options.output, html_page(build(read_scores(options.scores))))


if __name__ == "__main__":
    job.run(main, build_parser())
