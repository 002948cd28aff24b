"""The classification table `classification.csv`: gathered from the records of train_classifier, and read back.

A row is one run of the classifier of the data augmentation task (Table 2). `source` says what it was trained on: `raw`
(the training split), `resampled` (the same, balanced by repetitions) or MODEL/SAMPLER (generated images alone), which
`model`, `sampler`, `variant` and `seed` of the generative models say in full; these four are empty for real images.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from geovae.core.errors import GeovaeError
from geovae.core.storage import load_json, unreadable
from geovae.core.tables import finite, load_table, save_table

REAL_SOURCES = ("raw", "resampled")
CLASS_SCORES = ("f1", "precision", "recall")
KEY_COLUMNS = ("dataset", "source", "model", "sampler", "variant", "seed", "run")
SCORE_COLUMNS = ("balanced_accuracy", "accuracy")
RUN_COLUMNS = ("n_train", "n_test", "best_epoch", "seconds")
_WHOLE = {"seed", "run", "n_train", "n_test", "best_epoch"}
_AGAIN = "Run train_classifier again."


class Source(NamedTuple):
    """What a classifier was trained on."""

    name: str
    model: str | None = None
    sampler: str | None = None
    variant: str | None = None
    seed: int | None = None

    @classmethod
    def parse(cls, text: str) -> "Source":
        """`raw`, `resampled` or `MODEL/SAMPLER/VARIANT/seedN`; anything else raises GeovaeError."""
        if text in REAL_SOURCES:
            return cls(text)
        found = re.fullmatch(r"(\w+)/(\w+)/([\w.-]+)/seed(\d+)", text)
        if not found:
            raise GeovaeError(f"source {text!r}: raw, resampled or MODEL/SAMPLER/VARIANT/seedN is expected.")
        model, sampler, variant, seed = found.groups()
        return cls(f"{model}/{sampler}", model, sampler, variant, int(seed))

    @classmethod
    def of(cls, row: Mapping[str, object]) -> "Source":
        """Of a row of the table."""
        return cls(row["source"], row["model"], row["sampler"], row["variant"], row["seed"])

    @property
    def training_set(self) -> str:
        """What train_classifier calls it."""
        return self.name if self.name in REAL_SOURCES else "generated"

    def __str__(self) -> str:
        return self.name if self.model is None else f"{self.name}/{self.variant}/seed{self.seed}"


def columns(classes: Iterable[str]) -> tuple[str, ...]:
    """The columns of the table for these classes, in their order."""
    per_class = tuple(f"{score}_{name}" for name in classes for score in CLASS_SCORES)
    return (*KEY_COLUMNS, *SCORE_COLUMNS, *per_class, *RUN_COLUMNS)


# -- gathering --------------------------------------------------------------------------------------------------------


def collect_classification(
    files: Iterable[tuple[Source, str | Path]],
    output: str | Path,
    earlier: Iterable[Mapping[str, object]] = (),
) -> None:
    """Write all runs as one CSV table: a row per run, sorted by key, every digit kept, classes in alphabetical order.

    Arguments and errors as `gathered_runs` has them.
    """
    save_runs(output, gathered_runs(files, output, earlier))


def save_runs(path: str | Path, rows: Sequence[Mapping[str, object]]) -> None:
    """Write runs, at least one, as the table that `read_classification` reads."""
    names = columns(classes_of(rows[0]))
    save_table(path, names, [[row[name] for name in names] for row in rows])


def gathered_runs(
    files: Iterable[tuple[Source, str | Path]],
    output: str | Path,
    earlier: Iterable[Mapping[str, object]] = (),
) -> list[dict[str, object]]:
    """All runs, sorted by key; nothing is written.

    Args:
        files: sources and the JSON files that train_classifier wrote of them; the runs of a source may lie in several.
        output: the CSV file, for messages.
        earlier: rows of such a table, from `read_classification`: those stay whose run is in none of the files.

    Raises:
        GeovaeError: a file that is missing or broken, a score out of range, a run that is there twice or not at all,
            sources with different numbers of runs, or files on different classes or test images.
    """
    rows = _rows_of(files)
    for row in earlier:
        rows.setdefault(_sort_key(row), (output, dict(row)))
    classes: list[str] = []
    for path, row in rows.values():
        classes = _same_classes(path, classes_of(row), classes)
    _check_runs(row for _, row in rows.values())
    _check_test_images(rows.values())
    return [row for _, (_, row) in sorted(rows.items(), key=lambda item: item[0])]


def _rows_of(files: Iterable[tuple[Source, str | Path]]) -> dict[tuple, tuple[str | Path, dict]]:
    """Key → file and row of each run."""
    rows: dict[tuple, tuple[str | Path, dict]] = {}
    classes: list[str] = []
    for source, path in files:
        content = _content(source, path)
        classes = _same_classes(path, sorted(content["class_names"]), classes)
        for record in content["records"]:
            row = _row(source, content["dataset"], record, classes, f"{path}, run {record['run']}")
            key = _sort_key(row)
            if key in rows:
                raise GeovaeError(
                    f"{path}: run {row['run']} of {source} is also in {rows[key][0]}.\nGive each run once."
                )
            rows[key] = (path, row)
    return rows


def _sort_key(row: Mapping[str, object]) -> tuple:
    texts = ("" if row[name] is None else row[name] for name in KEY_COLUMNS[:5])
    return (*texts, -1 if row["seed"] is None else row["seed"], row["run"])


def _content(source: Source, path: str | Path) -> dict:
    """What train_classifier wrote, if it has the parts that are read here and is of `source`."""
    content = load_json(path, dataset=str, class_names=list, records=list)
    if not all(isinstance(name, str) for name in content["class_names"]):
        raise unreadable(path, f"class_names is {content['class_names']!r:.60}, a list of texts is expected")
    for record in content["records"]:
        if not isinstance(record, dict) or not _is_whole(record.get("run")):
            raise GeovaeError(f"{path}: a record without the number of its run. {_AGAIN}")
        if record.get("training_set") != source.training_set:
            raise GeovaeError(
                f"{path}: run {record['run']} was trained on {record.get('training_set')}, but {source} means "
                f"{source.training_set}.\nCorrect the name before the =."
            )
    return content


def _row(source: Source, dataset: str, record: Mapping, classes: Sequence[str], where: str) -> dict[str, object]:
    row: dict[str, object] = dict(zip(KEY_COLUMNS, (dataset, *source, record["run"]), strict=True))
    try:
        row |= {name: record[name] for name in (*SCORE_COLUMNS, "n_train", "best_epoch", "seconds")}
        row |= {f"{score}_{name}": record["classes"][name][score] for name in classes for score in CLASS_SCORES}
        row["n_test"] = sum(sum(counts.values()) for counts in record["confusion"].values())
    except (KeyError, TypeError, AttributeError) as reason:
        raise GeovaeError(f"{where}: not a whole record ({type(reason).__name__}: {reason}). {_AGAIN}") from reason
    for name in columns(classes)[len(KEY_COLUMNS) :]:
        problem = _problem(name, row[name])
        if problem:
            raise GeovaeError(f"{where}: {name} is {row[name]!r}, {problem}. {_AGAIN}")
    return row


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _problem(name: str, value: object) -> str | None:
    """What is wrong with the value of a column, or None."""
    if name in _WHOLE:
        least = 0 if name == "best_epoch" else 1
        return None if _is_whole(value) and value >= least else f"a whole number of at least {least} is expected"
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return "a finite number is expected"
    high = math.inf if name == "seconds" else 1.0
    return None if 0.0 <= value <= high else f"outside [0, {high:g}]"


def _same_classes(path: str | Path, found: list[str], classes: list[str]) -> list[str]:
    """The classes of one more file or row, which are those of the others."""
    if classes and found != classes:
        raise GeovaeError(f"{path}: classes {found}, but other files have {classes}. Gather them apart.")
    return found


def _check_runs(rows: Iterable[Mapping]) -> None:
    """Every source of a data set must have the runs 0, 1, … up to the same number."""
    runs: dict[tuple[str, Source], set[int]] = {}
    for row in rows:
        runs.setdefault((row["dataset"], Source.of(row)), set()).add(row["run"])
    if not runs:
        raise GeovaeError("classification: there is no run in these files. Run train_classifier first.")
    last: dict[str, int] = {}
    for (dataset, _), found in runs.items():
        last[dataset] = max(*found, last.get(dataset, 0))
    for (dataset, source), found in runs.items():
        missing = sorted(set(range(last[dataset] + 1)) - found)
        if missing:
            listed = ", ".join(str(run) for run in missing)
            raise GeovaeError(
                f"classification of {dataset}: {source} has no run {listed}, but there are runs to {last[dataset]}.\n"
                "Train the missing runs, or leave the others out."
            )


def _check_test_images(rows: Iterable[tuple[str | Path, Mapping]]) -> None:
    first: dict[str, tuple[str | Path, int]] = {}
    for path, row in rows:
        other, n_test = first.setdefault(row["dataset"], (path, row["n_test"]))
        if row["n_test"] != n_test:
            raise GeovaeError(
                f"{path}: tested on {row['n_test']} images, but {other} on {n_test}.\nTest all on the same images."
            )


# -- reading ----------------------------------------------------------------------------------------------------------


def classes_of(row: Mapping[str, object]) -> list[str]:
    """The classes that a row of the table has scores of, in its order."""
    return [name.removeprefix("f1_") for name in row if name.startswith("f1_")]


def read_classification(path: str | Path) -> list[dict[str, object]]:
    """Read what `collect_classification` wrote; empty fields become None, numbers become numbers.

    Raises:
        GeovaeError: the file is missing, lacks a column, or holds a text where a number is expected.
    """
    rows = load_table(path)
    classes = classes_of(rows[0])
    missing = [name for name in columns(classes) if name not in rows[0]]
    if missing or not classes:
        raise unreadable(path, f"no column {', '.join(missing) or 'f1_ of a class'}")
    return [_typed(row, columns(classes), f"{path}, row {number}") for number, row in enumerate(rows, start=1)]


def _typed(row: Mapping[str, str], names: Iterable[str], source: str) -> dict[str, object]:
    values: dict[str, object] = {}
    for name in names:
        text = row[name]
        try:
            if not text:
                values[name] = None
            elif name in KEY_COLUMNS[:5]:
                values[name] = text
            else:
                values[name] = int(text) if name in _WHOLE else finite(text)
        except ValueError:
            raise GeovaeError(
                f"{source}: {name} is {text!r}, not a number. Run collect_classification again."
            ) from None
    return values
