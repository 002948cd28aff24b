"""What the tables of scores share: cells of measured and published numbers, and the check of their rows."""

from collections.abc import Iterable, Mapping, Sequence

from geovae.core.errors import GeovaeError
from reproduction import published
from reproduction.published import PublishedNumber
from reproduction.rendering.writers.document import DASH, Cell, Span, text_cell
from reproduction.scores.score_table import Statistic

NOT_BUILT = "Not in this build: the scores hold no record of this row on this data set."
BLOCK_TITLES = {
    "paper": "Methods of the paper",
    "variants": "Variants of ours",
    "baselines": "Baselines: other samplers on the same VAE",
    "controls": "Controls: not methods, they say what a score is worth",
}


def printed(statistic: Statistic | None, digits: int = 2) -> float | None:
    """The mean at the printed precision: what ties are judged by."""
    return None if statistic is None else round(statistic.mean, digits)


def best(values: Iterable[float | None], *, lowest: bool) -> float | None:
    """The best of the values that are there; None if none is."""
    found = [value for value in values if value is not None]
    return (min if lowest else max)(found) if found else None


def measured_cell(numbers: Sequence[tuple[Statistic, bool]], digits: int = 2) -> Cell:
    """Means with their standard deviations, if they have any, parted by slashes; a number with True is bold."""
    spans: list[Span] = []
    for statistic, bold in numbers:
        if spans:
            spans.append(Span("/" if statistic.std is None else " / "))
        spans.append(Span(f"{statistic.mean:.{digits}f}".replace("-", "−"), bold))
        if statistic.std is not None:
            spans.append(Span(f" ± {statistic.std:.{digits}f}"))
    return Cell(tuple(spans))


def published_cell(numbers: Sequence[tuple[PublishedNumber | None, bool]]) -> Cell:
    """Numbers of the paper as printed there, parted by slashes; a dash if one of them is None."""
    spans: list[Span] = []
    for number, bold in numbers:
        if number is None:
            return text_cell(DASH)
        spans += [Span("/")] if spans else []
        spans.append(Span(number.text, bold))
    return Cell(tuple(spans))


def paper_datasets(table: str) -> frozenset[str]:
    """The data sets that the paper's table has numbers of."""
    return frozenset(number.dataset for number in published.NUMBERS if number.table == table)


def check_rows(table: str, rows: Sequence[Mapping[str, str]], blocks: Iterable[str]) -> None:
    """Raise GeovaeError unless every row has its own label, a known block and, if it is the paper's, a row there."""
    labels = [row["label"] for row in rows]
    if len(set(labels)) != len(labels):
        raise GeovaeError(f"{table}: two rows have the same label; give each its own.")
    for row in rows:
        if row["block"] not in blocks:
            raise GeovaeError(f"{table}: row {row['label']!r} is in block {row['block']!r}; use {', '.join(blocks)}.")
        if row["block"] == "paper" and not published.has_row(table, row["label"]):
            known = ", ".join(published.rows(table))
            raise GeovaeError(f"{table}: the paper's table has no row {row['label']!r}.\nIt has: {known}.")
