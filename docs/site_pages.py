"""What `make site` adds to the pages: README.md as the first one, and the library's public names.

Both are read where they stand, so that the site repeats nothing.
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]


def on_page_markdown(markdown: str, page, config, files) -> str:
    """Called by mkdocs with the text of each page before it is rendered."""
    if page.file.src_uri == "index.md":
        return first_page((ROOT / "README.md").read_text(encoding="utf-8"))
    if page.file.src_uri == "api.md":
        names = public_names((ROOT / "workflow_scripts/geovae/__init__.py").read_text(encoding="utf-8"))
        return markdown + "".join(f"\n::: {place}\n" for place in names.values())
    return markdown


def first_page(readme: str) -> str:
    """The README with links from the folder of the pages."""
    return re.sub(r"\]\(docs/", "](", readme)


def public_names(source: str) -> dict[str, str]:
    """Public name → dotted path of its object, as `geovae/__init__.py` lists them."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "_PLACES":
            return {name: place.replace(":", ".") for name, place in ast.literal_eval(node.value).items()}
    raise ValueError("geovae/__init__.py has no list of places")
