"""Render all pages of evidence from the records: `python -m reproduction.evidence.render`, or `--check` them.

Nothing is trained, downloaded or sampled: what stands on the pages stands in the records.
"""

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from geovae.core.storage import advising, write_text
from reproduction.evidence import glance, overview, page
from reproduction.evidence.answer import text_of, with_answer
from reproduction.evidence.builds import BUILDS, PAGES, ROOT, Build
from reproduction.evidence.record import ADVICE, Record, read_record
from reproduction.rendering.claims_markdown import markdown_page
from reproduction.rendering.style import save
from reproduction.runtime.ending import ending_in_words

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
    with advising(ADVICE):  # what is measured is read when it is drawn
        return _render({build: read_record(records / build.name) for build in BUILDS}, target)


def _render(found: Mapping[Build, Record | None], target: Path) -> list[str]:
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
    with ending_in_words():
        if not options.check:
            render(PAGES, PAGES)
            write_text(README, answered())
        elif wrong := differing():
            sys.exit(f"docs/evidence: not what the records say: {', '.join(wrong)}. Run `make evidence`.")
        elif answered() != text_of(README):
            sys.exit(f"{README.name}: its table is not what the records say. Run `make evidence`.")


if __name__ == "__main__":
    main()
