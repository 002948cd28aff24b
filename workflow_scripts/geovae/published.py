"""The numbers printed in the paper, as data: what a measured number may be set beside.

Every number is a `PublishedNumber` that knows its table, its row and its column. A pair such as the PRD of Table 1 is
two numbers, `prd_f8` and `prd_f1_8`: the paper prints F8 first and F1/8 second. `text` keeps the printed digits, so
that a trailing zero and ties at the printed precision are not lost.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple


class PublishedNumber(NamedTuple):
    """One printed number: `table` ("table1"), `row` (the paper's label), `dataset` and `metric`."""

    table: str
    row: str
    dataset: str
    metric: str
    text: str

    @property
    def column(self) -> str:
        """The column it stands in, e.g. "mnist fid"."""
        return f"{self.dataset} {self.metric}"

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self.text)


# Titles and latent dimensions as the head of Table 1 prints them.
PAPER_DATASETS = {"mnist": ("MNIST", 16), "svhn": ("SVHN", 16), "cifar10": ("CIFAR 10", 32), "celeba": ("CELEBA", 64)}

# One line a row; for each data set, in the order of PAPER_DATASETS: FID, then PRD as F8/F1/8.
_TABLE1 = """
AE - N(0,1)  | 46.41 0.86/0.77 | 119.65 0.54/0.37 | 196.50 0.05/0.17 | 64.64 0.29/0.42
WAE          | 20.71 0.93/0.88 |  49.07 0.80/0.85 | 132.99 0.24/0.52 | 54.56 0.57/0.55
VAE - N(0,1) | 40.70 0.83/0.75 |  83.55 0.69/0.55 | 162.58 0.10/0.32 | 64.13 0.27/0.39
VAMP         | 34.02 0.83/0.88 |  91.98 0.55/0.63 | 198.14 0.05/0.11 | 73.87 0.09/0.10
HVAE         | 15.54 0.97/0.95 |  98.05 0.64/0.68 | 201.70 0.13/0.21 | 52.00 0.38/0.58
RHVAE        | 36.51 0.73/0.28 | 121.69 0.55/0.41 | 167.41 0.12/0.22 | 55.12 0.45/0.56
AE - GMM     |  9.60 0.95/0.90 |  54.21 0.82/0.83 | 130.28 0.35/0.58 | 56.07 0.32/0.48
RAE (GP)     |  9.44 0.97/0.98 |  61.43 0.79/0.78 | 120.32 0.34/0.58 | 59.41 0.28/0.49
RAE (L2)     |  9.89 0.97/0.98 |  58.32 0.82/0.79 | 123.25 0.33/0.54 | 54.45 0.35/0.55
RAE (SN)     | 11.22 0.97/0.98 |  95.64 0.53/0.63 | 114.59 0.32/0.53 | 55.04 0.36/0.56
RAE          | 11.23 0.98/0.98 |  66.20 0.76/0.80 | 118.25 0.35/0.57 | 53.29 0.36/0.58
VAE - GMM    | 13.13 0.95/0.92 |  52.32 0.82/0.85 | 138.25 0.29/0.53 | 55.50 0.37/0.49
VAE - Ours   |  8.53 0.98/0.97 |  46.99 0.84/0.85 |  93.53 0.71/0.68 | 48.71 0.44/0.62
"""


def _fid_and_prd(table: str, block: str) -> Iterator[PublishedNumber]:
    for line in block.strip().splitlines():
        label, *groups = (part.strip() for part in line.split("|"))
        for dataset, group in zip(PAPER_DATASETS, groups, strict=True):
            fid, f8, f1_8 = re.split(r"[\s/]+", group)
            for metric, text in (("fid", fid), ("prd_f8", f8), ("prd_f1_8", f1_8)):
                yield PublishedNumber(table, label, dataset, metric, text)


NUMBERS: tuple[PublishedNumber, ...] = (*_fid_and_prd("table1", _TABLE1),)


def normal_label(label: str) -> str:
    """A row label without what typography varies: spaces, case, script N, and I for 1 in N(0, I)."""
    plain = re.sub(r"[\s_{}$\\]|mathcal", "", label).replace("𝒩", "N").replace("–", "-").lower()
    return re.sub(r"n\(0,(i|id)\)", "n(0,1)", plain)


_BY_POSITION = {(n.table, normal_label(n.row), n.dataset, n.metric): n for n in NUMBERS}


def rows(table: str) -> list[str]:
    """The row labels of a table, in the paper's order."""
    return list(dict.fromkeys(number.row for number in NUMBERS if number.table == table))


def has_row(table: str, label: str) -> bool:
    """Whether the table has a row of that label."""
    return normal_label(label) in {normal_label(row) for row in rows(table)}


def lookup(table: str, row: str, dataset: str, metric: str) -> PublishedNumber | None:
    """The number printed there, or None where the paper prints none."""
    return _BY_POSITION.get((table, normal_label(row), dataset, metric))


def best(table: str, dataset: str, metric: str) -> float:
    """The best number of a column over all rows of the paper's table: the lowest FID, the highest of anything else."""
    values = [n.value for n in NUMBERS if (n.table, n.dataset, n.metric) == (table, dataset, metric)]
    if not values:
        raise ValueError(f"the paper's {table} has no column {dataset} {metric}")
    return min(values) if metric == "fid" else max(values)
