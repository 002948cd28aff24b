"""Table 7: FID of the two-stage VAE by its stages and by the paper's sampler, beside the paper's, with a control."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from geovae.core.errors import GeovaeError
from reproduction import published
from reproduction.published import PublishedNumber
from reproduction.rendering.tables.formatting import (
    NOT_BUILT,
    best,
    measured_cell,
    paper_datasets,
    printed,
    published_cell,
)
from reproduction.rendering.tables.notes import score_footnotes
from reproduction.rendering.writers.document import DASH, Block, Cell, Column, Document, Group, Row, Table, text_cell
from reproduction.scores.cells import Cell as ScoreCell
from reproduction.scores.lookup import Records, Scores
from reproduction.scores.score_table import Statistic, summarise

NAME = "table7"
CSV_COLUMNS = ("row", "dataset", "net", "sampler", "fid", "std", "n_seeds", "published")


class Generation(NamedTuple):
    """A group of columns: its title, that of its column of measured numbers, and whether it competes for the best."""

    title: str
    column: str
    competes: bool


GENERATIONS = {
    "reconstruction_test": Generation("Recon.", "FID ↓", False),
    "prior": Generation("1st stage (prior)", "FID ↓", True),
    "two_stage": Generation("2nd stage", "FID ↓", True),
    "manifold": Generation("Ours", "FID ↓", True),
    "jitter": Generation("Means + matched noise", "control", False),
}
CONTROLS = ("jitter",)
PAPER_ROWS = published.rows_by_net(NAME)


class Entry(NamedTuple):
    """The records of one row and generation."""

    row: Mapping[str, str]
    sampler: str
    records: Records

    @property
    def dataset(self) -> str:
        """The row's data set."""
        return self.row["dataset"]

    @property
    def fid(self) -> Statistic | None:
        """Mean and standard deviation of the FID over the seeds."""
        return summarise(self.records, "fid")

    @property
    def published(self) -> PublishedNumber | None:
        """The paper's number of the same data set, net and generation."""
        net = self.row["net"]
        if net not in PAPER_ROWS:
            return None
        dataset = self.row["published_as"]
        return published.lookup(NAME, PAPER_ROWS[net], dataset, "fid", net=net, sampler=self.sampler)


def build(records: Records, settings: Mapping) -> Document:
    """Table 7 from all score records of the two-stage VAE.

    Args:
        records: rows of `scores.csv` (see `read_scores`).
        settings: `datasets`, `datasets_info` (title, latent_dim, width of each), `subset`, `split`, `backbone`,
            `seeds`, `lines`, each with dataset, net, title, latent_dim and published_as (the data set's name in the
            paper's numbers), and `stages`, each with model and sampler.

    Raises:
        GeovaeError: two rows have the same title, or a row's data set is not among `datasets`.
    """
    _check(settings)
    scores = Scores.of_settings(records, settings)
    entries = {
        (line["title"], stage["sampler"]): Entry(
            line, stage["sampler"], scores.all_or_none(ScoreCell.of(settings, line, stage))
        )
        for line in settings["lines"]
        for stage in settings["stages"]
    }
    return Document((_table(entries, settings),), CSV_COLUMNS, tuple(_tidy(entry) for entry in entries.values()))


def _check(settings: Mapping) -> None:
    titles = [row["title"] for row in settings["lines"]]
    if len(set(titles)) != len(titles):
        raise GeovaeError(f"{NAME}: two rows have the same title; give each its own.")
    for row in settings["lines"]:
        if row["dataset"] not in settings["datasets"]:
            raise GeovaeError(f"{NAME}: row {row['title']!r} is of data set {row['dataset']!r}; add it to datasets.")


def _table(entries: Mapping[tuple[str, str], Entry], settings: Mapping) -> Table:
    with_paper = any(entry.published for entry in entries.values())
    groups = [
        Group(title, (Column(column), Column("paper")) if with_paper and sampler not in CONTROLS else (Column(column),))
        for sampler, (title, column, _) in GENERATIONS.items()
    ]
    rows = []
    for row in settings["lines"]:
        of_row = [entries[row["title"], sampler] for sampler in GENERATIONS]
        cells = [cell for entry in of_row for cell in _cells(entry, of_row, with_paper)]
        rows.append(Row(row["title"], tuple(cells), description=f"latent dimension {row['latent_dim']}"))
    caption = "FID (lower is better) of the two-stage VAE, sampled by each of its stages and by the proposed method."
    blocks = (Block("", tuple(rows)),)
    return Table(
        NAME, caption, "Data and net", tuple(groups), blocks, _footnotes(entries, settings, with_paper), "Table 7"
    )


def _cells(entry: Entry, of_row: Sequence[Entry], with_paper: bool) -> list[Cell]:
    """An entry's cells; the best is taken among the entries of its row that compete, if none of these is missing."""
    rivals = [other for other in of_row if GENERATIONS[other.sampler].competes]
    competes = GENERATIONS[entry.sampler].competes
    if entry.fid is None:
        cells = [text_cell(DASH, note=NOT_BUILT)]
    else:
        leader = best((printed(rival.fid) for rival in rivals), lowest=True)
        whole = all(rival.fid for rival in rivals)
        cells = [measured_cell([(entry.fid, competes and whole and printed(entry.fid) == leader)])]
    if with_paper and entry.sampler not in CONTROLS:
        number = entry.published
        leader = best((rival.published.value for rival in rivals if rival.published), lowest=True)
        cells.append(published_cell([(number, competes and number is not None and number.value == leader)]))
    return cells


def _footnotes(entries: Mapping[tuple[str, str], Entry], settings: Mapping, with_paper: bool) -> tuple[str, ...]:
    notes = [
        "Recon.: test images, encoded and decoded. Means + matched noise: training means with Gaussian noise as "
        "large as the displacement of ours; a control, not a method.",
        "Bold: the best of first stage, second stage and ours in a row at the printed precision; the others do not "
        "compete.",
    ]
    nets = [
        f"{row['title']}: {PAPER_ROWS[row['net']].lower()} in the paper"
        for row in settings["lines"]
        if row["net"] in PAPER_ROWS and with_paper
    ]
    notes += [f"{'; '.join(nets)}."] if nets else []
    shown = {"datasets": list(dict.fromkeys(row["dataset"] for row in settings["lines"]))}
    in_paper = {row["dataset"] for row in settings["lines"] if row["published_as"] in paper_datasets(NAME)}
    return (
        *notes,
        *score_footnotes(list(entries.values()), {**settings, **shown}, "FID", in_paper, "the paper's"),
    )


def _tidy(entry: Entry) -> tuple[object, ...]:
    mean, std, n = entry.fid or (None, None, 0)
    paper = entry.published.text if entry.published else None
    return (entry.row["title"], entry.dataset, entry.row["net"], entry.sampler, mean, std, n, paper)
