"""The figure of claims × data sets: a mark where a claim holds, where it does not, and where that is not decided."""

from collections.abc import Mapping

from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.questions import QUESTIONS
from reproduction.claims.verdicts import Outcome
from reproduction.evidence.builds import DATA_SETS, Build
from reproduction.evidence.overview import NOT_DECIDED, SIGNS, by_name, is_tested, sign
from reproduction.rendering import style
from reproduction.rendering.claims import OURS, PAPER, Page

# Marks differ in form too, for readers who do not tell the colours apart.
MARKS = {
    SIGNS[Outcome.HOLDS]: ("o", style.GREEN),
    SIGNS[Outcome.FAILS]: ("X", style.VERMILION),
    NOT_DECIDED: ("_", style.FAINT),
}
ROW, TITLES = 0.17, 2.9
"""Inches: of a row, and of the titles left of the marks."""


def state(page: Page | None, name: str) -> str | None:
    """One of `MARKS`; None where the data set has nothing of the claim."""
    return sign(by_name(page).get(name))


def figure(found: Mapping[Build, Page | None]):
    """The figure of what some build tests; an empty place is a claim that is not built on that data set yet."""
    rows: list[tuple[str, str | None]] = []
    for title, claims in ((PAPER, CLAIMS), (OURS, QUESTIONS)):
        rows += [(title, None), *((claim.title, claim.name) for claim in claims if is_tested(claim, found))]
    height = ROW * (len(rows) + 4)
    with style.context():
        drawing = style.new_figure(style.WIDTH, height)
        axes = drawing.add_axes(
            (TITLES / style.WIDTH, 2.5 * ROW / height, 0.98 - TITLES / style.WIDTH, 1 - 4 * ROW / height)
        )
        axes.set(xlim=(-0.5, len(DATA_SETS) - 0.5), ylim=(len(rows) - 0.5, -0.5), xticks=range(len(DATA_SETS)))
        axes.set_xticklabels([build.title for build in DATA_SETS])
        axes.xaxis.tick_top()
        axes.tick_params(length=0)
        axes.set_yticks(range(len(rows)), [title for title, _ in rows])
        for label, (_, name) in zip(axes.get_yticklabels(), rows, strict=True):
            label.set_fontweight("bold" if name is None else "normal")
        axes.spines[:].set_visible(False)
        axes.hlines([y + 0.5 for y in range(len(rows))], -0.5, len(DATA_SETS) - 0.5, color=style.GRID, linewidth=0.5)
        for word, (marker, colour) in MARKS.items():
            places = [
                (x, y)
                for x, build in enumerate(DATA_SETS)
                for y, (_, name) in enumerate(rows)
                if name is not None and state(found[build], name) == word
            ]
            across, down = zip(*places, strict=True) if places else ((), ())
            axes.scatter(across, down, s=34, marker=marker, color=colour, label=word, zorder=3)
        drawing.legend(*axes.get_legend_handles_labels(), loc="lower center", ncols=len(MARKS))
    return drawing
