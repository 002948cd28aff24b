"""The comparisons behind the claims of Figures 4, 11, 12 and 14: training sizes, centroids and λ."""

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from reproduction.claims import statements
from reproduction.claims.comparisons import Parts, cells_of, ours, rivals, row
from reproduction.claims.evidence import (
    Evidence,
    Found,
    Part,
    Section,
    ahead,
    ahead_of_all,
    best_rival,
    compare,
    means,
    need,
)
from reproduction.claims.verdicts import Outcome, contrast, shared_seeds

# -- Figures 4 and 11 -------------------------------------------------------------------------------------------------


def _of_sizes(evidence: Evidence) -> list[tuple[Section, str]]:
    """The data sets of both figures, with the section of each."""
    return [cell for figure in ("figure4", "figure11") for cell in cells_of(evidence, figure)]


def _sizes(figure: Section, name: str) -> list[Mapping]:
    """The subsets of a data set, from small to large."""
    return need(need(figure, "sizes", "claims.figure4"), name, "claims.figure4.sizes")


def _size_best(evidence: Evidence) -> Parts:
    return [
        ahead_of_all(
            f"{evidence.title(name)}, {size['n']:,} images",
            ours(evidence, figure, name, subset=size["subset"]),
            rivals(evidence, figure, name, subset=size["subset"]),
        )
        for figure, name in _of_sizes(evidence)
        for size in _sizes(figure, name)
    ]


def _size_change(evidence: Evidence, figure: Section, name: str, lead: Callable, sign: float) -> Part:
    """Whether a lead, (low, high) cells of a subset, is larger (sign 1) or smaller (−1) at the smallest size."""
    terms = []
    sizes = _sizes(figure, name)
    if len(sizes) < 2:
        return Part(evidence.title(name), Outcome.UNDECIDED, reason="fewer than two sizes")
    for size, weight in ((sizes[0], sign), (sizes[-1], -sign)):
        low, high = lead(size["subset"])
        for factor, found in ((weight, high), (-weight, low)):
            terms.append((factor, found._replace(label=f"{found.label} at {size['n']:,}")))
    return compare(evidence.title(name), terms)


def _size_gap(evidence: Evidence) -> Parts:
    parts = []
    for figure, name in _of_sizes(evidence):

        def lead(subset: str, figure: Section = figure, name: str = name) -> tuple[Found, Found]:
            own = ours(evidence, figure, name, subset=subset)
            best = best_rival(own, rivals(evidence, figure, name, subset=subset))
            return own, best or Found("the best other method", [])

        parts.append(_size_change(evidence, figure, name, lead, 1.0))
    return parts


def _size_mixture(evidence: Evidence) -> Parts:
    parts = []
    for figure, name in _of_sizes(evidence):

        def lead(subset: str, figure: Section = figure, name: str = name) -> tuple[Found, Found]:
            samplers = ("gmm", "prior")
            return tuple(row(evidence, figure, name, "vae", sampler, subset=subset) for sampler in samplers)

        parts.append(_size_change(evidence, figure, name, lead, -1.0))
    return parts


# -- the ablations: Figures 12 and 14 ---------------------------------------------------------------------------------


def _table1_of(evidence: Evidence, dataset: str) -> Section | None:
    table = evidence.section("table1")
    return table if table and dataset in table["datasets"] else None


def _k_competitive(evidence: Evidence) -> Parts:
    parts = []
    for figure, name in cells_of(evidence, "figure12"):
        table = _table1_of(evidence, name)
        others = rivals(evidence, table, name) if table else []
        for cell in need(figure, "ks", "claims.figure12"):
            if cell["k"] >= 1000:
                found = evidence.find(figure, cell, name)
                best = best_rival(found, others) or Found("the best other row", [])
                terms = [(-1.0, found), (statements.COMPETITIVE, best)]
                parts.append(compare(f"{evidence.title(name)}, k = {cell['k']:,}", terms))
    return parts


def _k_falls(evidence: Evidence) -> Parts:
    parts = []
    for figure, name in cells_of(evidence, "figure12"):
        cells = sorted(need(figure, "ks", "claims.figure12"), key=lambda cell: cell["k"])
        found = [evidence.find(figure, cell, name) for cell in cells]
        if len(found) < 2:
            parts.append(Part(evidence.title(name), Outcome.UNDECIDED, reason="fewer than two numbers of centroids"))
            continue
        ends = ahead(f"{evidence.title(name)}, from smallest to largest", found[-1], found[0])
        if len(found) > 2 and shared_seeds([cell.records for cell in found], "fid"):
            ends = ends._replace(numbers=f"{ends.numbers}; all of them: {means(found, 'fid')}")
        parts.append(ends)
        for fewer, more in pairwise(found):
            step = ahead(f"{evidence.title(name)}, {fewer.label} to {more.label.removeprefix('k = ')}", more, fewer)
            # A step counts against the claim only where it rises.
            if step.outcome == Outcome.FAILS:
                parts.append(step)
    return parts


def _hardly(figure_name: str, cells_name: str) -> Callable[[Evidence], Parts]:
    """The largest difference among cells is below a share of the distance from ours to the nearest other row."""

    def parts(evidence: Evidence) -> Parts:
        result = []
        for figure, name in cells_of(evidence, figure_name):
            table = _table1_of(evidence, name)
            found = [evidence.find(figure, cell, name) for cell in need(figure, cells_name, f"claims.{figure_name}")]
            own = ours(evidence, table, name) if table else Found("VAE - Ours", [])
            others = rivals(evidence, table, name) if table else []
            result.append(_spread(evidence.title(name), found, own, others))
        return result

    return parts


def _spread(where: str, found: Sequence[Found], own: Found, others: Sequence[Found]) -> Part:
    distances = [(contrast([(1.0, other.records), (-1.0, own.records)], "fid"), other) for other in others]
    known = [(margin.value, other) for margin, other in distances if margin is not None]
    absent = [cell.label for cell in found if not cell.records]
    if len(found) < 2 or absent:
        return Part(where, Outcome.UNDECIDED, reason=f"no score of {', '.join(absent)}" if absent else "one cell only")
    if not known:
        return Part(where, Outcome.UNDECIDED, reason="no score of VAE - Ours and another row of Table 1 beside it")
    distance, nearest = min(known, key=lambda pair: abs(pair[0]))
    seeds = shared_seeds([cell.records for cell in found], "fid")

    def total(cell: Found) -> float:
        return sum(float(record["fid"]) for record in cell.records if record["seed"] in seeds)

    weight = statements.HARDLY if distance >= 0 else -statements.HARDLY
    low, high = min(found, key=total), max(found, key=total)
    return compare(where, [(-1.0, high), (1.0, low), (weight, nearest), (-weight, own)])


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "size_best": _size_best,
    "size_gap": _size_gap,
    "size_mixture": _size_mixture,
    "k_competitive": _k_competitive,
    "k_falls": _k_falls,
    "centroids": _hardly("figure12", "draws"),
    "lam": _hardly("figure14", "lams"),
}
