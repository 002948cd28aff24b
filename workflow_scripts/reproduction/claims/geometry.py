"""Does any geometry beat isotropic noise: the posteriors' shapes, the metric, or the neighbourhoods of the means?"""

import statistics
from collections.abc import Callable

from reproduction.claims.comparisons import Parts, cells_of
from reproduction.claims.controls import control, noise_curve
from reproduction.claims.evidence import Evidence, Found
from reproduction.claims.margins import Margin, margin_at_equal, margin_over_path, shared_seeds
from reproduction.claims.parts import describe, number, part_of, undecided
from reproduction.claims.statements import FEWEST
from reproduction.claims.verdicts import Part, better

GEOMETRIES = {
    "posterior_kde": "posteriors' shapes",
    "manifold": "metric, chains",
    "volume": "metric, exact draw",
    "parzen": "neighbourhoods, windows",
    "neighbours": "neighbourhoods, mixtures",
}


def _better_than_noise(axis: str, column: str) -> Callable[[Evidence], Parts]:
    """The comparisons in a column with the noise that is level with a sampler on an axis."""

    def parts(evidence: Evidence) -> Parts:
        result = []
        for section, data in cells_of(evidence, "controls"):
            curve = [found for found in noise_curve(evidence, section, data) if found.records]
            for sampler, words in GEOMETRIES.items():
                own = control(evidence, section, sampler, data)
                result.append(_compared(f"{evidence.title(data)}, {words}", own, curve, axis, column))
        return result

    return parts


def _compared(where: str, own: Found, curve: list[Found], axis: str, column: str) -> Part:
    if not own.records:
        return undecided(where, f"no score of {own.label}")
    several = [found.records for found in curve]
    if axis == "novelty":
        margin, n_candidates = margin_at_equal(own.records, several, axis, column), 1
    else:  # over recall the curve may turn back
        found = margin_over_path(own.records, several, axis, column)
        margin, n_candidates = (found, 1) if isinstance(found, str) else found
    if isinstance(margin, str):
        return undecided(where, margin)
    told = _numbers(own, several, margin, axis, column)
    if 1 < margin.n < FEWEST:
        return undecided(where, f"{margin.n} trainings, {FEWEST} are needed", told)
    return part_of(where, margin, better(margin, n_candidates), told)


def _numbers(own: Found, curve: list, margin: Margin, axis: str, column: str) -> str:
    seeds = shared_seeds([own.records, *curve], axis, column)
    at, value = (
        statistics.fmean(float(record[name]) for record in own.records if record["seed"] in seeds)
        for name in (axis, column)
    )
    noise = value + margin.value if column == "fid" else value - margin.value
    numbers = f"at {axis} {number(at, axis)} {own.label} {number(value, column)}, noise {number(noise, column)}"
    return f"{numbers}; {describe(margin, column)}"


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "geometry_fid": _better_than_noise("novelty", "fid"),
    "geometry_precision": _better_than_noise("recall", "precision"),
}
