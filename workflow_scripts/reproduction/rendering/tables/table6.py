"""Table 6: FID of recent models by their prior and by the paper's sampler, beside the paper's, with controls."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from geovae.core.errors import GeovaeError
from reproduction import published
from reproduction.published import PublishedNumber
from reproduction.rendering.tables.formatting import best, measured_cell, paper_datasets, printed, published_cell
from reproduction.rendering.tables.notes import score_footnotes
from reproduction.rendering.tables.trials import (
    NOT_SCORED,
    tidy_choice,
    trial_cells,
    trials_table,
)
from reproduction.rendering.writers.document import DASH, Block, Cell, Column, Document, Group, Row, Table, text_cell
from reproduction.scores.cells import Cell as ScoreCell
from reproduction.scores.choice import Chosen, choose
from reproduction.scores.lookup import Records, Scores
from reproduction.scores.score_table import Statistic

NAME = "table6"
CSV_COLUMNS = (
    *("model", "generation", "block", "dataset", "net"),
    *("trial", "validation_fid", "fid", "std", "n_trials", "published"),
)
BLOCKS = ("paper", "controls")
PAPER_SAMPLERS = ("prior", "manifold")


class Entry(NamedTuple):
    """The chosen trial of one model, generation scheme and data set; None if no trial was scored."""

    row: Mapping
    generation: Mapping
    dataset: str
    chosen: Chosen | None

    @property
    def records(self) -> Records:
        """The score records behind the printed FID."""
        return self.chosen.records if self.chosen else ()

    @property
    def fid(self) -> Statistic | None:
        """The chosen trial's FID."""
        return self.chosen.fid if self.chosen else None

    @property
    def published(self) -> PublishedNumber | None:
        """The paper's number of the same model, generation scheme and data set."""
        if self.generation["block"] != "paper":
            return None
        return published.lookup(NAME, self.row["title"], self.dataset, "fid", sampler=self.generation["sampler"])


def build(records: Records, settings: Mapping) -> Document:
    """Table 6 from all score records: for each generation scheme the trial with the lowest validation FID under it.

    Args:
        records: rows of `scores.csv` (see `read_scores`).
        settings: `datasets`, `datasets_info` (title, latent_dim, width of each), `net`, `subset`, `split`, `backbone`,
            `seeds`, and `rows`, each with model, title (the paper's), trials and `generations`: label, sampler, block
            (`paper` or `controls`), and optionally variant (`base`) and note of each.

    Raises:
        GeovaeError: models that share a title or are not in the paper's table; generations of a model that share a
            label, are in no block, or are in the paper's with another sampler than its table has.
    """
    _check(settings)
    scores = Scores.of_settings(records, settings)
    entries = [
        Entry(row, generation, dataset, _choose(scores, settings, row, generation, dataset))
        for row in settings["rows"]
        for generation in row["generations"]
        for dataset in settings["datasets"]
    ]
    rows = tuple(_tidy(entry, settings["net"]) for entry in entries)
    tables = [_table(entries, settings)]
    if any(entry.chosen and len(entry.row["trials"]) > 1 for entry in entries):
        tables.append(_trials_table(entries, settings))
    return Document(tuple(tables), CSV_COLUMNS, rows)


def _check(settings: Mapping) -> None:
    titles = [row["title"] for row in settings["rows"]]
    if len(set(titles)) != len(titles):
        raise GeovaeError(f"{NAME}: two models have the same title; give each its own.")
    for row in settings["rows"]:
        title, generations = row["title"], row["generations"]
        if not published.has_row(NAME, title):
            known = ", ".join(published.rows(NAME))
            raise GeovaeError(f"{NAME}: the paper's table has no model {title!r}.\nIt has: {known}.")
        if len({generation["label"] for generation in generations}) != len(generations):
            raise GeovaeError(f"{NAME}: two generations of {title} have the same label; give each its own.")
        for generation in generations:
            where = f"{NAME}: generation {generation['label']!r} of {title}"
            if generation["block"] not in BLOCKS:
                raise GeovaeError(f"{where} is in block {generation['block']!r}; use {', '.join(BLOCKS)}.")
            if generation["block"] == "paper" and generation["sampler"] not in PAPER_SAMPLERS:
                raise GeovaeError(
                    f"{where}: the paper's table has no sampler {generation['sampler']!r}. Put it into block controls."
                )


def _choose(scores: Scores, settings: Mapping, row: Mapping, generation: Mapping, dataset: str) -> Chosen | None:
    return choose(scores, ScoreCell.of(settings, row, generation, {"dataset": dataset}))


def _table(entries: Sequence[Entry], settings: Mapping) -> Table:
    groups = []
    for dataset in settings["datasets"]:
        info = settings["datasets_info"][dataset]
        columns = [Column("FID ↓")] + ([Column("paper")] if dataset in paper_datasets(NAME) else [])
        groups.append(Group(f"{info['title']} ({info['latent_dim']})", tuple(columns)))
    blocks = []
    for row in settings["rows"]:
        for block in BLOCKS:
            of_block = [generation for generation in row["generations"] if generation["block"] == block]
            rows = tuple(_row(entries, row, generation) for generation in of_block)
            title = row["title"] if block == "paper" else f"{row['title']}, controls"
            blocks += [Block(title, rows, shaded=block == "controls")] if rows else []
    caption = "FID (lower is better) of recent models, sampled from their prior and by the proposed method."
    footnotes = _footnotes(entries, settings)
    return Table(NAME, caption, "Generation", tuple(groups), tuple(blocks), footnotes, number="Table 6")


def _row(entries: Sequence[Entry], row: Mapping, generation: Mapping) -> Row:
    cells = []
    for entry in entries:
        if entry.row is row and entry.generation is generation:
            rivals = [
                other
                for other in entries
                if (other.row is row and other.dataset == entry.dataset and other.generation["block"] == "paper")
            ]
            cells += _cells(entry, rivals)
    return Row(generation["label"], tuple(cells), description=generation.get("note", ""))


def _cells(entry: Entry, rivals: Sequence[Entry]) -> list[Cell]:
    """An entry's cells; `rivals` are the paper's generations of its model, itself among them if it is one."""
    if entry.fid is None:
        cells = [text_cell(DASH, note=NOT_SCORED)]
    else:
        competes = entry.generation["block"] == "paper" and all(rival.fid for rival in rivals)
        leader = best((printed(rival.fid) for rival in rivals), lowest=True)
        cells = [measured_cell([(entry.fid, competes and len(rivals) > 1 and printed(entry.fid) == leader)])]
    if entry.dataset in paper_datasets(NAME):
        leader = best((rival.published.value for rival in rivals if rival.published), lowest=True)
        number = entry.published
        cells.append(published_cell([(number, number is not None and number.value == leader)]))
    return cells


def _footnotes(entries: Sequence[Entry], settings: Mapping) -> tuple[str, ...]:
    notes = [
        "Bold: the better of a model's prior and the proposed method at the printed precision; controls do not compete."
    ]
    if any(len(row["trials"]) > 1 for row in settings["rows"]):
        notes.append(
            "Each cell is the trial with the lowest validation FID under its own generation, as in the paper: the rows "
            f"of a model may be different trainings; the table below names them. Scored on {settings['split']} images."
        )
    return (*notes, *score_footnotes(entries, settings, "FID", paper_datasets(NAME), "the paper's"))


def _trials_table(entries: Sequence[Entry], settings: Mapping) -> Table:
    blocks = []
    for row in settings["rows"]:
        for dataset in settings["datasets"]:
            rows = tuple(
                Row(entry.generation["label"], trial_cells(row["model"], row["trials"], entry.chosen))
                for entry in entries
                if entry.row is row and entry.dataset == dataset and entry.chosen
            )
            title = f"{row['title']}, {settings['datasets_info'][dataset]['title']}"
            blocks += [Block(title, rows)] if rows else []
    caption = "The hyper-parameters behind Table 6: of a model's trials the one with the lowest validation FID."
    return trials_table(f"{NAME}-trials", caption, "Generation", blocks)


def _tidy(entry: Entry, net: str) -> tuple[object, ...]:
    which = (entry.row["title"], entry.generation["label"], entry.generation["block"], entry.dataset, net)
    return (*which, *tidy_choice(entry.chosen), entry.published.text if entry.published else None)
