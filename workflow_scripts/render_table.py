"""Render a table of the paper from scores.csv as Markdown, LaTeX, HTML and CSV."""

import argparse

from reproduction.runtime import job

WITHOUT_SCORES = ("table4", "table5")  # tables of nets


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("table", help="the table's name, for example table1")
    parser.add_argument("--scores", help="scores.csv, or classification.csv for table2; tables of nets have none")
    parser.add_argument("--settings", type=job.settings, default={}, help="JSON: rows, data sets, split and backbone")
    parser.add_argument(
        "--output-dir", type=job.folder, required=True, help="folder to write TABLE.md, .tex, .html and .csv to"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Build the table and write its four forms."""
    import importlib

    from geovae.core.errors import GeovaeError
    from geovae.core.registry import look_up
    from reproduction.rendering.modules import TABLES
    from reproduction.rendering.writers.write import write_document
    from reproduction.scores.classification import read_classification
    from reproduction.scores.score_table import read_scores

    table = importlib.import_module(look_up(TABLES, "table", options.table))
    if options.scores is None and options.table not in WITHOUT_SCORES:
        raise GeovaeError(f"{options.table}: --scores is missing. Only {', '.join(WITHOUT_SCORES)} have none.")
    read = read_classification if options.table == "table2" else read_scores
    scores = read(options.scores) if options.scores else None
    write_document(table.build(scores, options.settings), options.output_dir, options.table)


if __name__ == "__main__":
    job.run(main, build_parser())
