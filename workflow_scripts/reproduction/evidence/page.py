"""The page of one build: what was built, its tables, figures and verdicts, rendered of its record alone."""

import importlib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from reproduction.claims.evidence import Evidence
from reproduction.claims.statements import FEWEST
from reproduction.evidence import effects, order
from reproduction.evidence.builds import Build, parts_of
from reproduction.evidence.record import (
    IMAGES,
    TABLES,
    Record,
    artefacts_of,
    figure_inputs,
    missing,
    n_trainings,
    pictured_figures,
    rendered_figures,
)
from reproduction.evidence.sizes import size_lines
from reproduction.evidence.words import (
    DASH,
    NOT_BUILT,
    WRITTEN,
    as_code,
    escaped,
    interval,
    number,
    prose,
    quoted,
    span,
    table,
    tau_text,
)
from reproduction.plan import claim_settings, render_settings
from reproduction.plan.commands import artefact_title
from reproduction.rendering import claims
from reproduction.rendering.modules import TABLES as TABLE_MODULES
from reproduction.rendering.writers.markdown import markdown
from reproduction.scores.lookup import Records


def verdicts(record: Record) -> claims.Page:
    """What the record says about every claim and question; nothing from fewer than three trainings."""
    told = json.loads(claim_settings.claims(record.config))
    evidence = Evidence(record.scores, told, record.classification, record.measurements)
    return claims.build(evidence, FEWEST)


def page(build: Build, records: Mapping[Build, Record | None]) -> str:
    """The page of a build, as Markdown; the other records are those that it is set beside."""
    record = records[build]
    lines = [f"# {build.title}", "", WRITTEN, ""]
    if record is None:
        return "\n".join([*lines, f"{NOT_BUILT} Its config: `{build.config_file}`.", ""])
    lines += [line for said in record.about["said"] for line in (prose(said), "")]
    lines += [*_built(record), "", *_lacking(record), *_part_lines(build)]
    lines += _verdict_lines(verdicts(record))
    lines += _effect_lines(record) + _order_lines(build, record) + size_lines(build, records)
    lines += [line for name in artefacts_of(record.config) if name in TABLES for line in _table(record, name)]
    shown = {name: f"{name}.png" for name in rendered_figures(record.config)}
    pictures = {name: f"{IMAGES}/{name}.png" for name in pictured_figures(record.config)}
    shown |= {name: path for name, path in pictures.items() if (record.folder / path).is_file()}
    for name, path in shown.items():
        title = artefact_title(name)
        lines += [f"## {title}", "", f"{render_settings.CONTENTS[name]}.", "", f"![{title}]({path})", ""]
    return "\n".join(lines)


def _part_lines(build: Build) -> list[str]:
    """Where the rest of a data set is that has two builds."""
    links = [f"[{part.title}](../{part.name}/README.md)" for part in parts_of(build) if part != build]
    return [f"More on these images, on the features of another classifier: {', '.join(links)}.", ""] if links else []


def _built(record: Record) -> list[str]:
    """Where, when and with what it was built."""
    about, builds = record.about, record.about["builds"]
    jobs = sum(sum(build["jobs"].values()) for build in builds)
    devices = sorted({str(row["device"]) for row in record.scores})
    parts = f", in {len(builds)} builds" if len(builds) > 1 else ""
    machines = sorted({build["machine"] for build in builds})
    commits = sorted({str(row["commit"]) for row in record.scores})
    return [
        "| what | |",
        "|---|---|",
        f"| command | {as_code(about['command'])} |",
        f"| machine | {escaped(', '.join(devices))} ({escaped(', '.join(machines))}) |",
        f"| last result | {escaped(last_result(record))} |",
        f"| commits of the scores | {escaped(', '.join(commits))} |",
        f"| finished jobs, processor time | {jobs:,}, {processor_hours(record):.1f} hours{parts} |",
        f"| trainings behind what is whole | {n_trainings(record.config):,} of {n_trainings(record.asked):,} |",
        f"| features of FID, PRD, precision and recall | {record.asked.evaluation.backbone} |",
    ]


def last_result(record: Record) -> str:
    """The day of it."""
    return max(build["date"] for build in record.about["builds"])


def processor_hours(record: Record) -> float:
    """What the jobs of all builds of it took, in hours of one processor of the machines that they ran on."""
    return sum(sum(build["processor_seconds"].values()) for build in record.about["builds"]) / 3600


def _lacking(record: Record) -> list[str]:
    """What is not whole yet, and what stands on fewer trainings than it will."""
    lacking = missing(record.asked, record.kept)
    left_out = [name for name in lacking if getattr(record.config.artefacts, name) is None]
    lines = []
    if left_out:
        lines = [f"- {artefact_title(name)}: {lacking[name]}." for name in left_out]
        lines = ["Not whole yet, and left out of everything below:", "", *lines, ""]
    fewer = []
    for name in (name for name in lacking if name not in left_out):
        done, asked = (getattr(config.artefacts, name).seeds for config in (record.config, record.asked))
        fewer.append(f"- {artefact_title(name)}: {len(done)} of {len(asked)} trainings of each model.")
    return [*lines, *(["On fewer trainings so far than asked for:", "", *fewer, ""] if fewer else [])]


def _verdict_lines(found: claims.Page) -> list[str]:
    lines = ["## Verdicts", "", claims.glance(found).replace("_", "\\_"), ""]
    judged = [each for _, block in found.blocks for each in block]
    rows = [(each.claim.title, str(each.outcome), *span(each)) for each in judged if each.parts]
    lines += table(("claim or question", "verdict", "narrowest comparison", "margin (95 % interval)"), rows)
    others = quoted(each.claim for each in judged if not each.parts)
    lines += ["", f"Not part of this build: {others}."] if others else []
    return [*lines, "", "Every comparison with its numbers is on [the page of claims](claims.md).", ""]


def _effect_lines(record: Record) -> list[str]:
    """How far each row of Table 1 is from the paper's sampler, in FID, precision and recall."""
    found = effects.effects(record)
    if not found:
        return []
    more = {column: effects.effects(record, column) for column in ("precision", "recall")}
    margins = [{effect.label: effect.margin for effect in each} for each in more.values()]
    rows = []
    for effect in found:
        beside = [each.get(effect.label) for each in margins]
        shown = [interval(margin, 3) if margin else DASH for margin in beside]
        found_from = number(effect.detectable) if effect.detectable is not None else DASH
        rows.append((effect.label, interval(effect.margin), found_from, *shown))
    n = max(effect.margin.n for effect in found)
    head = ("row", "FID − ours (95 % interval)", "found from", "precision − ours", "recall − ours")
    plural = "s" if n > 1 else ""
    chance = f"{100 * effects.POWER:.0f} %"
    text = (
        f"Each row of Table 1 minus VAE - Ours, paired over {n} training{plural}: above 0, its FID is worse than ours. "
        f"“Found from” is the smallest difference in FID that so many trainings find with a chance of {chance} (t "
        "test, two-sided, 5 %, spread as measured). FID alone rewards averages: read precision and recall too."
    )
    itself = _ours_itself(effects.ours_of(effects.table1_records(record)), more)
    return ["## Effect sizes and power", "", text, "", itself, "", *table(head, rows), ""]


def _ours_itself(ours: Records, more: Mapping[str, Sequence[effects.Effect]]) -> str:
    """What the differences are taken from, and from where on they are found in the columns beside FID."""
    columns = {column: each for column, each in more.items() if each}
    means = [
        f"FID {number(effects.mean(ours))}",
        *(f"{name} {number(effects.mean(ours, name), 3)}" for name in columns),
    ]
    sizes = {name: [each.detectable for each in found if each.detectable] for name, found in columns.items()}
    spans = [f"in {name} from {number(min(each), 3)} to {number(max(each), 3)}" for name, each in sizes.items() if each]
    said = f"VAE - Ours itself, on the mean: {', '.join(means)}."
    return f"{said} Differences are found {' and '.join(spans)} on, by the row." if spans else said


def _order_lines(build: Build, record: Record) -> list[str]:
    found = agreement_with_paper(build, record)
    if found is None:
        return []
    told = f"Kendall's τ between our order of {found.n_rows} rows of Table 1 by FID and the paper's: "
    return ["## The order of the rows", "", f"{told}{tau_text(found)}.", ""]


def agreement_with_paper(build: Build, record: Record) -> order.Agreement | None:
    """How far our order of the rows of Table 1 agrees with the paper's; None where either is missing."""
    found = {label: rows for label, (row, rows) in effects.table1_records(record).items() if row["block"] == "paper"}
    return order.agreement(found, order.papers_order(list(found), build.paper)) if build.paper else None


def _table(record: Record, name: str) -> Iterator[str]:
    module = importlib.import_module(TABLE_MODULES[name])
    rows = record.classification if name == "table2" else record.scores
    yield f"## {artefact_title(name)}"
    yield ""
    for each in module.build(rows, json.loads(render_settings.table(record.config, name))).tables:
        yield markdown(each)


def figures(record: Record) -> Iterator[tuple[str, object]]:
    """Name and drawing of each figure that is rendered of the record."""
    from reproduction.rendering.figures.render import render

    for name in rendered_figures(record.config):
        inputs: dict[str, Path] = figure_inputs(record, name)
        yield name, render(name, inputs, json.loads(render_settings.figure(record.config, name)))
