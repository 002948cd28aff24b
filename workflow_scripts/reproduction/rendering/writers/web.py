"""Tables as one standalone HTML page."""

import html
from collections.abc import Sequence

from reproduction.rendering.writers.document import Column, Row, Table

_CSS = """
body { font: 14px/1.45 system-ui, "Helvetica Neue", Arial, sans-serif; color: #1b1f24; background: #fff;
  margin: 1.5rem; }
.scroll { overflow: auto; max-height: 85vh; border-bottom: 2px solid #1b1f24; border-top: 2px solid #1b1f24; }
figure { margin: 0 0 2.5rem; width: fit-content; max-width: 100%; }
figcaption { font-weight: 600; margin-bottom: .6rem; max-width: 70rem; }
table { border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .25rem .7rem; white-space: nowrap; text-align: right; }
th.left, td.left { text-align: left; }
tbody th { font-weight: 400; text-align: left; position: sticky; left: 0; background: #fff; }
thead { position: sticky; top: 0; z-index: 2; background: #fff; }
thead th { background: #fff; font-weight: 600; }
thead tr:last-child th { border-bottom: 1px solid #1b1f24; }
th.group { text-align: center; border-bottom: 1px solid #aab2bd; }
.start { border-left: 1px solid #dfe3e8; }
tr.block th { font-style: italic; color: #57606a; border-top: 1px solid #aab2bd; padding-top: .5rem; }
tr.shaded td, tr.shaded th { background: #f2f4f7; }
tbody tr:not(.block):hover > * { background: #e8f1fa; }
.what { color: #57606a; font-size: .85em; }
.notes { font-size: .85em; color: #3b434c; max-width: 70rem; margin: .6rem 0 0; padding: 0; list-style: none; }
.notes li { margin: .25rem 0; }
sup { font-size: .7em; line-height: 0; }
"""


def _html_mark(note: str, markers: dict[str, str]) -> str:
    return f'<sup title="{html.escape(note)}">{markers[note]}</sup>' if note else ""


def _html_head(table: Table, markers: dict[str, str]) -> str:
    lines = ["<thead>"]
    if any(group.title for group in table.groups):
        groups = "".join(
            f'<th class="group start" colspan="{len(group.columns)}">{html.escape(group.title)}</th>'
            for group in table.groups
        )
        lines.append(f'<tr><th class="left"></th>{groups}</tr>')
    titles = [
        f'<th class="{_html_class(column, i)}">{html.escape(column.title)}{_html_mark(column.note, markers)}</th>'
        for group in table.groups
        for i, column in enumerate(group.columns)
    ]
    lines += [f'<tr><th class="left">{html.escape(table.head)}</th>{"".join(titles)}</tr>', "</thead>"]
    return "\n".join(lines)


def _html_class(column: Column, index_in_group: int) -> str:
    return " ".join(["left" if column.left else "right", *(["start"] if index_in_group == 0 else [])])


def _html_row(table: Table, row: Row, shaded: bool, markers: dict[str, str]) -> str:
    classes = [_html_class(column, i) for group in table.groups for i, column in enumerate(group.columns)]
    cells = []
    for cell, css in zip(row.cells, classes, strict=True):
        spans = (f"<strong>{html.escape(s.text)}</strong>" if s.bold else html.escape(s.text) for s in cell.spans)
        cells.append(f'<td class="{css}">{"".join(spans)}{_html_mark(cell.note, markers)}</td>')
    what = f' <span class="what">{html.escape(row.description)}</span>' if row.description else ""
    label = f'<th scope="row">{html.escape(row.label)}{_html_mark(row.note, markers)}{what}</th>'
    opening = '<tr class="shaded">' if shaded else "<tr>"
    return f"{opening}{label}{''.join(cells)}</tr>"


def html_figure(table: Table) -> str:
    """The table as an HTML `figure` element."""
    markers = table.markers()
    body = []
    for block in table.blocks:
        if block.title:
            body.append(
                f'<tr class="block{" shaded" if block.shaded else ""}">'
                f'<th colspan="{len(table.columns) + 1}">{html.escape(block.title)}</th></tr>'
            )
        body += [_html_row(table, row, block.shaded, markers) for row in block.rows]
    notes = [f"<li><sup>{letter}</sup> {html.escape(note)}</li>" for note, letter in markers.items()]
    notes += [f"<li>{html.escape(footnote)}</li>" for footnote in table.footnotes]
    return "\n".join(
        [
            f'<figure id="{html.escape(table.name)}">',
            f"<figcaption>{html.escape(table.title)}</figcaption>",
            '<div class="scroll"><table>',
            _html_head(table, markers),
            "<tbody>",
            *body,
            "</tbody></table></div>",
            *(['<ul class="notes">', *notes, "</ul>"] if notes else []),
            "</figure>",
        ]
    )


def html_page(tables: Sequence[Table]) -> str:
    """A standalone page: no script, no outside resource."""
    figures = "\n".join(html_figure(table) for table in tables)
    title = html.escape(tables[0].title)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{title}</title>\n'
        f"<style>{_CSS}</style>\n</head>\n<body>\n{figures}\n</body>\n</html>\n"
    )
