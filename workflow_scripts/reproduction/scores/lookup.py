"""The score records of a cell."""

from collections.abc import Mapping, Sequence

from geovae.core.errors import GeovaeError
from geovae.evaluation.record import KEY_COLUMNS
from reproduction.scores.cells import Cell

Records = Sequence[Mapping[str, object]]


class Scores:
    """Score records of one backbone.

    Args:
        records: rows of `scores.csv` (`read_scores`).
        split: the real images whose scores are reported.
        backbone: the feature extractor. Distances on the features of others, however near their values, are of another
            scale: these records are never found.

    Raises:
        GeovaeError: records of this backbone on images of one data set that were resized in several ways, which makes
            other features of them.
    """

    def __init__(self, records: Records, split: str, backbone: str) -> None:
        self.split, self.backbone = split, backbone
        of_backbone = [record for record in records if record["backbone"] == backbone]
        _check_resizing(of_backbone)
        self._by_split = {
            name: [record for record in of_backbone if record["split"] == name] for name in (split, "validation")
        }

    @classmethod
    def of_settings(cls, records: Records, settings: Mapping) -> "Scores":
        """With the split and the backbone that `settings` name."""
        return cls(records, settings["split"], settings["backbone"])

    @property
    def records(self) -> Records:
        """All records on the reported split."""
        return self._by_split[self.split]

    def of(self, cell: Cell, split: str = "") -> Records:
        """What there is of the cell's seeds on the reported split (or `validation`), by seed.

        Raises:
            GeovaeError: two records of a seed, so that a mean over seeds would count one twice.
        """
        wanted = cell.key
        found = [
            record
            for record in self._by_split[split or self.split]
            if record["seed"] in cell.seeds and all(record[name] == value for name, value in wanted.items())
        ]
        seeds = [record["seed"] for record in found]
        if len(set(seeds)) != len(seeds):
            raise GeovaeError(f"scores: several records of a seed for {_key(wanted)}. Remove all but one.")
        return sorted(found, key=lambda record: record["seed"])

    def all_of(self, cell: Cell) -> Records:
        """A record of every seed; GeovaeError if one has none."""
        found = self.of(cell)
        missing = sorted(set(cell.seeds) - {record["seed"] for record in found})
        if missing:
            raise GeovaeError(
                f"scores: no record of {_key(cell.key, missing[0])}, split {self.split}, backbone {self.backbone}.\n"
                "Run the workflow again, or take that seed or generation out of the config."
            )
        return found

    def all_or_none(self, cell: Cell) -> Records:
        """A record of every seed, or none at all; GeovaeError between, where rows would be means over other seeds."""
        return self.all_of(cell) if self.of(cell) else []


def _check_resizing(records: Records) -> None:
    ways: dict[object, object] = {}
    for record in records:
        first = ways.setdefault(record["dataset"], record.get("resize"))
        if record.get("resize") != first:
            raise GeovaeError(
                f"scores of {record['dataset']}: features of images that were resized as {first} and as "
                f"{record.get('resize')} are not compared.\nScore all with one `evaluation.resize`."
            )


def record_key(record: Mapping[str, object]) -> str:
    """The key of a record's generation, as its folder has it."""
    return _key(record, record["seed"])


def _key(key: Mapping[str, object], seed: object = "…") -> str:
    return "/".join(f"seed{seed}" if name == "seed" else str(key[name]) for name in KEY_COLUMNS)
