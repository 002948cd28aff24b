"""The verdicts that the paper's own printed numbers give: the same comparisons over them, where the sign decides."""

import re
from collections.abc import Mapping
from typing import Any

from reproduction import published
from reproduction.claims.evidence import Evidence
from reproduction.claims.judgement import Judged, judge
from reproduction.claims.margins import PRINTED
from reproduction.claims.statements import Claim
from reproduction.claims.verdicts import Outcome

_SPLIT, _BACKBONE, _SEED = "test", "inception", 0
_LOADED = {
    "trial": "base",
    "subset": "full",
    "variant": "base",
    "split": _SPLIT,
    "backbone": _BACKBONE,
    "seed": _SEED,
    PRINTED: True,
}
_SCORED = ("table1", "table3", "table6", "table7")
_TITLES = {name: title for name, (title, _) in published.PAPER_DATASETS.items()} | {"oasis": "OASIS"}


def model_and_sampler(label: str) -> tuple[str, str]:
    """What the label of a row of Tables 1, 2 or 3 stands for, in this project's names."""
    name, _, generation = label.partition(" - ")
    if "Ours" in label:
        return "vae", "manifold"
    model = re.sub(r"[ (-]+", "_", name.lower()).rstrip(")")
    if generation:
        return model, "gmm" if generation == "GMM" else "prior"
    return model, "gmm" if model.startswith("rae") else "prior"


def judge_printed(claim: Claim) -> Judged | None:
    """The verdict on a claim by the paper's printed numbers; None where it prints none for it (figures, controls)."""
    judged = judge(claim, _evidence())
    return None if judged.outcome == Outcome.UNDECIDED else judged


def _evidence() -> Evidence:
    return Evidence(_records(), _settings(), _classification())


def _datasets(table: str) -> list[str]:
    return list(dict.fromkeys(number.dataset for number in published.NUMBERS if number.table == table))


def _settings() -> dict[str, Any]:
    shared = {"seeds": [_SEED]}
    sections = {table: {"datasets": _datasets(table), **shared} for table in _SCORED}
    for table in ("table1", "table3"):
        sections[table]["rows"] = [_row(label) for label in published.rows(table)]
    sections["table3"]["nets"] = list(published.rows_by_net("table3"))
    sections["table6"]["rows"] = [
        {"label": label, "title": label, "model": label.lower(), "sampler": sampler}
        for label in published.rows("table6")
        for sampler in ("prior", "manifold")
    ]
    sections["table6"]["net"] = "table6"
    numbers = [number for number in published.NUMBERS if number.table == "table7"]
    panels = dict.fromkeys((number.dataset, number.net) for number in numbers)
    sections["table7"]["panels"] = [{"dataset": dataset, "net": net} for dataset, net in panels]
    sections["table7"]["stages"] = [
        {"label": sampler, "model": "two_stage", "sampler": sampler}
        for sampler in dict.fromkeys(number.sampler for number in numbers)
    ]
    described = [{"name": n, "title": t, "stand_in": False, "net": "table1"} for n, t in _TITLES.items()]
    return {"split": _SPLIT, "backbone": _BACKBONE, "datasets": described, "table2": _table2(), **sections}


def _row(label: str) -> dict[str, str]:
    model, sampler = model_and_sampler(label)
    return {"label": label, "model": model, "sampler": sampler}


def _records() -> list[dict[str, Any]]:
    """One record per row, column of data set, net and sampler, with the metrics printed there."""
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for number in published.NUMBERS:
        if number.table in _SCORED:
            key = (number.table, number.row, number.dataset, number.net, number.sampler)
            found.setdefault(key, {**_LOADED, **_key(number)})[number.metric] = number.value
    return list(found.values())


def _key(number: published.PublishedNumber) -> Mapping[str, str]:
    if number.table == "table6":
        model, sampler = number.row.lower(), number.sampler
    elif number.table == "table7":
        model, sampler = "two_stage", number.sampler
    else:
        model, sampler = model_and_sampler(number.row)
    # A number of Table 3 is another one than that of the same row of Table 1.
    return {"dataset": number.dataset, "net": number.net or number.table, "model": model, "sampler": sampler}


# -- Table 2 ----------------------------------------------------------------------------------------------------------


def _sources() -> dict[str, str]:
    """The rows of Table 2 that train on original or generated images, by the name of these."""
    rows = [label for label in published.rows("table2") if "resampled" not in label]
    return {"raw" if label.startswith("Original") else "/".join(model_and_sampler(label)): label for label in rows}


def _table2() -> dict[str, Any]:
    others = [source for source in _sources() if source not in ("raw", "vae/manifold")]
    return {
        "dataset": "oasis",
        "raw": "raw",
        "ours": "vae/manifold",
        "others": others,
        "labels": _sources(),
        "scores": ["balanced_accuracy", "f1_AD", "f1_CN"],
    }


def _classification() -> list[dict[str, Any]]:
    lines = {source: {"dataset": "oasis", "source": source, PRINTED: True} for source in _sources()}
    for source, label in _sources().items():
        for number in published.NUMBERS:
            if (number.table, number.row) == ("table2", label):
                lines[source]["_".join(part for part in (number.metric, number.label) if part)] = number.value
    return list(lines.values())
