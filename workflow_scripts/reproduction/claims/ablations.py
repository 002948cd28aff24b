"""The comparisons behind the claims of Figures 4, 11, 12 and 14: training sizes, centroids and λ."""

import statistics
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import pairwise

from reproduction.claims import statements
from reproduction.claims.comparisons import Parts, cells_of, ours, rivals, row, whole
from reproduction.claims.evidence import Evidence, Found, Section, need
from reproduction.claims.margins import shared_seeds
from reproduction.claims.parts import (
    ahead,
    ahead_of_all,
    best_rival,
    compare,
    means,
    number,
    open_without,
    undecided,
    without_scores,
)
from reproduction.claims.verdicts import Part
from reproduction.scores.cells import FROM_CENTROIDS

# Where the chains start, by what follows the name of a part of a figure's cells: in words, after the data set.
STARTS = {"": "", FROM_CENTROIDS: ", from centroids"}


def each_start(
    evidence: Evidence, figure_name: str, cells_name: str
) -> Iterator[tuple[Section, str, str, Sequence[Mapping]]]:
    """A figure with each of its data sets and starts: the section, the data set, what to call both, and the cells."""
    for figure, name in cells_of(evidence, figure_name):
        need(figure, cells_name, f"claims.{figure_name}")
        for suffix, words in STARTS.items():
            if f"{cells_name}{suffix}" in figure:
                yield figure, name, f"{evidence.title(name)}{words}", figure[f"{cells_name}{suffix}"]


# -- Figures 4 and 11 -------------------------------------------------------------------------------------------------


def _named(evidence: Evidence, figure_name: str, names: Collection[str]) -> Iterator[tuple[Section, str]]:
    """The data sets of a figure that the paper's words name, and those that stand in for them."""
    for figure, name in cells_of(evidence, figure_name):
        info = evidence.datasets[name]
        if info.get("part_of", name) in names or info["stand_in"]:
            yield figure, name


def _sizes(figure: Section, name: str) -> list[Mapping]:
    """The subsets of a data set, from small to large."""
    return need(need(figure, "sizes", "claims.figure4"), name, "claims.figure4.sizes")


def _size_best(evidence: Evidence) -> Parts:
    return [
        ahead_of_all(
            f"{evidence.title(name)}, {size['n']:,} images",
            ours(evidence, figure, name, subset=size["subset"]),
            whole("table1", rivals(evidence, figure, name, subset=size["subset"])),
        )
        for figure, name in _named(evidence, "figure4", ("mnist", "cifar10"))
        for size in _sizes(figure, name)
    ]


def _of_size(found: Found, size: Mapping) -> Found:
    return found._replace(label=f"{found.label} at {size['n']:,}")


def _ends(figure: Section, name: str) -> tuple[Mapping, Mapping] | None:
    """The smallest and the largest size; None where there is but one."""
    sizes = _sizes(figure, name)
    return (sizes[0], sizes[-1]) if len(sizes) > 1 else None


def _size_gap(evidence: Evidence) -> Parts:
    parts = []
    for figure_name in ("figure4", "figure11"):
        for figure, name in cells_of(evidence, figure_name):
            title, ends = evidence.title(name), _ends(figure, name)
            parts.append(_gap(evidence, figure, name, ends) if ends else undecided(title, "fewer than two sizes"))
    return parts


def _gap(evidence: Evidence, figure: Section, name: str, ends: tuple[Mapping, Mapping]) -> Part:
    """Whether the lead over the best other method is larger at the smallest size; each is picked at its size."""
    terms, absent = [], []
    for size, weight in zip(ends, (1.0, -1.0), strict=True):
        own = ours(evidence, figure, name, subset=size["subset"])
        others = whole("table1", rivals(evidence, figure, name, subset=size["subset"]))
        absent += without_scores(own, others)
        best = best_rival(own, others) or Found("the best other method", [])
        terms += [(weight, _of_size(best, size)), (-weight, _of_size(own, size))]
    n_rivals = len(others) - len(set(absent))
    part = compare(evidence.title(name), terms, n_candidates=max(1, n_rivals), either_way=True)
    return open_without(part, list(dict.fromkeys(absent)))


def _size_mixture(evidence: Evidence) -> Parts:
    parts = []
    for figure, name in _named(evidence, "figure4", ("cifar10",)):
        ends = _ends(figure, name)
        if not ends:
            parts.append(undecided(evidence.title(name), "fewer than two sizes"))
            continue
        terms = []
        for size, weight in zip(ends, (1.0, -1.0), strict=True):
            mixture, prior = (row(evidence, figure, name, "vae", s, subset=size["subset"]) for s in ("gmm", "prior"))
            terms += [(weight, _of_size(mixture, size)), (-weight, _of_size(prior, size))]
        parts.append(compare(evidence.title(name), terms))
    return parts


# -- the ablations: Figures 12 and 14 ---------------------------------------------------------------------------------


def _k_competitive(evidence: Evidence) -> Parts:
    table = evidence.section("table1")
    parts = []
    for figure, name, where, cells in each_start(evidence, "figure12", "ks"):
        built = rivals(evidence, table, name) if table and name in table["datasets"] else []
        others = whole("table1", built)
        for cell in cells:
            if cell["k"] >= statements.MANY_CENTROIDS:
                found = evidence.find(figure, cell, name)
                where_k = f"{where}, k = {cell['k']:,}"
                if built:
                    parts.append(ahead_of_all(where_k, found, others, tolerance=statements.COMPETITIVE))
                else:
                    parts.append(undecided(where_k, "no row of Table 1 on this data set"))
    return parts


def _k_falls(evidence: Evidence) -> Parts:
    parts = []
    for figure, name, where, cells in each_start(evidence, "figure12", "ks"):
        cells = sorted(cells, key=lambda cell: cell["k"])
        found = [evidence.find(figure, cell, name) for cell in cells]
        if len(found) < 2:
            parts.append(undecided(where, "fewer than two numbers of centroids"))
            continue
        ends = ahead(f"{where}, from smallest to largest", found[-1], found[0])
        if len(found) > 2 and shared_seeds([cell.records for cell in found], "fid"):
            ends = ends._replace(numbers=f"{ends.numbers}; all of them: {means(found, 'fid')}")
        parts.append(ends)
        for fewer, more in pairwise(found):
            step = ahead(f"{where}, {fewer.label} to {more.label.removeprefix('k = ')}", more, fewer)
            # A step counts against the claim only where it rises.
            parts.append(step._replace(only_against=True))
    return parts


def _hardly(figure_name: str, cells_name: str) -> Callable[[Evidence], Parts]:
    """Largest minus smallest among cells is at most a share of their mean."""

    def parts(evidence: Evidence) -> Parts:
        return [
            _spread(where, [evidence.find(figure, cell, name) for cell in cells])
            for figure, name, where, cells in each_start(evidence, figure_name, cells_name)
        ]

    return parts


def _spread(where: str, found: Sequence[Found]) -> Part:
    absent = [cell.label for cell in found if not cell.records]
    if len(found) < 2 or absent:
        return undecided(where, f"no score of {', '.join(absent)}" if absent else "one cell only")
    seeds = shared_seeds([cell.records for cell in found], "fid")

    def values(cell: Found) -> list[float]:
        return [float(record["fid"]) for record in cell.records if record["seed"] in seeds]

    low, high = min(found, key=lambda cell: sum(values(cell))), max(found, key=lambda cell: sum(values(cell)))
    terms = [(statements.HARDLY / len(found), cell) for cell in found]
    # Any pair could have been the one farthest apart.
    n_pairs = len(found) * (len(found) - 1) // 2
    part = compare(where, [(-1.0, high), (1.0, low), *terms], n_candidates=n_pairs)
    if len(seeds) > 1:
        of_trainings = statistics.fmean(statistics.stdev(values(cell)) for cell in found)
        part = part._replace(numbers=f"{part.numbers}; standard deviation over trainings {number(of_trainings)}")
    return part


COMPARISONS: dict[str, Callable[[Evidence], Parts]] = {
    "size_best": _size_best,
    "size_gap": _size_gap,
    "size_mixture": _size_mixture,
    "k_competitive": _k_competitive,
    "k_falls": _k_falls,
    "centroids": _hardly("figure12", "draws"),
    "lam": _hardly("figure14", "lams"),
}
