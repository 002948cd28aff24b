"""What each table and figure gets of the config, as JSON with sorted keys."""

from collections.abc import Iterable
from typing import Any

from reproduction import published
from reproduction.config.config import Config
from reproduction.config.datasets import CLASSES, TITLES
from reproduction.config.trials import BETAS, trial_names
from reproduction.config.variants import variant_name
from reproduction.plan.augmentation import sources
from reproduction.plan.cells import (
    CURVE_CONTROLS,
    OURS,
    PEERS,
    beta_trials,
    draw_variants,
    training_size_rows,
    two_stage_run,
)
from reproduction.plan.figures import NEIGHBOURS, SAMPLE_GRIDS, SAMPLES, class_grid, grid_generations
from reproduction.plan.job_settings import text
from reproduction.plan.rows import CONTROL_ROWS, RELEASED_ROW, SEARCH_ROWS, Row, table1_rows

# What the report lists beside each artefact's number.
CONTENTS = {
    "table1": "FID and PRD of every model and sampler",
    "table2": "Augmentation: classifiers trained on real and on generated images",
    "table3": "The best of several configurations of each model",
    "table4": "Encoders and decoders, read off the modules",
    "table5": "The classifier of Table 2, read off the module",
    "table6": "Prior against the paper's sampler for other models",
    "table7": "Two-stage VAE",
    "figure1": "Latent space, distances, interpolations",
    **dict.fromkeys(("figure2", "figure7", "figure8"), "Samples, a row a method"),
    **dict.fromkeys(("figure3", "figure9"), "Nearest training images and reconstructions"),
    **dict.fromkeys(("figure4", "figure11"), "FID against the number of training images"),
    **dict.fromkeys(("figure5", "figure6"), "100 samples of the paper's method"),
    "figure10": "Samples of each class, a row a method",
    "figure12": "FID against the number and the choice of centroids",
    "figure13": "Samples of a metric with two centroids",
    "figure14": "FID against λ",
    "figure_controls": "FID against novelty; what the chains did",
}


def _rows(rows: Iterable[Row]) -> list[dict[str, str]]:
    return [row._asdict() for row in rows]


def _info(config: Config, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    info = {}
    for name in names:
        protocol = config.protocol(name)
        shown = {"latent_dim": protocol.latent_dim, "net": protocol.net, "width": protocol.width}
        info[name] = {"title": TITLES[name], **shown}
    return info


def _n_train(config: Config, dataset: str, subset: str) -> int | None:
    """The number of training images, where it is known before they are read."""
    return int(subset.removeprefix("n")) if subset.startswith("n") else config.protocol(dataset).train_size()


def _sized_title(config: Config, dataset: str, subset: str = "full") -> str:
    """The data set's name with the number of training images, where it is known."""
    n = _n_train(config, dataset, subset)
    return f"{TITLES[dataset]}, {n:,} training images" if n else TITLES[dataset]


def _panels(config: Config, names: Iterable[str], sized: bool = True) -> list[dict[str, str]]:
    return [
        {
            "dataset": name,
            "title": _sized_title(config, name) if sized else TITLES[name],
            "net": config.protocol(name).net,
            "subset": "full",
        }
        for name in names
    ]


def _scored(config: Config, datasets: list[str], seeds: list[int], subset: str = "full") -> dict[str, Any]:
    """What every table and figure of scores needs to find its records."""
    return {
        "datasets": datasets,
        "datasets_info": _info(config, datasets),
        "subset": subset,
        "split": config.artefacts.table1.split if config.artefacts.table1 else "test",
        "seeds": seeds,
        "backbone": config.evaluation.backbone,
    }


# -- tables -----------------------------------------------------------------------------------------------------------


def _table1(config: Config) -> dict[str, Any]:
    table = config.artefacts.table1
    rows = _rows(table1_rows(config))
    return _scored(config, table.datasets, table.seeds, table.subset) | {"rows": rows}


def _table2(config: Config) -> dict[str, Any]:
    table = config.artefacts.table2
    rows = []
    for source in sources(config):
        name = source.name if source.row is None else f"{source.row.model}/{source.row.sampler}"
        note = source.row.note if source.row else ""
        rows.append({"label": source.label, "source": name, "block": source.block, "note": note})
    return {
        "dataset": table.dataset,
        "datasets_info": _info(config, [table.dataset]),
        "classes": list(CLASSES[table.dataset]),
        "rows": rows,
        "n_per_class": table.n_per_class,
        "n_runs": table.n_runs,
    }


def _table3(config: Config) -> dict[str, Any]:
    table = config.artefacts.table3
    rows = [
        {**row._asdict(), "trials": trial_names(row.model, table.n_trials)}
        for row in SEARCH_ROWS
        if row.model in table.models
    ]
    return _scored(config, table.datasets, table.seeds) | {"nets": table.nets, "rows": rows}


PLUGGED_TITLES = {"vamp": "VAMP", "iwae": "IWAE", "aae": "AAE", "vaegan": "VAEGAN"}
PLUGGED_GENERATIONS = (
    {"label": "Prior", "sampler": "prior", "block": "paper"},
    {"label": "Ours", "sampler": "manifold", "block": "paper"},
    {"label": "Means + matched noise", "sampler": "jitter", "block": "controls"},
    {"label": "Reconstructions", "sampler": "reconstruction", "block": "controls"},
)


def _table6(config: Config) -> dict[str, Any]:
    table = config.artefacts.table6
    rows = [
        {
            "model": model,
            "title": PLUGGED_TITLES[model],
            "trials": trial_names(model, table.n_trials),
            "generations": list(PLUGGED_GENERATIONS),
        }
        for model in table.models
    ]
    return _scored(config, table.datasets, table.seeds) | {"net": table.net, "rows": rows}


def _table7(config: Config) -> dict[str, Any]:
    table, nets = config.artefacts.table7, published.rows_by_net("table7")
    rows = [
        {"dataset": dataset, "net": net, "title": f"{TITLES[dataset]}, {nets.get(net, net).lower()}"}
        for dataset in table.datasets
        for net in table.nets
    ]
    return _scored(config, table.datasets, table.seeds) | {"rows": rows}


_TABLES = {"table1": _table1, "table2": _table2, "table3": _table3, "table6": _table6, "table7": _table7}


def table(config: Config, name: str) -> str:
    """For render_table: rows, data sets, split and backbone of a table."""
    return text(_TABLES[name](config) if name in _TABLES else {})


# -- figures ----------------------------------------------------------------------------------------------------------


def _grid_panel(title: str, name: str, rows: Iterable[Row]) -> dict[str, Any]:
    shown = [{"label": r.label, "block": r.block, "input": f"{name}_{r.model}_{r.sampler}"} for r in rows]
    return {"title": title, "rows": shown}


def _sample_grid(config: Config, name: str) -> dict[str, Any]:
    section = getattr(config.artefacts, name)
    generations = {dataset: grid_generations(config, name, dataset) for dataset in section.datasets}
    panels = [
        _grid_panel(_sized_title(config, dataset, section.subset), dataset, (row for row, _ in rows))
        for dataset, rows in generations.items()
    ]
    return {"panels": panels, "columns": section.columns}


def _class_grid(config: Config) -> dict[str, Any]:
    dataset = config.artefacts.table2.dataset
    n = _n_train(config, dataset, "full")  # of all classes; the split is not stratified
    of_all = f" of {n:,} images" if n else ""
    panels = [
        _grid_panel(f"{TITLES[dataset]}, {name}{of_all}", name, (row for row, _ in rows))
        for name, rows in class_grid(config).items()
    ]
    return {"panels": panels, "columns": config.artefacts.figure10.columns}


def figure_sizes(config: Config, name: str, dataset: str) -> list[dict[str, Any]]:
    """The subsets of Figure 4 or 11 on a data set with their numbers of images, ascending."""
    sizes = [
        {"subset": subset, "n": _n_train(config, dataset, subset)} for subset in getattr(config.artefacts, name).subsets
    ]
    return sorted(sizes, key=lambda size: size["n"])


def _training_size(config: Config, name: str) -> dict[str, Any]:
    section = getattr(config.artefacts, name)
    panels = _panels(config, section.datasets, sized=False)
    for panel in panels:
        panel["sizes"] = figure_sizes(config, name, panel["dataset"])
    rows = _rows(training_size_rows(config, name))
    return _scored(config, section.datasets, section.seeds) | {"panels": panels, "rows": rows}


def _of_variants(config: Config, section: Any) -> dict[str, Any]:
    peers = _rows([*PEERS, *CURVE_CONTROLS])
    panels = _panels(config, section.datasets)
    return _scored(config, section.datasets, section.seeds) | {"panels": panels, "peers": peers}


def _figure12(config: Config) -> dict[str, Any]:
    section = config.artefacts.figure12
    ks = [{"k": k, "variant": variant_name(k=k)} for k in sorted({*section.ks, section.k_draws})]
    draws = {"draws": draw_variants(config), "k_draws": section.k_draws}
    return _of_variants(config, section) | {"ks": ks, **draws}


def _figure14(config: Config) -> dict[str, Any]:
    section = config.artefacts.figure14
    lams = [{"lam": lam, "variant": variant_name(k=section.k, lam=lam)} for lam in sorted(section.lams)]
    return _of_variants(config, section) | {"lams": lams, "k": section.k}


def _noise_curve(label: str, sampler: str, option: str, scales: list[float]) -> dict[str, Any]:
    points = [{"value": scale, "variant": variant_name(**{option: scale})} for scale in sorted(scales)]
    return {"label": label, "model": "vae", "sampler": sampler, "points": points}


def _controls(config: Config) -> dict[str, Any]:
    section = config.artefacts.figure_controls
    rows = [*PEERS, OURS, RELEASED_ROW, *CONTROL_ROWS]
    points = [{**row._asdict(), "trial": "base"} for row in rows if row.sampler != "noise"]
    two_stage = {"label": "Two-stage", "model": "two_stage", "sampler": "two_stage", "variant": "base"}
    net = two_stage_run(config, section.seeds[0]).net
    points.append({**two_stage, "trial": "base", "net": net, "block": "paper"})
    betas = zip(BETAS, beta_trials(config), strict=False)
    return _scored(config, [section.dataset], section.seeds) | {
        "panels": _panels(config, [section.dataset]),
        "points": points,
        "curves": [
            _noise_curve("Means + Gaussian noise", "jitter", "sigma", section.scales),
            _noise_curve("Means + KDE noise", "kde", "h", section.scales),
        ],
        "lengths": [{"n_steps": n, "variant": variant_name(steps=n)} for n in sorted(section.lengths)],
        "betas": [{"beta": beta, "trial": trial} for beta, trial in betas],
        "ks": [{"k": k, "variant": variant_name(k=k)} for k in sorted(section.ks)],
    }


_OF_ONE = {"figure10": _class_grid, "figure12": _figure12, "figure14": _figure14, "figure_controls": _controls}


def figure(config: Config, name: str) -> str:
    """For render_figure: what the figure shows beside its inputs."""
    section = getattr(config.artefacts, name)
    if name in SAMPLE_GRIDS:
        return text(_sample_grid(config, name))
    if name in (*NEIGHBOURS, "figure13"):
        shown = {"n_examples": section.n_examples} if name in NEIGHBOURS else {}
        subset = getattr(section, "subset", "full")
        titles = {dataset: _sized_title(config, dataset, subset) for dataset in section.datasets}
        return text({"titles": titles, **shown})
    if name == "figure1":
        return text({"title": _sized_title(config, section.dataset)})
    if name in SAMPLES:
        return text({"title": _sized_title(config, section.dataset, section.subset)})
    if name in ("figure4", "figure11"):
        return text(_training_size(config, name))
    return text(_OF_ONE[name](config) if name in _OF_ONE else {})
