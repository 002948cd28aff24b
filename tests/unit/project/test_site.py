"""The pages of docs/ hang together; `make site` checks links and anchors once more when it builds them."""

import importlib.util
import re

import pytest
import yaml

import geovae
from helpers.paths import ROOT

DOCS = ROOT / "docs"
PAGES = sorted([*DOCS.glob("*.md"), *DOCS.glob("evidence/*.md")])


def site_pages():
    spec = importlib.util.spec_from_file_location("site_pages", DOCS / "site_pages.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anchors(text: str) -> set[str]:
    """Of the headings: lower case, without marks, words joined by hyphens."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), re.MULTILINE)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower()) for heading in headings}


def listed(entries: list) -> list[str]:
    values = [value for entry in entries for value in entry.values()]
    return [page for value in values for page in (listed(value) if isinstance(value, list) else [value])]


def test_every_page_is_in_the_navigation_once():
    nav = listed(yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"])
    assert sorted(nav) == [page.relative_to(DOCS).as_posix() for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(DOCS).as_posix())
def test_links_of_a_page_lead_somewhere(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target, anchor in re.findall(r"\]\(([^)#\s]*)(?:#([^)\s]+))?\)", text):
        if target.startswith("http"):
            continue
        file = (page.parent / target) if target else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{target}#{anchor}"


def test_the_first_page_is_the_readme_with_links_from_the_pages():
    readme = "See [the design](docs/design.md) and ![Figure 1](docs/images/figure1.png)."
    assert site_pages().first_page(readme) == "See [the design](design.md) and ![Figure 1](images/figure1.png)."


def test_the_links_of_the_readme_have_their_anchors():
    links = re.findall(r"\]\(docs/([\w.]+)#([^)\s]+)\)", (ROOT / "README.md").read_text(encoding="utf-8"))
    assert links
    for page, anchor in links:
        assert anchor in anchors((DOCS / page).read_text(encoding="utf-8")), f"{page}#{anchor}"


def test_what_a_page_loads_from_other_hosts_is_found_and_links_are_not():
    html = (
        '<a href="https://a.example/x">x</a> <script src="https://b.example/x.js"></script>'
        '<img alt="" src=//c.example/i>'
        '<link rel="stylesheet" href="assets/main.css"> <img src="images/figure1.png">'
    )
    assert site_pages().loaded_from_elsewhere(html) == ["https://b.example/x.js", "//c.example/i"]


def test_tables_have_no_gap_that_would_end_them():
    for page in PAGES:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        for block in re.split(r"\n\s*\n", text):
            rows = [line for line in block.splitlines() if line.startswith("|")]
            whole = not rows or (len(rows) > 1 and re.fullmatch(r"[|:\- ]+", rows[1]))
            assert whole, f"{page.name}: {rows[0][:60]}"


def test_the_build_counts_warnings():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    command = re.search(r"^site:.*\n\t(.*mkdocs build.*)", makefile, re.MULTILINE).group(1)
    assert "--strict" in command
    assert "--quiet" not in command  # mkdocs counts what it shows


def test_the_library_page_has_every_public_name():
    source = (ROOT / "workflow_scripts/geovae/__init__.py").read_text(encoding="utf-8")
    found = site_pages().public_names(source)
    assert sorted(found) == sorted(geovae.__all__)
    assert found["RiemannianMetric"] == "geovae.geometry.metric.RiemannianMetric"


def test_the_layout_names_only_files_that_are_there():
    layout = (DOCS / "design.md").read_text(encoding="utf-8").split("```")[1]
    named = set(re.findall(r"\b\w+\.py\b", layout)) - {"verb_noun.py"}
    places = ("workflow_scripts", "benchmarks", "envs", "tests")
    there = {path.name for place in places for path in (ROOT / place).rglob("*.py")}
    assert len(named) > 100
    assert named <= there, named - there
