"""The data sets: one module each, behind one registry.

A module of a data set has the strings `SOURCE` and `LICENSE` and the function `load(options) -> dict[str, Images]`,
which gives the splits train, validation and test. To add a data set, write such a module and name it here.
"""

from types import ModuleType

from geovae.data import digits, shapes
from geovae.data.base import SPLITS, Images, read_split, write_split
from geovae.registry import look_up

DATASETS: dict[str, ModuleType] = {"digits": digits, "shapes": shapes}

__all__ = ["DATASETS", "SPLITS", "Images", "load_dataset", "read_split", "write_split"]


def load_dataset(name: str, options: dict) -> tuple[dict[str, Images], dict[str, str]]:
    """The splits of the data set `name`, and the part of their cards that they share.

    Raises:
        GeovaeError: the name or an option is unknown, or the source cannot be read.
    """
    module = look_up(DATASETS, "data set", name)
    return module.load(options), {"dataset": name, "source": module.SOURCE, "license": module.LICENSE}
