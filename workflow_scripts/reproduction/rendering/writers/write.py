"""A document in all its written forms: Markdown, LaTeX, HTML and CSV."""

from pathlib import Path

from geovae.core.storage import csv_text, write_text
from reproduction.rendering.writers.document import Document
from reproduction.rendering.writers.latex import latex
from reproduction.rendering.writers.markdown import markdown
from reproduction.rendering.writers.web import html_page


def write_document(document: Document, folder: str | Path, name: str) -> None:
    """Write `name`.md, .tex, .html and .csv into `folder`."""
    folder = Path(folder)
    write_text(folder / f"{name}.md", "\n".join(markdown(table) for table in document.tables))
    packages = "% \\usepackage{booktabs,adjustbox}\n"
    write_text(folder / f"{name}.tex", packages + "\n".join(latex(table) for table in document.tables))
    write_text(folder / f"{name}.html", html_page(document.tables))
    write_text(folder / f"{name}.csv", csv_text(document.csv_columns, document.csv_rows))
