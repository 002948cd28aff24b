"""Write what the scores of a build say about the paper's claims, as Markdown and HTML."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--scores", help="scores.csv, where the build has any")
    parser.add_argument("--classification", help="classification.csv (Table 2)")
    parser.add_argument(
        "--record", type=job.named_path, action="append", default=[], metavar="NAME=PATH",
        help="what was measured of a trained VAE (.json), under its name in the settings (repeatable)",
    )  # fmt: skip
    parser.add_argument(
        "--settings", type=job.settings, required=True, help="JSON: data sets, backbone, and the cells of each table"
    )
    parser.add_argument("--output-md", required=True, help="Markdown file to write")
    parser.add_argument("--output-html", required=True, help="HTML file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Judge every claim and write the page twice."""
    from geovae.core.storage import load_numbers, write_text
    from reproduction.claims.evidence import Evidence
    from reproduction.rendering.claims import build
    from reproduction.rendering.claims_markdown import markdown_page
    from reproduction.rendering.claims_web import html_page
    from reproduction.scores.classification import read_classification
    from reproduction.scores.score_table import read_scores

    classification = read_classification(options.classification) if options.classification else []
    scores = read_scores(options.scores) if options.scores else []
    measurements = {name: load_numbers(path) for name, path in options.record}
    page = build(Evidence(scores, options.settings, classification, measurements))
    write_text(options.output_md, markdown_page(page))
    write_text(options.output_html, html_page(page))


if __name__ == "__main__":
    job.run(main, build_parser())
