"""Render a figure of the paper as PNG and PDF."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("figure", help="the figure's name, for example figure1")
    parser.add_argument("--settings", type=job.settings, default={}, help="JSON: what is shown beside the inputs")
    parser.add_argument(
        "--input", type=job.named_path, action="append", default=[], metavar="NAME=PATH", help="an input (repeatable)"
    )
    parser.add_argument("--output-png", required=True, help="PNG file to write")
    parser.add_argument("--output-pdf", required=True, help="PDF file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Draw the figure once and write it twice."""
    from geovae.core.errors import GeovaeError
    from reproduction.rendering.figures.render import render
    from reproduction.rendering.style import save

    inputs = dict(options.input)
    if len(inputs) != len(options.input):
        raise GeovaeError("--input: each name may be given once.")
    save(render(options.figure, inputs, options.settings), options.output_png, options.output_pdf)


if __name__ == "__main__":
    job.run(main, build_parser())
