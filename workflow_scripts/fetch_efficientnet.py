"""Take the weights of EfficientNet-Lite0 from the package that ships them, as a backbone."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument(
        "--output", type=job.folder, required=True, help="folder to write model.safetensors and model.json to"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Check the packaged weights, and write them in the workflow's own form."""
    from geovae.evaluation import efficientnet

    job.torch_device("cpu", options.threads)
    efficientnet.convert_weights(efficientnet.packaged_weights(), options.output)


if __name__ == "__main__":
    job.run(main, build_parser())
