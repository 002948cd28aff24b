"""Table 1: FID and PRD of every model and sampler beside the paper's, with controls, and what the samplers did."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from geovae.evaluation.record import DIAGNOSTIC_COLUMNS
from geovae.geometry.diagnostics import ACTIVE_WEIGHT, LONG_FACTOR_WORDS
from reproduction import published
from reproduction.rendering.tables.formatting import (
    BLOCK_TITLES,
    NOT_BUILT,
    best,
    check_rows,
    measured_cell,
    printed,
    published_cell,
)
from reproduction.rendering.tables.notes import table1_footnotes
from reproduction.rendering.writers.document import DASH, Block, Cell, Column, Document, Group, Row, Table, text_cell
from reproduction.scores.cells import Cell as ScoreCell
from reproduction.scores.lookup import Records, Scores
from reproduction.scores.score_table import Statistic, summarise

NAME = "table1"
METRICS = ("fid", "prd_f8", "prd_f1_8", "novelty")
CSV_COLUMNS = ("row", "block", "dataset", "metric", "mean", "std", "n_seeds", "published")


class Diagnostic(NamedTuple):
    """How a diagnostic is printed: group of columns, title, digits after the point, and what it means."""

    group: str
    title: str
    digits: int
    meaning: str


CHAIN, LONG, NOISE = "Chain", f"{LONG_FACTOR_WORDS.capitalize()} as long", "Noise per dimension"
DIAGNOSTICS = {
    "acceptance": Diagnostic(CHAIN, "Acceptance", 3, "share of proposals that were accepted"),
    "stuck_share": Diagnostic(CHAIN, "Stuck", 3, "share of the chains that never moved"),
    "displacement": Diagnostic(
        CHAIN, "Displacement", 2, "mean latent distance from a start, a training mean, to the end"
    ),
    "active_share_start": Diagnostic(CHAIN, "Active at start", 3, ""),
    "active_share": Diagnostic(
        CHAIN, "Active at end", 3, f"share of points where a centroid's weight is at least {ACTIVE_WEIGHT:g}"
    ),
    "log_density_start": Diagnostic(CHAIN, "½ log det G at start", 2, ""),
    "log_density_end": Diagnostic(CHAIN, "½ log det G at end", 2, "mean log-density of the target, up to a constant"),
    "long_displacement": Diagnostic(LONG, "Displacement", 2, ""),
    "long_active_share": Diagnostic(LONG, "Active at end", 3, ""),
    "long_log_density_end": Diagnostic(LONG, "½ log det G at end", 2, ""),
    "rms_per_dimension": Diagnostic(NOISE, "Chain", 3, "root mean square displacement of the chains"),
    "sigma": Diagnostic(NOISE, "Matched", 3, "standard deviation of the matched noise"),
    "bandwidth": Diagnostic(NOISE, "KDE", 3, "bandwidth chosen by held-out likelihood"),
}
READING = (
    "An acceptance near 1 with a small active share means that the chains walked where the metric is flat: what they "
    "add to the training means is then close to Gaussian noise, and the row is to be read beside the controls."
)


class Entry(NamedTuple):
    """The records behind one row on one data set, and what of them is printed."""

    row: Mapping[str, str]
    dataset: str
    records: Records

    def measured(self, metric: str) -> Statistic | None:
        """Mean and standard deviation over the seeds."""
        return summarise(self.records, metric)

    def printed(self, metric: str) -> float | None:
        """The measured mean at the printed precision: what ties are judged by."""
        return printed(self.measured(metric))

    def published(self, metric: str) -> published.PublishedNumber | None:
        """The paper's number of the same row and data set."""
        return published.lookup(NAME, self.row["label"], self.dataset, metric)


def build(records: Records, settings: Mapping) -> Document:
    """Table 1 from all score records.

    Args:
        records: rows of `scores.csv` (see `read_scores`).
        settings: `datasets`, `datasets_info` (title, latent_dim, net, width of each), `subset`, `split`, `backbone`,
            `seeds`, and `rows`, each with label, model, sampler, variant, block (`paper`, `variants`,
            `baselines` or `controls`) and note.
    """
    check_rows(NAME, settings["rows"], BLOCK_TITLES)
    scores = Scores.of_settings(records, settings)
    entries = {
        (row["label"], dataset): Entry(row, dataset, _records(scores, settings, row, dataset))
        for row in settings["rows"]
        for dataset in settings["datasets"]
    }
    tables = [_scores_table(entries, settings)]
    diagnostics = _diagnostics_table(entries, settings)
    tables += [diagnostics] if diagnostics else []
    return Document(tuple(tables), CSV_COLUMNS, tuple(_tidy(entries.values())))


def _records(scores: Scores, settings: Mapping, row: Mapping[str, str], dataset: str) -> Records:
    own = {"net": settings["datasets_info"][dataset]["net"]}
    return scores.all_or_none(ScoreCell.of(own, settings, row, {"dataset": dataset}))


# -- the scores -------------------------------------------------------------------------------------------------------


def _scores_table(entries: Mapping[tuple[str, str], Entry], settings: Mapping) -> Table:
    leaders = {
        (dataset, metric): _best([e for e in entries.values() if e.dataset == dataset], metric)
        for dataset in settings["datasets"]
        for metric in ("fid", "prd_f8", "prd_f1_8")
    }
    groups = []
    for dataset in settings["datasets"]:
        info = settings["datasets_info"][dataset]
        columns = [Column("FID ↓"), Column("PRD ↑"), Column("Novelty")]
        if dataset in published.PAPER_DATASETS:
            columns[1:1], columns[3:3] = [Column("paper")], [Column("paper")]
        groups.append(Group(f"{info['title']} ({info['latent_dim']})", tuple(columns)))
    blocks = []
    for name in dict.fromkeys(row["block"] for row in settings["rows"]):
        rows = []
        for row in (row for row in settings["rows"] if row["block"] == name):
            cells = [c for dataset in settings["datasets"] for c in _cells(entries[row["label"], dataset], leaders)]
            rows.append(Row(row["label"], tuple(cells), description=row.get("note", "")))
        blocks.append(Block(BLOCK_TITLES[name], tuple(rows), shaded=name == "controls"))
    caption = "FID (lower is better) and PRD (F8/F1⁄8, higher is better) for different models and data sets."
    footnotes = table1_footnotes(list(entries.values()), settings)
    return Table(NAME, caption, "Model", tuple(groups), tuple(blocks), footnotes, number="Table 1")


def _best(entries: Sequence[Entry], metric: str) -> float | None:
    """The best printed value among the paper's rows; nothing beside them competes."""
    return best((e.printed(metric) for e in entries if e.row["block"] == "paper"), lowest=metric == "fid")


def _cells(entry: Entry, leaders: Mapping[tuple[str, str], float | None]) -> list[Cell]:
    def is_best(metric: str) -> bool:
        return entry.row["block"] == "paper" and entry.printed(metric) == leaders[entry.dataset, metric]

    cells = [
        _cell(entry, [("fid", is_best("fid"))]),
        _cell(entry, [(metric, is_best(metric)) for metric in ("prd_f8", "prd_f1_8")]),
        _cell(entry, [("novelty", False)]),
    ]
    if entry.dataset in published.PAPER_DATASETS:
        cells[1:1], cells[3:3] = [_paper_cell(entry, ["fid"])], [_paper_cell(entry, ["prd_f8", "prd_f1_8"])]
    return cells


def _cell(entry: Entry, metrics: Sequence[tuple[str, bool]]) -> Cell:
    numbers = []
    for metric, bold in metrics:
        statistic = entry.measured(metric)
        if statistic is None:
            return text_cell(DASH, note=_reason(entry, metric))
        numbers.append((statistic, bold))
    return measured_cell(numbers)


def _reason(entry: Entry, metric: str) -> str:
    if not entry.records:
        return NOT_BUILT
    if metric == "novelty":
        return "No novelty: half of the real images of the split are copies of training images."
    return "The sampler of this row has no such quantity."


def _paper_cell(entry: Entry, metrics: Sequence[str]) -> Cell:
    numbers = [entry.published(metric) for metric in metrics]
    return published_cell(
        [(n, n is not None and n.value == published.best(NAME, n.dataset, n.metric)) for n in numbers]
    )


# -- what the samplers did --------------------------------------------------------------------------------------------


def _diagnostics_table(entries: Mapping[tuple[str, str], Entry], settings: Mapping) -> Table | None:
    """The diagnostics of the rows that have any, without the columns that are empty; None if no row has."""
    names = [name for name in DIAGNOSTICS if any(entry.measured(name) for entry in entries.values())]
    if not names:
        return None
    blocks = []
    for dataset in settings["datasets"]:
        rows = []
        for row in settings["rows"]:
            statistics = [entries[row["label"], dataset].measured(name) for name in names]
            if any(statistics):
                cells = [_diagnostic_cell(s, DIAGNOSTICS[name]) for s, name in zip(statistics, names, strict=True)]
                rows.append(Row(row["label"], tuple(cells)))
        if rows:
            blocks.append(Block(settings["datasets_info"][dataset]["title"], tuple(rows)))
    shown = [DIAGNOSTICS[name] for name in names]
    groups = [
        Group(group, tuple(Column(d.title) for d in shown if d.group == group))
        for group in dict.fromkeys(d.group for d in shown)
    ]
    meanings = " ".join(f"{_subject(d)}: {d.meaning}." for d in shown if d.meaning)
    footnotes = (meanings, READING) if "active_share" in names else (meanings,)
    caption = "What the sampler did: diagnostics of the generations of Table 1."
    return Table("table1-diagnostics", caption, "Row", tuple(groups), tuple(blocks), footnotes)


def _subject(described: Diagnostic) -> str:
    """What a footnote calls a column: its title without the moment; with its group where that says too little."""
    if described.group == NOISE:
        return f"{described.group}, {described.title}"
    return described.title.removesuffix(" at end")


def _diagnostic_cell(statistic: Statistic | None, described: Diagnostic) -> Cell:
    return text_cell(DASH) if statistic is None else measured_cell([(statistic, False)], described.digits)


# -- tidy rows --------------------------------------------------------------------------------------------------------


def _tidy(entries) -> list[tuple[object, ...]]:
    rows = []
    for entry in entries:
        for metric in (*METRICS, *DIAGNOSTIC_COLUMNS):
            statistic = entry.measured(metric)
            number = entry.published(metric)
            if statistic is None and number is None and metric in DIAGNOSTIC_COLUMNS:
                continue
            mean, std, n = statistic or (None, None, 0)
            paper = None if number is None else number.text
            rows.append((entry.row["label"], entry.row["block"], entry.dataset, metric, mean, std, n, paper))
    return rows
