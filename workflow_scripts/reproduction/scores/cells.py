"""A cell of a table or figure: which scores stand there. Planned, rendered and judged from the same description."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from geovae.core.errors import GeovaeError

_REQUIRED = ("dataset", "net", "model", "sampler", "seeds")
# Follows the name of a part of a figure's cells whose chains start at random centroids (Appendix B.3); those of the
# part itself start at random training means.
FROM_CENTROIDS = "_from_centroids"


@dataclass(frozen=True, kw_only=True)
class Cell:
    """The generations of one model by one sampler on one data set, over its trainings.

    Attributes:
        dataset, subset, net: what the model is trained on, and its encoder and decoder.
        model, sampler, variant: what generates.
        trial: the hyper-parameters; of several `trials` the one with the lowest validation FID counts (`choice`).
        seeds: of the trainings.
        label, block, note: of its row.
    """

    dataset: str
    net: str
    model: str
    sampler: str
    seeds: tuple[int, ...]
    subset: str = "full"
    variant: str = "base"
    trial: str = "base"
    trials: tuple[str, ...] = ()
    label: str = ""
    block: str = "paper"
    note: str = ""

    @classmethod
    def of(cls, *parts: Mapping[str, object]) -> "Cell":
        """The cell that these say together: a later one overrides the ones before, other entries are not looked at.

        Raises:
            GeovaeError: data set, net, model, sampler or seeds are missing.
        """
        said = {name: value for part in parts for name, value in part.items() if name in _NAMES}
        missing = [name for name in _REQUIRED if name not in said]
        if missing:
            raise GeovaeError(f"cell {said.get('label', '')!r}: {missing[0]} is missing. Add it to --settings.")
        lists = {name: tuple(said[name]) for name in ("trials", "seeds") if name in said}
        return cls(**{**said, **lists})

    @property
    def key(self) -> dict[str, str]:
        """What the records of one trial agree on, whatever the seed."""
        names = ("dataset", "subset", "net", "model", "trial", "sampler", "variant")
        return {name: getattr(self, name) for name in names}


_NAMES = frozenset(field.name for field in fields(Cell))
