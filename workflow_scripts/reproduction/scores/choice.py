"""The trial that stands for a model: the one with the lowest validation FID (Appendices C.4 and G of the paper)."""

from dataclasses import replace
from typing import NamedTuple

from reproduction.scores.cells import Cell
from reproduction.scores.lookup import Records, Scores
from reproduction.scores.score_table import Statistic, summarise


class Chosen(NamedTuple):
    """The trial with the lowest validation FID, and how it scores on the split that is reported.

    Attributes:
        trial: its name.
        validation_fid: its mean validation FID over the seeds.
        fid: its FID on the reported split.
        n_trials: how many trials it was chosen from.
        records: its score records on the reported split, one per seed.
    """

    trial: str
    validation_fid: float
    fid: Statistic
    n_trials: int
    records: Records


def choose(scores: Scores, cell: Cell) -> Chosen | None:
    """Of the cell's trials that with the lowest mean FID on the validation images; among equal ones the first.

    A trial takes part only if none of its trainings diverged, and every seed of it was scored on the validation images
    and on the reported split, so that all means are over the same seeds. The FID on the reported split has no say in
    the choice.

    Returns:
        The choice, or None if no trial takes part.

    Raises:
        GeovaeError: several records of a seed.
    """
    means, reported = {}, {}
    for trial in cell.trials:
        of_trial = replace(cell, trial=trial)
        validation, test = scores.of(of_trial, "validation"), scores.of(of_trial)
        if _diverged(test):
            continue
        if cell.seeds and len(validation) == len(test) == len(set(cell.seeds)):
            means[trial], reported[trial] = summarise(validation, "fid").mean, test
    if not means:
        return None
    trial = min(means, key=means.get)
    return Chosen(trial, means[trial], summarise(reported[trial], "fid"), len(means), reported[trial])


def diverged_trials(scores: Scores, cell: Cell) -> tuple[str, ...]:
    """The cell's trials of which a training diverged."""
    return tuple(trial for trial in cell.trials if _diverged(scores.of(replace(cell, trial=trial))))


def _diverged(records: Records) -> bool:
    return any(record.get("diverged_epoch") is not None for record in records)
