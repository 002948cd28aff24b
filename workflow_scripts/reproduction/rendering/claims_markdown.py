"""The page of verdicts as GitHub Markdown."""

from collections.abc import Sequence

from reproduction.claims.judgement import Judged
from reproduction.claims.questions import UNTESTED
from reproduction.rendering import claims
from reproduction.rendering.writers.document import DASH, Block, Column, Group, Row, Table, text_cell
from reproduction.rendering.writers.markdown import markdown


def markdown_page(page: claims.Page) -> str:
    """The whole page."""
    lines = [f"# {claims.TITLE}", "", _md(claims.glance(page)), "", *(f"- {_md(line)}" for line in page.basis)]
    lines += ["", markdown(_summary(page)), "## How verdicts are reached"]
    lines += [line for text in page.how for line in ("", _md(text))]
    for title, block in page.blocks:
        lines += ["", f"## {_md(title)}"]
        lines += [line for judged in block for line in _claim(page, judged)]
    lines += ["", f"## {claims.UNTESTED_TITLE}", "", *(f"- {_md(place)}. {_md(text)}" for place, text in UNTESTED)]
    return "\n".join(lines) + "\n"


def _md(text: str) -> str:
    for character in "\\|*_`<>":
        text = text.replace(character, f"\\{character}")
    return text


def _summary(page: claims.Page) -> Table:
    """A row per claim: its title, its place in the paper, the two verdicts, how many comparisons are behind ours."""
    blocks = tuple(Block(title, tuple(_summary_row(page, each) for each in judged)) for title, judged in page.blocks)
    *left, last = claims.SUMMARY_COLUMNS
    columns = (*(Column(title, left=True) for title in left), Column(last))
    return Table("claims", "The verdicts.", "Claim", (Group("", columns),), blocks)


def _summary_row(page: claims.Page, judged: Judged) -> Row:
    printed = page.printed.get(judged.claim.name)
    texts = (
        judged.claim.place or DASH,
        str(judged.outcome),
        str(printed.outcome) if printed else DASH,
        f"{judged.n_comparisons:,}" if judged.n_comparisons else DASH,
    )
    return Row(judged.claim.title, tuple(text_cell(text) for text in texts))


def _claim(page: claims.Page, judged: Judged) -> list[str]:
    claim = judged.claim
    lines = ["", f"### {_md(claim.title)}", "", _md(claim.statement)]
    if claim.place:
        lines += ["", f"> “{_md(claim.quote)}” ({_md(claim.place)})"]
    lines += ["", f"**Verdict: {judged.outcome}.** {_md(claims.beside(page, judged))}".rstrip()]
    lines += ["", f"Tested by: {_md(claim.comparison)}"]
    lines += ["", _md(claim.note)] if claim.note else []
    rows = [
        [where, numbers or DASH, margin or DASH, f"{outcome}: {reason}" if reason else str(outcome)]
        for where, numbers, margin, outcome, reason in claims.part_rows(judged)
    ]
    return [*lines, "", _line(claims.PART_COLUMNS), "|:--|:--|:--|:--|", *map(_line, rows)] if rows else lines


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_md, cells))} |"
