"""The first page of the evidence: every claim × data set, with margins, and one figure of it."""

from collections.abc import Mapping, Sequence

from reproduction.claims.judgement import Judged
from reproduction.claims.paper_claims import CLAIMS
from reproduction.claims.questions import QUESTIONS
from reproduction.claims.statements import FEWEST, Claim
from reproduction.claims.verdicts import Outcome
from reproduction.evidence.builds import BUILDS, DATA_SETS, Build, parts_of
from reproduction.evidence.effects import POWER, effects
from reproduction.evidence.page import agreement_with_paper, last_result, processor_hours, verdicts
from reproduction.evidence.record import Record
from reproduction.evidence.words import (
    DASH,
    NOT_BUILT,
    WRITTEN,
    escaped,
    number,
    quoted,
    shortened,
    span,
    table,
    tau_text,
)
from reproduction.rendering.claims import OURS, PAPER, Page

TITLE = "What holds, on real images"
READING = (
    f"A verdict stands on at least {FEWEST} trainings of every model in it, by the same comparisons, thresholds and "
    "corrections on every data set ([how](../reproduction.md#claims)). Beside it stands the margin of the comparison "
    "that leaves it the least room, of FID where no other measure stands behind the claim, positive on the claim's "
    "side, with its 95 % interval over "
    f"{FEWEST} trainings where no other number of them is given. “Not decided”: too few trainings, a rival that is not "
    "built, an interval on both sides of zero, or one that would be after the correction for the number of the claim's "
    "comparisons; its page says which. A dash: not part of that build, or not whole yet. Where a data set has two "
    "builds, on the features of two classifiers, a verdict is of the first that tests the claim. Nothing here is at "
    "the paper's size, nor on Inception's features: each page says what was cut."
)
PLANNED_HOURS = 16  # what the estimate of all builds is held to
SIGNS = {Outcome.HOLDS: "holds", Outcome.FAILS: "does not hold"}
NOT_DECIDED = "not decided"
Records = Mapping[Build, Record | None]


def judged_by(records: Records) -> dict[Build, Page | None]:
    """The verdicts of each data set; None where nothing is built."""
    found = {}
    for build in DATA_SETS:
        pages = [verdicts(record) for part in parts_of(build) if (record := records[part])]
        found[build] = joined(pages) if pages else None
    return found


def joined(pages: Sequence[Page]) -> Page:
    """The first of several pages on one data set, with the verdicts of the others on what it does not test."""
    claims, questions = (
        tuple(next((judged for judged in of_one if judged.parts), of_one[0]) for of_one in zip(*blocks, strict=True))
        for blocks in zip(*((page.claims, page.questions) for page in pages), strict=True)
    )
    return pages[0]._replace(claims=claims, questions=questions)


def page(records: Records, found: Mapping[Build, Page | None]) -> str:
    """The whole page."""
    lines = [f"# {TITLE}", "", WRITTEN, "", READING, "", "![Claims and data sets](claims.png)", ""]
    for title, claims in ((PAPER, CLAIMS), (OURS, QUESTIONS)):
        lines += [f"## {title}", "", *_verdicts(claims, found), ""]
    lines += ["## The order of the rows, and what would have been found", "", *_power(records), ""]
    return "\n".join([*lines, "## The records", "", *_links(records), ""])


def _links(records: Records) -> list[str]:
    rows = []
    for build in BUILDS:
        record = records[build]
        said = NOT_BUILT
        if record is not None:
            shown = f"{len(record.scores):,} score records, {processor_hours(record):.1f} processor hours"
            said = f"{escaped(last_result(record))}, {shown}."
        rows.append(f"- [{build.title}]({build.name}/README.md): {said}")
    total = sum(processor_hours(record) for record in records.values() if record is not None)
    took = f"All of them together took {total:.1f} processor hours, of the machines that the pages name."
    planned = f"`plan_costs` says {PLANNED_HOURS} in all before, on a processor that does nothing else."
    return [*rows, "", took, planned]


def _verdicts(claims: Sequence[Claim], found: Mapping[Build, Page | None]) -> list[str]:
    """A row per claim that some build tests, a column per data set; the others by their names."""
    tested = [claim for claim in claims if is_tested(claim, found)]
    lines = verdict_table("claim", tested, {build: found[build] for build in DATA_SETS})
    others = quoted(claim for claim in claims if claim not in tested)
    return [*lines, "", f"No build has these yet: {others}."] if others else lines


def is_tested(claim: Claim, found: Mapping[Build, Page | None]) -> bool:
    """Whether some build has a comparison of a claim."""
    return any(sign(by_name(page).get(claim.name)) for page in found.values())


def verdict_table(head: str, claims: Sequence[Claim], found: Mapping[Build, Page | None]) -> list[str]:
    """Lines of a table: a row per claim, a column per build."""
    named = {build: by_name(page) for build, page in found.items()}
    rows = [[_measured(claim), *(verdict(each.get(claim.name)) for each in named.values())] for claim in claims]
    return table([head, *(build.title for build in found)], rows)


def _measured(claim: Claim) -> str:
    """A claim's title, and what its margins are of where that is not FID and the title does not say it."""
    told = claim.measure == "FID" or claim.measure in claim.title
    return claim.title if told else f"{claim.title} ({claim.measure})"


def by_name(page: Page | None) -> dict[str, Judged]:
    """The verdicts of a build by the names of their claims."""
    return {judged.claim.name: judged for _, block in page.blocks for judged in block} if page else {}


def sign(judged: Judged | None) -> str | None:
    """A verdict in words; None where a build has no comparison of the claim."""
    return SIGNS.get(judged.outcome, NOT_DECIDED) if judged and judged.parts else None


def verdict(judged: Judged | None) -> str:
    """A verdict with the margin of its narrowest comparison, in a cell of the table."""
    if judged is None:
        return "not built yet"
    said = sign(judged)
    if said is None:
        return DASH
    _, margin = span(judged)
    return said if margin == DASH else f"{said}: {shortened(margin)}"


def _power(records: Records) -> list[str]:
    rows = []
    for build in DATA_SETS:
        record = records[build]
        found = [each for each in effects(record) if each.block == "paper"] if record else []
        if not found:
            rows.append((build.title, "not built yet", DASH, DASH))
            continue
        agreement = agreement_with_paper(build, record)
        sizes = sorted(each.detectable for each in found if each.detectable is not None)
        detectable = f"{number(sizes[0])} to {number(sizes[-1])}" if sizes else DASH
        tau = tau_text(agreement) if agreement else "the paper has no such images"
        rows.append((build.title, tau, str(found[0].margin.n), detectable))
    head = (
        "data set",
        "Kendall's τ with the paper's order",
        "trainings",
        f"FID found from ({POWER * 100:.0f} % power)",
    )
    return table(head, rows)
