"""The cells and the table that show which trials were chosen (Appendices C.4 and G of the paper)."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from reproduction.config.trials import WEIGHTED, describe_trial
from reproduction.published import PublishedNumber
from reproduction.rendering.writers.document import DASH, Block, Cell, Column, Group, Table, text_cell
from reproduction.scores.choice import Chosen
from reproduction.scores.lookup import Records
from reproduction.scores.score_table import Statistic

SCALE = "The weights of WAE and of the RAEs stand beside a squared error that is summed over pixels."
NOT_SCORED = "Not in this build: no trial of this row was scored for every training."


class Entry(NamedTuple):
    """The chosen trial of one row, data set and net (None if no trial was scored), and the paper's number beside it.

    `diverged` are the trials that could not be chosen, since a training of theirs diverged.
    """

    row: Mapping
    dataset: str
    net: str
    chosen: Chosen | None
    published: PublishedNumber | None
    diverged: tuple[str, ...] = ()

    @property
    def records(self) -> Records:
        """The score records behind the printed FID."""
        return self.chosen.records if self.chosen else ()

    @property
    def fid(self) -> Statistic | None:
        """The chosen trial's FID."""
        return self.chosen.fid if self.chosen else None


def unscored_cell(entry: Entry) -> Cell:
    """What stands where there is no FID."""
    if entry.diverged:
        return text_cell("diverged", note=f"The loss became NaN or infinite in {', '.join(entry.diverged)}.")
    return text_cell(DASH, note=NOT_SCORED)


def trial_cells(model: str, trials: Sequence[str], chosen: Chosen, diverged: Sequence[str] = ()) -> tuple[Cell, ...]:
    """A row of `trials_table`: the choice in words, its name, its validation FID, and from how many it was chosen."""
    n = str(chosen.n_trials) if chosen.n_trials == len(trials) else f"{chosen.n_trials} of {len(trials)}"
    n += f" ({len(diverged)} diverged)" if diverged else ""
    words = describe_trial(model, chosen.trial)
    return tuple(text_cell(text) for text in (words, chosen.trial, f"{chosen.validation_fid:.2f}", n))


def trials_table(name: str, caption: str, head: str, blocks: Sequence[Block], models: Collection[str]) -> Table:
    """A table of choices of these models, whose rows hold `trial_cells`."""
    columns = (Column("Hyper-parameters", left=True), Column("Trial"), Column("Validation FID ↓"), Column("Trials"))
    footnote = "Trials: how many were trained and scored. “base”: the settings of the config, without a search."
    footnotes = (footnote, SCALE) if set(models) & set(WEIGHTED) else (footnote,)
    return Table(name, caption, head, (Group("", columns),), tuple(blocks), footnotes)


def tidy_choice(chosen: Chosen | None) -> tuple[object, ...]:
    """trial, validation_fid, fid, std and n_trials of a CSV row."""
    if chosen is None:
        return (None, None, None, None, 0)
    return (chosen.trial, chosen.validation_fid, chosen.fid.mean, chosen.fid.std, chosen.n_trials)
