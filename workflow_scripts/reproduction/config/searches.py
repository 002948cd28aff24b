"""What Tables 3 and 6 compare: the trials of a model on the data sets of a search, and the settings of each.

The config's own settings, with which Table 1's rows are trained, are always among them: by the validation FID a search
chooses nothing worse.
"""

import math
from collections.abc import Iterable
from typing import Any

from reproduction.config.dataset import Dataset
from reproduction.config.trials import TRIALS, WEIGHTED, trial_values

WHOLE_SEARCH = 10  # the largest `n_trials`; it takes all trials of a model


def trial_names(model: str, n_trials: int, protocols: Iterable[Dataset]) -> list[str]:
    """`base`, and of the first `n_trials` trials of a model those that differ from it.

    All trials for `WHOLE_SEARCH`; `base` alone for a model that the paper does not search.

    Args:
        model: its name.
        n_trials: how long the search is.
        protocols: the sections of the data sets that are searched on. A trial that differs from `base` on one of them
            is compared on all.
    """
    protocols = list(protocols)
    trials = TRIALS.get(model, ())
    count = n_trials if n_trials < WHOLE_SEARCH else len(trials)
    names = [f"t{index:02d}" for index in range(min(count, len(trials)))]
    return ["base", *(name for name in names if any(_differs(protocol, model, name) for protocol in protocols))]


def _differs(protocol: Dataset, model: str, trial: str) -> bool:
    return trial_settings(protocol, model, trial) != trial_settings(protocol, model, "base")


def trial_settings(protocol: Dataset, model: str, trial: str) -> dict[str, Any]:
    """The settings of a model on a data set, with those that the trial replaces.

    With D pixels and d latent dimensions, ‖x − x̂‖² + w·‖z‖² + r·R is D times the mean over pixels with the weights
    w·d/D of the mean over latent dimensions and r/D, as `geovae.models.rae` and `geovae.models.wae` take them.

    Raises:
        GeovaeError: the model has no such trial.
    """
    replaced = dict(trial_values(model, trial))
    if model in WEIGHTED:
        pixels = math.prod(protocol.image_shape())
        factors = {"lam": 1 / pixels, "reg_weight": 1 / pixels, "embedding_weight": protocol.latent_dim / pixels}
        replaced = {name: value * factors.get(name, 1) for name, value in replaced.items()}
    return getattr(protocol.models, model).model_dump() | replaced
