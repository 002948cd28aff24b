"""The page of verdicts: a summary, then each claim with its comparisons, as Markdown and as HTML."""

import html
from collections.abc import Callable, Sequence
from typing import NamedTuple

from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import Judged, judge_all
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.questions import QUESTIONS, UNTESTED
from reproduction.claims.verdicts import Outcome, Part
from reproduction.rendering.writers.document import Block, Column, Group, Row, Table, text_cell
from reproduction.rendering.writers.markdown import markdown
from reproduction.rendering.writers.web import html_figure

TITLE = "What this build says about the paper's claims"
HOW = (
    "A margin is positive where the numbers lie on the claim's side. A claim holds where the whole 95 % interval of "
    "its margin is positive, does not hold where it is negative, and is not decided otherwise. Over several "
    "comparisons it holds if all hold and does not hold if one does not.",
    "With two trainings or more (seeds) the interval is Student's t on the paired differences. With one it is two "
    "standard errors of the images, by bootstrap: another training may give another verdict. Where the best of "
    "several rivals is picked by the same numbers, the verdict against needs a Bonferroni interval.",
    "All thresholds stand in the comparisons and were fixed before any number was seen. Of some thirty verdicts at "
    "95 %, one or two may be due to chance.",
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

    @property
    def blocks(self) -> tuple[tuple[str, tuple[Judged, ...]], ...]:
        """Titles and verdicts of the two halves."""
        return (PAPER, self.claims), (OURS, self.questions)


def build(evidence: Evidence) -> Page:
    """All verdicts, and on what they rest."""
    return Page(_basis(evidence), tuple(judge_all(CLAIMS, evidence)), tuple(judge_all(QUESTIONS, evidence)))


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
    """A row a claim: its title, its place in the paper, its verdict."""
    blocks = tuple(
        Block(title, tuple(Row(j.claim.title, (text_cell(j.claim.place or "–"), text_cell(j.outcome))) for j in judged))
        for title, judged in page.blocks
    )
    columns = (Column("Place", left=True), Column("Verdict", left=True))
    return Table("claims", "The verdicts.", "Claim", (Group("", columns),), blocks)


def _verdict(judged: Judged) -> str:
    return f"{judged.outcome}: {judged.reason}" if judged.reason else str(judged.outcome)


def _part(part: Part) -> str:
    verdict = f"{part.outcome}, {part.reason}" if part.reason else str(part.outcome)
    return f"{part.where}: {part.numbers}: {verdict}" if part.numbers else f"{part.where}: {verdict}"


# -- Markdown ---------------------------------------------------------------------------------------------------------


def _md(text: str) -> str:
    for character in "\\|*_`<>":
        text = text.replace(character, f"\\{character}")
    return text


def markdown_page(page: Page) -> str:
    """The page as GitHub Markdown."""
    lines = [f"# {TITLE}", "", *(f"- {_md(line)}" for line in page.basis), "", markdown(summary(page))]
    lines += ["## How verdicts are reached", *_paragraphs(HOW, _md)]
    for title, block in page.blocks:
        lines += ["", f"## {_md(title)}"]
        for judged in block:
            claim = judged.claim
            place = f" ({_md(claim.place)})" if claim.place else ""
            lines += ["", f"### {_md(claim.title)}", "", f"{_md(claim.statement)}{place}"]
            lines += ["", f"**Verdict: {_md(_verdict(judged))}.**", "", f"Tested by: {_md(claim.comparison)}"]
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
    body += ["<h2>How verdicts are reached</h2>", *(f"<p>{escape(text)}</p>" for text in HOW)]
    for title, block in page.blocks:
        body.append(f"<h2>{escape(title)}</h2>")
        body += [_html_claim(judged) for judged in block]
    body += ["<h2>Claims that no score here tests</h2>", _html_list([f"{place}. {text}" for place, text in UNTESTED])]
    content = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(TITLE)}</title>\n'
        f"<style>{_CSS}</style>\n</head>\n<body>\n{content}\n</body>\n</html>\n"
    )


def _html_list(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{html.escape(text)}</li>" for text in texts) + "</ul>"


def _html_claim(judged: Judged) -> str:
    claim, escape = judged.claim, html.escape
    place = f' <span class="place">({escape(claim.place)})</span>' if claim.place else ""
    lines = [f'<h3 id="{escape(claim.name)}">{escape(claim.title)}</h3>', f"<p>{escape(claim.statement)}{place}</p>"]
    css = _CSS_CLASS[judged.outcome]
    lines.append(f'<p><strong class="{css}">Verdict: {escape(_verdict(judged))}.</strong></p>')
    lines.append(f"<p>Tested by: {escape(claim.comparison)}</p>")
    lines += [f'<p class="note">{escape(claim.note)}</p>'] if claim.note else []
    lines += [_html_list([_part(part) for part in judged.parts])] if judged.parts else []
    return "\n".join(lines)
