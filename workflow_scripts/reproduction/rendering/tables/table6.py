"""Table 6: FID of recent models by their prior and by the paper's sampler, beside the paper's, with controls."""

from collections.abc import Mapping, Sequence

from geovae.core.errors import GeovaeError
from reproduction import published
from reproduction.rendering.tables.formatting import best, measured_cell, paper_datasets, printed, published_cell
from reproduction.rendering.tables.notes import score_footnotes
from reproduction.rendering.tables.trials import (
    Entry,
    tidy_choice,
    trial_cells,
    trials_table,
    unscored_cell,
)
from reproduction.rendering.writers.document import Block, Cell, Column, Document, Group, Row, Table
from reproduction.scores.cells import Cell as ScoreCell
from reproduction.scores.choice import choose, diverged_trials
from reproduction.scores.lookup import Records, Scores

NAME = "table6"
CSV_COLUMNS = (
    *("model", "generation", "block", "dataset", "net"),
    *("trial", "validation_fid", "fid", "std", "n_trials", "published"),
)
BLOCKS = ("paper", "controls")
PAPER_SAMPLERS = ("prior", "manifold")


def build(records: Records, settings: Mapping) -> Document:
    """Table 6 from all score records: for each generation scheme the trial with the lowest validation FID under it.

    Args:
        records: rows of `scores.csv` (see `read_scores`).
        settings: `datasets`, `datasets_info` (title, latent_dim, width of each), `net`, `subset`, `split`, `backbone`,
            `seeds`, and `rows`, each with title (the paper's of its model), label, model, sampler, trials, block
            (`paper` or `controls`), and optionally variant (`base`) and note.

    Raises:
        GeovaeError: a title that is not in the paper's table; rows of a title that share a label, are in no block, or
            are in the paper's with another sampler than its table has.
    """
    _check(settings)
    scores = Scores.of_settings(records, settings)
    entries = [_entry(scores, settings, row, dataset) for row in settings["rows"] for dataset in settings["datasets"]]
    rows = tuple(_tidy(entry) for entry in entries)
    tables = [_table(entries, settings)]
    if any(entry.chosen and len(entry.row["trials"]) > 1 for entry in entries):
        tables.append(_trials_table(entries, settings))
    return Document(tuple(tables), CSV_COLUMNS, rows)


def _check(settings: Mapping) -> None:
    for title in _titles(settings):
        if not published.has_row(NAME, title):
            known = ", ".join(published.rows(NAME))
            raise GeovaeError(f"{NAME}: the paper's table has no model {title!r}.\nIt has: {known}.")
        labels = [row["label"] for row in settings["rows"] if row["title"] == title]
        if len(set(labels)) != len(labels):
            raise GeovaeError(f"{NAME}: two rows of {title} have the same label; give each its own.")
    for row in settings["rows"]:
        where = f"{NAME}: row {row['label']!r} of {row['title']}"
        if row["block"] not in BLOCKS:
            raise GeovaeError(f"{where} is in block {row['block']!r}; use {', '.join(BLOCKS)}.")
        if row["block"] == "paper" and row["sampler"] not in PAPER_SAMPLERS:
            raise GeovaeError(
                f"{where}: the paper's table has no sampler {row['sampler']!r}. Put it into block controls."
            )


def _titles(settings: Mapping) -> list[str]:
    return list(dict.fromkeys(row["title"] for row in settings["rows"]))


def _entry(scores: Scores, settings: Mapping, row: Mapping, dataset: str) -> Entry:
    cell = ScoreCell.of(settings, row, {"dataset": dataset})
    number = None
    if row["block"] == "paper":
        number = published.lookup(NAME, row["title"], dataset, "fid", sampler=row["sampler"])
    return Entry(row, dataset, settings["net"], choose(scores, cell), number, diverged_trials(scores, cell))


def _table(entries: Sequence[Entry], settings: Mapping) -> Table:
    groups = []
    for dataset in settings["datasets"]:
        info = settings["datasets_info"][dataset]
        columns = [Column("FID ↓")] + ([Column("paper")] if dataset in paper_datasets(NAME) else [])
        groups.append(Group(f"{info['title']} ({info['latent_dim']})", tuple(columns)))
    blocks = []
    for title in _titles(settings):
        of_title = [entry for entry in entries if entry.row["title"] == title]
        for block in BLOCKS:
            of_block = [row for row in settings["rows"] if (row["title"], row["block"]) == (title, block)]
            rows = tuple(_row(of_title, row) for row in of_block)
            shown = title if block == "paper" else f"{title}, controls"
            blocks += [Block(shown, rows, shaded=block == "controls")] if rows else []
    caption = "FID (lower is better) of recent models, sampled from their prior and by the proposed method."
    footnotes = _footnotes(entries, settings)
    return Table(NAME, caption, "Generation", tuple(groups), tuple(blocks), footnotes, number="Table 6")


def _row(entries: Sequence[Entry], row: Mapping) -> Row:
    """A row of a model; `entries` are those of all the model's rows."""
    cells = []
    for entry in entries:
        if entry.row is row:
            of_dataset = [other for other in entries if other.dataset == entry.dataset]
            cells += _cells(entry, [other for other in of_dataset if other.row["block"] == "paper"])
    return Row(row["label"], tuple(cells), description=row.get("note", ""))


def _cells(entry: Entry, rivals: Sequence[Entry]) -> list[Cell]:
    """An entry's cells; `rivals` are the paper's generations of its model, itself among them if it is one."""
    if entry.fid is None:
        cells = [unscored_cell(entry)]
    else:
        competes = entry.row["block"] == "paper" and all(rival.fid for rival in rivals)
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
    for title in _titles(settings):
        for dataset in settings["datasets"]:
            rows = tuple(
                Row(
                    entry.row["label"],
                    trial_cells(entry.row["model"], entry.row["trials"], entry.chosen, entry.diverged),
                )
                for entry in entries
                if (entry.row["title"], entry.dataset) == (title, dataset) and entry.chosen
            )
            blocks += [Block(f"{title}, {settings['datasets_info'][dataset]['title']}", rows)] if rows else []
    caption = "The hyper-parameters behind Table 6: of a model's trials the one with the lowest validation FID."
    models = {entry.row["model"] for entry in entries if entry.chosen}
    return trials_table(f"{NAME}-trials", caption, "Generation", blocks, models)


def _tidy(entry: Entry) -> tuple[object, ...]:
    which = (entry.row["title"], entry.row["label"], entry.row["block"], entry.dataset, entry.net)
    return (*which, *tidy_choice(entry.chosen), entry.published.text if entry.published else None)
