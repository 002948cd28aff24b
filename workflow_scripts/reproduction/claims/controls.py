"""The comparisons with controls: claims about novelty, diversity and cost, and the questions beside the paper."""

import statistics
from collections.abc import Callable

from geovae.geometry.diagnostics import LONG_FACTOR_WORDS
from reproduction.claims import statements
from reproduction.claims.comparisons import Parts, cells_of, ours, row
from reproduction.claims.evidence import (
    Evidence,
    Found,
    Part,
    Section,
    ahead,
    compare,
    describe,
    means,
    need,
    number,
    undecided_reason,
)
from reproduction.claims.verdicts import (
    Outcome,
    contrast,
    decide,
    decide_difference,
    margin_at_equal,
    share_margin,
    shared_seeds,
)

NOVELTIES = {"novelty": "pixels", "novelty_latent": "latent space", "novelty_features": "features"}


def _control(evidence: Evidence, section: Section, sampler: str, dataset: str) -> Found:
    """The point of the section that the VAE gives by this sampler as it usually is; empty where there is none."""
    for point in need(section, "points", "claims.controls"):
        if (point["model"], point["sampler"], point["variant"]) == ("vae", sampler, "base"):
            return evidence.find(section, point, dataset)
    return Found(sampler, [])


def _ours(evidence: Evidence, section: Section, dataset: str) -> Found:
    return _control(evidence, section, "manifold", dataset)


def _longest(evidence: Evidence, section: Section, dataset: str) -> Found:
    """The longest chain; empty where the section has none."""
    lengths = need(section, "lengths", "claims.controls")
    if not lengths:
        return Found("long", [])
    return evidence.find(section, max(lengths, key=lambda cell: cell["n_steps"]), dataset)


def _mean(found: Found, column: str) -> str:
    """The mean over the seeds, as printed."""
    return number(statistics.fmean(float(r[column]) for r in found.records if r.get(column) is not None), column)


def _taken(found: Found, column: str) -> bool:
    return any(record.get(column) is not None for record in found.records)


def _against(name: str) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        return [
            ahead(
                evidence.title(data),
                _ours(evidence, section, data),
                _control(evidence, section, name, data),
            )
            for section, data in cells_of(evidence, "controls")
        ]

    return parts


def _not_resampled(evidence: Evidence) -> Parts:
    parts = []
    for section, data in cells_of(evidence, "controls"):
        own = _ours(evidence, section, data)
        # In latent space decoded means have no novelty at all: nothing to compare with.
        for column in ("novelty", "novelty_features"):
            if column == "novelty" or _taken(own, column):
                parts += [
                    ahead(f"{evidence.title(data)}, {NOVELTIES[column]}, {name}", own, control, column)
                    for name in ("resample", "reconstruction")
                    for control in [_control(evidence, section, name, data)]
                ]
    return parts


def _two_centroids(evidence: Evidence) -> Parts:
    parts = []
    for section, data in cells_of(evidence, "figure13"):
        title = evidence.title(data)
        (cell,) = need(section, "two", "claims.figure13")
        two, base = evidence.find(section, cell, data), _ours(evidence, section, data)
        parts.append(compare(f"{title}, diversity (F8)", [(1.0, two), (-statements.DIVERSE, base)], "prd_f8"))
        resample = _control(evidence, section, "resample", data)
        parts.append(ahead(f"{title}, novelty", two, resample, "novelty"))
    return parts


def _cost(evidence: Evidence) -> Parts:
    return [
        compare(
            evidence.title(data),
            [(-1.0, ours(evidence, table, data)), (statements.AS_COSTLY, row(evidence, table, data, "vae", "gmm"))],
            "seconds_sampling",
        )
        for table, data in cells_of(evidence, "table1")
    ]


def _at_equal(column: str) -> Callable[[Evidence], Parts]:
    def parts(evidence: Evidence) -> Parts:
        result = []
        for section, data in cells_of(evidence, "controls"):
            own = _ours(evidence, section, data)
            noise = [cell for cell in need(section, "curves", "claims.controls") if cell["sampler"] == "jitter"]
            # Noise of no size at all leaves the decoded means.
            curve = [evidence.find(section, cell, data) for cell in noise]
            curve = [_control(evidence, section, "resample", data), *curve] if noise else []
            where = f"{evidence.title(data)}, {NOVELTIES[column]}"
            margin = margin_at_equal(own.records, [found.records for found in curve if found.records], column, "fid")
            if isinstance(margin, str):
                result.append(Part(where, Outcome.UNDECIDED, reason=margin))
                continue
            outcome = decide(margin)
            seeds = shared_seeds([own.records, *(found.records for found in curve if found.records)], column, "fid")
            own = own._replace(records=[record for record in own.records if record["seed"] in seeds])
            fid = statistics.fmean(float(record["fid"]) for record in own.records)
            numbers = f"at novelty {_mean(own, column)} {means([own], 'fid')}, noise {number(fid + margin.value)}"
            numbers = f"{numbers}; {describe(margin)}"
            reason = undecided_reason(margin) if outcome == Outcome.UNDECIDED else ""
            result.append(Part(where, outcome, numbers, reason))
        return result

    return parts


def _felt(evidence: Evidence) -> Parts:
    parts = []
    for section, data in cells_of(evidence, "controls"):
        own = _ours(evidence, section, data)
        for column, moment in (("active_share_start", "starts"), ("active_share", "ends")):
            where = f"{evidence.title(data)}, {moment}"
            margin = share_margin(own.records, column, statements.FELT)
            if margin is None:
                parts.append(Part(where, Outcome.UNDECIDED, reason="no such diagnostic in the scores"))
                continue
            outcome = decide(margin)
            reason = undecided_reason(margin) if outcome == Outcome.UNDECIDED else ""
            parts.append(Part(where, outcome, f"{means([own], column)}; {describe(margin, column)}", reason))
    return parts


def _stays(evidence: Evidence) -> Parts:
    parts = []
    for section, data in cells_of(evidence, "controls"):
        own, long = _ours(evidence, section, data), _longest(evidence, section, data)
        part = compare(evidence.title(data), [(statements.COMPETITIVE, own), (-1.0, long)])
        shown = [
            f"{title} {_mean(own, short)} and, {LONG_FACTOR_WORDS} longer, {_mean(own, column)}"
            for title, short, column in (
                ("displacement", "displacement", "long_displacement"),
                ("active share", "active_share", "long_active_share"),
            )
            if _taken(own, short) and _taken(own, column)
        ]
        parts.append(part._replace(numbers="; ".join(text for text in (part.numbers, *shown) if text)))
    return parts


def _released(evidence: Evidence) -> Parts:
    parts = []
    for section, data in cells_of(evidence, "controls"):
        own, released = (_control(evidence, section, name, data) for name in ("manifold", "manifold_released"))
        part = compare(evidence.title(data), [(1.0, own), (-1.0, released)])
        margin = contrast([(1.0, own.records), (-1.0, released.records)], "fid")
        if margin is not None:
            fids = [float(record["fid"]) for record in own.records]
            outcome = decide_difference(margin, (statements.COMPETITIVE - 1) * sum(fids) / len(fids))
            reason = undecided_reason(margin) if outcome == Outcome.UNDECIDED else ""
            part = part._replace(outcome=outcome, reason=reason)
        parts.append(part)
    return parts


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "not_resampled": _not_resampled,
    "two_centroids": _two_centroids,
    "cost": _cost,
    "jitter": _against("jitter"),
    "kde": _against("kde"),
    **{f"equal_{column}": _at_equal(column) for column in NOVELTIES},
    "felt": _felt,
    "stays": _stays,
    "released": _released,
}
