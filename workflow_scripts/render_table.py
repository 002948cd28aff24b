"""Render a table of the paper from scores.csv as Markdown, LaTeX, HTML and CSV."""

import argparse

from geovae import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("table", help="the table's name, for example table1")
    parser.add_argument("--scores", required=True, help="scores.csv")
    parser.add_argument(
        "--settings", type=job.settings, required=True, help="JSON: rows, data sets, split and backbone"
    )
    parser.add_argument("--output-dir", required=True, help="folder to write TABLE.md, .tex, .html and .csv to")
    return parser


def main(options: argparse.Namespace) -> None:
    """Build the table and write its four forms."""
    import importlib

    from geovae.registry import look_up
    from geovae.rendering import TABLES
    from geovae.rendering.scores import read_scores
    from geovae.rendering.writers import write_document

    table = importlib.import_module(look_up(TABLES, "table", options.table))
    write_document(table.build(read_scores(options.scores), options.settings), options.output_dir, options.table)


if __name__ == "__main__":
    job.run(main, build_parser())
