"""Table 3: FID of every method after a search of its hyper-parameters, beside the paper's number, with controls."""

from collections.abc import Mapping, Sequence

from reproduction import published
from reproduction.rendering.tables.formatting import (
    BLOCK_TITLES,
    best,
    check_rows,
    measured_cell,
    paper_datasets,
    printed,
    published_cell,
)
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

NAME = "table3"
CSV_COLUMNS = ("row", "dataset", "net", "trial", "validation_fid", "fid", "std", "n_trials", "published")
NET_TITLES = {"conv": "CNN", "resnet": "ResNet"}

Panel = tuple[str, str]  # data set and net: a column


def build(records: Records, settings: Mapping) -> Document:
    """Table 3 from all score records, and a second table of the chosen trials.

    Args:
        records: rows of `scores.csv` (see `read_scores`).
        settings: `datasets`, `datasets_info` (title, latent_dim, width of each), `nets`, `subset`, `split`, `backbone`,
            `seeds`, and `rows`, each with label, model, sampler, trials, block (`paper` or `controls`), note and
            optionally variant (`base`).

    Raises:
        GeovaeError: rows that share a label, are in no block or not in the paper's table.
    """
    check_rows(NAME, settings["rows"], BLOCK_TITLES)
    panels = [(dataset, net) for dataset in settings["datasets"] for net in settings["nets"]]
    scores = Scores.of_settings(records, settings)
    entries = {
        (row["label"], *panel): _entry(scores, settings, row, panel) for row in settings["rows"] for panel in panels
    }
    tables = [_fid_table(entries, panels, settings)]
    if any(entry.chosen for entry in entries.values()):
        tables.append(_trials_table(entries, panels, settings))
    return Document(tuple(tables), CSV_COLUMNS, tuple(_tidy(entry) for entry in entries.values()))


def _entry(scores: Scores, settings: Mapping, row: Mapping, panel: Panel) -> Entry:
    dataset, net = panel
    cell = ScoreCell.of(settings, row, {"dataset": dataset, "net": net})
    number = published.lookup(NAME, row["label"], dataset, "fid", net=net)
    return Entry(row, dataset, net, choose(scores, cell), number, diverged_trials(scores, cell))


# -- the scores -------------------------------------------------------------------------------------------------------


def _fid_table(entries: Mapping[tuple, Entry], panels: Sequence[Panel], settings: Mapping) -> Table:
    leaders = {panel: _best(entries, panel) for panel in panels}
    groups = []
    for dataset in settings["datasets"]:
        info = settings["datasets_info"][dataset]
        columns = []
        for net in settings["nets"]:
            columns.append(Column(f"{NET_TITLES.get(net, net)} ↓"))
            columns += [Column("paper")] if dataset in paper_datasets(NAME) else []
        groups.append(Group(f"{info['title']} ({info['latent_dim']})", tuple(columns)))
    blocks = []
    for name in dict.fromkeys(row["block"] for row in settings["rows"]):
        rows = []
        for row in (row for row in settings["rows"] if row["block"] == name):
            cells = [cell for panel in panels for cell in _cells(entries[row["label"], *panel], leaders[panel])]
            rows.append(Row(row["label"], tuple(cells), description=row.get("note", "")))
        blocks.append(Block(BLOCK_TITLES[name], tuple(rows), shaded=name == "controls"))
    caption = "FID (lower is better) of the hyper-parameters with the lowest validation FID, for two nets."
    return Table(NAME, caption, "Model", tuple(groups), tuple(blocks), _footnotes(entries, settings), number="Table 3")


def _best(entries: Mapping[tuple, Entry], panel: Panel) -> float | None:
    """The best printed FID of a column among the paper's rows; controls do not compete."""
    rivals = (e for e in entries.values() if (e.dataset, e.net) == panel and e.row["block"] == "paper")
    return best((printed(entry.fid) for entry in rivals), lowest=True)


def _cells(entry: Entry, leader: float | None) -> list[Cell]:
    if entry.fid is None:
        cells = [unscored_cell(entry)]
    else:
        cells = [measured_cell([(entry.fid, entry.row["block"] == "paper" and printed(entry.fid) == leader)])]
    if entry.dataset in paper_datasets(NAME):
        number = entry.published
        is_best = number is not None and number.value == published.best(NAME, entry.dataset, "fid", net=entry.net)
        cells.append(published_cell([(number, is_best)]))
    return cells


def _footnotes(entries: Mapping[tuple, Entry], settings: Mapping) -> tuple[str, ...]:
    bold = "Bold: best of the paper's methods at the printed precision"
    if paper_datasets(NAME) & set(settings["datasets"]):
        bold += ", in the columns “paper” over all rows of the paper's table"
    if any(row["block"] != "paper" for row in settings["rows"]):
        bold += "; controls do not compete"
    search = (
        f"Chosen on validation images, scored on {settings['split']} images; the table below names the choices. A row "
        "that was chosen from more trials had more chances: read its FID beside that number."
    )
    mixture = "GMM: a mixture of Gaussians fitted to the training means; the paper's has 10 components."
    notes = [f"{bold}.", search]
    notes += [mixture] if any(row["sampler"] == "gmm" for row in settings["rows"]) else []
    return (*notes, *score_footnotes(list(entries.values()), settings, "FID", paper_datasets(NAME), "the paper's"))


# -- the chosen trials ------------------------------------------------------------------------------------------------


def _trials_table(entries: Mapping[tuple, Entry], panels: Sequence[Panel], settings: Mapping) -> Table:
    blocks = []
    for panel in panels:
        rows = [
            Row(row["label"], trial_cells(row["model"], row["trials"], entry.chosen, entry.diverged))
            for row in settings["rows"]
            if (entry := entries[row["label"], *panel]).chosen
        ]
        title = f"{settings['datasets_info'][panel[0]]['title']}, {NET_TITLES.get(panel[1], panel[1])}"
        blocks += [Block(title, tuple(rows))] if rows else []
    caption = "The hyper-parameters behind Table 3: of each row's trials the one with the lowest validation FID."
    models = {entry.row["model"] for entry in entries.values() if entry.chosen}
    return trials_table(f"{NAME}-trials", caption, "Model", blocks, models)


def _tidy(entry: Entry) -> tuple[object, ...]:
    paper = entry.published.text if entry.published else None
    return (entry.row["label"], entry.dataset, entry.net, *tidy_choice(entry.chosen), paper)
