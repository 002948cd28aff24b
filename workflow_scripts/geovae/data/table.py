"""The data sets by name, and loading one.

A module of a data set has the strings `SOURCE` and `LICENSE` and the function `load(options, data_dir, threads)`, which
gives the splits train, validation and test as `Images`. One whose raw files are not drawn or shipped also has
`obtain(store)`, which makes them be there, and right, under `store.data_dir`. To add a data set, write such a module
and name it here.
"""

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from geovae.core.registry import load

if TYPE_CHECKING:  # names are looked up in this module without NumPy too
    from geovae.data.base import Images

DATASETS: dict[str, str | ModuleType] = {
    "digits": "geovae.data.digits",
    "shapes": "geovae.data.shapes",
    "phantoms": "geovae.data.phantoms",
    "mnist": "geovae.data.mnist",
    "mnist28": "geovae.data.mnist28",
    "fashion_mnist": "geovae.data.fashion_mnist",
    "svhn": "geovae.data.svhn",
    "cifar10": "geovae.data.cifar10",
    "celeba": "geovae.data.celeba",
    "oasis": "geovae.data.oasis",
    "folder": "geovae.data.folder",
}
"""Name → place of the module, or the module itself."""


def dataset_module(name: str) -> ModuleType:
    """The module of the data set `name`, which alone is imported; GeovaeError if there is none."""
    return load(DATASETS, "data set", name)


def load_dataset(
    name: str, options: dict, data_dir: str | Path | None = None, threads: int = 1
) -> tuple[dict[str, "Images"], dict[str, str]]:
    """The splits of the data set `name`, and the part of their cards that they share.

    Args:
        name: its name in the registry.
        options: how its images are prepared; each module documents its own.
        data_dir: the folder of raw files, for data sets that have any.
        threads: to decode images with, for data sets that stream them.

    Raises:
        GeovaeError: the name or an option is unknown, or the source cannot be read.
    """
    module = dataset_module(name)
    card = {"dataset": name, "source": module.SOURCE, "license": module.LICENSE}
    return module.load(options, data_dir, threads), card
