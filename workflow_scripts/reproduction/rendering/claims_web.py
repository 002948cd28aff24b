"""The page of verdicts as one standalone HTML file: no script, no outside resource."""

import html
from collections.abc import Sequence

from reproduction.claims.judgement import Judged
from reproduction.claims.questions import UNTESTED
from reproduction.claims.verdicts import Outcome
from reproduction.rendering import claims
from reproduction.rendering.writers.document import DASH

_CSS = """
body { font: 15px/1.5 system-ui, "Helvetica Neue", Arial, sans-serif; color: #1b1f24; background: #fff;
  margin: 2rem auto; max-width: 68rem; padding: 0 1rem; }
h2 { margin-top: 2.5rem; }
section { border-top: 1px solid #dfe3e8; margin-top: 1.6rem; }
section h3 { margin: 1rem 0 .3rem; }
p { margin: .4rem 0; }
blockquote { border-left: 3px solid #aab2bd; color: #3b434c; margin: .6rem 0; padding: 0 0 0 .8rem; }
cite { color: #57606a; font-style: normal; }
.glance { background: #f2f4f7; border-radius: 6px; padding: .7rem 1rem; }
.scroll { margin: .8rem 0; overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .93em; width: 100%; }
th, td { border-bottom: 1px solid #eceff2; padding: .25rem .7rem .25rem 0; text-align: left; font-weight: 400;
  vertical-align: top; }
thead th { border-bottom: 1px solid #1b1f24; font-weight: 600; }
tr.block th { color: #57606a; font-style: italic; padding-top: .8rem; }
td.n { text-align: right; }
.where { min-width: 9rem; }
.note { color: #57606a; }
.badge { border-radius: 1em; display: inline-block; font-size: .87em; padding: 0 .65em; white-space: nowrap; }
.holds { background: #dafbe1; color: #0b5420; }
.fails { background: #ffe0e0; color: #8c0d20; }
.ahead { border: 1px solid #4fa567; color: #0b5420; }
.behind { border: 1px solid #d1737f; color: #8c0d20; }
.undecided { background: #eceff2; color: #444c56; }
a { color: inherit; }
"""
_CLASSES = {
    Outcome.HOLDS: "holds",
    Outcome.FAILS: "fails",
    Outcome.AHEAD: "ahead",
    Outcome.BEHIND: "behind",
    Outcome.UNDECIDED: "undecided",
}


def html_page(page: claims.Page) -> str:
    """The whole page."""
    body = [f"<h1>{_text(claims.TITLE)}</h1>", f'<p class="glance">{_text(claims.glance(page))}</p>']
    body += [_list(page.basis), _summary(page)]
    body += ["<h2>How verdicts are reached</h2>", *(f"<p>{_text(text)}</p>" for text in page.how)]
    for title, block in page.blocks:
        body.append(f"<h2>{_text(title)}</h2>")
        body += [_claim(page, judged) for judged in block]
    body += [f"<h2>{claims.UNTESTED_TITLE}</h2>", _list([f"{place}. {text}" for place, text in UNTESTED])]
    content = "\n".join(body)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{_text(claims.TITLE)}</title>\n'
        f"<style>{_CSS}</style>\n</head>\n<body>\n{content}\n</body>\n</html>\n"
    )


def _text(text: str) -> str:
    return html.escape(text, quote=False)


def _list(texts: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{_text(text)}</li>" for text in texts) + "</ul>"


def _badge(outcome: Outcome) -> str:
    return f'<span class="badge {_CLASSES[outcome]}">{_text(outcome)}</span>'


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    titles = "".join(f"<th>{_text(title)}</th>" for title in head)
    inner = "\n".join(rows)
    return f'<div class="scroll"><table>\n<thead><tr>{titles}</tr></thead>\n<tbody>\n{inner}\n</tbody></table></div>'


def _summary(page: claims.Page) -> str:
    """A row per claim, in one line each: its place in the paper, the two verdicts, the number of comparisons."""
    rows = []
    for title, block in page.blocks:
        rows.append(f'<tr class="block"><th colspan="5">{_text(title)}</th></tr>')
        for judged in block:
            claim, printed = judged.claim, page.printed.get(judged.claim.name)
            cells = (_text(claim.place or DASH), _badge(judged.outcome), _badge(printed.outcome) if printed else DASH)
            link = f'<a href="#{claim.name}">{_text(claim.title)}</a>'
            inner = "".join(f"<td>{cell}</td>" for cell in cells)
            n = f"{judged.n_comparisons:,}" if judged.n_comparisons else DASH
            rows.append(f'<tr><th scope="row">{link}</th>{inner}<td class="n">{n}</td></tr>')
    return _table(("Claim", *claims.SUMMARY_COLUMNS), rows)


def _claim(page: claims.Page, judged: Judged) -> str:
    claim = judged.claim
    lines = ["<section>", f'<h3 id="{claim.name}">{_text(claim.title)}</h3>', f"<p>{_text(claim.statement)}</p>"]
    if claim.place:
        cite = f"<cite>({_text(claim.place)})</cite>"
        lines.append(f"<blockquote>“{_text(claim.quote)}” {cite}</blockquote>")
    lines.append(f"<p><strong>Verdict:</strong> {_badge(judged.outcome)} {_text(claims.beside(page, judged))}</p>")
    lines.append(f"<p>Tested by: {_text(claim.comparison)}</p>")
    lines += [f'<p class="note">{_text(claim.note)}</p>'] if claim.note else []
    lines += [_parts(judged)] if judged.parts else []
    return "\n".join([*lines, "</section>"])


def _parts(judged: Judged) -> str:
    rows = []
    for where, numbers, margin, outcome, reason in claims.part_rows(judged):
        why = f' <span class="note">{_text(reason)}</span>' if reason else ""
        cells = (_text(numbers or DASH), _text(margin or DASH), f"{_badge(outcome)}{why}")
        inner = "".join(f"<td>{cell}</td>" for cell in cells)
        rows.append(f'<tr><td class="where">{_text(where)}</td>{inner}</tr>')
    return _table(claims.PART_COLUMNS, rows)
