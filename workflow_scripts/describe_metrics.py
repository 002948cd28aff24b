"""Describe metrics by what the choice of ρ decides (Appendix F.3): one table, a row per metric."""

import argparse

from reproduction.runtime import job


def build_parser() -> argparse.ArgumentParser:
    """The command line of this script."""
    parser = job.parser(__doc__)
    parser.add_argument(
        "--metrics", type=job.named_path, nargs="+", required=True, metavar="KEY=PATH",
        help="metric.npz files, each with the key of its run and its variant before the =",
    )  # fmt: skip
    parser.add_argument("--output", required=True, help="CSV file to write")
    return parser


def main(options: argparse.Namespace) -> None:
    """Load, describe and write."""
    from geovae.geometry.description import connected_share, identity_error
    from geovae.geometry.metric import RiemannianMetric
    from reproduction.scores.metric_table import write_metrics

    job.torch_device("cpu", options.threads)
    rows = {}
    for key, path in options.metrics:
        metric = RiemannianMetric.load(path)
        rows[key] = {
            "k": len(metric.centroids),
            "rho": metric.rho,
            "identity_error": identity_error(metric),
            "connected_share": connected_share(metric),
        }
    write_metrics(rows, options.output)


if __name__ == "__main__":
    job.run(main, build_parser())
