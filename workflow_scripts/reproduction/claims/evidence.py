"""What a claim looks up: the records of a cell of a table or figure, from the scores and the settings of a build.

`settings` is a JSON object:

    split, backbone     which score records count
    datasets            [{name, title, stand_in, net, n_steps}], the last being N of the paper's sampler; optionally
                        part_of, the data set of the paper whose images they are
    pullback, interpolation   runs: [{dataset, seed, record}], the record being named as in `measurements`
    table1, figure4 …   sections, each optional: a build that lacks one decides nothing about its claims

A section has `datasets` (names), `seeds`, optionally `subset` (`full`), `net` (the data set's), and cells. A cell is
{label, model, sampler}, optionally `variant` (`base`), `subset`, `net`, `trial` (`base`), or `trials` to choose from.
The name of cells whose chains start at centroids ends in `_from_centroids`; `lengths` are chains of several lengths.
"""

from collections.abc import Mapping
from typing import NamedTuple

from geovae.core.errors import GeovaeError
from reproduction.scores.cells import Cell
from reproduction.scores.choice import choose
from reproduction.scores.lookup import Records, Scores

NOT_BUILT = "not part of this build"

Section = Mapping[str, object]


class Found(NamedTuple):
    """The records of a cell, one a seed, and what to call them."""

    label: str
    records: Records


class Evidence:
    """Scores and settings of a build, and the comparisons that can be made of them.

    Args:
        records: rows of `scores.csv` (`read_scores`).
        settings: see the module.
        classification: rows of `classification.csv` (`read_classification`).
        measurements: what was measured of trained VAEs beside their scores, by the names of `settings`.
    """

    def __init__(
        self,
        records: Records,
        settings: Mapping,
        classification: Records = (),
        measurements: Mapping[str, Mapping] | None = None,
    ) -> None:
        wanted = {name: need(settings, name, "claims") for name in ("split", "backbone")}
        self.settings = settings
        self.classification = classification
        self.measurements = measurements or {}
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

    def measured(self, name: str) -> Mapping:
        """A record of what was measured; a GeovaeError if it was not given."""
        if name not in self.measurements:
            raise GeovaeError(f"claims: no record {name!r}. Give it as --record {name}=PATH.")
        return self.measurements[name]

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
