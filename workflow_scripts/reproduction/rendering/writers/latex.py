"""Tables as LaTeX with booktabs rules."""

from reproduction.rendering.writers.document import Cell, Table

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "↓": r"$\downarrow$",
    "↑": r"$\uparrow$",
    "→": r"$\to$",
    "†": r"$\dagger$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "≈": r"$\approx$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "−": r"$-$",
    "½": r"$\frac{1}{2}$",
    "‖": r"$\Vert$",
    "𝒩": r"$\mathcal{N}$",
    "₁": r"$_1$",
    "₂": r"$_2$",
    "₈": r"$_8$",
    "⁄": "/",
    "⁻": "$^-$",
    "³": "$^3$",
    "“": "``",
    "”": "''",
    "¹": r"$^1$",
    "²": r"$^2$",
    "β": r"$\beta$",
    "ε": r"$\varepsilon$",
    "λ": r"$\lambda$",
    "μ": r"$\mu$",
    "ρ": r"$\rho$",
    "σ": r"$\sigma$",
    "τ": r"$\tau$",
    "ω": r"$\omega$",
}


def latex_text(text: str) -> str:
    """Plain text with LaTeX's special characters, and the symbols that tables use, written as LaTeX."""
    return "".join(_LATEX.get(character, character) for character in text)


def _tex_mark(note: str, markers: dict[str, str]) -> str:
    return rf"\textsuperscript{{{markers[note]}}}" if note else ""


def _tex_cell(cell: Cell, markers: dict[str, str]) -> str:
    spans = (rf"\textbf{{{latex_text(s.text)}}}" if s.bold else latex_text(s.text) for s in cell.spans)
    return "".join(spans) + _tex_mark(cell.note, markers)


def _tex_head(table: Table, markers: dict[str, str]) -> list[str]:
    lines = []
    if any(group.title for group in table.groups):
        position, titles, rules = 2, [""], []
        for group in table.groups:
            span = len(group.columns)
            titles.append(rf"\multicolumn{{{span}}}{{c}}{{{latex_text(group.title)}}}")
            if group.title:
                rules.append(rf"\cmidrule(lr){{{position}-{position + span - 1}}}")
            position += span
        lines += [" & ".join(titles) + r" \\", " ".join(rules)]
    titles = [latex_text(column.title) + _tex_mark(column.note, markers) for column in table.columns]
    return [*lines, " & ".join([latex_text(table.head), *titles]) + r" \\"]


def latex(table: Table) -> str:
    """The table as a `table` environment that compiles with the packages booktabs and adjustbox."""
    markers = table.markers()
    alignment = "l" + "".join("l" if column.left else "r" for column in table.columns)
    lines = [
        r"\begin{table}[htbp]",
        r"\centering",
        rf"\caption{{{latex_text(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        r"\begin{adjustbox}{max width=\textwidth}",
        rf"\begin{{tabular}}{{{alignment}}}",
        r"\toprule",
        *_tex_head(table, markers),
    ]
    for block in table.blocks:
        lines.append(r"\midrule")
        if block.title:
            lines.append(rf"\multicolumn{{{len(alignment)}}}{{l}}{{\emph{{{latex_text(block.title)}}}}} \\")
        for row in block.rows:
            label = latex_text(row.label) + _tex_mark(row.note, markers)
            label += rf" {{\footnotesize ({latex_text(row.description)})}}" if row.description else ""
            lines.append(" & ".join([label, *(_tex_cell(cell, markers) for cell in row.cells)]) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}", r"\end{adjustbox}"]
    notes = [rf"\textsuperscript{{{letter}}} {latex_text(note)}" for note, letter in markers.items()]
    notes += [latex_text(footnote) for footnote in table.footnotes]
    if notes:
        lines += [
            r"\par\smallskip",
            r"\begin{minipage}{\textwidth}\footnotesize",
            "\\par\n".join(notes),
            r"\end{minipage}",
        ]
    return "\n".join([*lines, r"\end{table}"]) + "\n"
