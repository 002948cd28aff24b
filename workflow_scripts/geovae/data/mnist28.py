"""MNIST at its own 28×28 pixels, as the two-stage VAE's authors take it; the paper pads it (footnote 3)."""

from pathlib import Path

from geovae.core.registry import take_options
from geovae.data import mnist
from geovae.data.base import Images

SOURCE = "MNIST (Y. LeCun, C. Cortes, C. Burges)"
LICENSE = mnist.LICENSE
obtain = mnist.obtain


def load(options: dict, data_dir: str | Path | None = None, threads: int = 1) -> dict[str, Images]:
    """The splits of `geovae.data.mnist`, (N, 1, 28, 28); arguments and errors as there."""
    take_options(options, {}, "data set 'mnist28'")
    return mnist.splits(data_dir, padding=0)
