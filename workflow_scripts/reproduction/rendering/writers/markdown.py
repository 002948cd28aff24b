"""Tables as GitHub Markdown."""

from reproduction.rendering.writers.document import Table


def _md(text: str) -> str:
    for character in "\\|*_`<>":
        text = text.replace(character, f"\\{character}")
    return text


def _md_mark(note: str, markers: dict[str, str]) -> str:
    return f"<sup>{markers[note]}</sup>" if note else ""


def markdown(table: Table) -> str:
    """The table as GitHub Markdown, with the group's title before each column title."""
    markers = table.markers()
    heads = [
        _md(f"{group.title} {column.title}".strip()) + _md_mark(column.note, markers)
        for group in table.groups
        for column in group.columns
    ]
    lines = [f"**{_md(table.title)}**", ""]
    lines.append(f"| {' | '.join([_md(table.head), *heads])} |")
    lines.append(f"|{'|'.join([':--', *(':--' if column.left else '--:' for column in table.columns)])}|")
    for block in table.blocks:
        if block.title:
            lines.append(f"| *{_md(block.title)}* {'| ' * len(heads)}|")
        for row in block.rows:
            label = _md(row.label) + _md_mark(row.note, markers)
            label += f" ({_md(row.description)})" if row.description else ""
            cells = [
                "".join(f"**{_md(span.text)}**" if span.bold else _md(span.text) for span in cell.spans)
                + _md_mark(cell.note, markers)
                for cell in row.cells
            ]
            lines.append(f"| {' | '.join([label, *cells])} |")
    notes = [f"<sup>{letter}</sup> {_md(note)}" for note, letter in markers.items()]
    for note in [*notes, *(_md(footnote) for footnote in table.footnotes)]:
        lines += ["", note]
    return "\n".join(lines) + "\n"
