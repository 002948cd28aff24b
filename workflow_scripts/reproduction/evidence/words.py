"""How numbers and tables are written on the pages of evidence."""

import re
from collections.abc import Iterable, Sequence

from reproduction.claims.judgement import Judged
from reproduction.claims.margins import Margin
from reproduction.claims.statements import FEWEST, Claim
from reproduction.claims.verdicts import Outcome
from reproduction.evidence.order import Agreement

WRITTEN = "<!-- Written by `make evidence` from the records beside it. -->"
NOT_BUILT = "Not built yet."
DASH = "–"
_INTERVAL = re.compile(r"\(95 % interval (.+?), (\d+) trainings\)")


def number(value: float, digits: int = 2) -> str:
    """A number as it is printed."""
    return f"{value:.{digits}f}".replace("-", "−")


def over_trainings(margin: Margin) -> tuple[float, float] | None:
    """The interval of a difference, where it has one of several trainings."""
    return margin.interval() if margin.n > 1 else None


def interval(margin: Margin, digits: int = 2) -> str:
    """A difference with its interval, where it has one of several trainings."""
    bounds = over_trainings(margin)
    if bounds is None:
        return f"{number(margin.value, digits)} (one training)"
    return f"{number(margin.value, digits)} ({number(bounds[0], digits)} to {number(bounds[1], digits)})"


def tau_text(found: Agreement) -> str:
    """τ with its interval in words, and a warning beside it."""
    if found.interval is None:
        return f"{number(found.tau)} (one training)"
    low, high = map(number, found.interval)
    return f"{number(found.tau)} (95 % bootstrap interval over trainings {low} to {high}, too narrow with so few)"


def span(judged: Judged) -> tuple[str, str]:
    """The comparison of a claim that leaves it the least room, and its margin: what a verdict hangs on.

    That is the one that speaks most against a claim of all cases, and the one that speaks most for one of some case;
    where the claim holds or is not decided, it is one that the claim needs, not one that could only speak against it.
    """
    compared = [part for part in judged.parts if part.n_comparisons and " margin " in part.numbers]
    if not compared:
        return judged.reason or DASH, DASH
    if judged.claim.some:
        part = min(compared, key=lambda each: each.p_for)
    elif judged.outcome == Outcome.FAILS:
        part = min(compared, key=lambda each: each.p_against)
    else:
        needed = [part for part in compared if not part.only_against] or compared
        part = max(needed, key=lambda each: each.p_for)
    more = f", of {len(judged.parts)}" if len(judged.parts) > 1 else ""
    return f"{part.where}{more}", part.numbers.rpartition("margin ")[2]


def shortened(margin: str) -> str:
    """A margin as `span` gives it, for a table of many: its interval, and trainings where they are not the fewest."""

    def brackets(found: re.Match) -> str:
        bounds, trainings = found.groups()
        return f"({bounds})" if int(trainings) == FEWEST else f"({bounds}; {trainings} trainings)"

    return _INTERVAL.sub(brackets, margin.partition(";")[0])


def quoted(claims: Iterable[Claim]) -> str:
    """The titles of claims in one line."""
    return ", ".join(f"“{claim.title}”" for claim in claims)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table in Markdown, the first column left and every text escaped."""
    return [_line(head), f"|{'---|' * len(head)}", *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(escaped, cells))} |"


def escaped(text: str) -> str:
    """Text on one line, without marks of Markdown."""
    return _unmarked(" ".join(text.split()))


def prose(text: str) -> str:
    """Text on one line, without marks of Markdown but for code between two backticks."""
    parts = " ".join(text.split()).split("`")
    if len(parts) % 2 == 0 or "" in parts[1::2]:
        return escaped(text)
    return "`".join(part if i % 2 else _unmarked(part) for i, part in enumerate(parts))


def _unmarked(text: str) -> str:
    for character in "\\|*_`<>":
        text = text.replace(character, f"\\{character}")
    return text.replace("](", "]\\(")


def as_code(text: str) -> str:
    """Text on one line, as code in a cell of a table."""
    plain = " ".join(text.split()).replace("`", "'").replace("|", "\\|")
    return f"`{plain}`"
