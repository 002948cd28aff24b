"""Table 2: scores of a classifier that is trained on generated images and tested on real ones, and the paper's scores.

All scores are in per cent, as the paper prints them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from geovae.core.errors import GeovaeError
from reproduction import published
from reproduction.rendering.tables.formatting import (
    BLOCK_TITLES,
    best,
    check_rows,
    measured_cell,
    paper_datasets,
    printed,
)
from reproduction.rendering.tables.notes import width_note
from reproduction.rendering.writers.document import DASH, Block, Column, Document, Group, Row, Table, text_cell
from reproduction.scores.classification import REAL_SOURCES
from reproduction.scores.score_table import Statistic, summarise

NAME = "table2"
RAW, PUBLISHED_RAW = "raw", "Original*"
CSV_COLUMNS = (
    *("row", "block", "dataset", "source", "metric", "class", "mean", "std", "n_runs"),
    *("published", "published_std"),
)
DIGITS = 1
RANKED = ("balanced_accuracy", "f1")  # a classifier that always answers one class has precisions and recalls of 100 %
PER_CLASS = {"f1": "F1 ↑", "precision": "Precision ↑", "recall": "Recall ↑"}
MARK = " †"
NO_RUN = "Not in this build: no run of the classifier on this training set."

Records = Sequence[Mapping[str, object]]


class Score(NamedTuple):
    """A column: the metric, and the class that it is of ("" for balanced accuracy)."""

    metric: str
    label: str = ""

    @property
    def column(self) -> str:
        """Its column in `classification.csv`."""
        return f"{self.metric}_{self.label}" if self.label else self.metric


class Line(NamedTuple):
    """A row to print: its scores in per cent, None where nothing was measured."""

    label: str
    block: str
    scores: Mapping[Score, Statistic | None]
    note: str = ""

    def value(self, score: Score) -> float | None:
        """The mean at the printed precision: what ranks and marks are judged by."""
        return printed(self.scores[score], DIGITS)


def build(scores: Records, settings: Mapping) -> Document:
    """Table 2 from the runs of the classifier; on the paper's data set a second table holds the paper's numbers.

    Args:
        scores: rows of `classification.csv` (see `read_classification`).
        settings: `dataset`, `datasets_info` (its title and width), `classes` in the order of the columns,
            `n_per_class`, `n_runs` and `rows`, each with label, source (`raw`, `resampled` or MODEL/SAMPLER), block
            (`paper` or `controls`), and optionally variant (`base`) and note; where two classes were chosen,
            `n_train`, the training images of each that were drawn, or null for all; `n_trainings` of each generator,
            where there are several.

    Raises:
        GeovaeError: rows that share a label, are in no block or not in the paper's table; a class without scores; a
            source with another number of runs or of generated images than the settings say.
    """
    check_rows(NAME, settings["rows"], BLOCK_TITLES)
    columns = [Score("balanced_accuracy"), *(Score(m, label) for m in PER_CLASS for label in settings["classes"])]
    records = {row["label"]: _records(scores, settings, row) for row in settings["rows"]}
    _check(records, settings, columns)
    lines = [
        Line(row["label"], row["block"], _measured(records[row["label"]], columns), row.get("note", ""))
        for row in settings["rows"]
    ]
    raw = next((row["label"] for row in settings["rows"] if row["source"] == RAW), None)
    n = settings["n_per_class"]
    caption = (
        f"Scores in per cent, on real images, of a classifier that is trained on {n:,} generated images of each class; "
        f"mean ± standard deviation over {_runs(settings)}."
    )
    tables = [_table(NAME, caption, lines, raw, columns, _footnotes(records, settings, raw), "Table 2")]
    if settings["dataset"] in paper_datasets(NAME):
        tables.append(_published_table(columns))
    return Document(tuple(tables), CSV_COLUMNS, tuple(_tidy(lines, records, settings)))


def _runs(settings: Mapping) -> str:
    trainings = settings.get("n_trainings", 1)
    of_each = f" on the images of each of {trainings} trainings of a generator" if trainings > 1 else ""
    return f"{settings['n_runs']} runs{of_each}"


def _records(scores: Records, settings: Mapping, row: Mapping[str, str]) -> Records:
    variant = None if row["source"] in REAL_SOURCES else row.get("variant", "base")
    wanted = {"dataset": settings["dataset"], "source": row["source"], "variant": variant}
    return [record for record in scores if all(record[name] == value for name, value in wanted.items())]


def _check(records: Mapping[str, Records], settings: Mapping, columns: Iterable[Score]) -> None:
    n_train = settings["n_per_class"] * len(settings["classes"])
    for label, found in records.items():
        absent = [score.column for score in columns if any(score.column not in record for record in found)]
        if absent:
            raise GeovaeError(f"{NAME}: classification.csv has no column {absent[0]}. Correct classes.")
        for seed in sorted({record["seed"] for record in found}, key=str):
            runs = sum(record["seed"] == seed for record in found)
            if runs != settings["n_runs"]:
                raise GeovaeError(f"{NAME}: row {label!r} has {runs} runs, n_runs is {settings['n_runs']}. Match them.")
        sizes = {record["n_train"] for record in found if record["source"] not in REAL_SOURCES}
        if sizes - {n_train}:
            raise GeovaeError(
                f"{NAME}: row {label!r} was trained on {min(sizes - {n_train})} images, n_per_class "
                f"{settings['n_per_class']} means {n_train}. Correct n_per_class or train again."
            )


def _measured(records: Records, columns: Iterable[Score]) -> dict[Score, Statistic | None]:
    found = {score: summarise(records, score.column) if records else None for score in columns}
    return {score: statistic and _per_cent(statistic) for score, statistic in found.items()}


def _per_cent(statistic: Statistic) -> Statistic:
    std = None if statistic.std is None else 100 * statistic.std
    return Statistic(100 * statistic.mean, std, statistic.n)


# -- tables -----------------------------------------------------------------------------------------------------------


def _table(
    name: str,
    caption: str,
    lines: Sequence[Line],
    raw: str | None,
    columns: Sequence[Score],
    footnotes: tuple[str, ...],
    number: str = "",
) -> Table:
    leaders = {
        score: best((line.value(score) for line in lines if line.block == "paper"), lowest=False)
        for score in columns
        if score.metric in RANKED
    }
    raw_line = next((line for line in lines if line.label == raw), None)
    groups = [Group("", (Column("Balanced accuracy ↑"),))]
    for metric, title in PER_CLASS.items():
        groups.append(Group(title, tuple(Column(score.label) for score in columns if score.metric == metric)))
    blocks = []
    for block in dict.fromkeys(line.block for line in lines):
        rows = tuple(_row(line, raw_line, leaders) for line in lines if line.block == block)
        blocks.append(Block(BLOCK_TITLES[block], rows, shaded=block == "controls"))
    return Table(name, caption, "Trained on", tuple(groups), tuple(blocks), footnotes, number)


def _row(line: Line, raw_line: Line | None, leaders: Mapping[Score, float | None]) -> Row:
    cells = []
    for score, statistic in line.scores.items():
        if statistic is None:
            cells.append(text_cell(DASH, note=NO_RUN))
        else:
            is_best = line.block == "paper" and score in leaders and line.value(score) == leaders[score]
            cells.append(measured_cell([(statistic, is_best)], DIGITS))
    mark = MARK if raw_line is not None and _is_above(line, raw_line) else ""
    return Row(f"{line.label}{mark}", tuple(cells), description=line.note)


def _is_above(line: Line, raw_line: Line) -> bool:
    """Whether balanced accuracy and the F1 of every class are above those on the real images as they are."""
    pairs = [(line.value(score), raw_line.value(score)) for score in line.scores if score.metric in RANKED]
    return all(value is not None and raw is not None and value > raw for value, raw in pairs)


def _published_table(columns: Sequence[Score]) -> Table:
    """The paper's table, in the same form."""
    lines = []
    for row in published.rows(NAME):
        scores: dict[Score, Statistic | None] = {}
        for score in columns:
            number = published.lookup(NAME, row, "oasis", score.metric, label=score.label)
            scores[score] = number and Statistic(number.value, number.std, 20)
        lines.append(Line(row, "paper", scores))
    caption = "Table 2 as the paper prints it, on OASIS: 2,000 generated images per class, 20 runs."
    footnotes = (
        "Bold and † as above, by the digits that the paper prints. *unbalanced. The paper says that its method alone "
        "is above Original* in all three scores; as printed its F1 of CN is level.",
        "The paper's split of the subjects is not known, so that its test images are others.",
    )
    return _table(f"{NAME}-published", caption, lines, PUBLISHED_RAW, columns, footnotes)


def _footnotes(records: Mapping[str, Records], settings: Mapping, raw: str | None) -> tuple[str, ...]:
    bold = "Bold: best balanced accuracy and F1 of the real and generated training sets at the printed precision"
    bold += "; controls do not compete" if any(row["block"] != "paper" for row in settings["rows"]) else ""
    notes = [
        f"{bold}. Precision and recall are not ranked: a classifier that always answers one class gets 100 % there."
    ]
    if raw is not None:
        notes.append(
            f"†: balanced accuracy and the F1 of every class are above those of {raw} at the printed precision, "
            "whatever their deviations."
        )
    info = settings["datasets_info"][settings["dataset"]]
    notes += [*_sizes_notes(records, settings, raw), width_note([info], "Table 4 of the paper"), _data_note(settings)]
    return tuple(note for note in notes if note)


def _sizes_notes(records: Mapping[str, Records], settings: Mapping, raw: str | None) -> list[str]:
    every = [record for found in records.values() for record in found]
    seeds = {record["seed"] for record in every if record["seed"] is not None}
    trainings = "one training" if len(seeds) < 2 else f"{len(seeds)} trainings"
    notes = [
        f"Deviations (ddof 1) are over runs of the classifier, with {trainings} of the generative models, one split "
        "and the same test images: how much the scores would differ on other images is not in them."
    ]
    sizes = f"Generated rows: {settings['n_per_class']:,} images of each class and no real one."
    if raw is not None and records[raw]:
        sizes += f" {raw}: {_real_images(records[raw][0]['n_train'], settings)}."
    if every:
        sizes += f" All are tested on the same {every[0]['n_test']:,} real images."
    return [*notes, sizes]


def _real_images(n: int, settings: Mapping) -> str:
    """The real images that a classifier is trained on, in words."""
    if "n_train" not in settings:
        return f"the {n:,} training images, unbalanced"
    if settings["n_train"] is None:
        return f"all {n:,} training images of the two classes"
    parts = [f"{size:,} of {name}" for name, size in zip(settings["classes"], settings["n_train"], strict=True)]
    return f"{' and '.join(parts)} of the training images; those of validation and test are in that proportion"


def _data_note(settings: Mapping) -> str:
    title = settings["datasets_info"][settings["dataset"]]["title"]
    if settings["dataset"] in paper_datasets(NAME):
        return f"{title}: few subjects of one study. The table compares generators; it is no evidence on diagnosis."
    if settings["dataset"] == "phantoms":
        return (
            f"{title}: drawn by this project, a stand-in for the OASIS images of the paper. Nothing about patients may "
            "be concluded, and no number is comparable with the paper's."
        )
    return f"{title}: not the paper's OASIS, a stand-in for it; no number is comparable with the paper's."


def _tidy(lines: Iterable[Line], records: Mapping[str, Records], settings: Mapping) -> list[tuple[object, ...]]:
    rows = []
    sources = {row["label"]: row["source"] for row in settings["rows"]}
    for line in lines:
        for score, statistic in line.scores.items():
            mean, std, n = statistic or (None, None, 0)
            number = published.lookup(NAME, line.label, settings["dataset"], score.metric, label=score.label)
            paper = (number.text, number.std_text) if number else (None, None)
            which = (line.label, line.block, settings["dataset"], sources[line.label], score.metric, score.label)
            rows.append((*which, mean, std, n, *paper))
    return rows
