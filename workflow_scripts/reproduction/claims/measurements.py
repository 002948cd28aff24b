"""The comparisons behind the claims on pull-back metric, interpolations, sharpness and ρ."""

import math
from collections.abc import Callable, Iterator, Mapping

from reproduction.claims import statements
from reproduction.claims.ablations import each_start
from reproduction.claims.comparisons import Parts, cells_of, ours, rivals, whole
from reproduction.claims.evidence import Evidence, need
from reproduction.claims.margins import Margin, counted, over_seeds
from reproduction.claims.parts import ahead_of_all, describe, part_of, undecided
from reproduction.claims.verdicts import better

RANKS = {"posterior_rank_log_volume": "log-volumes", "posterior_rank_diagonal_within": "diagonals"}


def measured(evidence: Evidence, name: str) -> Iterator[tuple[str, list[Mapping]]]:
    """What was measured on each data set, at its own β: the scores of its trainings."""
    section = evidence.section(name) or {"runs": []}
    by_dataset: dict[str, list[Mapping]] = {}
    for run in need(section, "runs", f"claims.{name}"):
        by_dataset.setdefault(run["dataset"], []).append(evidence.measured(run["record"]))
    yield from by_dataset.items()


def _pullback(evidence: Evidence) -> Parts:
    parts = []
    for dataset, runs in measured(evidence, "pullback"):
        for column, words in RANKS.items():
            where = f"{evidence.title(dataset)}, {words}"
            values = [run[column] for run in runs]
            if None in values:
                parts.append(undecided(where, "one of the two is the same at all means"))
                continue
            margin = _above(statements.CLOSE, values, _rank_error(values[0], runs[0]["n"]))
            numbers = f"rank correlation {sum(values) / len(values):.2f}".replace("-", "−")
            told = describe(margin, of="the training means")
            parts.append(part_of(where, margin, better(margin), f"{numbers}; {told}"))
    return parts


def _interpolations(evidence: Evidence) -> Parts:
    parts = []
    for dataset, runs in measured(evidence, "interpolation"):
        where = f"{evidence.title(dataset)}, d = {runs[0]['latent_dim']}"
        values = [run["potential_nearer_share"] - run["potential_farther_share"] for run in runs]
        margin = counted(values, [_sign_error(run, value) for run, value in zip(runs, values, strict=True)])
        nearer, affine, potential = (
            sum(run[name] for run in runs) / len(runs)
            for name in ("potential_nearer_share", "affine_far_share", "potential_far_share")
        )
        numbers = (
            f"nearer in {100 * nearer:.0f} % of the pairs; far from all training images: {100 * potential:.1f} % of "
            f"the images, straight {100 * affine:.1f} %; {describe(margin, of='the pairs')}"
        )
        parts.append(part_of(where, margin, better(margin), numbers))
    return parts


def _sign_error(run: Mapping, value: float) -> float:
    """The standard error of a sign test over the pairs of a training, at least that of one pair that differs."""
    untied, n = run["potential_nearer_share"] + run["potential_farther_share"], run["n_pairs"]
    return math.sqrt(max(untied - value**2, 1 / n) / n)


def _above(bound: float, values: list[float], error: float) -> Margin:
    """By how much the values of the trainings exceed a bound; one training has the error of what it was measured on."""
    if len(values) > 1:
        return over_seeds([value - bound for value in values])
    return Margin(values[0] - bound, error, 1)


def _rank_error(correlation: float, n: int) -> float:
    """The standard error of Spearman's correlation of n points (Fieller, Hartley & Pearson 1957)."""
    return (1 - correlation**2) * math.sqrt(1.06 / max(1, n - 3))


def _sharper(evidence: Evidence) -> Parts:
    return [
        ahead_of_all(
            evidence.title(name),
            ours(evidence, figure, name),
            whole("table1", rivals(evidence, figure, name)),
            "sharpness",
        )
        for figure, name in cells_of(evidence, "figure_sharpness")
    ]


def _rho(evidence: Evidence) -> Parts:
    parts = []
    for figure, name, where, cells in each_start(evidence, "figure_rho", "rhos"):
        own = [cell for cell in cells if cell["rho"] == 1]
        others = [evidence.find(figure, cell, name) for cell in cells if cell["rho"] != 1]
        if own and others:
            found = evidence.find(figure, own[0], name)
            parts.append(ahead_of_all(where, found, others, tolerance=statements.COMPETITIVE))
        else:
            parts.append(undecided(where, "no other ρ beside the paper's"))
    return parts


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "pullback": _pullback,
    "interpolations": _interpolations,
    "sharper": _sharper,
    "rho": _rho,
}
