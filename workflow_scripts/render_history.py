"""Draw the losses of a training, epoch by epoch."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument("--history", required=True, help="history.csv of the run")
    parser.add_argument("--output", required=True, help="PNG or PDF file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Read the history, draw it, write it."""
    from geovae.training.history import load_history
    from reproduction.rendering.figures.history import draw
    from reproduction.rendering.style import save

    save(draw(load_history(options.history)), options.output)


if __name__ == "__main__":
    job.run(main, build_parser())
