"""The README's answer: what is known of each claim on real images, in one table between two marks of the file."""

from collections.abc import Mapping
from pathlib import Path

from geovae.core.errors import GeovaeError
from geovae.core.reading import reading
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.questions import QUESTIONS
from reproduction.evidence.builds import Build
from reproduction.evidence.overview import is_tested, verdict_table
from reproduction.evidence.words import NOT_BUILT
from reproduction.rendering.claims import Page

BEGIN = "<!-- Written by `make evidence` from docs/evidence. -->"
END = "<!-- The end of what `make evidence` writes. -->"


def answer(judged: Mapping[Build, Page | None]) -> list[str]:
    """Lines of a table: the claims and questions that some build tests × the data sets that are built."""
    built = {build: page for build, page in judged.items() if page}
    if not built:
        return [NOT_BUILT]
    tested = [claim for claim in (*CLAIMS, *QUESTIONS) if is_tested(claim, built)]
    return verdict_table("claim or question", tested, built)


def with_answer(path: Path, judged: Mapping[Build, Page | None]) -> str:
    """The text of a file with the table between its two marks.

    Raises:
        GeovaeError: the file cannot be read, or lacks a mark.
    """
    text = text_of(path)
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise GeovaeError(f"{path}: it lacks the lines {BEGIN} and {END}, between which the table is written.")
    return "\n".join([before + BEGIN, "", *answer(judged), "", END + after])


def text_of(path: Path) -> str:
    """The text of the README; a `GeovaeError` where it is none in UTF-8."""
    with reading(path, "text in UTF-8", "Restore it with `git restore`."):
        return path.read_text(encoding="utf-8")
