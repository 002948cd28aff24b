"""What each table and figure gets of the config, as JSON with sorted keys."""

from collections.abc import Iterable
from typing import Any

from reproduction import published
from reproduction.config.artefacts import Artefacts
from reproduction.config.config import Config
from reproduction.config.datasets import SECTIONS
from reproduction.plan.augmentation import class_subsets, sources, takes_whole_splits
from reproduction.plan.cells import SCORED, STARTS, section
from reproduction.plan.comparisons import RECORDS, compared_runs, pullback_runs, record_name
from reproduction.plan.figures import NEIGHBOURS, OF_SCORES, SAMPLE_GRIDS, SAMPLES, class_grid, grid_generations
from reproduction.plan.job_settings import text
from reproduction.plan.keys import Run
from reproduction.plan.rows import Row

# What the report lists beside the number of a table or figure.
CONTENTS = {
    name: field.description.removesuffix(".") for name, field in Artefacts.model_fields.items() if name != "claims"
}


def _info(config: Config, names: Iterable[str]) -> dict[str, dict[str, Any]]:
    info = {}
    for name in names:
        protocol = config.protocol(name)
        info[name] = {key: getattr(protocol, key) for key in ("title", "latent_dim", "net", "width")}
        info[name] |= {"part_of": protocol.taken_from()} if protocol.taken_from() else {}
    return info


def _n_train(config: Config, dataset: str, subset: str) -> int | None:
    """The number of training images, where it is known before they are read."""
    return int(subset.removeprefix("n")) if subset.startswith("n") else config.protocol(dataset).train_size()


def _sized_title(config: Config, dataset: str, subset: str = "full") -> str:
    """The data set's name with the number of training images, where it is known."""
    n = _n_train(config, dataset, subset)
    title = config.protocol(dataset).title
    return f"{title}, {n:,} training images" if n else title


def training_sizes(config: Config, artefact: str) -> dict[str, dict[str, Any]]:
    """For Figures 4 and 11: each data set's subsets with their numbers of images, ascending."""
    figure = getattr(config.artefacts, artefact)
    sizes = {
        dataset: [{"subset": subset, "n": _n_train(config, dataset, subset)} for subset in figure.subsets]
        for dataset in figure.datasets
    }
    return {"sizes": {dataset: sorted(of_one, key=lambda size: size["n"]) for dataset, of_one in sizes.items()}}


def _scored(config: Config, artefact: str) -> dict[str, Any]:
    """What every table and figure of scores is told: its cells, and where their records are."""
    cells = section(config, artefact)
    return cells | {
        "datasets_info": _info(config, cells["datasets"]),
        "split": config.artefacts.table1.split if config.artefacts.table1 else "test",
        "backbone": config.evaluation.backbone,
    }


# -- tables -----------------------------------------------------------------------------------------------------------


def _table2(config: Config) -> dict[str, Any]:
    table = config.artefacts.table2
    rows = []
    for source in sources(config):
        name = source.name if source.row is None else f"{source.row.model}/{source.row.sampler}"
        note = source.row.note if source.row else ""
        rows.append({"label": source.label, "source": name, "block": source.block, "note": note})
    told = {} if takes_whole_splits(config) else {"n_train": table.n_train}
    told |= {"n_trainings": len(table.seeds)} if len(table.seeds) > 1 else {}
    return told | {
        "dataset": table.dataset,
        "datasets_info": _info(config, [table.dataset]),
        "classes": list(class_subsets(config)),
        "rows": rows,
        "n_per_class": table.n_per_class,
        "n_runs": table.n_runs,
    }


def _table7(config: Config) -> dict[str, Any]:
    table, nets = config.artefacts.table7, published.rows_by_net("table7")
    lines = [
        {
            "dataset": row.dataset,
            "net": row.net,
            "title": f"{config.protocol(row.dataset).title}, {nets.get(row.net, row.net).lower()}",
            "published_as": SECTIONS[row.dataset].published_as or row.dataset,
            "latent_dim": config.protocol(row.dataset).of("two_stage", row.net, "full").latent_dim,
        }
        for row in table.rows
    ]
    return _scored(config, "table7") | {"lines": lines}


def table(config: Config, name: str) -> str:
    """For render_table: rows, data sets, split and backbone of a table."""
    if name in _OWN:
        return text(_OWN[name](config))
    return text(_scored(config, name) if name in SCORED else {})


_OWN = {"table2": _table2, "table7": _table7}


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
    table = config.artefacts.table2
    n = _n_train(config, table.dataset, "full")  # of all classes; the split is not stratified
    of_all = f" of {n:,} images" if n else ""
    grid = class_grid(config)
    trained_on = [f": {n:,} images" for n in table.n_train] if table.n_train else [of_all] * len(grid)
    panels = [
        _grid_panel(f"{config.protocol(table.dataset).title}, {name}{images}", name, (row for row, _ in rows))
        for images, (name, rows) in zip(trained_on, grid.items(), strict=True)
    ]
    return {"panels": panels, "columns": config.artefacts.figure10.columns}


def _of_scores(config: Config, name: str) -> dict[str, Any]:
    """The cells of a figure of scores and, for each of its panels, what all cells in it share."""
    figure, more = getattr(config.artefacts, name), {}
    told = _scored(config, name)
    subset = told.get("subset", "full")
    if name in ("figure4", "figure11"):
        more = training_sizes(config, name)
    elif name == "figure12":
        more = {"k_draws": figure.k_draws}
    elif name == "figure14":
        more = {"k": figure.k}
    panels = [
        {
            "dataset": dataset,
            "title": config.protocol(dataset).title if "sizes" in more else _sized_title(config, dataset, subset),
            "net": config.protocol(dataset).net,
        }
        for dataset in told["datasets"]
    ]
    return told | {"panels": panels} | more


def _titles_by_start(config: Config, datasets: Iterable[str]) -> dict[str, str]:
    """Of the panels of Figure 13, by their inputs."""
    words = {part: f"chains from random {start.get('start', 'training means')}" for part, start in STARTS.items()}
    titles = {dataset: _sized_title(config, dataset) for dataset in datasets}
    return {f"{name}{part}": f"{title}: {said}" for name, title in titles.items() for part, said in words.items()}


def _records(run: Run) -> dict[str, str]:
    """What the renderer calls the records of a run."""
    return {kind: record_name(run, kind) for kind in ("arrays", "scores")}


def _interpolation(config: Config) -> dict[str, Any]:
    """The rows of the figure of interpolations: a data set each, with the records of its seeds."""
    rows: dict[str, dict[str, Any]] = {}
    for run in compared_runs(config, "figure_interpolation"):
        d = config.protocol(run.dataset).latent_dim
        row = rows.setdefault(run.dataset, {"title": _sized_title(config, run.dataset), "latent_dim": d, "inputs": []})
        row["inputs"].append(_records(run))
    return {"rows": list(rows.values()), "quantile": config.artefacts.figure_interpolation.quantile}


def _pullback(config: Config) -> dict[str, Any]:
    """The columns of the figure of the pull-back metric: a data set and β each, with the records of its seeds."""
    columns: dict[tuple[str, float], dict[str, Any]] = {}
    for run, beta in pullback_runs(config).items():
        protocol = config.protocol(run.dataset)
        title = {"title": protocol.title, "beta": beta, "latent_dim": protocol.latent_dim}
        column = columns.setdefault((run.dataset, beta), title | {"inputs": []})
        column["inputs"].append(_records(run))
    return {"columns": list(columns.values())}


def figure(config: Config, name: str) -> str:
    """For render_figure: what the figure shows beside its inputs."""
    section = getattr(config.artefacts, name)
    if name in SAMPLE_GRIDS:
        return text(_sample_grid(config, name))
    if name in NEIGHBOURS:
        titles = {dataset: _sized_title(config, dataset, section.subset) for dataset in section.datasets}
        return text({"titles": titles, "n_examples": section.n_examples})
    if name == "figure13":
        return text({"titles": _titles_by_start(config, section.datasets)})
    if name == "figure1":
        return text({"title": _sized_title(config, section.dataset)})
    if name in SAMPLES:
        return text({"title": _sized_title(config, section.dataset, section.subset)})
    if name == "figure10":
        return text(_class_grid(config))
    if name in RECORDS:
        return text({"figure_pullback": _pullback, "figure_interpolation": _interpolation}[name](config))
    return text(_of_scores(config, name) if name in OF_SCORES else {})
