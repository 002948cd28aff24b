"""What a claim looks up: the records of a cell of a table or figure, from the scores and the settings of a build.

`settings` is a JSON object:

    split, backbone     which score records count
    datasets            [{name, title, stand_in, net}]
    table1, figure4 …   sections, each optional: a build that lacks one decides nothing about its claims

A section has `datasets` (names), `seeds`, optionally `subset` (`full`), `net` (the data set's), and cells. A cell is
{label, model, sampler}, optionally `variant` (`base`), `subset`, `net`, `trial` (`base`), or `trials` to choose from.
"""

import statistics
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from geovae.core.errors import GeovaeError
from reproduction.claims.verdicts import Margin, Outcome, Records, contrast, decide, shared_seeds
from reproduction.scores.cells import Cell
from reproduction.scores.choice import choose
from reproduction.scores.lookup import Scores

DIGITS = {"prd_f8": 3, "prd_f1_8": 3, "active_share": 3, "active_share_start": 3, "long_active_share": 3}
HIGHER_IS_BETTER = ("prd_f8", "prd_f1_8", "novelty", "novelty_latent", "novelty_features")
NOT_BUILT = "not part of this build"

Section = Mapping[str, object]


class Found(NamedTuple):
    """The records of a cell, one a seed, and what to call them."""

    label: str
    records: Records


class Part(NamedTuple):
    """One comparison of a claim: where, its verdict, the numbers, and why it is not decided."""

    where: str
    outcome: Outcome
    numbers: str = ""
    reason: str = ""


class Evidence:
    """Scores and settings of a build, and the comparisons that can be made of them.

    Args:
        records: rows of `scores.csv` (`read_scores`).
        settings: see the module.
        classification: rows of `classification.csv` (`read_classification`).
    """

    def __init__(self, records: Records, settings: Mapping, classification: Records = ()) -> None:
        wanted = {name: need(settings, name, "claims") for name in ("split", "backbone")}
        self.settings = settings
        self.classification = classification
        self.datasets = {need(info, "name", "claims.datasets"): info for info in need(settings, "datasets", "claims")}
        for name, info in self.datasets.items():
            for key in ("title", "stand_in", "net"):
                need(info, key, f"claims.datasets.{name}")
        self.scores = Scores(records, **wanted)

    def section(self, name: str) -> Section | None:
        """A section of the settings; None where the build lacks it."""
        section = self.settings.get(name)
        for dataset in section.get("datasets", ()) if section else ():
            if dataset not in self.datasets:
                raise GeovaeError(f"claims.{name}: data set {dataset!r} is not among `datasets`. Describe it there.")
        return section

    def title(self, dataset: str) -> str:
        """What to call a data set."""
        return self.datasets[dataset]["title"]

    def find(self, section: Section, cell: Mapping, dataset: str, **replaced: object) -> Found:
        """The records of a cell on a data set; `replaced` overrides what the cell says."""
        own = {"net": self.datasets[dataset]["net"]}
        cell = Cell.of(own, section, cell, {"dataset": dataset, **replaced})
        if not cell.trials:
            return Found(cell.label, self.scores.of(cell))
        chosen = choose(self.scores, cell)
        return Found(cell.label, chosen.records if chosen else [])


def need(mapping: Mapping, key: str, where: str) -> object:
    """`mapping[key]`; a GeovaeError that says where it is missing."""
    if not isinstance(mapping, Mapping) or key not in mapping:
        raise GeovaeError(f"{where}: {key} is missing. Add it to --settings.")
    return mapping[key]


# -- from records to comparisons --------------------------------------------------------------------------------------


def compare(where: str, terms: Sequence[tuple[float, Found]], column: str = "fid", n_candidates: int = 1) -> Part:
    """The comparison that holds where Σ cᵢ xᵢ > 0, with its numbers in words."""
    margin = contrast([(weight, found.records) for weight, found in terms], column)
    if margin is None:
        return Part(where, Outcome.UNDECIDED, reason=_missing([found for _, found in terms], column))
    outcome = decide(margin, n_candidates)
    numbers = f"{means([found for _, found in terms], column)}; {describe(margin, column)}"
    return Part(where, outcome, numbers, "" if outcome != Outcome.UNDECIDED else undecided_reason(margin, n_candidates))


def ahead(where: str, better: Found, worse: Found, column: str = "fid") -> Part:
    """The comparison that holds where `better` is better than `worse`."""
    sign = 1.0 if column in HIGHER_IS_BETTER else -1.0
    return compare(where, [(sign, better), (-sign, worse)], column)


def ahead_of_all(where: str, ours: Found, rivals: Sequence[Found], column: str = "fid") -> Part:
    """The comparison that holds where `ours` is better than the best rival, none of them being without scores."""
    picked = best_rival(ours, rivals, column)
    absent = [rival.label for rival in rivals if not shared_seeds([ours.records, rival.records], column)]
    if picked is None:
        return Part(where, Outcome.UNDECIDED, reason=_missing([ours, *rivals], column))
    sign = 1.0 if column in HIGHER_IS_BETTER else -1.0
    part = compare(where, [(sign, ours), (-sign, picked)], column, n_candidates=len(rivals) - len(absent))
    if absent and part.outcome != Outcome.FAILS:
        reason = f"no score of {', '.join(absent)}"
        part = part._replace(outcome=Outcome.UNDECIDED, reason=f"{part.reason}; {reason}" if part.reason else reason)
    return part


def best_rival(ours: Found, rivals: Sequence[Found], column: str = "fid") -> Found | None:
    """The rival with the best mean margin over `ours`; None if none shares a training with it."""
    sign = 1.0 if column in HIGHER_IS_BETTER else -1.0
    margins = [(contrast([(sign, rival.records), (-sign, ours.records)], column), rival) for rival in rivals]
    known = [(margin.value, rival) for margin, rival in margins if margin is not None]
    return max(known, key=lambda pair: pair[0])[1] if known else None


def means(cells: Sequence[Found], column: str) -> str:
    """Each cell's label and mean over the seeds that all share."""
    seeds = shared_seeds([found.records for found in cells], column)
    shown = {}
    for found in cells:
        values = [float(record[column]) for record in found.records if record["seed"] in seeds]
        shown[found.label] = number(statistics.fmean(values), column)
    return ", ".join(f"{label} {text}" for label, text in shown.items())


def number(value: float, column: str = "fid") -> str:
    """A value of a column as it is printed."""
    return f"{value:.{DIGITS.get(column, 2)}f}".replace("-", "−")


def describe(margin: Margin, column: str = "fid", of: str = "trainings") -> str:
    """A margin with its uncertainty in words."""
    interval = margin.interval()
    text = f"margin {number(margin.value, column)}"
    if interval is None:
        return f"{text}, one training"
    bounds = f"{number(interval[0], column)} to {number(interval[1], column)}"
    if margin.degrees is None:
        return f"{text} ({bounds}: the images' uncertainty alone, one training)"
    return f"{text} (95 % interval {bounds}, {margin.n} {of})"


def undecided_reason(margin: Margin, n_candidates: int = 1) -> str:
    """Why a margin decides nothing."""
    interval = margin.interval()
    if interval is None:
        return "one training and no bootstrap"
    if n_candidates > 1 and interval[1] < 0:
        return f"within uncertainty, the rival being picked as the best of {n_candidates}"
    return "within uncertainty"


def _missing(cells: Sequence[Found], column: str) -> str:
    empty = [found.label for found in cells if not found.records]
    if empty:
        return f"no score of {', '.join(dict.fromkeys(empty))}"
    null = [found.label for found in cells if all(record.get(column) is None for record in found.records)]
    return f"no {column} of {', '.join(dict.fromkeys(null))}" if null else "no training with the same seed"
