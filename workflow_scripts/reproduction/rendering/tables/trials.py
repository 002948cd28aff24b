"""Choosing a hyper-parameter trial by its validation FID (Appendices C.4 and G of the paper), and showing it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from reproduction.plan.trials import describe_trial
from reproduction.rendering.writers.document import Block, Cell, Column, Group, Table, text_cell
from reproduction.scores.score_table import Statistic, select, summarise

NOT_SCORED = "Not in this build: no trial of this row was scored for every training."

Records = Sequence[Mapping[str, object]]


class Chosen(NamedTuple):
    """The trial with the lowest validation FID, and how it scores on the split that is reported.

    Attributes:
        trial: its name.
        validation_fid: its mean validation FID over the seeds.
        fid: its FID on the reported split.
        n_trials: how many trials it was chosen from.
        records: its score records on the reported split, one a seed.
    """

    trial: str
    validation_fid: float
    fid: Statistic
    n_trials: int
    records: Records


def choose(scores: Records, trials: Sequence[str], split: str, *, seeds: Sequence[int], **key: object) -> Chosen | None:
    """The trial with the lowest mean FID on the validation images; among equal ones the first.

    A trial takes part only if every seed of it was scored on the validation images and on `split`, so that all means
    are over the same seeds. The FID on `split` has no say in the choice.

    Args:
        scores: rows of `scores.csv` (see `read_scores`).
        trials: names of the trials, such as `t00` or `base`.
        split: the split whose FID is reported.
        seeds: the trainings of each trial.
        key: what the records must agree on: dataset, subset, net, model, sampler, variant, backbone.

    Returns:
        The choice, or None if no trial takes part.

    Raises:
        GeovaeError: several records of a seed.
    """
    wanted = frozenset(seeds)
    means, reported = {}, {}
    for trial in trials:
        both = [select(scores, split=s, trial=trial, seed=wanted, **key) for s in ("validation", split)]
        if wanted and all(len(records) == len(wanted) for records in both):
            means[trial], reported[trial] = summarise(both[0], "fid").mean, both[1]
    if not means:
        return None
    trial = min(means, key=means.get)
    return Chosen(trial, means[trial], summarise(reported[trial], "fid"), len(means), reported[trial])


def trial_cells(model: str, trials: Sequence[str], chosen: Chosen) -> tuple[Cell, ...]:
    """A row of `trials_table`: the choice in words, its name, its validation FID, and from how many it was chosen."""
    n = str(chosen.n_trials) if chosen.n_trials == len(trials) else f"{chosen.n_trials} of {len(trials)}"
    words = describe_trial(model, chosen.trial)
    return tuple(text_cell(text) for text in (words, chosen.trial, f"{chosen.validation_fid:.2f}", n))


def trials_table(name: str, caption: str, head: str, blocks: Sequence[Block]) -> Table:
    """A table of choices, whose rows hold `trial_cells`."""
    columns = (Column("Hyper-parameters", left=True), Column("Trial"), Column("Validation FID ↓"), Column("Trials"))
    footnote = "Trials: how many were trained and scored. “base”: the settings of the config, without a search."
    return Table(name, caption, head, (Group("", columns),), tuple(blocks), (footnote,))


def tidy_choice(chosen: Chosen | None) -> tuple[object, ...]:
    """trial, validation_fid, fid, std and n_trials of a CSV row."""
    if chosen is None:
        return (None, None, None, None, 0)
    return (chosen.trial, chosen.validation_fid, chosen.fid.mean, chosen.fid.std, chosen.n_trials)
