"""The numbers printed in Tables 1, 2, 3, 6 and 7 of the paper, as data: what a measured number may be set beside.

Every number is a `PublishedNumber` that knows its table, its row and its column. Data sets, nets and samplers have this
project's names ("cifar10", "conv" for the paper's CNN, "manifold" for its "Ours"), rows have the paper's labels. A pair
such as the PRD of Table 1 is two numbers, `prd_f8` and `prd_f1_8`: the paper prints F8 first and F1/8 second. Texts are
kept as printed, so that a trailing zero and ties at the printed precision are not lost.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import NamedTuple


class PublishedNumber(NamedTuple):
    """One printed number and where it stands.

    Attributes:
        table: "table1".
        row: the paper's label.
        dataset: its name in this project.
        metric: `fid`, `prd_f8`, `prd_f1_8`; in Table 2 `balanced_accuracy`, `f1`, `precision`, `recall`, in per cent.
        text: the number as printed.
        std_text: the standard deviation as printed after ±, "" where there is none.
        net: `conv` or `resnet` in Table 3, `infogan` or `wae` in Table 7, else "".
        sampler: what generated the images in Tables 6 and 7 (`prior`, `manifold`, `two_stage`, `reconstruction_test`),
            where the row does not say it; else "".
        label: the class, "AD" or "CN", of a score of Table 2; else "".
    """

    table: str
    row: str
    dataset: str
    metric: str
    text: str
    std_text: str = ""
    net: str = ""
    sampler: str = ""
    label: str = ""

    @property
    def column(self) -> str:
        """The column it stands in, e.g. "mnist fid" or "oasis f1 AD"."""
        return " ".join(part for part in (self.dataset, self.net, self.sampler, self.metric, self.label) if part)

    @property
    def value(self) -> float:
        """The number itself."""
        return float(self.text)

    @property
    def std(self) -> float | None:
        """The standard deviation, None where the paper prints none."""
        return float(self.std_text) if self.std_text else None


# Titles and latent dimensions as the head of Table 1 prints them.
PAPER_DATASETS = {"mnist": ("MNIST", 16), "svhn": ("SVHN", 16), "cifar10": ("CIFAR 10", 32), "celeba": ("CELEBA", 64)}

# One line per row; for each data set, in the order of PAPER_DATASETS: FID, then PRD as F8/F1/8.
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
_TABLE1_COLUMNS = [
    {"dataset": dataset, "metric": metric} for dataset, metric in product(PAPER_DATASETS, ("fid", "prd_f8", "prd_f1_8"))
]

# Balanced accuracy; then F1, precision and recall, each of AD and of CN.
_TABLE2 = """
Original*            | 66.2±7.6  | 47.6±15.8 87.3±2.0  | 74.7±8.4  80.3±4.0 | 35.7±16.3 95.7±1.5
Original (resampled) | 81.8±2.6  | 72.1±3.6  88.0±2.3  | 67.0±5.3  91.4±1.8 | 78.5±5.2  85.1±4.2
AE - N               | 50.0±0.0  | 0.0±0.0   84.1±0.0  | 0.0±0.0   72.6±0.0 | 0.0±0.0   100.0±0.0
WAE                  | 57.4±9.7  | 21.0±24.5 84.4±2.3  | 48.5±42.8 76.7±6.1 | 19.3±27.5 95.4±9.3
VAE - N              | 51.8±3.8  | 6.1±11.8  84.6±1.1  | 38.0±47.3 73.4±1.7 | 3.7±7.8   99.8±0.7
VAMP                 | 83.1±2.6  | 70.4±3.6  82.2±4.7  | 56.3±5.2  97.5±2.1 | 94.8±4.7  71.5±7.4
HVAE                 | 56.3±7.9  | 19.6±21.7 85.4±1.7  | 48.7±41.7 75.5±3.8 | 13.9±17.6 98.6±2.2
RHVAE                | 68.0±10.9 | 47.0±24.2 85.1±3.3  | 56.1±25.3 83.0±7.5 | 46.7±30.2 89.2±10.6
AE - GMM             | 82.4±2.3  | 69.5±3.1  82.0±3.6  | 55.8±4.9  96.8±2.4 | 93.3±5.6  71.5±6.2
RAE (GP)             | 63.9±9.8  | 46.5±15.9 70.6±19.6 | 45.3±18.5 84.2±8.6 | 60.9±28.6 67.0±24.9
RAE (L2)             | 74.1±6.0  | 60.6±9.5  82.1±5.9  | 57.8±10.1 88.3±5.2 | 70.0±18.7 78.3±11.7
RAE (SN)             | 62.3±8.9  | 37.8±22.6 80.1±7.9  | 43.1±24.9 80.6±6.6 | 41.7±30.1 82.9±16.4
RAE                  | 69.3±8.1  | 53.8±12.9 80.0±10.7 | 56.2±13.5 85.2±6.2 | 60.0±24.0 78.5±17.5
VAE - GMM            | 83.0±3.6  | 71.4±4.3  85.3±3.0  | 60.7±5.4  94.9±3.7 | 88.0±9.5  77.9±5.9
VAE - Ours           | 85.4±2.5  | 74.7±3.5  87.3±2.7  | 64.0±5.3  95.8±2.2 | 90.4±5.6  80.3±5.1
"""
_TABLE2_COLUMNS = [
    {"dataset": "oasis", "metric": "balanced_accuracy"},
    *(
        {"dataset": "oasis", "metric": metric, "label": label}
        for metric, label in product(("f1", "precision", "recall"), ("AD", "CN"))
    ),
]

# For MNIST and for CelebA: FID with the CNN of Table 4, then with the ResNet.
_TABLE3 = """
AE - N(0,1)  | 46.4 221.8 | 64.6 275.0
WAE          | 18.9  20.3 | 54.6  67.1
VAE - N(0,1) | 40.7  47.8 | 64.1  69.5
VAMP         | 34.0  34.5 | 56.0  67.2
VAE-NF       | 29.3  32.5 | 55.4  67.1
VAE-IAF      | 27.5  30.6 | 56.5  66.2
AE - GMM     |  9.6  11.0 | 56.1  57.4
RAE-GP       |  9.4  11.4 | 52.5  59.0
RAE-L2       |  9.1  11.5 | 54.5  58.3
VAE - GMM    | 13.1  12.4 | 55.5  59.9
Ours         |  8.5  10.7 | 48.7  53.2
"""
_TABLE3_COLUMNS = [
    {"dataset": dataset, "metric": "fid", "net": net}
    for dataset, net in product(("mnist", "celeba"), ("conv", "resnet"))
]

# FID by the prior on MNIST and CelebA, then by the proposed sampler.
_TABLE6 = """
VAMP   | 34.5 67.2 | 32.7 60.9
IWAE   | 32.4 67.6 | 33.8 60.3
AAE    | 19.1 64.8 | 11.7 51.4
VAEGAN |  8.7 39.7 |  6.1 31.4
"""
_TABLE6_COLUMNS = [
    {"dataset": dataset, "metric": "fid", "sampler": sampler}
    for sampler, dataset in product(("prior", "manifold"), ("mnist", "celeba"))
]

# FID of reconstructions, first stage, second stage and the proposed sampler; the rows are the table's nets.
_TABLE7 = {
    ("mnist", "infogan"): "Similar to [11] | 14.8 20.0 12.9  9.9",
    ("celeba", "infogan"): "Similar to [11] | 44.9 67.8 53.3 49.6",
    ("celeba", "wae"): "Similar to [56] | 34.3 70.8 40.7 37.9",
}
_TABLE7_SAMPLERS = ("reconstruction_test", "prior", "two_stage", "manifold")

# FID between generated images and reconstructions, at the right of Figure 3.
_FIGURE3 = """
Ours | 11.27 30.12
"""
_FIGURE3_COLUMNS = [{"dataset": dataset, "metric": "fid"} for dataset in ("mnist", "celeba")]


def _numbers(table: str, block: str, columns: Sequence[Mapping[str, str]]) -> Iterator[PublishedNumber]:
    for line in block.strip().splitlines():
        row, cells = line.split("|", maxsplit=1)
        for column, cell in zip(columns, re.findall(r"[\d.±]+", cells), strict=True):
            text, _, std_text = cell.partition("±")
            yield PublishedNumber(table, row.strip(), text=text, std_text=std_text, **column)


def _table7() -> Iterator[PublishedNumber]:
    for (dataset, net), line in _TABLE7.items():
        shared = {"dataset": dataset, "metric": "fid", "net": net}
        yield from _numbers("table7", line, [{**shared, "sampler": sampler} for sampler in _TABLE7_SAMPLERS])


NUMBERS: tuple[PublishedNumber, ...] = (
    *_numbers("table1", _TABLE1, _TABLE1_COLUMNS),
    *_numbers("table2", _TABLE2, _TABLE2_COLUMNS),
    *_numbers("table3", _TABLE3, _TABLE3_COLUMNS),
    *_numbers("table6", _TABLE6, _TABLE6_COLUMNS),
    *_table7(),
    *_numbers("figure3", _FIGURE3, _FIGURE3_COLUMNS),
)


def normal_label(label: str) -> str:
    """A row label without what typography varies: spaces, case, stars, script N, and I for 1 in N(0, I)."""
    plain = re.sub(r"[\s_{}$\\*]|mathcal", "", label).replace("𝒩", "N").replace("–", "-").lower()
    return re.sub(r"n\(0,(i|id)\)", "n(0,1)", plain)


_BY_POSITION: dict[tuple[str, str, str, str], list[PublishedNumber]] = defaultdict(list)
for _number in NUMBERS:
    _BY_POSITION[_number.table, normal_label(_number.row), _number.dataset, _number.metric].append(_number)


def rows(table: str) -> list[str]:
    """The row labels of a table, in the paper's order."""
    return list(dict.fromkeys(number.row for number in NUMBERS if number.table == table))


def rows_by_net(table: str) -> dict[str, str]:
    """Net -> label of its rows, in a table whose rows are nets."""
    return {number.net: number.row for number in NUMBERS if number.table == table and number.net}


def has_row(table: str, label: str) -> bool:
    """Whether the table has a row of that label."""
    return normal_label(label) in {normal_label(row) for row in rows(table)}


def lookup(
    table: str,
    row: str,
    dataset: str,
    metric: str,
    *,
    net: str | None = None,
    sampler: str | None = None,
    label: str | None = None,
) -> PublishedNumber | None:
    """The number printed there, or None where the paper prints none.

    Args:
        table, row, dataset, metric: see `PublishedNumber`; of the row's typography nothing matters.
        net, sampler, label: needed where these four are not enough: the net in Table 3, the sampler in Tables 6 and 7,
            the label in Table 2. None takes any.

    Raises:
        ValueError: several numbers are left; the text says what tells them apart.
    """
    found = _BY_POSITION.get((table, normal_label(row), dataset, metric), [])
    found = [number for number in found if _matches(number, net=net, sampler=sampler, label=label)]
    if len(found) > 1:
        columns = ", ".join(number.column for number in found)
        raise ValueError(f"the paper's {table} has several numbers in row {row!r}: {columns}")
    return found[0] if found else None


def best(
    table: str,
    dataset: str,
    metric: str,
    *,
    net: str | None = None,
    sampler: str | None = None,
    label: str | None = None,
) -> float:
    """The best number of a column over all rows of the paper's table: the lowest FID, the highest of anything else.

    Args:
        table, dataset, metric: see `PublishedNumber`.
        net, sampler, label: narrow the column down; None takes any.

    Raises:
        ValueError: the table has no such column.
    """
    column = {"table": table, "dataset": dataset, "metric": metric, "net": net, "sampler": sampler, "label": label}
    values = [number.value for number in NUMBERS if _matches(number, **column)]
    if not values:
        raise ValueError(f"the paper's {table} has no column {dataset} {metric}")
    return min(values) if metric == "fid" else max(values)


def _matches(number: PublishedNumber, **wanted: str | None) -> bool:
    return all(value is None or getattr(number, name) == value for name, value in wanted.items())
