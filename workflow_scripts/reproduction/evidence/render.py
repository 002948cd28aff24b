"""Render all pages of evidence from the records: `python -m reproduction.evidence.render`, or `--check` them.

Nothing is trained, downloaded or sampled: what stands on the pages stands in the records.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.core.storage import write_text
from reproduction.evidence import glance, overview, page
from reproduction.evidence.answer import with_answer
from reproduction.evidence.builds import BUILDS, PAGES, ROOT
from reproduction.evidence.record import read_record
from reproduction.rendering.claims_markdown import markdown_page
from reproduction.rendering.style import save

README = ROOT / "README.md"
PAGE = "README.md"
CLAIMS = "claims.md"
GLANCE = "claims.png"


def render(records: Path, target: Path) -> list[str]:
    """Write every page and figure.

    Args:
        records: the folder of the records, one folder a build.
        target: the folder to write to, which may be the same.

    Returns:
        The paths that were written, below `target`.
    """
    found = {build: read_record(records / build.name) for build in BUILDS}
    written = []

    def write(name: str, text: str) -> None:
        write_text(target / name, text)
        written.append(name)

    for build, record in found.items():
        write(f"{build.name}/{PAGE}", page.page(build, found))
        if record is not None:
            write(f"{build.name}/{CLAIMS}", markdown_page(page.verdicts(record)))
            for name, drawing in page.figures(record):
                save(drawing, target / build.name / f"{name}.png")
                written.append(f"{build.name}/{name}.png")
    judged = overview.judged_by(found)
    write(PAGE, overview.page(found, judged))
    save(glance.figure(judged), target / GLANCE)
    return [*written, GLANCE]


def answered(readme: Path = README, records: Path = PAGES) -> str:
    """The project's README as it is with the answer of the records."""
    return with_answer(readme, overview.judged_by({build: read_record(records / build.name) for build in BUILDS}))


def differing(pages: Path = PAGES) -> list[str]:
    """The pages and figures that are not what the records say, or that no record is behind."""
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder)
        written = render(pages, fresh)
        wrong = [name for name in written if not _same(fresh / name, pages / name)]
    rendered = {*pages.glob("*.png"), *pages.glob("*.md"), *pages.glob("*/*.png"), *pages.glob("*/*.md")}
    return wrong + sorted({path.relative_to(pages).as_posix() for path in rendered} - set(written))


def _same(one: Path, other: Path) -> bool:
    return other.is_file() and one.read_bytes() == other.read_bytes()


def main(argv: list[str] | None = None) -> None:
    """Write the pages, or compare them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="fail if a page is not what the records say")
    options = parser.parse_args(argv)
    try:
        if not options.check:
            render(PAGES, PAGES)
            write_text(README, answered())
        elif wrong := differing():
            sys.exit(f"docs/evidence: not what the records say: {', '.join(wrong)}. Run `make evidence`.")
        elif answered() != README.read_text(encoding="utf-8"):
            sys.exit(f"{README.name}: its table is not what the records say. Run `make evidence`.")
    except GeovaeError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
