"""What `make site` adds to the pages: README.md as the first one, and the library's public names.

Both are read where they stand, so that the site repeats nothing. A page that would load anything from another host is
a warning, and so an error.
"""

import ast
import logging
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


def on_post_page(output: str, page, config) -> str:
    """Called by mkdocs with the HTML of each page before it is written."""
    for address in loaded_from_elsewhere(output):
        logging.getLogger("mkdocs.hooks.site_pages").warning("%s loads %s", page.file.src_uri, address)
    return output


def loaded_from_elsewhere(html: str) -> list[str]:
    """What a browser fetches from other hosts to show the page; links that a reader may follow are none of it."""
    tag = r"<(?:script|link|img|source|iframe|video|audio|object|embed)\b[^>]*?"
    return re.findall(tag + r"""\b(?:src|href|data)=["']?((?:https?:)?//[^\s"'>]+)""", html)


def first_page(readme: str) -> str:
    """The README with links from the folder of the pages."""
    return re.sub(r"\]\(docs/", "](", readme)


def public_names(source: str) -> dict[str, str]:
    """Public name → dotted path of its object, as `geovae/__init__.py` lists them."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id == "_PLACES":
            return {name: place.replace(":", ".") for name, place in ast.literal_eval(node.value).items()}
    raise ValueError("geovae/__init__.py has no list of places")
