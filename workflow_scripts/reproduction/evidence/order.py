"""Kendall's τ between two orders of the rows of Table 1, with a bootstrap interval over the trainings."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reproduction import published
from reproduction.scores.lookup import Records

N_RESAMPLES = 2000
CONFIDENCE = 0.95


class Agreement(NamedTuple):
    """How far two orders agree: τ (1: the same, −1: reversed), its interval, and how many rows were ordered.

    The interval is None for fewer than two trainings.
    """

    tau: float
    interval: tuple[float, float] | None
    n_rows: int


def agreement(ours: Mapping[str, Records], other: Mapping[str, float], column: str = "fid") -> Agreement | None:
    """τ_b of the mean scores of the rows and of another order; None with fewer than three rows in both.

    The interval is the percentile interval of resampled trainings, the same ones for every row: with few trainings it
    is narrower than it should be. The other order is taken as it is.

    Args:
        ours: label → score records, one a seed, of the same seeds in every row.
        other: label → number of the same direction.
        column: of the records.
    """
    import numpy as np
    from scipy.stats import kendalltau

    labels = [label for label in ours if label in other]
    if len(labels) < 3:
        return None
    values = np.array([[float(record[column]) for record in ours[label]] for label in labels])
    theirs = [other[label] for label in labels]

    def tau(columns: Sequence[int]) -> float:
        return float(kendalltau(values[:, columns].mean(axis=1), theirs).statistic)

    n = values.shape[1]
    interval = None
    if n > 1:
        draws = np.random.default_rng(0).integers(n, size=(N_RESAMPLES, n))
        # Few trainings have few different resamplings.
        resamplings, counts = np.unique(np.sort(draws, axis=1), axis=0, return_counts=True)
        taus = np.repeat([tau(columns) for columns in resamplings], counts)
        tail = (1 - CONFIDENCE) / 2
        low, high = np.quantile(taus, [tail, 1 - tail])
        interval = float(low), float(high)
    return Agreement(tau(range(n)), interval, len(labels))


def papers_order(labels: Sequence[str], dataset: str, metric: str = "fid") -> dict[str, float]:
    """The paper's number of each row of Table 1 that has one there."""
    found = {label: published.lookup("table1", label, dataset, metric) for label in labels}
    return {label: number.value for label, number in found.items() if number is not None}
