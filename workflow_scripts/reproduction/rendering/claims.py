"""The page of verdicts: a summary, then each claim with its comparisons, as Markdown and as HTML."""

import html
import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import Judged, judge_all
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.paper_numbers import judge_printed
from reproduction.claims.questions import QUESTIONS, UNTESTED
from reproduction.claims.statements import Claim
from reproduction.claims.verdicts import LEVEL, Outcome, Part
from reproduction.rendering.writers.document import DASH, Block, Column, Group, Row, Table, text_cell
from reproduction.rendering.writers.markdown import markdown
from reproduction.rendering.writers.web import html_figure

TITLE = "What this build says about the paper's claims"
HOW = (
    "A margin is positive where the numbers lie on the claim's side. A comparison holds where the whole 95 % interval "
    "of its margin is positive, does not hold where it is negative, and is not decided otherwise. With two trainings "
    "or more (seeds) the interval is Student's t on the paired differences.",
    "One training says nothing of the next: with one, the interval is that of the images alone, by bootstrap, and a "
    "comparison is “ahead” or “behind” in this training; it never holds nor fails a claim.",
    "A claim of several comparisons holds if each of them does, which needs no correction. It does not hold if one "
    "does not after Holm's correction over all of them, where the best of several rivals counts as so many "
    "comparisons. A claim about almost all cases counts comparisons after Holm's correction on either side. A rival "
    "that has no scores leaves its comparison open, whatever the others say.",
    "Beside each verdict stands the one that the paper's own printed numbers give to the same comparisons; they have "
    "no uncertainty there, so that the sign decides, and a tie does not beat. A dash: the paper prints none.",
    "All thresholds stand in the comparisons and were fixed before any number was seen.",
)
PAPER, OURS = "The paper's claims", "Questions that the paper does not ask"
_CSS = """
body { font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; color: #1b1f24; background: #fff;
  margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h2 { margin-top: 2.5rem; }
h3 { margin: 2rem 0 .3rem; }
figure { margin: 1.5rem 0; overflow-x: auto; }
figcaption { font-weight: 600; margin-bottom: .5rem; }
table { border-collapse: collapse; border-bottom: 2px solid #1b1f24; border-top: 2px solid #1b1f24; width: 100%; }
th, td { padding: .25rem .7rem; text-align: left; font-weight: 400; vertical-align: top; }
thead th { font-weight: 600; border-bottom: 1px solid #1b1f24; }
tr.block th { font-style: italic; color: #57606a; border-top: 1px solid #aab2bd; }
.place, .note { color: #57606a; }
.holds { color: #116329; }
.fails { color: #a40e26; }
.ahead { color: #3f7a52; }
.behind { color: #b25a60; }
.undecided { color: #57606a; }
"""
_CSS_CLASS = {
    Outcome.HOLDS: "holds",
    Outcome.FAILS: "fails",
    Outcome.AHEAD: "ahead",
    Outcome.BEHIND: "behind",
    Outcome.UNDECIDED: "undecided",
}


class Page(NamedTuple):
    """What the page says, before it has a form."""

    basis: tuple[str, ...]
    claims: tuple[Judged, ...]
    questions: tuple[Judged, ...]
    printed: Mapping[str, Judged]  # by the paper's own numbers, by the claim's name

    @property
    def blocks(self) -> tuple[tuple[str, tuple[Judged, ...]], ...]:
        """Titles and verdicts of the two halves."""
        return (PAPER, self.claims), (OURS, self.questions)

    @property
    def how(self) -> tuple[str, ...]:
        """How verdicts are reached, and how many comparisons were made for them."""
        judged = [judged for _, block in self.blocks for judged in block]
        n_comparisons = sum(each.n_comparisons for each in judged)
        counted = (
            f"Behind the {len(judged)} verdicts of this page are {n_comparisons:,} comparisons of numbers. If no "
            "method differed from another, chance would still decide up to "
            f"{math.ceil(2 * LEVEL * len(judged))} verdicts."
        )
        return (*HOW, counted)


def build(evidence: Evidence) -> Page:
    """All verdicts, and on what they rest."""
    printed = {claim.name: judged for claim in CLAIMS if (judged := judge_printed(claim))}
    return Page(_basis(evidence), tuple(judge_all(CLAIMS, evidence)), tuple(judge_all(QUESTIONS, evidence)), printed)


def _basis(evidence: Evidence) -> tuple[str, ...]:
    """On what data, with which backbone, how many trainings and images."""
    backbone = evidence.settings["backbone"]
    features = "Inception, as in the paper" if backbone == "inception" else f"{backbone}; the paper takes Inception"
    lines = [f"Features behind FID and PRD: {features}. Reference images: the {evidence.settings['split']} split."]
    for name, info in evidence.datasets.items():
        records = [record for record in evidence.scores.records if record["dataset"] == name]
        kind = "a stand-in for the paper's data" if info["stand_in"] else "data of the paper"
        if not records:
            n_classifiers = sum(line["dataset"] == name for line in evidence.classification)
            shown = f"{n_classifiers:,} classifiers in all, no scores" if n_classifiers else "no scores"
            lines.append(f"{info['title']} ({kind}): {shown}.")
            continue
        sizes = _listed(sorted({int(record["n"]) for record in records}))
        n_seeds = len({record["seed"] for record in records})
        trainings = "one training of each model" if n_seeds == 1 else f"up to {n_seeds} trainings of each model"
        lines.append(f"{info['title']} ({kind}): {trainings}, {sizes} images a score.")
    if any(info["stand_in"] for info in evidence.datasets.values()):
        lines.append("A verdict about stand-in data decides nothing about the paper's data.")
    if backbone != "inception":
        lines.append("Nor do features of another backbone decide anything about FIDs on Inception's.")
    return tuple(lines)


def _listed(sizes: Sequence[int]) -> str:
    return " or ".join(f"{size:,}" for size in sizes)


def summary(page: Page) -> Table:
    """A row a claim: its title, its place in the paper, the two verdicts, and how many comparisons are behind ours."""
    blocks = tuple(Block(title, tuple(_summary_row(page, each) for each in judged)) for title, judged in page.blocks)
    columns = (
        Column("Place", left=True),
        Column("Verdict", left=True),
        Column("In the paper's numbers", left=True),
        Column("Comparisons"),
    )
    return Table("claims", "The verdicts.", "Claim", (Group("", columns),), blocks)


def _summary_row(page: Page, judged: Judged) -> Row:
    printed = page.printed.get(judged.claim.name)
    texts = (
        judged.claim.place or DASH,
        str(judged.outcome),
        str(printed.outcome) if printed else DASH,
        f"{judged.n_comparisons:,}" if judged.n_comparisons else DASH,
    )
    return Row(judged.claim.title, tuple(text_cell(text) for text in texts))


def _verdict(judged: Judged) -> str:
    return f"{judged.outcome}: {judged.reason}" if judged.reason else str(judged.outcome)


def _source(claim: Claim) -> str:
    """Where the paper says it, and in which words; "" for our own questions."""
    return f" ({claim.place}: “{claim.quote}”)" if claim.place else ""


def _beside(page: Page, judged: Judged) -> str:
    """How many comparisons a verdict rests on, and what the paper's own numbers say."""
    n = judged.n_comparisons
    texts = [f"It rests on {n:,} comparison{'s' if n > 1 else ''}."] if n else []
    printed = page.printed.get(judged.claim.name)
    if printed:
        against = [part.where for part in printed.parts if part.outcome == Outcome.FAILS]
        but = f" (against it: {'; '.join(against)})" if against else ""
        texts.append(f"In the paper's own numbers: {printed.outcome}{but}.")
    return " ".join(texts)


def _part(part: Part) -> str:
    verdict = f"not decided: {part.reason}" if part.reason else str(part.outcome)
    return f"{part.where}: {part.numbers}; {verdict}" if part.numbers else f"{part.where}: {verdict}"


# -- Markdown ---------------------------------------------------------------------------------------------------------


def _md(text: str) -> str:
    for character in "\\|*_`<>":
        text = text.replace(character, f"\\{character}")
    return text


def markdown_page(page: Page) -> str:
    """The page as GitHub Markdown."""
    lines = [f"# {TITLE}", "", *(f"- {_md(line)}" for line in page.basis), "", markdown(summary(page))]
    lines += ["## How verdicts are reached", *_paragraphs(page.how, _md)]
    for title, block in page.blocks:
        lines += ["", f"## {_md(title)}"]
        for judged in block:
            claim = judged.claim
            beside = _beside(page, judged)
            lines += ["", f"### {_md(claim.title)}", "", f"{_md(claim.statement)}{_md(_source(claim))}"]
            lines += ["", f"**Verdict: {_md(_verdict(judged))}.** {_md(beside)}".rstrip()]
            lines += ["", f"Tested by: {_md(claim.comparison)}"]
            lines += ["", _md(claim.note)] if claim.note else []
            lines += ["", *(f"- {_md(_part(part))}" for part in judged.parts)] if judged.parts else []
    lines += ["", "## Claims that no score here tests", ""]
    lines += [f"- {_md(place)}. {_md(text)}" for place, text in UNTESTED]
    return "\n".join(lines) + "\n"


def _paragraphs(texts: Sequence[str], escape: Callable[[str], str]) -> list[str]:
    return [line for text in texts for line in ("", escape(text))]


# -- HTML -------------------------------------------------------------------------------------------------------------


def html_page(page: Page) -> str:
    """The page as one standalone HTML file: no script, no outside resource."""
    escape = html.escape
    body = [f"<h1>{escape(TITLE)}</h1>", _html_list(page.basis), html_figure(summary(page))]
    body += ["<h2>How verdicts are reached</h2>", *(f"<p>{escape(text)}</p>" for text in page.how)]
    for title, block in page.blocks:
        body.append(f"<h2>{escape(title)}</h2>")
        body += [_html_claim(page, judged) for judged in block]
    body += ["<h2>Claims that no score here tests</h2>", _html_list([f"{place}. {text}" for place, text in UNTESTED])]
    content = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(TITLE)}</title>\n'
        f"<style>{_CSS}</style>\n</head>\n<body>\n{content}\n</body>\n</html>\n"
    )


def _html_list(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(text)}</li>" for text in texts) + "</ul>"


def _html_claim(page: Page, judged: Judged) -> str:
    claim, escape = judged.claim, html.escape
    source = _source(claim)
    place = f'<span class="place">{escape(source)}</span>' if source else ""
    lines = [f'<h3 id="{escape(claim.name)}">{escape(claim.title)}</h3>', f"<p>{escape(claim.statement)}{place}</p>"]
    css = _CSS_CLASS[judged.outcome]
    lines.append(
        f'<p><strong class="{css}">Verdict: {escape(_verdict(judged))}.</strong> {escape(_beside(page, judged))}</p>'
    )
    lines.append(f"<p>Tested by: {escape(claim.comparison)}</p>")
    lines += [f'<p class="note">{escape(claim.note)}</p>'] if claim.note else []
    lines += [_html_list([_part(part) for part in judged.parts])] if judged.parts else []
    return "\n".join(lines)
