"""What the page of claims gets of the config: which records each claim is judged by, as JSON with sorted keys."""

from typing import Any

from reproduction.config.config import Config
from reproduction.config.datasets import CLASSES, PAPER_DATASETS, TITLES
from reproduction.config.trials import trial_names
from reproduction.config.variants import variant_name, variant_options
from reproduction.plan.augmentation import sources
from reproduction.plan.cells import draw_variants, scored_generations, training_size_rows
from reproduction.plan.job_settings import text
from reproduction.plan.render_settings import PLUGGED_TITLES, figure_sizes
from reproduction.plan.rows import CONTROL_ROWS, RELEASED_ROW, SEARCH_ROWS, Row, table1_rows

Cell = dict[str, Any]


def _cell(label: str, model: str, sampler: str, **more: Any) -> Cell:
    return {"label": label, "model": model, "sampler": sampler, **more}


def _row(row: Row) -> Cell:
    return _cell(row.label, row.model, row.sampler, variant=row.variant, block=row.block)


def _control(sampler: str) -> Cell:
    return _row(next(row for row in CONTROL_ROWS if row.sampler == sampler))


def _ours(variant: str = "base", label: str = "VAE - Ours") -> Cell:
    return _cell(label, "vae", "manifold", variant=variant)


def _table1(config: Config) -> dict[str, Any]:
    table = config.artefacts.table1
    rows = [_row(row) for row in table1_rows(config)]
    return {"datasets": table.datasets, "seeds": table.seeds, "subset": table.subset, "rows": rows}


def _table2(config: Config) -> dict[str, Any]:
    table = config.artefacts.table2
    rows = [source.row for source in sources(config) if source.row and source.block == "paper"]
    names = {f"{row.model}/{row.sampler}": row.label for row in rows}
    return {
        "dataset": table.dataset,
        "raw": "raw",
        "ours": "vae/manifold",
        "others": [name for name in names if name != "vae/manifold"],
        "labels": names | {"raw": "Original"},
        "scores": ["balanced_accuracy", *(f"f1_{name}" for name in CLASSES[table.dataset])],
    }


def _table3(config: Config) -> dict[str, Any]:
    table = config.artefacts.table3
    rows = [
        _cell(row.label, row.model, row.sampler, trials=trial_names(row.model, table.n_trials))
        for row in SEARCH_ROWS
        if row.model in table.models and row.block == "paper"
    ]
    return {"datasets": table.datasets, "nets": table.nets, "seeds": table.seeds, "rows": rows}


def _table6(config: Config) -> dict[str, Any]:
    table = config.artefacts.table6
    pairs = []
    for model in table.models:
        more = {"trials": trial_names(model, table.n_trials), "net": table.net}
        prior, ours = (
            _cell(label, model, sampler, **more) for label, sampler in (("Prior", "prior"), ("Ours", "manifold"))
        )
        pairs.append({"label": PLUGGED_TITLES[model], "prior": prior, "ours": ours})
    return {"datasets": table.datasets, "seeds": table.seeds, "pairs": pairs}


def _table7(config: Config) -> dict[str, Any]:
    table = config.artefacts.table7
    stages = {"first": ("1st stage", "prior"), "second": ("2nd stage", "two_stage"), "ours": ("Ours", "manifold")}
    rows = [
        {"dataset": dataset, "label": net}
        | {name: _cell(label, "two_stage", sampler, net=net) for name, (label, sampler) in stages.items()}
        for dataset in table.datasets
        for net in table.nets
    ]
    return {"seeds": table.seeds, "rows": rows}


def _training_size(config: Config, name: str) -> dict[str, Any]:
    section = getattr(config.artefacts, name)
    # The sizes of the first data set: between data sets only that of `full` differs.
    sizes = figure_sizes(config, name, section.datasets[0])
    return {
        "datasets": section.datasets,
        "seeds": section.seeds,
        "subsets": [{"name": size["subset"], "size": size["n"]} for size in sizes],
        "rows": [_row(row) for row in training_size_rows(config, name)],
    }


def _figure12(config: Config) -> dict[str, Any]:
    section = config.artefacts.figure12
    ks = sorted({*section.ks, section.k_draws})
    sizes = [{**_ours(variant_name(k=k), f"k = {k:,}"), "k": k} for k in ks]
    draws = [_ours(variant, f"draw {index + 1}") for index, variant in enumerate(draw_variants(config))]
    return {"datasets": section.datasets, "seeds": section.seeds, "sizes": sizes, "draws": draws}


def _figure13(config: Config) -> dict[str, Any]:
    section = config.artefacts.figure13
    two = _ours(variant_name(k=2), "k = 2")
    return {
        "datasets": section.datasets,
        "seeds": [section.seed],
        "ours": _ours(),
        "two": two,
        "resample": _control("resample"),
    }


def _figure14(config: Config) -> dict[str, Any]:
    section = config.artefacts.figure14
    cells = [_ours(variant_name(k=section.k, lam=lam), f"λ = {lam:g}") for lam in sorted(section.lams)]
    return {"datasets": section.datasets, "seeds": section.seeds, "cells": cells}


def _named_controls() -> dict[str, Cell]:
    """What the paper's sampler is held against, as Table 1 and the figure of controls both have it."""
    samplers = {"matched": "jitter", "kde": "kde", "resample": "resample", "reconstruction": "reconstruction"}
    cells = {name: _control(sampler) for name, sampler in samplers.items()}
    return {**cells, "released": _row(RELEASED_ROW), "ours": _ours()}


def _controls(config: Config) -> dict[str, Any]:
    section, named = config.artefacts.figure_controls, _named_controls()
    curve = [
        _cell(f"σ = {scale:g}", "vae", "jitter", variant=variant_name(sigma=scale)) for scale in sorted(section.scales)
    ]
    longest = max(section.lengths)
    return {
        "datasets": [section.dataset],
        "seeds": section.seeds,
        **named,
        "long": _ours(variant_name(steps=longest), f"N = {longest:,}"),
        "jitter_curve": [named["resample"], *curve],
    }


def _controls_of_table1(config: Config) -> dict[str, Any]:
    """The controls of a build without their figure: no curve over sizes of noise, a long chain if Table 1 has one."""
    table = config.artefacts.table1
    lengths = {options["steps"]: name for name in table.variants if [*(options := variant_options(name))] == ["steps"]}
    long = {"long": _ours(lengths[max(lengths)], f"N = {max(lengths):,}")} if lengths else {}
    place = {"datasets": table.datasets, "seeds": table.seeds, "subset": table.subset}
    return {**place, **_named_controls(), **long, "jitter_curve": []}


_SECTIONS = {
    "table1": _table1,
    "table2": _table2,
    "table3": _table3,
    "table6": _table6,
    "table7": _table7,
    "figure4": lambda config: _training_size(config, "figure4"),
    "figure11": lambda config: _training_size(config, "figure11"),
    "figure12": _figure12,
    "figure13": _figure13,
    "figure14": _figure14,
    "figure_controls": _controls,
}


def claims(config: Config) -> str:
    """For write_claims: the data sets, and the records behind each table and figure that this build has."""
    datasets = [
        {"name": name, "title": TITLES[name], "stand_in": name not in PAPER_DATASETS, "net": config.protocol(name).net}
        for name in _used(config)
    ]
    sections = {
        name.replace("figure_controls", "controls"): section(config)
        for name, section in _SECTIONS.items()
        if getattr(config.artefacts, name) is not None
    }
    if "controls" not in sections and config.artefacts.table1 is not None:
        sections["controls"] = _controls_of_table1(config)
    split = config.artefacts.table1.split if config.artefacts.table1 else "test"
    return text({"split": split, "backbone": config.evaluation.backbone, "datasets": datasets, **sections})


def _used(config: Config) -> list[str]:
    """The data sets with scores, in the order of the registry."""
    names = {generation.run.dataset for generation in scored_generations(config)}
    names |= {config.artefacts.table2.dataset} if config.artefacts.table2 else set()
    return [name for name in config.datasets.names() if name in names]
