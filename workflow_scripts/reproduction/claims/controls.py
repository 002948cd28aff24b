"""The comparisons with controls: claims about novelty, diversity and cost, and the questions beside the paper."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence

from geovae.geometry.diagnostics import LONG_FACTOR, LONG_FACTOR_WORDS
from reproduction.claims import statements
from reproduction.claims.ablations import each_start
from reproduction.claims.comparisons import Parts, cells_of, ours, row
from reproduction.claims.evidence import Evidence, Found, Section, need
from reproduction.claims.margins import contrast, margin_at_equal, share_margin, shared_seeds
from reproduction.claims.parts import ahead, compare, describe, means, missing, number, part_of, undecided
from reproduction.claims.verdicts import better, different

NOVELTIES = {"novelty": "pixels", "novelty_latent": "latent space", "novelty_features": "features"}


def controlled(evidence: Evidence, *samplers: str, lengths: bool = False) -> Iterator[tuple[Section, str]]:
    """The data sets on which these samplers of the VAE (and chains ten times as long) are scored, with their sections.

    Table 1 comes first, whose rows are on all its data sets and seeds; where it lacks a row, the figure of controls.
    """
    judged = set()
    for name in ("table1", "controls"):
        for section, data in cells_of(evidence, name):
            has_all = all(_has(section, sampler) for sampler in samplers)
            if has_all and data not in judged and (not lengths or _long(evidence, section, data)):
                judged.add(data)
                yield section, data


def _points(section: Section) -> Sequence[Mapping]:
    """The rows of Table 1, or the points of the figure of controls."""
    return section["rows"] if "rows" in section else need(section, "points", "claims.controls")


def _has(section: Section, sampler: str) -> bool:
    return any((point["model"], point["sampler"]) == ("vae", sampler) for point in _points(section))


def control(evidence: Evidence, section: Section, sampler: str, dataset: str) -> Found:
    """What the VAE gives by this sampler as it usually is; empty where the section has none."""
    for point in _points(section):
        if (point["model"], point["sampler"], point.get("variant", "base")) == ("vae", sampler, "base"):
            return evidence.find(section, point, dataset)
    return Found(sampler, [])


def _ours(evidence: Evidence, section: Section, dataset: str) -> Found:
    return control(evidence, section, "manifold", dataset)


def _long(evidence: Evidence, section: Section, dataset: str) -> Mapping | None:
    """The cell of chains ten times as long as usual; None where the section has none."""
    if not section.get("lengths"):
        return None
    n_steps = LONG_FACTOR * need(evidence.datasets[dataset], "n_steps", f"claims.datasets.{dataset}")
    return next((cell for cell in section["lengths"] if cell["n_steps"] == n_steps), None)


def noise_curve(evidence: Evidence, section: Section, dataset: str) -> list[Found]:
    """What isotropic noise on training means gives, by its size: from none at all, which leaves the decoded means."""
    cells = [cell for cell in need(section, "curves", "claims.controls") if cell["sampler"] == "jitter"]
    sizes = [evidence.find(section, cell, dataset) for cell in cells]
    return [control(evidence, section, "resample", dataset), *sizes] if sizes else []


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
                control(evidence, section, name, data),
            )
            for section, data in controlled(evidence, name)
        ]

    return parts


def _not_resampled(evidence: Evidence) -> Parts:
    parts = []
    for section, data in controlled(evidence, "resample", "reconstruction"):
        own = _ours(evidence, section, data)
        # In latent space decoded means have no novelty at all: nothing to compare with.
        for column in ("novelty", "novelty_features"):
            if column == "novelty" or _taken(own, column):
                parts += [
                    ahead(f"{evidence.title(data)}, {NOVELTIES[column]}, {name}", own, found, column)
                    for name in ("resample", "reconstruction")
                    for found in [control(evidence, section, name, data)]
                ]
    return parts


def _two_centroids(evidence: Evidence) -> Parts:
    parts = []
    for section, data, where, cells in each_start(evidence, "figure13", "two"):
        (cell,) = cells
        two, base = evidence.find(section, cell, data), _ours(evidence, section, data)
        parts.append(compare(f"{where}, diversity (F8)", [(1.0, two), (-statements.DIVERSE, base)], "prd_f8"))
        resample = control(evidence, section, "resample", data)
        parts.append(ahead(f"{where}, novelty", two, resample, "novelty"))
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
            curve = noise_curve(evidence, section, data)
            where = f"{evidence.title(data)}, {NOVELTIES[column]}"
            margin = margin_at_equal(own.records, [found.records for found in curve if found.records], column, "fid")
            if isinstance(margin, str):
                result.append(undecided(where, margin))
                continue
            seeds = shared_seeds([own.records, *(found.records for found in curve if found.records)], column, "fid")
            own = own._replace(records=[record for record in own.records if record["seed"] in seeds])
            fid = statistics.fmean(float(record["fid"]) for record in own.records)
            numbers = f"at novelty {_mean(own, column)} {means([own], 'fid')}, noise {number(fid + margin.value)}"
            result.append(part_of(where, margin, better(margin), f"{numbers}; {describe(margin)}"))
        return result

    return parts


def _active(evidence: Evidence) -> Parts:
    parts = []
    for section, data in controlled(evidence):
        own = _ours(evidence, section, data)
        for column, moment in (("active_share_start", "starts"), ("active_share", "ends")):
            where = f"{evidence.title(data)}, {moment}"
            margin = share_margin(own.records, column, statements.ACTIVE_SHARE)
            if margin is None:
                parts.append(undecided(where, "no such diagnostic in the scores"))
                continue
            numbers = f"{means([own], column)}; {describe(margin, column)}"
            parts.append(part_of(where, margin, better(margin), numbers))
    return parts


def _stays(evidence: Evidence) -> Parts:
    parts = []
    for section, data in controlled(evidence, lengths=True):
        own = _ours(evidence, section, data)
        long = evidence.find(section, _long(evidence, section, data), data)
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
    for section, data in controlled(evidence, "manifold_released"):
        own, released = (control(evidence, section, name, data) for name in ("manifold", "manifold_released"))
        where, margin = evidence.title(data), contrast([(1.0, own.records), (-1.0, released.records)], "fid")
        if margin is None:
            parts.append(undecided(where, missing([own, released], "fid")))
            continue
        fid = statistics.fmean(float(record["fid"]) for record in own.records)
        test = different(margin, (statements.COMPETITIVE - 1) * fid)
        parts.append(part_of(where, margin, test, f"{means([own, released], 'fid')}; {describe(margin)}"))
    return parts


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "not_resampled": _not_resampled,
    "two_centroids": _two_centroids,
    "cost": _cost,
    "jitter": _against("jitter"),
    "kde": _against("kde"),
    **{f"equal_{column}": _at_equal(column) for column in NOVELTIES},
    "active": _active,
    "stays": _stays,
    "released": _released,
}
